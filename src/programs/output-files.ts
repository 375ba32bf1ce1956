/**
 * Files that programs print to: one for each path, however many programs share it, so that they share its
 * size and its place too.
 *
 * @module
 */

import { OutputFile, type OutputFilePorts } from "./output-file.ts";

/** A program's share of a file. */
export interface Output {
  write(bytes: Uint8Array): void;
  /** Writes what waits; closes the file if nobody else has it. Call once, and write no more. */
  close(): Promise<void>;
}

interface Shared {
  readonly file: OutputFile;
  userCount: number;
}

export class OutputFiles {
  readonly #ports: OutputFilePorts;
  readonly #shared = new Map<string, Shared>();

  constructor(ports: OutputFilePorts) {
    this.#ports = ports;
  }

  open(path: string): Output {
    const key = plainPath(path);
    const shared = this.#shared.get(key) ?? {
      file: new OutputFile(this.#ports, key),
      userCount: 0,
    };
    shared.userCount += 1;
    this.#shared.set(key, shared);
    return {
      write: (bytes) => shared.file.write(bytes),
      close: () => this.#leave(key, shared),
    };
  }

  /** Writes what waits, of programs that have ended too. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#shared.values(), ({ file }) => file.flush()));
  }

  async #leave(key: string, shared: Shared): Promise<void> {
    shared.userCount -= 1;
    if (shared.userCount > 0) return shared.file.flush();
    await shared.file.close();
    // Who came meanwhile has had it opened again.
    if (shared.userCount === 0) this.#shared.delete(key);
  }
}

/** Other spellings of a path without `..`, which may lead through a link. */
function plainPath(path: string): string {
  return path.replace(/\/(?:\.?\/)+/g, "/").replace(/^\.\/(?=.)/, "");
}
