/**
 * Goal: PES packets come whole out of transport packets, as soon as their end is known, and none of
 * which a piece was lost.
 *
 * Method: headers as SRS 7 and FFmpeg 5.1 write them, in payloads cut anywhere, with packets left out, sent
 * twice, and turned into noise.
 */

import { describe, expect, test } from "vitest";
import { decodePesHeader, ptsDistance } from "../../../src/codec/mpegts/pes.ts";
import { PesReader } from "../../../src/codec/mpegts/pes-reader.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const UNBOUNDED = joinBytes(
  fromHex("000001e0 0000 80 c0 0a 31000910a1 110007d861"),
  fromHex("00000109f0"),
);
const BOUNDED = joinBytes(fromHex("000001c0 000c 80 80 05 2100010709"), fromHex("fff15080"));

interface Piece {
  readonly payload: Uint8Array;
  readonly isUnitStart?: boolean;
  readonly counter: number;
  readonly flags?: number;
}

function read(pieces: readonly Piece[]) {
  const seen: string[] = [];
  const reader = new PesReader(({ pts, dts, payload, isRandomAccess }) => {
    const entry = isRandomAccess ? " entry" : "";
    seen.push(`${pts} ${dts} ${Buffer.from(payload).toString("hex")}${entry}`);
  });
  for (const { payload, isUnitStart = false, counter, flags = 0 } of pieces) {
    reader.read({ pid: 0x100, isUnitStart, continuityCounter: counter & 0x0f, flags, payload });
  }
  return { reader, seen };
}

const PICTURE = "133200 126000 00000109f0";
const SOUND = "900 900 fff15080";

describe("PesReader", () => {
  test("gives out a packet of known size with its last byte, wherever it is cut", () => {
    for (let cut = 1; cut < BOUNDED.length; cut++) {
      const { seen } = read([
        { payload: BOUNDED.slice(0, cut), isUnitStart: true, counter: 15 },
        { payload: BOUNDED.slice(cut), counter: 16 },
      ]);
      expect(seen, `cut at ${cut}`).toEqual([SOUND]);
    }
  });

  test("gives out one of unknown size when the next begins, or nothing more follows", () => {
    const { reader, seen } = read([
      { payload: UNBOUNDED, isUnitStart: true, counter: 0, flags: 0x40 },
      { payload: UNBOUNDED.slice(0, 15), isUnitStart: true, counter: 1 },
      { payload: UNBOUNDED.slice(15), counter: 2 },
    ]);
    expect(seen).toEqual([`${PICTURE} entry`]);
    reader.flush();
    expect(seen).toEqual([`${PICTURE} entry`, PICTURE]);
  });

  test("leaves out one of which a piece is missing", () => {
    const { reader, seen } = read([
      { payload: UNBOUNDED, isUnitStart: true, counter: 0 },
      { payload: UNBOUNDED, isUnitStart: true, counter: 2 }, // What has gone may have been of the first.
      { payload: BOUNDED.slice(0, 15), isUnitStart: true, counter: 3 },
      { payload: BOUNDED.slice(15), counter: 5 },
      { payload: BOUNDED, isUnitStart: true, counter: 6 },
    ]);
    expect(seen).toEqual([PICTURE, SOUND]);
    expect(reader.droppedCount).toBe(2);
  });

  test("goes on where a jump of the counter is announced, or it is told of one", () => {
    const { reader, seen } = read([
      { payload: UNBOUNDED, isUnitStart: true, counter: 0 },
      { payload: UNBOUNDED, isUnitStart: true, counter: 9, flags: 0x80 },
    ]);
    reader.restart();
    const packet = { pid: 0x100, isUnitStart: true, continuityCounter: 3, flags: 0 };
    reader.read({ ...packet, payload: BOUNDED });
    expect(seen).toEqual([PICTURE, PICTURE, SOUND]);
  });

  test("takes a packet that is sent twice once", () => {
    const half = { payload: BOUNDED.slice(0, 15), isUnitStart: true, counter: 0 };
    expect(read([half, half, { payload: BOUNDED.slice(15), counter: 1 }]).seen).toEqual([SOUND]);
  });

  test("keeps no more than a picture can have", () => {
    const { reader, seen } = read([{ payload: UNBOUNDED, isUnitStart: true, counter: 0 }]);
    const payload = new Uint8Array(184);
    for (let counter = 1; counter < 100_000; counter++) {
      reader.read({
        ...{ pid: 0x100, isUnitStart: false, flags: 0, payload },
        continuityCounter: counter & 0x0f,
      });
    }
    reader.flush();
    expect(seen).toEqual([]);
    expect(reader.droppedCount).toBe(1);
  });

  test("lives through noise", () => {
    let counter = 0;
    for (const bytes of noise(2_000, 184)) {
      const start = bytes.length % 2 === 0;
      const payload = start ? joinBytes(fromHex("000001e0"), bytes) : bytes;
      read([{ payload, isUnitStart: true, counter: counter++ }]).reader.flush();
    }
  });
});

describe("decodePesHeader()", () => {
  test.each([
    ["of padding", "000001be 0004 ffffffff ffffffff"],
    ["without a start code", "000002e0 0000 80 80 05 2100010709"],
    ["of MPEG-1", "000001e0 0000 2f ff ff"],
    ["shorter than its times", "000001e0 0000 80 c0 05 2100010709"],
  ])("knows none %s", (_, hex) => {
    expect(decodePesHeader(fromHex(hex))).toBeUndefined();
  });

  test("knows one without times", () => {
    expect(decodePesHeader(fromHex("000001e0 0000 80 00 00 00000109"))).toEqual({
      ...{ streamId: 0xe0, headerSize: 9, pts: undefined, dts: undefined },
    });
  });
});

test("times are as far apart as they can be at most, over the wrap", () => {
  expect(ptsDistance(0x1_ffff_fffe, 3)).toBe(5);
  expect(ptsDistance(3, 0x1_ffff_fffe)).toBe(-5);
  expect(ptsDistance(100, 100)).toBe(0);
});
