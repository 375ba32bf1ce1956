/**
 * Addresses in playlists: relative, so that they hold behind any proxy.
 *
 * @module
 */

import { encodePath } from "../../codec/http/request-target.ts";

/**
 * How something at `path` is addressed from a playlist or manifest at `base`; both are relative to the
 * same folder, without a leading slash.
 */
export function relativeUri(base: string, path: string): string {
  const from = base.split("/").slice(0, -1);
  const to = path.split("/");
  let shared = 0;
  while (shared < from.length && shared < to.length - 1 && from[shared] === to[shared]) shared += 1;
  const climb = "../".repeat(from.length - shared);
  const uri = climb + encodePath(to.slice(shared).join("/"));
  // A colon in front of the first slash would make a scheme of what is before it (RFC 3986, 4.2).
  return /^[^/]*:/.test(uri) ? `./${uri}` : uri;
}
