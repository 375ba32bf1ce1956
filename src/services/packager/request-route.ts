/**
 * Which stream's files a path may mean. Names of streams have slashes in their apps, so that one path
 * may mean several; the first whose stream is there is meant.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import { isSafeAppName, isSafeStreamName } from "../../base/stream-name.ts";
import type { StreamPath } from "./cmaf/cmaf-paths.ts";
import type { VhostPackaging } from "./vhost-packaging.ts";

export type RouteType =
  /** A playlist of HLS with MPEG-TS, and its segments and keys. */
  | "ts-playlist"
  | "ts-file"
  /** The multivariant playlist of CMAF. */
  | "entry"
  /** A manifest of DASH. */
  | "manifest"
  /** The playlist of a track in CMAF. */
  | "playlist"
  /** Segments of CMAF, and of a packager of DASH's own. */
  | "cmaf-file"
  | "dash-file";

export interface Route {
  readonly type: RouteType;
  readonly name: StreamName;
  /** The name of the file, without its folder. */
  readonly file: string;
}

/**
 * @param path Decoded, without its leading slash.
 * @param findApp The app of a stream that is packaged, for names that do not tell.
 */
export function findRoutes(
  packaging: VhostPackaging,
  path: string,
  findApp: (vhost: string, stream: string) => string | undefined,
): Route[] {
  const { ts, cmaf, dash } = packaging;
  const routes: Route[] = [];
  const file = path.slice(path.lastIndexOf("/") + 1);
  const add = (type: RouteType, match: StreamPath | undefined): void => {
    if (match === undefined) return;
    const { app, stream } = match;
    if (!isSafeAppName(app) || !isSafeStreamName(stream)) return;
    routes.push({ type, name: { vhost: packaging.vhost, app, stream }, file });
  };
  const tsMatch = ts?.match(path);
  if (tsMatch !== undefined) {
    const { stream, isPlaylist } = tsMatch;
    const app = tsMatch.app ?? findApp(packaging.vhost, stream);
    if (app !== undefined) add(isPlaylist ? "ts-playlist" : "ts-file", { app, stream });
  }
  const isPlaylist = file === "video.m3u8" || file === "audio.m3u8";
  add(isPlaylist ? "playlist" : "cmaf-file", cmaf?.paths.matchFile(path));
  add("manifest", dash?.paths.matchEntry(path));
  if (dash?.settings !== undefined) add("dash-file", dash.paths.matchFile(path));
  add("entry", cmaf?.paths.matchEntry(path));
  return routes;
}
