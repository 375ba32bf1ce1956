/**
 * The bit rate of a stream that comes in pieces: what they weigh by how long they play, whenever and
 * how fast they were fetched.
 *
 * @module
 */

/** Long enough to even out key frames, short enough to follow. */
const WINDOW_SECONDS = 6;

export class MediaRate {
  /** @type {Map<string, { size: number, seconds: number }[]>} The latest pieces of each track. */
  #tracks = new Map();

  /** The sum of all tracks, or `undefined` if nothing has come yet. */
  get kbps() {
    let total;
    for (const pieces of this.#tracks.values()) {
      const size = sum(pieces, "size");
      const seconds = sum(pieces, "seconds");
      if (seconds > 0) total = (total ?? 0) + (size * 8) / 1000 / seconds;
    }
    return total;
  }

  /** @param {string} track Any name for it. */
  add(track, size, seconds) {
    const pieces = this.#tracks.get(track) ?? [];
    this.#tracks.set(track, pieces);
    pieces.push({ size, seconds });
    while (pieces.length > 1 && sum(pieces, "seconds") > WINDOW_SECONDS) pieces.shift();
  }
}

function sum(pieces, key) {
  return pieces.reduce((total, piece) => total + piece[key], 0);
}
