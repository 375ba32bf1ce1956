/**
 * Answers with a file that is to be kept, whatever a browser could show of it: under its name, whole or in
 * part.
 *
 * Spec: RFC 6266 (Content-Disposition), RFC 8187 (names in other than ASCII).
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { Files } from "../../runtime/runtime.ts";
import { answerWithFile, etagOf } from "./file-answer.ts";
import { readFilePart } from "./file-part.ts";
import { mediaTypeOf } from "./media-types.ts";

/**
 * Answers GET and HEAD.
 *
 * @returns `undefined` if there is no such file.
 * @throws {SystemError}
 */
export async function answerWithDownload(
  request: HttpRequest,
  files: Pick<Files, "stat" | "open">,
  path: string,
): Promise<HttpResponse | undefined> {
  try {
    const stat = await files.stat(path);
    if (stat?.isFile !== true) return undefined;
    const answer = await answerWithFile(request, {
      size: stat.size,
      mediaType: mediaTypeOf(path),
      cacheControl: "no-cache",
      etag: etagOf(stat),
      modifiedMs: stat.modifiedMs,
      read: (start, end) => readFilePart(files, { path, start, end }),
    });
    const name = path.slice(path.lastIndexOf("/") + 1);
    const field = ["Content-Disposition", formatDisposition(name)] as const;
    return { ...answer, fields: [...(answer.fields ?? []), field] };
  } catch (error) {
    if (error instanceof SystemError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** @param name Of a file; without what UTF-8 cannot carry. */
function formatDisposition(name: string): string {
  const plain = name.replace(/[^\w.\- ]/g, "_");
  if (plain === name) return `attachment; filename="${name}"`;
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
