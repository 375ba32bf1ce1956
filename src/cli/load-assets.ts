/**
 * Reads the files that the program carries.
 *
 * @module
 */

import type { Asset, Assets } from "../base/assets.ts";
import { encodeBase64 } from "../base/base64.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { ASSET_FILES, type AssetFile } from "./asset-list.ts";
import { inCheckout } from "./thread-list.ts";

/** Characters of base 64 in an entity tag: 72 bits tell any two versions of a file apart. */
const ETAG_LENGTH = 12;

/**
 * Reads `list` once and for all.
 *
 * @param read Gives a file's bytes. Default: from disk, where relative paths start at the top of the
 *   checkout.
 * @throws {SystemError} If a file cannot be read.
 */
export async function loadAssets(
  runtime: Runtime,
  list: readonly AssetFile[] = ASSET_FILES,
  read: (file: string) => Promise<Uint8Array> = (file) =>
    runtime.files.read(file.startsWith("/") ? file : inCheckout(file)),
): Promise<Assets> {
  const assets = new Map<string, Asset>();
  for (const { path, file, mediaType } of list) {
    const bytes = await read(file);
    const digest = encodeBase64(runtime.crypto.hash("sha256", bytes)).slice(0, ETAG_LENGTH);
    assets.set(path, { bytes, mediaType, etag: `"${digest}"` });
  }
  return assets;
}
