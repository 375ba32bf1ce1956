/**
 * CMAF as one of a stream's outputs: for HLS, for DASH, or for both.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import type { StreamName } from "../../../base/stream-name.ts";
import type { Track, TrackKind } from "../../../live/track.ts";
import { formatDashManifest, type ManifestOptions } from "../dash/dash-manifest.ts";
import { createDisposal, type Disposal, joinDisposals } from "../disposal.ts";
import { FileMirror } from "../file-mirror.ts";
import { CmafPlaylist } from "../hls/cmaf-playlist.ts";
import { createVariant, formatLadder } from "../hls/ladder.ts";
import { ReloadWaiters } from "../hls/reload-waiters.ts";
import type { Continuation, Output, OutputStart } from "../output.ts";
import type { OutputPorts } from "../output-ports.ts";
import { TrackGate } from "../track-gate.ts";
import type { CmafRules, DashRules } from "../vhost-packaging.ts";
import {
  CmafMirror,
  type CmafMirrorOptions,
  type MirroredText,
  type StateOf,
} from "./cmaf-mirror.ts";
import { CmafNames } from "./cmaf-names.ts";
import { CmafPackager, type CmafSettings } from "./cmaf-packager.ts";
import type { CmafPaths } from "./cmaf-paths.ts";
import { CmafSegmentNews, type CmafSegmentNewsOptions } from "./cmaf-segment-news.ts";

/** Codecs that CMAF has a place for, and players know. */
const CARRIED: ReadonlySet<string> = new Set(["h264", "hevc", "av1", "vp9", "aac", "opus", "mp3"]);

/** How far in the future what there is may end, when another publisher begins. */
const AHEAD_MS_MAX = 10_000;

export interface CmafOutputOptions extends OutputStart {
  readonly name: StreamName;
  readonly settings: CmafSettings;
  /** Where its files are. */
  readonly paths: CmafPaths;
  /** Present: it is offered by HLS. */
  readonly hls: CmafRules | undefined;
  /** Present: it is offered by DASH. */
  readonly dash: DashRules | undefined;
}

/** Where files are to be, and which beside the segments. */
interface MirrorPlace extends CmafMirrorOptions {
  readonly root: string;
  readonly disposal: Disposal;
}

interface Mirrored {
  readonly files: FileMirror;
  readonly mirror: CmafMirror;
  readonly disposal: Disposal;
}

export class CmafOutput implements Output {
  readonly gate: TrackGate;
  readonly waiters: ReloadWaiters;
  beganMs: number;
  readonly packager: CmafPackager;
  readonly #options: CmafOutputOptions;
  readonly #clock: Clock;
  readonly #captions: OutputPorts["captions"];
  readonly #playlists: ReadonlyMap<TrackKind, CmafPlaylist>;
  readonly #mirrors: Mirrored[] = [];

  constructor(options: CmafOutputOptions, ports: OutputPorts) {
    const { settings, hls, from } = options;
    const { clock, logger } = ports;
    this.waiters = new ReloadWaiters(clock);
    this.#clock = clock;
    this.beganMs = clock.monotonicMs();
    this.#options = options;
    this.#captions = ports.captions;
    const names = new CmafNames(clock.wallMs(), hls === undefined ? "d" : "");
    this.packager = new CmafPackager(settings, { clock, logger, names }, from);
    this.#playlists = new Map(
      (["video", "audio"] as const).map((kind) => [kind, new CmafPlaylist(this.packager, kind)]),
    );
    this.packager.addListener({ onChange: () => this.#changed() });
    this.gate = new TrackGate(this.packager, canCarryInCmaf, () =>
      logger.warn("no key frame to cut at", { format: "cmaf" }),
    );
    this.#mirror(ports);
    if (ports.onCmafSegment !== undefined) this.#tellSegments(ports, ports.onCmafSegment);
  }

  get isReady(): boolean {
    return this.packager.isReady;
  }

  get heldSize(): number {
    return this.packager.heldSize;
  }

  get next(): Continuation {
    return this.packager.next;
  }

  get isAhead(): boolean {
    return this.packager.aheadMs > AHEAD_MS_MAX;
  }

  playlist(kind: TrackKind): CmafPlaylist | undefined {
    return this.packager.tracks.has(kind) ? this.#playlists.get(kind) : undefined;
  }

  published(): void {
    // A failing disk is tried again with each segment.
    this.beganMs = this.#clock.monotonicMs();
  }

  finish(): void {
    this.packager.finish();
  }

  overFor(ms: number): void {
    for (const { mirror, disposal } of this.#mirrors) {
      if (!disposal.areFilesKept && ms > disposal.afterMs) mirror.removeAll();
    }
  }

  async dispose(): Promise<void> {
    this.waiters.close();
    await Promise.all(
      this.#mirrors.map(async ({ files, mirror, disposal }) => {
        if (disposal.areFilesKept) await files.settled();
        else mirror.removeAll();
        files.close();
        await files.settled();
      }),
    );
  }

  #tellSegments({ publisher }: OutputPorts, tell: CmafSegmentNewsOptions["tell"]): void {
    const { name, paths } = this.#options;
    const folder = paths.folder(name);
    this.packager.addListener(new CmafSegmentNews(this.packager, { folder, publisher, tell }));
  }

  #changed(): void {
    for (const playlist of this.#playlists.values()) playlist.changed();
    this.waiters.check();
  }

  /** One mirror for each folder: where HLS and DASH have the same, their segments are there once. */
  #mirror(ports: OutputPorts): void {
    const places = [this.#hlsPlace(), this.#dashPlace(ports)].filter(
      (place) => place !== undefined,
    );
    const [first, second] = places;
    if (first !== undefined && second !== undefined && first.root === second.root) {
      const texts = (): MirroredText[] => [...first.texts(), ...second.texts()];
      const isCleaned = first.isCleaned && second.isCleaned;
      const disposal = joinDisposals(first.disposal, second.disposal);
      this.#mirrorTo({ ...first, texts, isCleaned, disposal }, ports);
    } else {
      for (const place of places) this.#mirrorTo(place, ports);
    }
  }

  #hlsPlace(): MirrorPlace | undefined {
    const { hls, name } = this.#options;
    if (hls === undefined || hls.config.storage === "memory") return undefined;
    const folder = hls.paths.folder(name);
    const texts = (): MirroredText[] => [
      { name: hls.paths.entry(name), content: () => this.#multivariantText() },
      ...Array.from(this.packager.tracks.keys(), (kind) => ({
        name: `${folder}/${this.packager.names.playlist(kind)}`,
        content: (stateOf: StateOf) => this.#playlists.get(kind)?.fileText(stateOf),
      })),
    ];
    const disposal = createDisposal(hls.config.dispose);
    return { root: hls.config.path, folder, texts, isCleaned: true, disposal };
  }

  #dashPlace({ clock }: OutputPorts): MirrorPlace | undefined {
    const { dash, name, paths } = this.#options;
    if (dash === undefined || dash.config.dashStorage === "memory") return undefined;
    const content = (stateOf: StateOf): string | undefined =>
      this.#formatManifest({ nowMs: clock.wallMs(), stateOf });
    const texts = (): MirroredText[] => [{ name: dash.paths.entry(name), content }];
    const { dashPath: root, dashCleanup: isCleaned, dashDispose } = dash.config;
    const disposal = createDisposal(dashDispose);
    return { root, folder: paths.folder(name), texts, isCleaned, disposal };
  }

  #mirrorTo({ root, disposal, ...options }: MirrorPlace, { files, logger }: OutputPorts): void {
    const { settings, filesFree: after } = this.#options;
    const { windowSizeMax: waitingSizeMax } = settings;
    const mirrored = new FileMirror({ files, logger, root, waitingSizeMax, after });
    const mirror = new CmafMirror(this.packager, mirrored, options);
    this.packager.addListener(mirror);
    this.#mirrors.push({ files: mirrored, mirror, disposal });
  }

  /** The MPD as of now; `undefined` if there is nothing to play by DASH yet. */
  manifest(
    nowMs: number,
    addresses: Pick<ManifestOptions, "location" | "mediaSuffix"> = {},
  ): string | undefined {
    return this.#formatManifest({ nowMs, ...addresses });
  }

  #formatManifest(
    moment: Pick<ManifestOptions, "nowMs" | "location" | "mediaSuffix" | "stateOf">,
  ): string | undefined {
    const { dash, name, paths } = this.#options;
    if (dash === undefined) return undefined;
    return formatDashManifest(this.packager, {
      config: dash.config,
      entry: dash.paths.entry(name),
      folder: paths.folder(name),
      hasCaptions: this.#captions.state === "present",
      ...moment,
    });
  }

  #multivariantText(): string | undefined {
    const { hls, name } = this.#options;
    if (hls === undefined || !this.isReady) return undefined;
    const base = hls.paths.entry(name);
    const place = { base, captions: this.#captions.state };
    return formatLadder([createVariant(this.packager, hls.paths.folder(name), place)], "");
  }
}

function canCarryInCmaf(track: Track): boolean {
  const needsRecord = track.codec !== "mp3" && track.codec !== "vp9";
  return (
    CARRIED.has(track.codec) && (!needsRecord || track.decoderConfigurationRecord !== undefined)
  );
}
