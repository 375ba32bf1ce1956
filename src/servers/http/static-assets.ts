/**
 * Serves the pages that belong to the program itself.
 *
 * @module
 */

import type { Assets } from "../../base/assets.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { answerWithFile } from "./file-answer.ts";
import { createFolderRedirect, INDEX } from "./folder-redirect.ts";

/**
 * Answers with the asset at `path`, for a folder with its index.
 *
 * @returns `undefined` if there is none.
 */
export async function serveAsset(
  assets: Assets,
  request: HttpRequest,
  path: string = request.path,
): Promise<HttpResponse | undefined> {
  const asset = assets.get(path.endsWith("/") ? `${path}${INDEX}` : path);
  if (asset === undefined) {
    const isFolder = !path.endsWith("/") && assets.get(`${path}/${INDEX}`) !== undefined;
    return isFolder ? createFolderRedirect(request) : undefined;
  }
  return answerWithFile(request, {
    size: asset.bytes.length,
    mediaType: asset.mediaType,
    cacheControl: "no-cache", // Another version of the program has others under the same name.
    etag: asset.etag,
    modifiedMs: undefined,
    read: async (start, end) => asset.bytes.subarray(start, end),
  });
}
