/**
 * Goal: transport-wide feedback tells of every packet as the draft has it, in all forms of chunks;
 * little input never makes much; the builder says when a feedback is full, and never makes one that
 * is too large or cannot be written.
 *
 * Method: the chunks of the examples in section 3.1.3 and 3.1.4, and bytes by hand for each form in
 * both directions; a table of broken feedback; random arrivals, with gaps, jumps and reordering, go
 * through the builder, the writer and the reader.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { encodeRtcp, parseRtcp } from "../../../src/codec/rtcp/rtcp-packet.ts";
import type { TransportFeedback } from "../../../src/codec/rtcp/transport-feedback.ts";
import { TransportFeedbackBuilder } from "../../../src/codec/rtcp/transport-feedback-builder.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { createRandom } from "../../support/seeded-random.ts";

/** A feedback from packet 1 on, with the count of packets, the chunks and the deltas given. */
function feedbackBytes(count: number, chunksAndDeltas: string): Uint8Array {
  const data = fromHex(chunksAndDeltas);
  const bytes = new Uint8Array(20 + Math.ceil(data.length / 4) * 4);
  bytes.set(fromHex("8fcd0000 00000001 00000002 00010000 00000100"));
  bytes.set(data, 20);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, bytes.length / 4 - 1);
  view.setUint16(14, count);
  return bytes;
}

function parseArrivals(bytes: Uint8Array): TransportFeedback["arrivals"] {
  const [feedback] = parseRtcp(bytes);
  if (feedback?.type !== "transport-feedback") throw new Error("No feedback");
  return feedback.arrivals;
}

function repeat<Value>(count: number, value: Value): Value[] {
  return Array.from({ length: count }, () => value);
}

const NO = undefined;

type Arrivals = TransportFeedback["arrivals"];

/** Name, count, chunks and deltas, arrivals. The writer chooses the same chunks. */
const WRITTEN_FORMS: readonly (readonly [string, number, string, Arrivals])[] = [
  ["a run of 221 packets that are missing (3.1.3)", 221, "00dd", repeat(221, NO)],
  [
    "a vector of 14 statuses (3.1.4)",
    14,
    "9f1c 04 04 04 04 04 08 08 08",
    [NO, 1, 2, 3, 4, 5, NO, NO, NO, 7, 9, 11, NO, NO],
  ],
  [
    "a vector of 7 statuses: missing, large, three small, two missing",
    7,
    "c950 0400 04 04 04",
    [NO, 256, 257, 258, 259, NO, NO],
  ],
  ["a long run of small deltas", 20, `2014 ${"04".repeat(20)}`, countTo(20)],
  [
    "a run of large and negative deltas",
    7,
    "4007 0100 ffff 7fff 8000 ff00 0200 0100",
    [64, 63.75, 8255.5, 63.5, -0.5, 127.5, 191.5],
  ],
  ["a vector that is longer than what is told of", 3, "a000 04", [1, NO, NO]],
  [
    "several chunks",
    23,
    "000e d240 a000 04 0100 04 04",
    [...repeat(14, NO), 1, NO, 65, 66, NO, NO, NO, 67, NO],
  ],
  ["nothing", 0, "", []],
];

/** Likewise; the writer chooses others, which mean the same. */
const OTHER_FORMS: typeof WRITTEN_FORMS = [
  [
    "a run of small deltas",
    8,
    "2008 00 ff 00 01 02 03 04 00",
    [0, 63.75, 63.75, 64, 64.5, 65.25, 66.25, 66.25],
  ],
  ["a run that is shorter than a vector", 3, "0003", [NO, NO, NO]],
  ["a run that is longer than what is told of", 2, "3fff 04 04", [1, 2]],
];

function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe("transport-wide feedback", () => {
  function encodeArrivals(arrivals: Arrivals): Uint8Array {
    return encodeRtcp([
      {
        type: "transport-feedback",
        senderSsrc: 1,
        mediaSsrc: 2,
        baseSequenceNumber: 1,
        feedbackCount: 0,
        referenceTimeMs: 64,
        arrivals,
      },
    ]);
  }

  test.each(WRITTEN_FORMS)("tells of %s", (_, count, hex, arrivals) => {
    const bytes = feedbackBytes(count, hex);
    expect(parseArrivals(bytes)).toEqual(arrivals);
    expect(encodeArrivals(arrivals)).toEqual(bytes);
  });

  test.each(OTHER_FORMS)("understands %s", (_, count, hex, arrivals) => {
    expect(parseArrivals(feedbackBytes(count, hex))).toEqual(arrivals);
    expect(parseArrivals(encodeArrivals(arrivals))).toEqual(arrivals);
  });

  test.each([
    ["no chunk for its packets", 1, ""],
    ["too few chunks", 15, "9f1c 040404040408080800"],
    ["a run of 0 packets", 3, "0000 2003 040404"],
    ["the reserved status in a run", 2, "6002 0404"],
    ["the reserved status in a vector", 2, "f000 0404"],
    ["no delta", 4, "2004"],
    ["too few deltas", 4, "2008 0404"],
    ["half of a large delta", 2, "d800 0404"],
    ["a run of deltas that are not there", 65_535, "3fff 3fff 3fff 3fff 3fff 3fff 3fff 3fff 2007"],
  ])("is refused with %s", (_, count, hex) => {
    // Without the zeros at the end, which would be taken for deltas.
    const data = fromHex(hex);
    const bytes = feedbackBytes(count, hex);
    const paddingSize = bytes.length - 20 - data.length;
    if (paddingSize > 0) {
      bytes[0] = 0xaf;
      bytes[bytes.length - 1] = paddingSize;
    }
    expect(() => parseRtcp(bytes)).toThrow(MalformedError);
  });

  test("tells of 65,535 packets at most in a datagram", () => {
    const missing = feedbackBytes(65_535, `${"1fff".repeat(8)} 0007`);
    expect(parseArrivals(missing)).toEqual(repeat(65_535, NO));
    expect(() => parseRtcp(joinBytes(missing, feedbackBytes(1, "0001")))).toThrow(MalformedError);
    const half = feedbackBytes(32_767, `${"1fff".repeat(4)} 0003`);
    expect(parseRtcp(joinBytes(half, half)).length).toBe(2);
    expect(() => parseRtcp(joinBytes(half, half, half))).toThrow(MalformedError);
  });

  test("has a signed reference time of 24 bits", () => {
    const times: readonly (readonly [number, number])[] = [
      [0, 0],
      [64 * 0x7f_ffff, 64 * 0x7f_ffff],
      [64 * 0x80_0000, -64 * 0x80_0000],
      [-64, -64],
      [64 * (0x100_0000 * 1_000 + 5), 320],
    ];
    for (const [referenceTimeMs, read] of times) {
      const feedback = {
        type: "transport-feedback",
        senderSsrc: 1,
        mediaSsrc: 2,
        baseSequenceNumber: 0xffff,
        feedbackCount: 255,
        arrivals: [0.25],
      } as const;
      const bytes = encodeRtcp([{ ...feedback, referenceTimeMs }]);
      expect(parseRtcp(bytes)).toEqual([{ ...feedback, referenceTimeMs: read }]);
    }
  });

  test("survives noise", () => {
    for (const bytes of noise(5_000, 80)) {
      const feedback = feedbackBytes((bytes[0] ?? 0) * 7, "");
      const data = bytes.subarray(0, bytes.length & ~3);
      const packet = joinBytes(feedback, data);
      new DataView(packet.buffer).setUint16(2, packet.length / 4 - 1);
      const arrivals = unlessMalformed(() => parseArrivals(packet));
      if (arrivals !== undefined) expect(arrivals.length).toBe((bytes[0] ?? 0) * 7);
    }
  });
});

describe("TransportFeedbackBuilder", () => {
  const SOURCES = { senderSsrc: 1, mediaSsrc: 2, feedbackCount: 259 };

  test("collects arrivals with what is missing", () => {
    const builder = new TransportFeedbackBuilder({ ...SOURCES, baseSequenceNumber: 131_070 });
    expect(builder.isEmpty).toBe(true);
    expect(builder.add(131_071, 1_000.3)).toBe(true);
    expect(builder.add(131_073, 990)).toBe(true);
    expect(builder.add(131_074, 1_100.62)).toBe(true);
    expect(builder.isEmpty).toBe(false);
    expect(builder.nextSequenceNumber).toBe(131_075);
    expect(builder.build()).toEqual({
      type: "transport-feedback",
      senderSsrc: 1,
      mediaSsrc: 2,
      baseSequenceNumber: 65_534,
      feedbackCount: 3,
      referenceTimeMs: 960,
      arrivals: [NO, 40.25, NO, 30, 140.5],
    });
  });

  test("is full when two packets are too far apart in time", () => {
    const builder = new TransportFeedbackBuilder({ ...SOURCES, baseSequenceNumber: 0 });
    expect(builder.add(0, 64_000)).toBe(true);
    expect(builder.add(1, 64_000 + 8_192)).toBe(false);
    expect(builder.add(1, 64_000 - 8_192.25)).toBe(false);
    expect(builder.nextSequenceNumber).toBe(1);
    expect(builder.add(1, 64_000 + 8_191.75)).toBe(true);
    expect(builder.add(2, 64_000 - 0.25)).toBe(true);
    expect(parseArrivals(encodeRtcp([builder.build()]))).toEqual([0, 8_191.75, -0.25]);
  });

  test("begins with the first packet if too many are missing before it", () => {
    const builder = new TransportFeedbackBuilder({ ...SOURCES, baseSequenceNumber: 0 });
    expect(builder.add(65_535, 5)).toBe(true);
    expect(builder.build()).toMatchObject({ baseSequenceNumber: 65_535, arrivals: [5] });
    const most = new TransportFeedbackBuilder({ ...SOURCES, baseSequenceNumber: 0 });
    expect(most.add(65_534, 5)).toBe(true);
    expect(most.build().arrivals.length).toBe(65_535);
    expect(most.add(65_535, 6)).toBe(false);
  });

  test("takes no packet twice and none from before", () => {
    const builder = new TransportFeedbackBuilder({ ...SOURCES, baseSequenceNumber: 10 });
    expect(() => builder.add(9, 0)).toThrow("Assertion");
    builder.add(10, 0);
    expect(() => builder.add(10, 0)).toThrow("Assertion");
  });

  test("fills a datagram well", () => {
    const builder = new TransportFeedbackBuilder({ ...SOURCES, baseSequenceNumber: 0 });
    let count = 0;
    while (builder.add(count, count)) count++;
    expect(count).toBeGreaterThan(450);
    expect(encodeRtcp([builder.build()]).length).toBeLessThanOrEqual(1_100);
  });

  test("never makes more than fits, and loses nothing", () => {
    const random = createRandom(11);
    for (let round = 0; round < 40; round++) {
      const sizeMax = 60 + random(300);
      const gapLimit = [1, 3, 20, 30][round % 4] ?? 1;
      const spreadMs = [2, 100, 1_000, 9_000][random(4)] ?? 1;
      let sequenceNumber = 65_000;
      let arrivalMs = 1_000_000;
      let builder = new TransportFeedbackBuilder({
        ...SOURCES,
        sizeMax,
        baseSequenceNumber: sequenceNumber,
      });
      const sent = new Map<number, number>();
      const told = new Map<number, number>();
      const finish = () => {
        const first = builder.nextSequenceNumber - builder.build().arrivals.length;
        const bytes = encodeRtcp([builder.build()]);
        expect(bytes.length).toBeLessThanOrEqual(sizeMax);
        const [feedback] = parseRtcp(bytes);
        if (feedback?.type !== "transport-feedback") throw new Error("No feedback");
        expect(feedback.baseSequenceNumber).toBe(first & 0xffff);
        feedback.arrivals.forEach((arrival, index) => {
          if (arrival !== undefined) told.set(first + index, feedback.referenceTimeMs + arrival);
        });
      };
      for (let i = 0; i < 300; i++) {
        sequenceNumber += 1 + random(gapLimit) * random(2);
        if (random(100) === 0) sequenceNumber += random(20_000);
        arrivalMs += (random(spreadMs * 4) - spreadMs) / 4;
        sent.set(sequenceNumber, arrivalMs);
        if (builder.add(sequenceNumber, arrivalMs)) continue;
        finish();
        const baseSequenceNumber = builder.nextSequenceNumber;
        builder = new TransportFeedbackBuilder({ ...SOURCES, sizeMax, baseSequenceNumber });
        expect(builder.add(sequenceNumber, arrivalMs)).toBe(true);
      }
      finish();
      expect(told).toEqual(sent);
    }
  });
});
