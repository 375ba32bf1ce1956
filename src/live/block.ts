/**
 * Encoded pieces of a broadcast, in a chain that every subscriber walks at its own pace.
 *
 * @module
 */

import type { StreamDescription } from "./track.ts";

/**
 * A run of whole frames, encoded once for all subscribers. Blocks form a chain from old to new; a
 * block lives as long as a subscriber or the GOP cache still holds it or one before it.
 */
export interface Block {
  readonly bytes: Uint8Array;
  /** Bytes of all blocks up to and including this one. */
  readonly endPosition: number;
  /** The stream's time at its last frame, in milliseconds. */
  readonly endMs: number;
  /** Where the format's encoder stood behind it. */
  readonly endMark: EncoderMark;
  /** What the stream was made of behind it. */
  readonly endDescription: StreamDescription;
  /** The block after it; `undefined` for the newest. */
  next: Block | undefined;
}

/**
 * What an encoder must know to send a newcomer into the chain at some point, such as the last
 * timestamp of each RTMP chunk stream. Only the encoder that made it looks inside.
 */
export type EncoderMark = object;

/** A point of the chain at which a decoder can start. */
export interface SyncPoint {
  /** The block that holds it. */
  readonly block: Block;
  /** Where in the block it is, in bytes. */
  readonly offset: number;
  readonly mark: EncoderMark;
  readonly description: StreamDescription;
}
