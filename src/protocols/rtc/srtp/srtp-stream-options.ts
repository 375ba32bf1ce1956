/**
 * What a source of packets is told when it is made.
 *
 * @module
 */

import type { UdpDestination } from "../../../runtime/runtime.ts";

/** Where the packets of a peer go: by UDP, or to somebody who takes them. */
export type SrtpTarget =
  | { readonly destination: UdpDestination; readonly deliver?: undefined }
  | {
      /** The bytes are valid during the call only, in which nothing may be asked of the fan-out. */
      readonly deliver: (packet: Uint8Array) => void;
    };

export interface SrtpStreamOptions {
  readonly ssrc: number;
  readonly target: SrtpTarget;
  /**
   * Whether packets are few, as with retransmissions that have a source of their own. Nothing is kept
   * ready for them then, which saves some kilobytes. Default false.
   */
  readonly isSparse?: boolean;
}
