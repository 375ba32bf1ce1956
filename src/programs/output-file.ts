/**
 * A file that a program prints to: bounded, however much is printed, and never waited for.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { toError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Files, OpenFile } from "../runtime/runtime.ts";

/** Past that it becomes `PATH.1`, in place of the one before. */
const SIZE_MAX = 8 << 20;
/** Bytes that may wait for the disk; what comes then is left out. */
const WAITING_SIZE_MAX = 1 << 20;
/** How soon a disk that has failed is tried again. */
const RETRY_MS = 10_000;

export interface OutputFilePorts {
  readonly files: Pick<Files, "open" | "rename" | "stat" | "makeFolder">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly logger: Logger;
}

export class OutputFile {
  readonly #ports: OutputFilePorts;
  readonly #path: string;
  #file: OpenFile | undefined;
  #size = 0;
  #waitingSize = 0;
  #leftOutSize = 0;
  #tail: Promise<void> = Promise.resolve();
  /** Until then the disk is not tried again. */
  #failedUntilMs = 0;

  constructor(ports: OutputFilePorts, path: string) {
    this.#ports = ports;
    this.#path = path;
  }

  write(bytes: Uint8Array): void {
    if (this.#waitingSize + bytes.length > WAITING_SIZE_MAX) {
      this.#leftOutSize += bytes.length;
      return;
    }
    const leftOutSize = this.#leftOutSize;
    this.#leftOutSize = 0;
    this.#waitingSize += bytes.length;
    this.#then(async () => {
      this.#waitingSize -= bytes.length;
      await this.#append(bytes, leftOutSize);
    });
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    await this.#tail;
  }

  /** Writes what waits, and closes. What is written later opens it again. */
  async close(): Promise<void> {
    this.#then(() => this.#closeFile());
    await this.#tail;
  }

  #then(task: () => Promise<void>): void {
    this.#tail = this.#tail.then(task).catch((error: unknown) => this.#failed(error));
  }

  /** @param leftOutSize What is missing before it. */
  async #append(bytes: Uint8Array, leftOutSize: number): Promise<void> {
    if (this.#ports.clock.monotonicMs() < this.#failedUntilMs) {
      this.#leftOutSize += leftOutSize + bytes.length;
      return;
    }
    const file = await this.#open(bytes.length);
    if (leftOutSize > 0) {
      await this.#put(file, new TextEncoder().encode(`\n[${leftOutSize} bytes left out]\n`));
    }
    await this.#put(file, bytes);
  }

  async #put(file: OpenFile, bytes: Uint8Array): Promise<void> {
    await file.write(bytes);
    this.#size += bytes.length;
  }

  /** Opens the file, or another one in its place if there is no room for `size` bytes more. */
  async #open(size: number): Promise<OpenFile> {
    const { files } = this.#ports;
    if (this.#file === undefined) {
      await files.makeFolder(folderOf(this.#path));
      this.#size = (await files.stat(this.#path))?.size ?? 0;
    }
    if (this.#size > 0 && this.#size + size > SIZE_MAX) {
      await this.#closeFile();
      // Another process may print here too, and may have begun a new one, or removed it.
      this.#size = (await files.stat(this.#path))?.size ?? 0;
      if (this.#size + size > SIZE_MAX) {
        await files.rename(this.#path, `${this.#path}.1`);
        this.#size = 0;
      }
    }
    this.#file ??= await files.open(this.#path, "append");
    return this.#file;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** One line for a run of failures; what the program does goes on. */
  async #failed(error: unknown): Promise<void> {
    const { clock, logger } = this.#ports;
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#failedUntilMs) {
      logger.warn("output not kept", { path: this.#path, reason: toError(error).message });
    }
    this.#failedUntilMs = nowMs + RETRY_MS;
    await this.#closeFile().catch(() => undefined);
  }
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, Math.max(1, slash));
}
