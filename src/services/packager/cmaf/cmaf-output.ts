/**
 * CMAF as one of a stream's outputs: for HLS, for DASH, or for both.
 *
 * @module
 */

import type { StreamName } from "../../../base/stream-name.ts";
import type { Track, TrackKind } from "../../../live/track.ts";
import { formatDashManifest } from "../dash/dash-manifest.ts";
import { FileMirror } from "../file-mirror.ts";
import { CmafPlaylist } from "../hls/cmaf-playlist.ts";
import { createVariant, formatLadder } from "../hls/ladder.ts";
import { ReloadWaiters } from "../hls/reload-waiters.ts";
import type { Output } from "../output.ts";
import type { OutputPorts } from "../output-ports.ts";
import { TrackGate } from "../track-gate.ts";
import type { CmafRules, DashRules } from "../vhost-packaging.ts";
import { CmafMirror, type MirroredText } from "./cmaf-mirror.ts";
import { CmafNames } from "./cmaf-names.ts";
import { CmafPackager, type CmafSettings } from "./cmaf-packager.ts";
import type { CmafPaths } from "./cmaf-paths.ts";

/** Codecs that CMAF has a place for, and players know. */
const CARRIED: ReadonlySet<string> = new Set(["h264", "hevc", "av1", "vp9", "aac", "opus", "mp3"]);

export interface CmafOutputOptions {
  readonly name: StreamName;
  readonly settings: CmafSettings;
  /** Where its files are. */
  readonly paths: CmafPaths;
  /** Present: it is offered by HLS. */
  readonly hls: CmafRules | undefined;
  /** Present: it is offered by DASH. */
  readonly dash: DashRules | undefined;
  readonly firstNumber: number;
}

export class CmafOutput implements Output {
  readonly gate: TrackGate;
  readonly waiters: ReloadWaiters;
  readonly packager: CmafPackager;
  readonly #options: CmafOutputOptions;
  readonly #playlists: ReadonlyMap<TrackKind, CmafPlaylist>;
  readonly #mirrors: { readonly files: FileMirror; readonly mirror: CmafMirror }[] = [];

  constructor(options: CmafOutputOptions, ports: OutputPorts) {
    const { settings, hls, firstNumber } = options;
    const { clock, logger } = ports;
    this.waiters = new ReloadWaiters(clock);
    this.#options = options;
    const names = new CmafNames(clock.wallMs(), hls === undefined ? "d" : "");
    this.packager = new CmafPackager(settings, { clock, logger, names }, firstNumber);
    this.#playlists = new Map(
      (["video", "audio"] as const).map((kind) => [kind, new CmafPlaylist(this.packager, kind)]),
    );
    this.packager.addListener({ onChange: () => this.#changed() });
    this.gate = new TrackGate(this.packager, canCarryInCmaf, () =>
      logger.warn("no key frame to cut at", { format: "cmaf" }),
    );
    this.#mirrorHls(ports);
    this.#mirrorDash(ports);
  }

  get isReady(): boolean {
    return this.packager.isReady;
  }

  get heldSize(): number {
    return this.packager.heldSize;
  }

  get nextNumber(): number {
    return this.packager.nextMsn;
  }

  playlist(kind: TrackKind): CmafPlaylist | undefined {
    return this.packager.tracks.has(kind) ? this.#playlists.get(kind) : undefined;
  }

  published(): void {
    // A failing disk is tried again with each segment.
  }

  finish(): void {
    this.packager.finish();
  }

  async dispose(isFilesKept: boolean): Promise<void> {
    this.waiters.close();
    for (const { files, mirror } of this.#mirrors) {
      if (!isFilesKept) mirror.removeAll();
      files.close();
    }
    await Promise.all(this.#mirrors.map(({ files }) => files.settled()));
  }

  #changed(): void {
    for (const playlist of this.#playlists.values()) playlist.changed();
    this.waiters.check();
  }

  #mirrorHls(ports: OutputPorts): void {
    const { hls, name } = this.#options;
    if (hls === undefined || hls.config.storage === "memory") return;
    const folder = hls.paths.folder(name);
    const texts = (): MirroredText[] => [
      { name: hls.paths.entry(name), content: () => this.#multivariantText() },
      ...Array.from(this.packager.tracks.keys(), (kind) => ({
        name: `${folder}/${this.packager.names.playlist(kind)}`,
        content: () => this.#playlists.get(kind)?.fileText(),
      })),
    ];
    const { windowSizeMax } = this.#options.settings;
    this.#mirror(ports, hls.config.path, windowSizeMax, { folder, texts, isCleaned: true });
  }

  #mirrorDash(ports: OutputPorts): void {
    const { dash, name, settings } = this.#options;
    if (dash === undefined || dash.config.dashStorage === "memory") return;
    const content = (): string | undefined => this.manifest(ports.clock.wallMs());
    const texts = (): MirroredText[] => [{ name: dash.paths.entry(name), content }];
    const folder = this.#options.paths.folder(name);
    const isCleaned = dash.config.dashCleanup;
    this.#mirror(ports, dash.config.dashPath, settings.windowSizeMax, { folder, texts, isCleaned });
  }

  #mirror(
    { files, logger }: OutputPorts,
    root: string,
    waitingSizeMax: number,
    options: ConstructorParameters<typeof CmafMirror>[2],
  ): void {
    const mirrored = new FileMirror({ files, logger, root, waitingSizeMax });
    const mirror = new CmafMirror(this.packager, mirrored, options);
    this.packager.addListener(mirror);
    this.#mirrors.push({ files: mirrored, mirror });
  }

  /** The MPD as of now; `undefined` if there is nothing to play by DASH yet. */
  manifest(nowMs: number, location?: string): string | undefined {
    const { dash, name, paths } = this.#options;
    if (dash === undefined) return undefined;
    return formatDashManifest(this.packager, {
      config: dash.config,
      entry: dash.paths.entry(name),
      folder: paths.folder(name),
      nowMs,
      location,
    });
  }

  #multivariantText(): string | undefined {
    const { hls, name } = this.#options;
    if (hls === undefined || !this.isReady) return undefined;
    const base = hls.paths.entry(name);
    return formatLadder([createVariant(this.packager, base, hls.paths.folder(name))], "");
  }
}

function canCarryInCmaf(track: Track): boolean {
  const needsRecord = track.codec !== "mp3" && track.codec !== "vp9";
  return (
    CARRIED.has(track.codec) && (!needsRecord || track.decoderConfigurationRecord !== undefined)
  );
}
