/**
 * Which files on disk are not for everybody who finds them by some path: what streams leave there whose
 * viewers are asked who they are. Whoever was let play gets them from those who serve the stream.
 *
 * A folder that holds nothing else is closed as a whole. One that is that of other files too, or has
 * such below it, is closed for what is named like the files of streams.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { SystemError } from "../base/errors.ts";
import type { StoredFiles } from "../base/stored-files.ts";
import type { Config } from "../config/config.ts";
import { isPlayGuarded } from "../config/play-guard.ts";
import type { Files } from "../runtime/runtime.ts";
import type { FileGuard } from "../servers/http/static-files.ts";
import { listRecordedFiles } from "../services/dvr/recorded-files.ts";
import { listPackagedFiles } from "../services/packager/packaged-files.ts";
import { listPictureFiles } from "../services/snapshots/picture-files.ts";

export interface GuardedFilesPorts {
  readonly files: Pick<Files, "realPath">;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** So long a folder's real path holds: it may be a link that is set to another one. */
const REAL_PATH_MS = 1_000;
/** What the system says of a folder that is not there. */
const ABSENT = ["ENOENT", "ENOTDIR"];

interface RealPath {
  readonly path: string | undefined;
  readonly untilMs: number;
}

/** All that the configuration has streams leave on disk. */
function listStoredFiles({ vhosts, utcTime }: Config): StoredFiles[] {
  return Object.entries(vhosts).flatMap(([name, vhost]) => [
    ...listPackagedFiles(name, vhost),
    ...listRecordedFiles(name, vhost, utcTime),
    ...listPictureFiles(name, vhost),
  ]);
}

export class GuardedFiles implements FileGuard {
  readonly #ports: GuardedFilesPorts;
  /** By vhost, folder and form. */
  #guarded: ReadonlyMap<string, StoredFiles> = new Map();
  /** Folders that are closed only as far as their files are named like those of streams. */
  #shared: ReadonlySet<string> = new Set();
  readonly #realPaths = new Map<string, RealPath>();

  constructor(ports: GuardedFilesPorts) {
    this.#ports = ports;
  }

  /**
   * Takes on another configuration. What vhosts have left on disk stays guarded where they have other
   * folders or names now, are disabled, or are gone, until one of that name lets everybody play.
   */
  configure(config: Config): void {
    const { vhosts, httpServer } = config;
    const stored = listStoredFiles(config);
    const isOpen = ({ vhost }: StoredFiles): boolean => {
      const settings = vhosts[vhost];
      return settings !== undefined && !isPlayGuarded(settings);
    };
    const guarded = new Map([...this.#guarded].filter(([, files]) => !isOpen(files)));
    for (const files of stored) {
      if (files.isGuarded) guarded.set(keyOf(files), files);
      else guarded.delete(keyOf(files));
    }
    this.#guarded = guarded;
    const mounts = Object.values(vhosts).map(({ httpStatic }) => httpStatic);
    this.#shared = new Set([
      httpServer.dir,
      ...mounts.filter(({ enabled }) => enabled).map(({ dir }) => dir),
      ...stored.filter(({ isGuarded }) => !isGuarded).map(({ folder }) => folder),
    ]);
    this.#realPaths.clear();
  }

  /** @throws {SystemError} If a folder cannot be looked at: what is in it is not known. */
  async isGuarded(realPath: string, path: string): Promise<boolean> {
    if (this.#guarded.size === 0) return false;
    const shared = await Promise.all(
      [...this.#shared].map((folder) => this.#realPath(folder).catch(unlessOurs)),
    );
    for (const files of this.#guarded.values()) {
      const folder = await this.#realPath(files.folder);
      if (folder === undefined) continue; // Then nothing is in it.
      const isShared = shared.some((other) => other !== undefined && isWithin(other, folder));
      const isTheirs = (candidate: string): boolean =>
        isWithin(candidate, folder) &&
        (!isShared || files.has(candidate.slice(folder.length).replace(/^\/+/, "")));
      if (isTheirs(realPath) || isTheirs(path)) return true;
    }
    return false;
  }

  /** Without links and a slash at its end; `undefined` if there is none. */
  async #realPath(folder: string): Promise<string | undefined> {
    const { files, clock } = this.#ports;
    const nowMs = clock.monotonicMs();
    const known = this.#realPaths.get(folder);
    if (known?.path !== undefined && nowMs < known.untilMs) return known.path;
    const path = await files.realPath(folder).catch((error: unknown) => {
      if (error instanceof SystemError && ABSENT.includes(error.code)) return undefined;
      throw error;
    });
    const real = path?.replace(/\/+$/, "");
    this.#realPaths.set(folder, { path: real, untilMs: nowMs + REAL_PATH_MS });
    return real;
  }
}

function keyOf({ vhost, folder, form }: StoredFiles): string {
  return [vhost, folder, form].join("\n");
}

/** A folder that cannot be looked at is as good as none. @throws What is not the system's fault. */
function unlessOurs(error: unknown): undefined {
  if (!(error instanceof SystemError)) throw error;
}

/** Whether `path` is the folder, or somewhere below it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
