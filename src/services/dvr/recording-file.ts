/**
 * A recording on disk: created under a name that nobody else has, written in order and as fast as the
 * disk takes it, and given its own name when it is complete.
 *
 * ```text
 * show.flv.tmp  written, handed to the disk (fsync) again and again
 *      |        complete: written over in front, cut off where a write failed, made into another form
 *      v
 * show.flv      renamed behind the last fsync
 * ```
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { SystemError, toError } from "../../base/errors.ts";
import type { FilePatch } from "../../remux/file-patch.ts";
import type { Files, OpenFile } from "../../runtime/runtime.ts";
import type { DiskRoom } from "./disk-room.ts";
import type { FileLimits } from "./dvr-rules.ts";
import type { FileFinisher, FinishedFile } from "./finish-file.ts";
import type { RecordingFormat } from "./formats/recording-format.ts";
import { ATTEMPTS_MAX, folderOf, type RecordingName, UNFINISHED } from "./recording-names.ts";
import type { WriteQueue } from "./write-queue.ts";

/** How often it is looked whether the file is still there, and whether there is room. */
const LOOK_MS = 2_000;

export interface RecordingFilePorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly room: DiskRoom;
  readonly finisher: FileFinisher;
  /** Of the stream. */
  readonly queue: WriteQueue;
  /** It is there, under its unfinished name. */
  readonly onOpened: () => void;
  /** The disk has taken its beginning: one that is full may take no more than the name. */
  readonly onWritten: (path: string) => void;
  /** It takes nothing more. Called once, and only before `close`. */
  readonly onFailed: (error: SystemError) => void;
}

export class RecordingFile {
  readonly #ports: RecordingFilePorts;
  readonly #limits: () => FileLimits;
  /** Ends with all that has been asked for. Never rejects. */
  #tail: Promise<void>;
  #file: OpenFile | undefined;
  #path: string | undefined;
  #error: SystemError | undefined;
  #isClosed = false;
  /** Bytes that the system has taken. */
  #size = 0;
  /** The disk has refused something: what waits for it is not written. */
  #isBroken = false;
  /** Somebody has removed it. */
  #isVanished = false;
  #syncedMs: number;
  #lookedMs: number;

  /** @param limits As they are now. */
  constructor(name: RecordingName, limits: () => FileLimits, ports: RecordingFilePorts) {
    this.#ports = ports;
    this.#limits = limits;
    this.#syncedMs = ports.clock.monotonicMs();
    this.#lookedMs = this.#syncedMs;
    this.#tail = this.#guard(() => this.#open(name)).catch((error: unknown) =>
      this.#tellOfBug(error),
    );
  }

  /** Its name when it is complete; `undefined` while it has none. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Bytes on their way to the disk, or there. */
  get size(): number {
    return this.#size;
  }

  /** Why it takes nothing more. */
  get error(): SystemError | undefined {
    return this.#error;
  }

  /** Behind all that was written before. */
  write(bytes: Uint8Array): void {
    const { queue } = this.#ports;
    if (this.#error !== undefined || bytes.length === 0) return;
    if (!queue.hasRoom(bytes.length, this.#limits().queueSizeMax)) {
      this.#fail(new SystemError("EBUSY", "Cannot record: the disk is too slow"));
      return;
    }
    queue.size += bytes.length;
    this.#enqueue(async () => {
      try {
        if (!this.#isBroken) await this.#write(bytes);
      } finally {
        queue.size -= bytes.length;
      }
    }).catch((error: unknown) => this.#tellOfBug(error));
  }

  /**
   * Completes it, behind all that was written.
   *
   * @param facts What the muxer knows of a file that has taken all of it.
   * @returns What has become of it; `undefined` if there is nothing in it.
   * @throws {SystemError} If it could not be completed: it is left under its unfinished name.
   */
  close(
    format: RecordingFormat,
    facts: { readonly durationMs: number; patches(size: number): readonly FilePatch[] },
  ): Promise<FinishedFile | undefined> {
    this.#isClosed = true;
    return this.#enqueue(async () => {
      const [file, path, error] = [this.#file, this.#path, this.#error];
      if (file === undefined || path === undefined) return undefined;
      if (this.#isVanished) {
        await file.close();
        return undefined;
      }
      const { durationMs } = facts;
      const size = this.#size;
      const whole =
        error === undefined ? { size, durationMs, patches: facts.patches(size) } : undefined;
      const { freeSizeMin } = this.#limits();
      return this.#ports.finisher.finish({ file, path, size, whole, format, freeSizeMin });
    });
  }

  /** What is neither the disk's fault nor a peer's. */
  #tellOfBug(error: unknown): void {
    this.#fail(
      new SystemError("EINVAL", `Cannot record: ${toError(error).message}`, { cause: error }),
    );
  }

  async #open(name: RecordingName): Promise<void> {
    const { files, onOpened } = this.#ports;
    if (name.problem !== undefined) throw name.problem;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const path = name.at(attempt);
      const folder = folderOf(path);
      await files.makeFolder(folder);
      await this.#ports.room.require(folder, this.#limits().freeSizeMin);
      if ((await files.stat(path)) !== undefined) continue;
      try {
        this.#file = await files.open(path + UNFINISHED, "new");
      } catch (error) {
        if (error instanceof SystemError && error.code === "EEXIST") continue;
        throw error;
      }
      this.#path = path;
      onOpened();
      return;
    }
    throw new SystemError(
      "EEXIST",
      `Cannot record to "${name.at(0)}": there is such a file already`,
    );
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      const [file, path] = [this.#file, this.#path];
      if (file === undefined || path === undefined) return;
      const nowMs = this.#ports.clock.monotonicMs();
      if (nowMs - this.#lookedMs >= LOOK_MS) await this.#look(path, nowMs);
      await file.write(bytes);
      if (this.#size === 0) this.#ports.onWritten(path);
      this.#size += bytes.length;
      const { syncMs } = this.#limits();
      if (syncMs === 0 || nowMs - this.#syncedMs < syncMs) return;
      this.#syncedMs = nowMs;
      await file.sync();
    });
  }

  /** A file that somebody has removed would take all there is, and be nowhere. */
  async #look(path: string, nowMs: number): Promise<void> {
    this.#lookedMs = nowMs;
    if ((await this.#ports.files.stat(path + UNFINISHED)) === undefined) {
      this.#isVanished = true;
      throw new SystemError("ENOENT", `Cannot record to "${path}": the file has gone`);
    }
    await this.#ports.room.require(folderOf(path), this.#limits().freeSizeMin);
  }

  /** Does something to the disk, and notes that it did not work. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#isBroken = true;
      this.#fail(error);
    }
  }

  #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(work);
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  #fail(error: SystemError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    if (!this.#isClosed) this.#ports.onFailed(error);
  }
}
