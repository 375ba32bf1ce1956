/**
 * A network at its worst.
 *
 * @module
 */

import type { RtpInput } from "../../../src/remux/rtp/rtp-input.ts";
import type { CapturedPacket } from "../../support/rtp-capture.ts";
import type { StreamOutput } from "./stream-output.ts";

/** Feeds a packet; or loses it, doubles it, or puts noise, another time or another marker into it. */
export function disturb(
  input: RtpInput,
  packet: CapturedPacket,
  random: (limit: number) => number,
  garbage: readonly Uint8Array[],
): void {
  const isAfterGap = random(10) === 0;
  const what = random(10);
  const { timestamp, isMarked } = packet;
  const noise = garbage[random(garbage.length)] ?? packet.payload;
  const time = what === 2 ? timestamp + random(9000) - 4500 : timestamp;
  const count = what === 1 ? 0 : what === 4 ? 2 : 1;
  for (let i = 0; i < count; i++) {
    const payload = what === 0 ? noise : packet.payload;
    input.take(payload, time, isMarked !== (what === 3), isAfterGap && i === 0);
  }
}

/** The packets, some of them a few places late. */
export function outOfOrder(
  packets: readonly CapturedPacket[],
  random: (limit: number) => number,
): CapturedPacket[] {
  const order = packets.map((packet, index) => ({
    packet,
    place: index + (random(4) === 0 ? random(6) : 0),
  }));
  return order.sort((a, b) => a.place - b.place).map(({ packet }) => packet);
}

/** When the latest frame is shown. */
export function lastPtsMs({ frames }: StreamOutput): number {
  const last = frames.at(-1);
  return last === undefined ? Number.NaN : last.dtsMs + last.compositionTimeOffsetMs;
}
