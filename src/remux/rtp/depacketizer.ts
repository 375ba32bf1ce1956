/**
 * What puts the payloads of one picture together again.
 *
 * @module
 */

import type { Track } from "../../live/track.ts";

/** A picture as it goes into a frame. */
export interface DepacketizedPicture {
  readonly track: Track;
  /** A decoder can start here. */
  readonly isKeyFrame: boolean;
  readonly payload: Uint8Array;
}

/** Knows a payload format, and what the pictures of one stream need to be decoded. */
export interface VideoDepacketizer {
  /**
   * Whether a picture can begin with this payload: where packets before it are missing, this is how one
   * knows that they were not of the same picture.
   */
  isPictureStart(payload: Uint8Array): boolean;
  /**
   * Takes all payloads of a picture, in order; none is empty.
   *
   * @returns `undefined` if there is no picture in them, or if it cannot be decoded yet.
   * @throws {MalformedError} If they do not fit together, or break their format.
   */
  read(payloads: readonly Uint8Array[]): DepacketizedPicture | undefined;
}
