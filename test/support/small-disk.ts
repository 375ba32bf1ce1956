/**
 * A file system of its own for a test, which can be filled and made read-only: a permission would not
 * keep root out.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { waitFor } from "./wait.ts";

const SIZE = 1024 * 1024;
const FILLER = "filler";

/** Why there can be no such disk here; `undefined`: there can. */
export function whyNoSmallDisk(folder: string): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "Only root can mount";
  try {
    new SmallDisk(folder).remove();
    return undefined;
  } catch (error) {
    return `Cannot mount: ${String(error)}`; // As in a container without the right to.
  }
}

export class SmallDisk {
  readonly folder: string;

  /** Mounts it. @throws {Error} If that is not allowed. */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    run("mount", "-t", "tmpfs", "-o", `size=${SIZE}`, "sluice-test", folder);
  }

  /** Allows no change any more, as soon as no file is open for writing. */
  async lock(): Promise<void> {
    await waitFor("no file to be open", () => {
      try {
        run("mount", "-o", "remount,ro", this.folder);
        return true;
      } catch (error) {
        if (String(error).includes("busy")) return false;
        throw error;
      }
    });
  }

  unlock(): void {
    run("mount", "-o", "remount,rw", this.folder);
  }

  /** Leaves room for nothing. */
  fill(): void {
    const path = `${this.folder}/${FILLER}`;
    for (let size = SIZE; size > 0; size = Math.floor(size / 2)) {
      try {
        writeFileSync(path, Buffer.alloc(size), { flag: "a" });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
  }

  empty(): void {
    rmSync(`${this.folder}/${FILLER}`, { force: true });
  }

  remove(): void {
    // Lazily: the server may still have a file open.
    run("umount", "--lazy", this.folder);
  }
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"] });
}
