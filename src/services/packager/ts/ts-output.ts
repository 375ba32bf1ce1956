/**
 * HLS with MPEG-TS as one of a stream's outputs.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import type { StreamName } from "../../../base/stream-name.ts";
import type { HlsConfig } from "../../../config/packaging-config.ts";
import type { ReportedSegment } from "../../../live/reported-segment.ts";
import type { StreamDescription, Track } from "../../../live/track.ts";
import { canCarryInTs } from "../../../remux/mpegts/create-elementary-stream.ts";
import { FileMirror } from "../file-mirror.ts";
import { ReloadWaiters } from "../hls/reload-waiters.ts";
import type { Continuation, Output, OutputStart } from "../output.ts";
import type { OutputPorts } from "../output-ports.ts";
import { TrackGate } from "../track-gate.ts";
import type { TsRules } from "../vhost-packaging.ts";
import { TsPackager } from "./ts-packager.ts";
import type { TsPlaylist } from "./ts-playlist.ts";
import type { TsSegment } from "./ts-segment.ts";

export interface TsOutputOptions extends OutputStart {
  readonly name: StreamName;
  readonly rules: TsRules;
  readonly isUtc: boolean;
}

export class TsOutput implements Output {
  readonly gate: TrackGate;
  readonly waiters: ReloadWaiters;
  beganMs: number;
  readonly #packager: TsPackager;
  readonly #mirrors: readonly FileMirror[];
  readonly #clock: Clock;

  constructor(options: TsOutputOptions, ports: OutputPorts) {
    const { name, rules, isUtc, from, filesFree } = options;
    const { config, names } = rules;
    const { files, keyFiles } = createMirrors(rules, filesFree, ports);
    this.#mirrors = [files, keyFiles].filter((mirror) => mirror !== undefined);
    const { clock, crypto, publisher } = ports;
    this.waiters = new ReloadWaiters(clock);
    this.#clock = clock;
    this.beganMs = clock.monotonicMs();
    const onChange = (): void => this.waiters.check();
    const onSegment = (segment: TsSegment, isThere: Promise<boolean>): void =>
      ports.onSegment?.(toFinished(segment, names.playlist(name), config), isThere);
    this.#packager = new TsPackager(
      config,
      { name, names, isUtc },
      { clock, crypto, publisher, files, keyFiles, onChange, onSegment },
      from,
    );
    const isLeftOut = ({ kind }: Track): boolean =>
      kind === "video" ? config.hlsVcodec === "vn" : config.hlsAcodec === "an";
    const canCarry = (track: Track): boolean => !isLeftOut(track) && canCarryInTs(track);
    this.gate = new TrackGate(this.#packager, canCarry, () =>
      ports.logger.warn("no key frame to cut at", { format: "ts" }),
    );
  }

  get playlist(): TsPlaylist {
    return this.#packager.playlist;
  }

  /** What the segments are made of. */
  get description(): StreamDescription {
    return this.#packager.description;
  }

  get isReady(): boolean {
    return this.playlist.isReady;
  }

  get heldSize(): number {
    return this.playlist.heldSize;
  }

  get next(): Continuation {
    return this.#packager.next;
  }

  /** Timestamps are the publisher's own: none is ahead of another's. */
  get isAhead(): boolean {
    return false;
  }

  published(): void {
    this.beganMs = this.#clock.monotonicMs();
    for (const mirror of this.#mirrors) mirror.resume();
  }

  finish(): void {
    // SRS never says that a playlist is complete, and players that wait for a return rely on it.
  }

  overFor(): void {
    // Its files are kept for as long as the rest.
  }

  async dispose(): Promise<void> {
    this.waiters.close();
    await this.playlist.dispose();
    await Promise.all(this.#mirrors.map((mirror) => mirror.settled()));
  }
}

function toFinished(
  { publisher, seq, durationMs, name, uri }: TsSegment,
  playlist: string,
  { hlsPath, hlsStorage }: HlsConfig,
): ReportedSegment {
  const fileOf = (path: string): string => (hlsStorage === "memory" ? "" : `${hlsPath}/${path}`);
  return {
    publisher,
    seq,
    durationMs,
    file: fileOf(name),
    playlistFile: fileOf(playlist),
    url: /^https?:/i.test(uri) ? uri : name,
    playlistUrl: playlist,
    uri,
  };
}

function createMirrors(
  { config }: TsRules,
  after: Promise<unknown>,
  { files, logger, onFilesFailed }: OutputPorts,
): { readonly files: FileMirror | undefined; readonly keyFiles: FileMirror | undefined } {
  if (config.hlsStorage === "memory") return { files: undefined, keyFiles: undefined };
  const create = (root: string): FileMirror => {
    const mirror: FileMirror = new FileMirror({
      files,
      logger,
      root,
      waitingSizeMax: config.hlsWindowBytes,
      after,
      onFailure: () => {
        if (config.hlsOnError === "ignore") mirror.pause();
        else if (config.hlsOnError === "disconnect") onFilesFailed();
      },
    });
    return mirror;
  };
  return {
    files: create(config.hlsPath),
    keyFiles: config.hlsKeys ? create(config.hlsKeyFilePath) : undefined,
  };
}
