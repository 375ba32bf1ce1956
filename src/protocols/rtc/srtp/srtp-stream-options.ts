/**
 * What a source of packets is told when it is made.
 *
 * @module
 */

/** Where the packets of a peer go. */
export interface SrtpTarget {
  readonly address: string;
  readonly port: number;
  /**
   * Set: called with each packet instead of sending it by UDP. The bytes are valid during the call only,
   * in which nothing may be asked of the fan-out.
   */
  readonly deliver?: ((packet: Uint8Array) => void) | undefined;
}

export interface SrtpStreamOptions {
  readonly ssrc: number;
  readonly target: SrtpTarget;
  /**
   * Whether packets are few, as with retransmissions that have a source of their own. Nothing is kept
   * ready for them then, which saves some kilobytes. Default false.
   */
  readonly isSparse?: boolean;
}
