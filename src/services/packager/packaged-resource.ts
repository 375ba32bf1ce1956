/**
 * What the packager answers with: bytes that are at hand, or a file that it wrote.
 *
 * @module
 */

/** Shared by all who ask for it. */
export interface PackagedContent {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly cacheControl: string;
  /** Part of its entity tag: no two contents of a path have the same. */
  readonly version: string;
}

/** A file below a folder. */
export interface PackagedFile {
  readonly root: string;
  /** With a leading slash. */
  readonly path: string;
  /** For who was let in, and for no proxy to give to others. */
  readonly isPrivate?: boolean;
}

/** What the names that are used once only allow: they never mean anything else. */
export const CACHE_FOREVER = "public, max-age=31536000, immutable";
/** For what names a session: it is nobody else's. */
export const CACHE_NEVER = "no-store";

/** So long, in seconds, a proxy may hand out again what it got. */
export function cacheFor(seconds: number): string {
  return `public, max-age=${Math.max(1, Math.floor(seconds))}`;
}

/** The same for one viewer alone: no proxy may give it to others. */
export function toPrivate(cacheControl: string): string {
  if (/\b(?:private|no-store)\b/.test(cacheControl)) return cacheControl;
  return ["private", cacheControl.replace(/\bpublic\b,? */, "")].filter(Boolean).join(", ");
}

export const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
export const MANIFEST_TYPE = "application/dash+xml";
export const TS_TYPE = "video/MP2T";
export const KEY_TYPE = "application/octet-stream";
