/**
 * The files of all recordings, from the first frame until they are complete: what begins, fails and ends
 * is noted, logged, counted and told of here.
 *
 * @module
 */

import { type Clock, within } from "../../base/clock.ts";
import type { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { TellEvent } from "../../live/server-event.ts";
import type { StreamDescription } from "../../live/track.ts";
import type { Crypto, Files, Host, Processes } from "../../runtime/runtime.ts";
import { Completions } from "./completions.ts";
import { DiskRoom } from "./disk-room.ts";
import type { DvrRules, FileLimits } from "./dvr-rules.ts";
import { FileFinisher, type FinishedFile } from "./finish-file.ts";
import type { CompleteRecording } from "./recorded.ts";
import { Recording } from "./recording.ts";
import { RecordingIndex } from "./recording-index.ts";
import { UnfinishedLists } from "./unfinished-lists.ts";
import type { WriteQueue } from "./write-queue.ts";

export interface RecordingFilesPorts {
  readonly clock: Clock;
  readonly files: Files;
  readonly logger: Logger;
  readonly host: Pick<Host, "pid">;
  readonly processes: Pick<Processes, "isRunning" | "idScope" | "startOf">;
  readonly crypto: Pick<Crypto, "randomBytes">;
  /** A file is complete. */
  readonly onRecorded: (recording: CompleteRecording) => void;
  readonly tell: TellEvent;
}

export interface FileOptions {
  readonly name: StreamName;
  readonly publisher: SessionRequest | undefined;
  readonly rules: DvrRules;
  readonly limits: () => FileLimits;
  readonly description: StreamDescription;
  /** The recorder's time at which the file's is 0. */
  readonly zeroMs: number;
  /** Of the stream. */
  readonly queue: WriteQueue;
  /** The disk has taken the beginning of the file. */
  readonly onWritten: () => void;
  /** It takes nothing more. @returns Whether that is news. */
  readonly onFailed: (recording: Recording) => boolean;
}

/** How long a server that stops waits for files to be completed; what takes longer is for the next start. */
const CLOSE_MS = 5_000;

export class RecordingFiles {
  readonly #ports: RecordingFilesPorts;
  readonly #room: DiskRoom;
  readonly #lists: UnfinishedLists;
  readonly #finisher: FileFinisher;
  readonly #completions: Completions;
  /** Files of which it has been told that they failed. */
  readonly #told = new WeakSet<Recording>();
  /** Since the start. */
  finishedCount = 0;
  finishedSize = 0;
  failedCount = 0;
  framesLeftOutCount = 0;

  constructor(ports: RecordingFilesPorts) {
    const { files, clock, logger, crypto } = ports;
    this.#ports = ports;
    this.#room = new DiskRoom(files, clock);
    this.#finisher = new FileFinisher(files, this.#room);
    this.#lists = new UnfinishedLists({
      ...ports,
      id: `${Math.floor(clock.wallMs()).toString(36)}-${toHex(crypto.randomBytes(6))}`,
      onFailed: (folder, { code }) => logger.warn("recordings not noted", { folder, code }),
    });
    this.#completions = new Completions({
      ...{ files, logger },
      onRecorded: (recording) => this.#recorded(recording),
      finisher: this.#finisher,
      lists: this.#lists,
      index: new RecordingIndex(files),
    });
  }

  /** Begins a file. */
  open(options: FileOptions): Recording {
    const { files, clock, logger, tell } = this.#ports;
    const { name, publisher, rules, queue } = options;
    const { plan } = rules;
    const format = rules.format.name;
    const recording: Recording = new Recording({
      ...options,
      ports: {
        ...{ files, clock, queue },
        room: this.#room,
        finisher: this.#finisher,
        onOpened: () => {
          const unfinished = recording.unfinished(publisher);
          if (unfinished !== undefined) this.#lists.begin(rules.names.root, unfinished);
        },
        onWritten: (file) => {
          options.onWritten();
          logger.info("recording started", { url: formatStreamUrl(name), file, format, plan });
          tell({ type: "recording.started", ...name, file, format });
        },
        onFailed: (error) => {
          this.#told.add(recording);
          // Each time that the disk is tried again it may fail again.
          if (options.onFailed(recording)) this.#tellOfFailure(name, recording, error);
        },
      },
    });
    return recording;
  }

  /** A frame is in no file, as files of its stream begin too often. @param url The stream's. */
  leaveFrameOut(url: string, isFirst: boolean): void {
    this.framesLeftOutCount += 1;
    const reason = "files begin too often";
    if (isFirst) this.#ports.logger.warn("frames not recorded", { url, reason });
  }

  /** Completes a file, besides everything else. */
  complete(name: StreamName, publisher: SessionRequest | undefined, recording: Recording): void {
    const { rules } = recording;
    const finish = async (): Promise<FinishedFile | undefined> => {
      try {
        return await recording.close();
      } finally {
        const { error } = recording;
        if (error !== undefined && !this.#told.has(recording)) {
          this.#tellOfFailure(name, recording, error);
        }
      }
    };
    const unfinished = (): ReturnType<Recording["unfinished"]> => recording.unfinished(publisher);
    this.#completions.complete({ url: formatStreamUrl(name), rules, unfinished, finish });
  }

  /** Completes what processes that are dead have left, and what could not be completed so far. */
  recover(allRules: readonly DvrRules[]): void {
    this.#completions.recover(allRules);
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    this.#lists.sweep(nowMs);
  }

  /** Resolves when all that has been asked for is complete, or takes too long. */
  async close(): Promise<void> {
    const { clock } = this.#ports;
    const timer = clock.setTimer(CLOSE_MS, () => this.#finisher.cancel());
    // A disk that answers no more holds nobody up.
    await within(clock, 2 * CLOSE_MS, this.#completions.close());
    timer.cancel();
  }

  #tellOfFailure(name: StreamName, { path }: Recording, { code, message }: SystemError): void {
    this.failedCount += 1;
    const { logger, tell } = this.#ports;
    const url = formatStreamUrl(name);
    logger.error("recording failed", { url, file: path, code, reason: message });
    tell({ type: "recording.failed", ...name, file: path ?? null, code });
  }

  #recorded(recording: CompleteRecording): void {
    const { name, path: file, format, size } = recording;
    this.finishedCount += 1;
    this.finishedSize += size;
    const durationMs = Math.round(recording.durationMs);
    this.#ports.onRecorded(recording);
    this.#ports.tell({ type: "recording.finished", ...name, file, format, durationMs, size });
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
