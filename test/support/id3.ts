/**
 * Tags that stand in front of packed audio.
 *
 * @module
 */

import { fromHex, joinBytes } from "./hex.ts";

const OWNER = new TextEncoder().encode("com.apple.streaming.transportStreamTimestamp\0");

/** @param ticks Of 90 kHz. */
export function toId3(ticks: number): Uint8Array {
  const time = fromHex(ticks.toString(16).padStart(16, "0"));
  return joinBytes(
    fromHex("494433 0400 00 0000003f"),
    ...[fromHex("50524956 00000035 0000"), OWNER, time],
  );
}
