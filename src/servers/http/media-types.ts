/**
 * What kind of file a name's extension stands for, as SRS has it, and some more that pages are made of.
 *
 * @module
 */

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  // Media, as SRS names them.
  ["ts", "video/MP2T"],
  ["flv", "video/x-flv"],
  ["m4v", "video/x-m4v"],
  ["3gp", "video/3gpp"],
  ["3gpp", "video/3gpp"],
  ["mp4", "video/mp4"],
  ["mp4v", "video/mp4"],
  ["m4s", "video/iso.segment"],
  ["aac", "audio/x-aac"],
  ["mp3", "audio/mpeg"],
  ["m4a", "audio/x-m4a"],
  ["ogg", "audio/ogg"],
  ["m3u8", "application/vnd.apple.mpegurl"],
  ["mpd", "application/dash+xml"],
  // HDS, which SRS has no names for.
  ["f4m", "application/f4m+xml"],
  ["abst", "video/abst"],
  // Pages, as SRS names them.
  ["html", "text/html"],
  ["js", "text/javascript"],
  ["css", "text/css"],
  ["json", "application/json"],
  ["xml", "text/xml"],
  ["rss", "application/rss+xml"],
  ["ico", "image/x-icon"],
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["gif", "image/gif"],
  ["swf", "application/x-shockwave-flash"],
  ["doc", "application/msword"],
  ["zip", "application/zip"],
  ["rar", "application/x-rar-compressed"],
  // What SRS has no name for.
  ["htm", "text/html"],
  ["mjs", "text/javascript"],
  ["map", "application/json"],
  ["svg", "image/svg+xml"],
  ["webp", "image/webp"],
  ["webm", "video/webm"],
  ["vtt", "text/vtt"],
  ["txt", "text/plain; charset=utf-8"],
  ["wasm", "application/wasm"],
  ["woff2", "font/woff2"],
]);

/** Parts of a stream under names that a restarted stream may use again. */
const SEGMENTS: ReadonlySet<string> = new Set(["ts", "m4s", "aac", "mp3", "m4a"]);

/** Fragments of HDS have no extension. */
const HDS_FRAGMENT = /[^/]Seg\d+-Frag\d+$/;
const HDS_FRAGMENT_TYPE = "video/f4f";

/** What `Content-Type` says of the file at `path`. */
export function mediaTypeOf(path: string): string {
  if (HDS_FRAGMENT.test(path)) return HDS_FRAGMENT_TYPE;
  return MEDIA_TYPES.get(extensionOf(path)) ?? "application/octet-stream";
}

/**
 * What `Cache-Control` says of the file at `path`. Segments may be kept for as long as many viewers
 * ask a proxy for the same ones; all else is asked about each time, which costs an answer of 304.
 */
export function cacheControlOf(path: string): string {
  const isSegment = SEGMENTS.has(extensionOf(path)) || HDS_FRAGMENT.test(path);
  return isSegment ? "max-age=10" : "no-cache";
}

/** In lower case, without the dot; empty if the name has none. */
function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}
