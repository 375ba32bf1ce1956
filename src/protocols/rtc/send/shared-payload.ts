/**
 * What all viewers of a stream share: the contents of RTP packets, without headers.
 *
 * @module
 */

/** The payload of one RTP packet, as packetizers make it (remux/rtp). */
export interface SharedPayload {
  /** Never changes. */
  readonly payload: Uint8Array;
  /** In ticks of the clock rate, unwrapped: the stream's time, not a viewer's. */
  readonly timestamp: number;
  /** The last of its frame (video), the first of a talk spurt (audio). */
  readonly isMarked: boolean;
  /** The first packet of a key frame, parameter sets included. */
  readonly isKeyFrameStart: boolean;
}

/** Takes packets for one viewer, who gets the payload behind a header of its own. */
export interface PacketSink {
  /**
   * @param sequence Extended: the low 16 bits are the sequence number, all of it SRTP's index.
   * @param timestamp 32 bits.
   */
  send(payload: SharedPayload, sequence: number, timestamp: number): void;
}
