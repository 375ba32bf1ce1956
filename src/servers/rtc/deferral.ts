/**
 * How late a player gets the versions of a picture, of which some come later than others: a ladder's
 * rungs as long as they take to be encoded, and often in bursts.
 *
 * @module
 */

import type { Deferral } from "../../protocols/rtc/send/send-track.ts";

/** Players even out so much themselves, and nobody is aware of it. */
const LATENESS_MS = 100;

/**
 * A version that is later than the player takes it along, once. From then on all is held back until it
 * is so late, and comes evenly.
 *
 * @param delayMs How late the player is.
 * @param latenessMs How late the version comes at most.
 */
export function deferralOf(delayMs: number, latenessMs: number): Deferral {
  const isLater = latenessMs > delayMs + LATENESS_MS;
  const newDelayMs = isLater ? Math.ceil(latenessMs) : delayMs;
  return { delayMs: newDelayMs, isHeld: newDelayMs > 0 || latenessMs < -LATENESS_MS };
}
