/**
 * The forms in which live streams go out over HTTP, by the extension that they are asked for with.
 *
 * @module
 */

/** All there are: values of `http_remux.formats`, and what `http_remux.mount` may end with. */
export const LIVE_EXTENSIONS = ["flv", "ts", "aac", "mp3"] as const;
export type LiveExtension = (typeof LIVE_EXTENSIONS)[number];

export function isLiveExtension(text: string): text is LiveExtension {
  return (LIVE_EXTENSIONS as readonly string[]).includes(text);
}
