/**
 * The track of a codec whose key frames say all that a decoder needs.
 *
 * @module
 */

import { isSameBytes } from "../../base/bytes.ts";
import { createTrack, type Track } from "../../live/track.ts";

/** Writes a track whenever the configuration changes. */
export class RecordedTrack {
  readonly #codec: Track["codec"];
  readonly #writeTrack: (track: Track) => Track;
  #record: Uint8Array | undefined;
  #track: Track | undefined;

  constructor(codec: Track["codec"], writeTrack: (track: Track) => Track) {
    this.#codec = codec;
    this.#writeTrack = writeTrack;
  }

  /** `undefined` before the first key frame. */
  get current(): Track | undefined {
    return this.#track;
  }

  /** @param record What the newest key frame says. */
  configure(record: Uint8Array): void {
    if (this.#track !== undefined && isSameBytes(record, this.#record)) return;
    this.#record = record;
    this.#track = this.#writeTrack(createTrack("video", this.#codec, record));
  }
}
