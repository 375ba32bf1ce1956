/**
 * Whether who begins with a version of the picture had better wait a moment for a new key frame: all
 * that there is since the last one shows the picture at once, but where key frames are rare it is
 * seconds of packets, which the viewer's network has to bear beside the stream, and its decoder too.
 *
 * @module
 */

import type { PacketHistory } from "./packet-history.ts";

/** Ticks in a millisecond, of every format for pictures. */
const TICKS_PER_MS = 90;
const LONG_MS = 2_000;
/** 0.8 s at the pace that any network is trusted with. */
const LARGE_SIZE = 1_024 * 1_024;
/** Publishers are not asked more often: what came in this time is not to be had smaller. */
const SHORT_MS = 500;

/** What is asked for is there after a round trip to the publisher and a frame or two, or it is lost. */
export const KEY_FRAME_WAIT_MS = 500;

/** Whether all since the latest key frame is much; not if there is none to begin with. */
export function isLongBurst(history: PacketHistory): boolean {
  const { keyFrameIndex, last, gopSize } = history;
  const first = keyFrameIndex === undefined ? undefined : history.get(keyFrameIndex);
  if (first === undefined || last === undefined) return false;
  const durationMs = (last.timestamp - first.timestamp) / TICKS_PER_MS;
  return durationMs > LONG_MS || (durationMs > SHORT_MS && gopSize > LARGE_SIZE);
}
