/**
 * Files that are not to be had as files, whichever vhost and whichever path they are asked by: pieces of
 * streams that take a token. Who is let in has them by the stream's playlist.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { SystemError } from "../base/errors.ts";
import type { Files } from "../runtime/runtime.ts";
import type { GuardedOutput } from "../services/packager/guarded-outputs.ts";

/** So long a folder's real path holds: it may be a link that is set to another one. */
const FOLDER_MS = 1_000;

interface Folder {
  readonly output: GuardedOutput;
  /** Without links and with a slash at its end; empty while there is none. */
  realPath: string;
  knownUntilMs: number;
}

export class GuardedFiles {
  readonly #files: Pick<Files, "realPath">;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #folders: readonly Folder[];

  constructor(
    files: Pick<Files, "realPath">,
    clock: Pick<Clock, "monotonicMs">,
    outputs: readonly GuardedOutput[],
  ) {
    this.#files = files;
    this.#clock = clock;
    this.#folders = outputs.map((output) => ({ output, realPath: "", knownUntilMs: 0 }));
  }

  /** @param path Without links. */
  async isGuarded(path: string): Promise<boolean> {
    for (const folder of this.#folders) {
      const realPath = await this.#realPathOf(folder);
      if (realPath === "" || !path.startsWith(realPath)) continue;
      if (folder.output.matches(path.slice(realPath.length))) return true;
    }
    return false;
  }

  async #realPathOf(folder: Folder): Promise<string> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < folder.knownUntilMs) return folder.realPath;
    folder.knownUntilMs = nowMs + FOLDER_MS;
    try {
      const path = await this.#files.realPath(folder.output.folder);
      folder.realPath = path.endsWith("/") ? path : `${path}/`;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      folder.realPath = ""; // Nothing has been written yet.
    }
    return folder.realPath;
  }
}
