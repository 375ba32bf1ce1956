/**
 * Serves the files of a folder, and none that are not in it.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { Files } from "../../runtime/runtime.ts";
import { answerWithFile, etagOf } from "./file-answer.ts";
import { readFilePart } from "./file-part.ts";
import { FlvSeeks, seekPosition } from "./flv-seeks.ts";
import { createFolderRedirect, INDEX } from "./folder-redirect.ts";
import { cacheControlOf, mediaTypeOf } from "./media-types.ts";
import { MissCache } from "./miss-cache.ts";

/** What the system says of paths that lead nowhere, or not for us. */
const NOT_FOUND = ["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP", "ENAMETOOLONG", "EINVAL"];
/** The one dotted name that is meant to be found (RFC 8615), as by certificate authorities. */
const WELL_KNOWN = ".well-known";
/** The kinds of files in which players seek by the query. */
const FLV = "video/x-flv";
const MP4 = "video/mp4";
/** How a file is sent from its beginning. */
const WHOLE = { head: new Uint8Array(), offset: 0 };

/** So long a root's real path holds: it may be a link that is set to another folder. */
const ROOT_MS = 1_000;

/** Which files of the folder are not for everybody. */
export interface FileGuard {
  /**
   * @param realPath Of the file, without links.
   * @param path By which it was found, where folders below the root may be links.
   */
  isGuarded(realPath: string, path: string): Promise<boolean>;
}

export class StaticFiles {
  readonly #files: Files;
  readonly #root: string;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #misses = new MissCache();
  readonly #seeks: FlvSeeks;
  readonly #guard: FileGuard | undefined;
  /** The root without links and with a slash at its end; empty if it is not known. */
  #realRoot = "";
  #realRootUntilMs = 0;

  /** @param guard Absent: whoever is served has been let in. */
  constructor(
    files: Files,
    root: string,
    clock: Pick<Clock, "monotonicMs">,
    guard?: FileGuard | undefined,
  ) {
    this.#files = files;
    this.#root = root;
    this.#clock = clock;
    this.#seeks = new FlvSeeks(files);
    this.#guard = guard;
  }

  /**
   * Answers with the file at `path` below the root, for a folder with its index.
   *
   * @returns `undefined` if there is none that may be seen, or was none a moment ago.
   */
  async serve(
    request: HttpRequest,
    path: string = request.path,
  ): Promise<HttpResponse | undefined> {
    const nowMs = this.#clock.monotonicMs();
    if (!isServable(path) || this.#misses.has(path, nowMs)) return undefined;
    try {
      const answer = await this.#answer(request, path);
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!(error instanceof SystemError && NOT_FOUND.includes(error.code))) throw error;
    }
    this.#misses.add(path, nowMs);
    return undefined;
  }

  async #answer(request: HttpRequest, path: string): Promise<HttpResponse | undefined> {
    const isFolder = path.endsWith("/");
    const below = `${path}${isFolder ? INDEX : ""}`;
    const filePath = `${this.#root}${below}`;
    const realPath = await this.#findInside(filePath);
    const stat = realPath === undefined ? undefined : await this.#files.stat(realPath);
    if (realPath === undefined || stat === undefined) return undefined;
    if (stat.isFolder && !isFolder) return createFolderRedirect(request);
    if (!stat.isFile) return undefined;
    const foundPath = `${this.#realRoot}${below.slice(1)}`;
    if ((await this.#guard?.isGuarded(realPath, foundPath)) === true) return undefined;
    const mediaType = mediaTypeOf(filePath);
    const position = mediaType === FLV ? seekPosition(request) : undefined;
    if (position !== undefined && position >= stat.size) {
      const message = `Cannot seek to byte ${position}: "${request.path}" has ${stat.size}`;
      return createErrorResponse(416, message, [["Content-Range", `bytes */${stat.size}`]]);
    }
    const rest =
      position === undefined ? undefined : await this.#seeks.find(realPath, stat, position);
    const { head, offset } = rest ?? WHOLE;
    return answerWithFile(request, {
      size: head.length + stat.size - offset,
      mediaType,
      cacheControl: cacheControlOf(filePath),
      etag: etagOf(stat),
      modifiedMs: stat.modifiedMs,
      hasRangeQuery: mediaType === MP4,
      read: (start, end) =>
        readFilePart(this.#files, {
          path: realPath,
          head: head.subarray(start, end),
          start: offset + Math.max(0, start - head.length),
          end: offset + Math.max(0, end - head.length),
        }),
    });
  }

  /** The path without links, if those lead to no place outside the root. */
  async #findInside(path: string): Promise<string | undefined> {
    const real = await this.#files.realPath(path);
    const nowMs = this.#clock.monotonicMs();
    const isKnown = nowMs < this.#realRootUntilMs && real.startsWith(this.#realRoot);
    if (!isKnown) {
      const root = await this.#files.realPath(this.#root);
      this.#realRoot = root.endsWith("/") ? root : `${root}/`;
      this.#realRootUntilMs = nowMs + ROOT_MS;
    }
    return real.startsWith(this.#realRoot) ? real : undefined;
  }
}

/**
 * Whether the path, decoded and free of dot segments, may be looked up. Dotted names are what editors,
 * version control and password files hide by; an encoded slash has no business in a name.
 */
function isServable(path: string): boolean {
  if (!path.startsWith("/") || path.includes("\0")) return false;
  return path.split("/").every((segment) => {
    const isHidden = segment.startsWith(".") && segment !== WELL_KNOWN;
    return !isHidden && !/%2f|\\/i.test(segment);
  });
}
