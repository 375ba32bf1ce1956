/**
 * What comes behind the addresses in a playlist: the session's parameter, and others of the request.
 * The text is made once for all who ask, with marks in their place.
 *
 * @module
 */

// No address holds a question mark: names of streams have theirs encoded.

/** Behind addresses of playlists. */
export const PLAYLIST_MARK = "?$p";
/** Behind addresses of segments. */
export const SEGMENT_MARK = "?$s";
/** Behind addresses of keys, which may have a query of the operator's. */
const KEY_MARK = "?$k";
const KEY_QUERY_MARK = "&$k";

export interface AddressSuffixes {
  /** Empty, or with a question mark. */
  readonly playlist: string;
  readonly segment: string;
  readonly key?: string;
}

/** The address of a key with the mark behind it. */
export function markKey(uri: string): string {
  return `${uri}${uri.includes("?") ? KEY_QUERY_MARK : KEY_MARK}`;
}

export function fillMarks(text: string, { playlist, segment, key = "" }: AddressSuffixes): string {
  // By a function: in a text a dollar sign would have a meaning.
  return text
    .replaceAll(PLAYLIST_MARK, () => playlist)
    .replaceAll(SEGMENT_MARK, () => segment)
    .replaceAll(KEY_MARK, () => key)
    .replaceAll(KEY_QUERY_MARK, () => key.replace(/^\?/, "&"));
}
