/**
 * All that is known of an access unit before its bits are written.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.1 (tables 4.4, single_channel_element, and 4.5, channel_pair_element).
 *
 * @module
 */

import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import type { CodedChannel } from "./coded-channel.ts";

export interface CodedFrame {
  /** Of all channels. */
  readonly windows: ChannelWindows;
  /** Where bands begin in the order of coding, and where the last one ends. */
  readonly offsets: Uint16Array;
  /** One, or two: left and right, or mid and side where `midSide` says so. */
  readonly channels: readonly CodedChannel[];
  /** By band: 1 for mid and side; `undefined` if there is none. */
  readonly midSide: Uint8Array | undefined;
}
