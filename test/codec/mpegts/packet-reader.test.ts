/**
 * Goal: packets are found wherever the stream is entered and however it is cut; what is damaged is left
 * out, and what is no transport stream is said to be none.
 *
 * Method: packets written out from the specification, cut at every byte; a stream by FFmpeg between
 * noise; seeded noise alone.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { PacketReader } from "../../../src/codec/mpegts/packet-reader.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

const FILE = new Uint8Array(
  readFileSync(new URL("../../fixtures/mpegts/h264-aac.mpegts", import.meta.url)),
);

/** A packet of 188 bytes with that head, filled up with 0xaa. */
function packet(head: string): Uint8Array {
  const bytes = new Uint8Array(188).fill(0xaa);
  bytes.set(fromHex(head));
  return bytes;
}

const START = packet("47 4100 17 aabb");
const WITH_FIELD = packet("47 0101 38 02 50 ff ccdd");
const FIELD_ALONE = packet("47 0102 29 b7 80");
const STREAM = joinBytes(START, WITH_FIELD, FIELD_ALONE);
const SEEN = ["256 start 7 0 184:aabb", "257 8 80 181:ccdd", "258 9 128 0:"];

function read(...pieces: readonly Uint8Array[]): string[] {
  const seen: string[] = [];
  const reader = new PacketReader(({ pid, isUnitStart, continuityCounter, flags, payload }) => {
    const start = isUnitStart ? "start " : "";
    const head = Buffer.from(payload.subarray(0, 2)).toString("hex");
    seen.push(`${pid} ${start}${continuityCounter} ${flags} ${payload.length}:${head}`);
  });
  for (const piece of pieces) reader.read(piece);
  return seen;
}

describe("PacketReader", () => {
  test("reads packets with payloads, adaptation fields, and both", () => {
    expect(read(STREAM)).toEqual(SEEN);
  });

  test("reads them cut at any byte, and byte by byte", () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      expect(read(STREAM.slice(0, cut), STREAM.slice(cut)), `cut at ${cut}`).toEqual(SEEN);
    }
    expect(read(...Array.from(STREAM, (byte) => Uint8Array.of(byte)))).toEqual(SEEN);
  });

  test.each([
    ["one with the error bit", packet("47 8100 10")],
    ["a scrambled one", packet("47 0100 50")],
    ["one with neither field nor payload", packet("47 0100 00")],
    ["one whose field is longer than the packet", packet("47 0100 30 b8")],
  ])("leaves out %s", (_, damaged) => {
    const seen = read(joinBytes(START, damaged, WITH_FIELD)).filter((one) => !one.endsWith(" 0:"));
    expect(seen).toEqual(SEEN.slice(0, 2));
  });

  test("finds the packets behind what is none, a byte that looks like their first included", () => {
    expect(read(joinBytes(fromHex("00 47 01 47 ff"), STREAM))).toEqual(SEEN);
    expect(read(joinBytes(START, fromHex("47 00"), WITH_FIELD, FIELD_ALONE))).toEqual(SEEN);
    expect(read(STREAM.subarray(100)).slice(-2)).toEqual(SEEN.slice(1));
  });

  test("reads all that FFmpeg has written", () => {
    expect(read(FILE)).toHaveLength(FILE.length / 188);
  });

  test("says of what is no transport stream that it is none", () => {
    expect(() => read(new Uint8Array(100_000))).toThrow(MalformedError);
    for (const bytes of noise(20, 200_000)) unlessMalformed(() => read(bytes));
  });

  test("begins anew when told so", () => {
    let count = 0;
    const reader = new PacketReader(() => {
      count += 1;
    });
    reader.read(START.subarray(0, 100));
    reader.restart();
    reader.read(WITH_FIELD);
    expect(count).toBe(1);
  });
});
