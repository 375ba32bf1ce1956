/**
 * What takes the RTP payloads of one track.
 *
 * @module
 */

export interface RtpInput {
  /** Pictures or packets that were incomplete, damaged, or withheld because others were. */
  readonly droppedCount: number;
  /** Nothing more will be written before a key frame comes: the sender should be asked for one. */
  readonly needsKeyFrame: boolean;
  /**
   * Takes the next packet, in order. Throws nothing, whatever it is.
   *
   * @param payload Belongs to the input from then on.
   * @param timestamp In ticks of the clock rate, unwrapped.
   * @param isMarked The marker bit.
   * @param isAfterGap Packets before it are missing for good.
   */
  take(payload: Uint8Array, timestamp: number, isMarked: boolean, isAfterGap: boolean): void;
  /** Writes what is left: no more will come. */
  flush(): void;
}
