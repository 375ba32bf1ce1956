/**
 * Where live playlists of one stream have ended: what stays of them is not played over and over, as that
 * of a recording is, and the stream goes on when something else is there.
 *
 * @module
 */

import type { ReadMediaPlaylist } from "../../../codec/m3u8/playlist-reader.ts";

/** Renditions of a stream at a time, and more. */
const COUNT_MAX = 8;

export class EndedPlaylists {
  /** The last segment of each that has been live, by what the playlist is for; empty while it is. */
  readonly #last = new Map<string, string>();

  /**
   * A playlist has been read to its end.
   *
   * @param purpose Tells the playlists of a stream apart.
   */
  note(purpose: string, playlist: ReadMediaPlaylist): void {
    const isKnown = this.#last.has(purpose);
    if (!playlist.isEnded && (isKnown || this.#last.size < COUNT_MAX)) this.#last.set(purpose, "");
    else if (isKnown) this.#last.set(purpose, lastOf(playlist));
  }

  /** Whether it has been live at any time. */
  wasLive(purpose: string): boolean {
    return this.#last.has(purpose);
  }

  /** Whether a live one has ended with it. */
  has(purpose: string, playlist: ReadMediaPlaylist): boolean {
    return playlist.isEnded && this.#last.get(purpose) === lastOf(playlist);
  }
}

function lastOf({ segments }: ReadMediaPlaylist): string {
  const last = segments.at(-1);
  // A query may be another one each time, as that of a signed address.
  return last === undefined ? "none" : `${last.mediaSequence} ${last.uri.replace(/[?#].*$/s, "")}`;
}
