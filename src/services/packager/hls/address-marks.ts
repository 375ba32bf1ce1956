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

export interface AddressSuffixes {
  /** Empty, or with a question mark. */
  readonly playlist: string;
  readonly segment: string;
}

export function fillMarks(text: string, { playlist, segment }: AddressSuffixes): string {
  // By a function: in a text a dollar sign would have a meaning.
  return text.replaceAll(PLAYLIST_MARK, () => playlist).replaceAll(SEGMENT_MARK, () => segment);
}
