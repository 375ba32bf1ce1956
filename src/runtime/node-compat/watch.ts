/**
 * Notices that a file or folder changed, however it was changed.
 *
 * A watch on a file alone dies with its inode, and many editors save by renaming a new file over the
 * old one. A watch on the folder alone does not see a change behind a symbolic link, nor one in a
 * file that a container has mounted singly. So a file is watched in three places, and every event is
 * only a reason to look whether the file is still the same.
 *
 * @module
 */

import { type FSWatcher, realpathSync, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import type { FileWatch } from "../runtime.ts";

/**
 * How long it must have been quiet before a change is told: one save of an editor is several events.
 * It also outlasts the granularity of a file's times (a tick of the kernel's clock, 10 ms at most),
 * so that a second change within the tick of the first cannot go unseen.
 */
const QUIET_MS = 50;

/** @throws {Error} With the system's code if nothing is at `path`. */
export function watchPath(path: string, changed: () => void): FileWatch {
  return statSync(path).isDirectory() ? watchFolder(path, changed) : new FileWatcher(path, changed);
}

function watchFolder(path: string, changed: () => void): FileWatch {
  const quiet = new Quiet(changed);
  const watcher = openWatcher(path, () => quiet.disturb());
  return {
    close(): void {
      watcher.close();
      quiet.cancel();
    },
  };
}

class FileWatcher implements FileWatch {
  #path: string;
  #changed: () => void;
  #quiet: Quiet = new Quiet(() => this.#look());
  #watchers: FSWatcher[] = [];
  /** Which file the watchers are on. */
  #identity = "";
  /** What the file was like when last looked at. */
  #signature = "";

  constructor(path: string, changed: () => void) {
    this.#path = path;
    this.#changed = changed;
    this.#arm();
    this.#signature = this.#sign();
  }

  close(): void {
    this.#disarm();
    this.#quiet.cancel();
  }

  #look(): void {
    if (this.#identify() !== this.#identity) this.#arm();
    const signature = this.#sign();
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#changed();
  }

  #arm(): void {
    this.#disarm();
    this.#identity = this.#identify();
    const real = attempt(() => realpathSync(this.#path)) ?? this.#path;
    for (const place of new Set([dirname(this.#path), dirname(real), real])) {
      const watcher = attempt(() => openWatcher(place, () => this.#quiet.disturb()));
      if (watcher !== undefined) this.#watchers.push(watcher);
    }
  }

  #disarm(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #identify(): string {
    const stats = attempt(() => statSync(this.#path));
    const real = attempt(() => realpathSync(this.#path));
    return `${real} ${stats?.dev} ${stats?.ino}`;
  }

  #sign(): string {
    const stats = attempt(() => statSync(this.#path, { bigint: true }));
    return `${stats?.dev} ${stats?.ino} ${stats?.size} ${stats?.mtimeNs} ${stats?.ctimeNs}`;
  }
}

/** Calls back once nothing has disturbed it for a while. */
class Quiet {
  #callback: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  disturb(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#callback, QUIET_MS);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

function openWatcher(path: string, event: () => void): FSWatcher {
  const watcher = watch(path, event);
  // The folder is gone, say: what there is to tell has been told.
  watcher.on("error", () => undefined);
  return watcher;
}

/** `undefined` if the file is not there at the moment. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
