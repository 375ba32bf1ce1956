/**
 * HDS as one of a stream's outputs: files, which the server's folder is served with.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import type { StreamName } from "../../../base/stream-name.ts";
import type { HdsConfig } from "../../../config/packaging-config.ts";
import type { Track } from "../../../live/track.ts";
import { canCarryInFlash, isFlashCodec } from "../../../remux/flv/flash-tags.ts";
import { FileMirror } from "../file-mirror.ts";
import { ReloadWaiters } from "../hls/reload-waiters.ts";
import { BEGINNING, type Continuation, type Output, type OutputStart } from "../output.ts";
import type { OutputPorts } from "../output-ports.ts";
import { TrackGate } from "../track-gate.ts";
import { HdsFragments } from "./hds-fragments.ts";
import { HdsPackager } from "./hds-packager.ts";

const SECOND_MS = 1_000;
/** Bytes that may wait for the disk: two of the largest fragments. */
const WAITING_SIZE_MAX = 256 * 1024 * 1024;

export interface HdsOutputOptions extends OutputStart {
  readonly name: StreamName;
  readonly config: HdsConfig;
}

export class HdsOutput implements Output {
  readonly gate: TrackGate;
  /** Nobody asks for it, but for files. */
  readonly waiters: ReloadWaiters;
  beganMs: number;
  readonly #clock: Clock;
  readonly #files: FileMirror;
  readonly #fragments: HdsFragments;
  readonly #packager: HdsPackager;

  constructor({ name, config, from, filesFree }: HdsOutputOptions, ports: OutputPorts) {
    const { clock, files, logger } = ports;
    this.waiters = new ReloadWaiters(clock);
    this.#clock = clock;
    this.beganMs = clock.monotonicMs();
    this.#files = new FileMirror({
      files,
      logger,
      root: config.hdsPath,
      waitingSizeMax: WAITING_SIZE_MAX,
      after: filesFree,
    });
    this.#fragments = new HdsFragments(name, config.hdsWindow * SECOND_MS, this.#files);
    const fragmentMs = config.hdsFragment * SECOND_MS;
    this.#packager = new HdsPackager(this.#fragments, fragmentMs, from.msn);
    this.gate = new TrackGate(this.#packager, createTrackFilter(ports), () =>
      logger.warn("no key frame to cut at", { format: "hds" }),
    );
  }

  get isReady(): boolean {
    return this.#fragments.isReady;
  }

  get heldSize(): number {
    return this.#packager.heldSize;
  }

  get next(): Continuation {
    return { ...BEGINNING, msn: this.#packager.lastNumber };
  }

  /** Timestamps are the publisher's own: none is ahead of another's. */
  get isAhead(): boolean {
    return false;
  }

  published(): void {
    // A failing disk is tried again with each fragment.
    this.beganMs = this.#clock.monotonicMs();
  }

  finish(): void {
    // As in SRS nothing says that a stream is complete: its publisher may return.
  }

  overFor(): void {
    // Its files are kept for as long as the rest.
  }

  async dispose(): Promise<void> {
    this.waiters.close();
    await this.#fragments.removeAll();
    this.#files.close();
    await this.#files.settled();
  }
}

/** Which tracks are carried. Says of each codec once that Flash does not know it. */
function createTrackFilter({ logger }: OutputPorts): (track: Track) => boolean {
  const told = new Set<string>();
  return (track) => {
    const { kind, codec } = track;
    if (!isFlashCodec(codec) && !told.has(codec)) {
      told.add(codec);
      logger.warn("track left out", { format: "hds", kind, codec });
    }
    return canCarryInFlash(track);
  };
}
