/**
 * Compares what a player got with what the publisher sent.
 *
 * @module
 */

import { expect } from "vitest";
import type { Packet } from "./ffmpeg.ts";

/** RTMP counts in whole milliseconds; a source's time base may round the other way. */
const ROUNDING_MS = 1;

/** Expects that `played` is a part of `source` without a gap, packet by packet, with its times. */
export function expectPartOf(played: readonly Packet[], source: readonly Packet[]): void {
  for (const codecType of ["video", "audio"] as const) {
    const from = source.filter((packet) => packet.codecType === codecType);
    const part = played.filter((packet) => packet.codecType === codecType);
    expect(part.length > 0, `${codecType} was played`).toBe(from.length > 0);
    if (part.length > 0) expectRun(part, from);
  }
}

/** Expects that nothing is missing at either end. */
export function expectWholeOf(played: readonly Packet[], source: readonly Packet[]): void {
  expectPartOf(played, source);
  expect(played.length).toBe(source.length);
}

function expectRun(part: readonly Packet[], source: readonly Packet[]): void {
  const start = findRun(part, source);
  const label = part[0]?.codecType;
  expect(start, `the ${part.length} ${label} packets are a run of the source's`).not.toBe(-1);
  const shift = (part[0]?.dts ?? 0) - (source[start]?.dts ?? 0);
  const faults = part.filter((packet, i) => {
    const sent = source[start + i];
    if (sent === undefined) return true;
    const isCompositionKept = packet.pts - packet.dts === sent.pts - sent.dts;
    const isTimeKept = Math.abs(packet.dts - sent.dts - shift) <= ROUNDING_MS;
    return !isCompositionKept || !isTimeKept || packet.isKeyFrame !== sent.isKeyFrame;
  });
  expect(faults, `${label} packets with other times than the source's`).toEqual([]);
}

/** Where the content of `part` begins in `source`; -1 if it is not a run of it. */
function findRun(part: readonly Packet[], source: readonly Packet[]): number {
  for (let start = 0; start + part.length <= source.length; start++) {
    if (part.every((packet, i) => packet.hash === source[start + i]?.hash)) return start;
  }
  return -1;
}
