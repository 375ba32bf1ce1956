/**
 * Serves the files of a folder, and none that are not in it.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { FileStat, Files, OpenFile } from "../../runtime/runtime.ts";
import { answerWithFile } from "./file-answer.ts";
import { createFolderRedirect, INDEX } from "./folder-redirect.ts";
import { cacheControlOf, mediaTypeOf } from "./media-types.ts";

/** A file up to this size is read at once; of a larger one so much is in memory for each client. */
const PIECE_SIZE = 128 * 1024;
/** What the system says of paths that lead nowhere, or not for us. */
const NOT_FOUND = ["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP", "ENAMETOOLONG", "EINVAL"];
/** The one dotted name that is meant to be found (RFC 8615), as by certificate authorities. */
const WELL_KNOWN = ".well-known";

export class StaticFiles {
  readonly #files: Files;
  readonly #root: string;

  constructor(files: Files, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /**
   * Answers with the file at `path` below the root, for a folder with its index.
   *
   * @returns `undefined` if there is none that may be seen.
   */
  async serve(
    request: HttpRequest,
    path: string = request.path,
  ): Promise<HttpResponse | undefined> {
    if (!isServable(path)) return undefined;
    try {
      return await this.#answer(request, path);
    } catch (error) {
      if (error instanceof SystemError && NOT_FOUND.includes(error.code)) return undefined;
      throw error;
    }
  }

  async #answer(request: HttpRequest, path: string): Promise<HttpResponse | undefined> {
    const isFolder = path.endsWith("/");
    const filePath = `${this.#root}${path}${isFolder ? INDEX : ""}`;
    const realPath = await this.#findInside(filePath);
    const stat = realPath === undefined ? undefined : await this.#files.stat(realPath);
    if (realPath === undefined || stat === undefined) return undefined;
    if (stat.isFolder && !isFolder) return createFolderRedirect(request);
    if (!stat.isFile) return undefined;
    return answerWithFile(request, {
      size: stat.size,
      mediaType: mediaTypeOf(filePath),
      cacheControl: cacheControlOf(filePath),
      etag: etagOf(stat),
      modifiedMs: stat.modifiedMs,
      read: (start, end) => this.#read(realPath, start, end),
    });
  }

  /** The path without links, if those lead to no place outside the root. */
  async #findInside(path: string): Promise<string | undefined> {
    const [root, real] = await Promise.all([
      this.#files.realPath(this.#root),
      this.#files.realPath(path),
    ]);
    const folder = root.endsWith("/") ? root : `${root}/`;
    return real.startsWith(folder) ? real : undefined;
  }

  async #read(
    path: string,
    start: number,
    end: number,
  ): Promise<Uint8Array | ReadableStream<Uint8Array>> {
    if (end - start > PIECE_SIZE) return streamFile(this.#files, path, start, end);
    const file = await this.#files.open(path, "read");
    try {
      return await file.read(start, end - start);
    } finally {
      await file.close();
    }
  }
}

/** Reads a part of a file as fast as it is taken; ends early if the file has become shorter. */
async function streamFile(
  files: Files,
  path: string,
  start: number,
  end: number,
): Promise<ReadableStream<Uint8Array>> {
  const source = new FileSource(await files.open(path, "read"), start, end);
  return new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
}

/** The source of a stream of a file's bytes. Closes the file once, and never under a read. */
class FileSource {
  readonly #file: OpenFile;
  #offset: number;
  readonly #end: number;
  #isReading = false;
  #isCancelled = false;

  constructor(file: OpenFile, start: number, end: number) {
    this.#file = file;
    this.#offset = start;
    this.#end = end;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    let isOver = true;
    this.#isReading = true;
    try {
      const piece = await this.#file.read(
        this.#offset,
        Math.min(PIECE_SIZE, this.#end - this.#offset),
      );
      this.#offset += piece.length;
      isOver = piece.length === 0 || this.#offset === this.#end || this.#isCancelled;
      if (this.#isCancelled) return;
      if (piece.length > 0) controller.enqueue(piece);
      if (isOver) controller.close();
    } finally {
      this.#isReading = false;
      if (isOver) await this.#file.close();
    }
  }

  async cancel(): Promise<void> {
    this.#isCancelled = true;
    if (!this.#isReading) await this.#file.close();
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

/** Weak: two writes within a tick of the file system's clock look the same. */
function etagOf(stat: FileStat): string {
  return `W/"${stat.size.toString(16)}-${Math.floor(stat.modifiedMs).toString(16)}"`;
}
