/**
 * One recording: frames become bytes, and those a file.
 *
 * @module
 */

import type { SystemError } from "../../base/errors.ts";
import type { StreamName } from "../../base/stream-name.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { Frame } from "../../live/frame.ts";
import type { StreamDescription, Track } from "../../live/track.ts";
import type { DvrRules, FileLimits } from "./dvr-rules.ts";
import type { FinishedFile } from "./finish-file.ts";
import type { RecordingMuxer } from "./formats/recording-format.ts";
import { recordedTracks } from "./recorded.ts";
import { RecordingFile, type RecordingFilePorts } from "./recording-file.ts";
import { TimeSpan } from "./time-span.ts";
import type { Unfinished } from "./unfinished-text.ts";

/** What waits longer than that to be written would be lost if the machine stopped. */
const FLUSH_MS = 500;
/** So much is written at once however fast it comes. */
const FLUSH_SIZE = 1 << 20;

export interface RecordingOptions {
  readonly name: StreamName;
  readonly rules: DvrRules;
  readonly description: StreamDescription;
  /** The recorder's time at which the file's is 0. */
  readonly zeroMs: number;
  /** As they are now: they may change while the file is written. */
  readonly limits: () => FileLimits;
  readonly ports: RecordingFilePorts;
}

export class Recording {
  readonly rules: DvrRules;
  /** When its first frame came, in milliseconds since the Unix epoch. */
  startedWallMs: number;
  readonly #options: RecordingOptions;
  readonly #muxer: RecordingMuxer;
  readonly #file: RecordingFile;
  readonly #span = new TimeSpan();
  #description: StreamDescription;
  #flushedMs: number;

  constructor(options: RecordingOptions) {
    const { rules, name, description, ports } = options;
    const { clock } = ports;
    this.rules = rules;
    this.#options = options;
    this.#description = description;
    this.startedWallMs = clock.wallMs();
    this.#flushedMs = clock.monotonicMs();
    this.#muxer = rules.format.createMuxer(description);
    const fileName = rules.names.nameFor(name, this.startedWallMs);
    this.#file = new RecordingFile(fileName, options.limits, ports);
  }

  /** Its name when it is complete; `undefined` while there is no file. */
  get path(): string | undefined {
    return this.#file.path;
  }

  /** Bytes on disk. */
  get size(): number {
    return this.#file.size;
  }

  get durationMs(): number {
    return this.#span.durationMs;
  }

  /** Why it takes nothing more. */
  get error(): SystemError | undefined {
    return this.#file.error;
  }

  /** All tracks that it has had. */
  get description(): StreamDescription {
    return this.#description;
  }

  /** For the case that it is not completed; `undefined` if there is no file. */
  unfinished(publisher: SessionRequest | undefined): Unfinished | undefined {
    const { path, rules, startedWallMs } = this;
    if (path === undefined) return undefined;
    const { name } = this.#options;
    const tracks = recordedTracks(this.#description);
    return { path, name, publisher, format: rules.format.name, startedWallMs, tracks };
  }

  /** Its first frame had been held back. Its name says when it began to be written. */
  beganEarlier(agoMs: number): void {
    this.startedWallMs -= agoMs;
  }

  track(track: Track, atMs: number): void {
    this.#description = { ...this.#description, [track.kind]: track };
    this.#muxer.writeTrack(track, this.#fileMs(atMs));
  }

  /** @param atMs In the recorder's time. */
  frame(frame: Frame, atMs: number): void {
    const fileMs = this.#fileMs(atMs);
    this.#span.add(frame.track.kind, fileMs);
    this.#muxer.writeFrame(frame, fileMs);
    const nowMs = this.#options.ports.clock.monotonicMs();
    const isLate = nowMs - this.#flushedMs >= FLUSH_MS;
    if (isLate || this.#muxer.pendingSize >= FLUSH_SIZE) this.flush();
  }

  /** Has all that can be played by itself written. */
  flush(): void {
    this.#flushedMs = this.#options.ports.clock.monotonicMs();
    this.#file.write(this.#muxer.take(false));
  }

  /**
   * Completes it. @returns What has become of it; `undefined` if there is nothing in it.
   *
   * @throws {SystemError} As `RecordingFile.close`.
   */
  close(): Promise<FinishedFile | undefined> {
    this.#file.write(this.#muxer.take(true));
    const { durationMs } = this;
    const patches = (size: number): ReturnType<RecordingMuxer["patches"]> =>
      this.#muxer.patches({ size, durationMs });
    return this.#file.close(this.rules.format, { durationMs, patches });
  }

  /** No container has a time before its beginning. */
  #fileMs(atMs: number): number {
    return Math.max(0, atMs - this.#options.zeroMs);
  }
}
