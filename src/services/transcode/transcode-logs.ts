/**
 * Logs of FFmpeg, one for each stream and engine: whoever publishes under ever new names makes ever new
 * ones, so that the oldest of them go.
 *
 * @module
 */

import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { StreamName } from "../../base/stream-name.ts";
import { logFolderPath, logPath } from "../../programs/log-path.ts";
import type { Files } from "../../runtime/runtime.ts";

/** Files that are kept, and how many bytes there are in them, beside those in use. */
const COUNT_MAX = 1_000;
const SIZE_MAX = 1 << 30;
/** How often the folder is looked through, if there is reason to. */
const LOOK_MS = 60_000;

const NAME = "ffmpeg-encoder";
const OURS = new RegExp(`^${NAME}-.*\\.log(?:\\.1)?$`, "s");

export interface TranscodeLogsPorts {
  readonly files: Pick<Files, "list" | "stat" | "remove">;
  readonly logger: Logger;
  /** As it is now. */
  readonly logFolder: () => string;
}

interface LogFile {
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
}

export class TranscodeLogs {
  readonly #ports: TranscodeLogsPorts;
  #hasNew = false;
  #isLooking = false;
  #hasFailed = false;
  /** Not before that, on the monotonic clock. */
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(ports: TranscodeLogsPorts) {
    this.#ports = ports;
  }

  /** By SRS's name; `undefined` where none is kept. */
  pathOf({ vhost, app, stream }: StreamName, engine: string): string | undefined {
    this.#hasNew = true;
    return logPath(this.#ports.logFolder(), [NAME, vhost, app, stream, engine]);
  }

  /**
   * Call every second or so.
   *
   * @param listUsed Paths that are written to.
   */
  sweep(nowMs: number, listUsed: () => Iterable<string>): void {
    if (!this.#hasNew || this.#isLooking || nowMs < this.#nextMs) return;
    this.#hasNew = false;
    this.#nextMs = nowMs + LOOK_MS;
    const folder = logFolderPath(this.#ports.logFolder());
    if (folder === undefined) return;
    this.#isLooking = true;
    void this.#look(folder, new Set(listUsed())).finally(() => {
      this.#isLooking = false;
    });
  }

  async #look(folder: string, used: ReadonlySet<string>): Promise<void> {
    const { files, logger } = this.#ports;
    let count = 0;
    try {
      for (const { path } of chooseOld(await this.#list(folder, used))) {
        await files.remove(path);
        count += 1;
      }
      this.#hasFailed = false;
    } catch (error) {
      const reason = toError(error).message;
      if (!this.#hasFailed) logger.warn("old logs not removed", { folder, reason });
      this.#hasFailed = true;
    }
    if (count > 0) logger.info("old logs removed", { folder, count });
  }

  async #list(folder: string, used: ReadonlySet<string>): Promise<LogFile[]> {
    const { files } = this.#ports;
    if ((await files.stat(folder)) === undefined) return [];
    const found: LogFile[] = [];
    for (const name of await files.list(folder)) {
      const path = `${folder}/${name}`;
      if (!OURS.test(name) || used.has(path.replace(/\.1$/, ""))) continue;
      const stat = await files.stat(path);
      if (stat?.isFile === true) found.push({ path, ...stat });
    }
    return found;
  }
}

/** Those that are too many, or too large together, beside the newest. */
function chooseOld(files: readonly LogFile[]): readonly LogFile[] {
  const newest = files.toSorted((one, other) => other.modifiedMs - one.modifiedMs);
  let size = 0;
  const index = newest.findIndex((file, count) => {
    size += file.size;
    return count >= COUNT_MAX || size > SIZE_MAX;
  });
  return index < 0 ? [] : newest.slice(index);
}
