/**
 * Goal: every kind of RTCP packet is read and written as its specification has it, alone and
 * together, and no field of a hostile one leads outside of it or makes much of little.
 *
 * Method: a table of bytes and values for both directions, made by another implementation (aiortc
 * 1.4.0) or by hand from the specifications' figures; compound packets; tables of broken packets;
 * every truncation of all kinds; noise behind plausible headers.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  encodeRtcp,
  isRtcp,
  parseRtcp,
  type RtcpPacket,
} from "../../../src/codec/rtcp/rtcp-packet.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

const REPORT = {
  ssrc: 0xaabb_ccdd,
  fractionLost: 37,
  cumulativeLost: -2,
  highestSequenceNumber: 0x0001_fffa,
  jitter: 1906,
  lastSenderReport: 0x4f4b_5c6d,
  delaySinceLastSenderReport: 0x0001_8000,
};

/** Name, bytes, value. */
const PACKETS: readonly (readonly [string, string, RtcpPacket])[] = [
  [
    "sender report (aiortc)",
    `81c8000c 11223344 e8a1b2c3d4e5f607 fedcba98 0000010d 000034f5
     aabbccdd 25fffffe 0001fffa 00000772 4f4b5c6d 00018000`,
    {
      type: "sender-report",
      ssrc: 0x1122_3344,
      ntpSeconds: 0xe8a1_b2c3,
      ntpFraction: 0xd4e5_f607,
      rtpTimestamp: 0xfedc_ba98,
      packetCount: 269,
      octetCount: 13_557,
      reports: [REPORT],
    },
  ],
  [
    "receiver report (aiortc)",
    "81c90007 01020304 aabbccdd 25fffffe 0001fffa 00000772 4f4b5c6d 00018000",
    { type: "receiver-report", ssrc: 0x0102_0304, reports: [REPORT] },
  ],
  [
    "receiver report of nobody",
    "80c90001 01020304",
    { type: "receiver-report", ssrc: 0x0102_0304, reports: [] },
  ],
  [
    "source description",
    "82ca0007 11223344 0109 7573657240686f7374 00 00000005 0105 7b3661337d 00",
    {
      type: "source-description",
      chunks: [
        { ssrc: 0x1122_3344, cname: "user@host" },
        { ssrc: 5, cname: "{6a3}" },
      ],
    },
  ],
  ["bye (aiortc)", "82cb0002 11223344 00000005", { type: "bye", ssrcs: [0x1122_3344, 5] }],
  [
    "NACK (aiortc)",
    "81cd0004 01020304 aabbccdd 000c8001 001d0000",
    {
      type: "nack",
      senderSsrc: 0x0102_0304,
      mediaSsrc: 0xaabb_ccdd,
      sequenceNumbers: [12, 13, 28, 29],
    },
  ],
  [
    "NACK over the wrap",
    "81cd0003 01020304 aabbccdd fffe0005",
    {
      type: "nack",
      senderSsrc: 0x0102_0304,
      mediaSsrc: 0xaabb_ccdd,
      sequenceNumbers: [65_534, 65_535, 1],
    },
  ],
  [
    "PLI (aiortc)",
    "81ce0002 01020304 aabbccdd",
    { type: "pli", senderSsrc: 0x0102_0304, mediaSsrc: 0xaabb_ccdd },
  ],
  [
    "FIR (RFC 5104, 4.3.1.1)",
    "84ce0006 01020304 00000000 aabbccdd ff000000 00000007 00000000",
    {
      type: "fir",
      senderSsrc: 0x0102_0304,
      entries: [
        { ssrc: 0xaabb_ccdd, sequenceNumber: 255 },
        { ssrc: 7, sequenceNumber: 0 },
      ],
    },
  ],
  [
    "REMB (aiortc)",
    "8fce0006 01020304 00000000 52454d42 0213f7a0 aabbccdd 00000007",
    { type: "remb", senderSsrc: 0x0102_0304, bitrate: 4_160_000, ssrcs: [0xaabb_ccdd, 7] },
  ],
  [
    "REMB of 0 bit/s for nobody",
    "8fce0004 01020304 00000000 52454d42 00000000",
    { type: "remb", senderSsrc: 0x0102_0304, bitrate: 0, ssrcs: [] },
  ],
  [
    "extended report with both blocks (RFC 3611, 4.4 and 4.5)",
    "80cf000b 01020304 04000002 e8a1b2c3 d4e5f607 05000006 aabbccdd 4f4b5c6d 00018000 00000007 00000000 00000000",
    {
      type: "extended-report",
      ssrc: 0x0102_0304,
      receiverReferenceTime: { ntpSeconds: 0xe8a1_b2c3, ntpFraction: 0xd4e5_f607 },
      dlrr: [
        { ssrc: 0xaabb_ccdd, lastReceiverReport: 0x4f4b_5c6d, delay: 0x0001_8000 },
        { ssrc: 7, lastReceiverReport: 0, delay: 0 },
      ],
    },
  ],
  [
    "extended report without blocks",
    "80cf0001 01020304",
    { type: "extended-report", ssrc: 0x0102_0304 },
  ],
  [
    "transport-wide feedback",
    "8fcd0006 01020304 aabbccdd fffe0003 ffffff07 b800 040506 000000",
    {
      type: "transport-feedback",
      senderSsrc: 0x0102_0304,
      mediaSsrc: 0xaabb_ccdd,
      baseSequenceNumber: 65_534,
      feedbackCount: 7,
      referenceTimeMs: -64,
      arrivals: [1, 2.25, 3.75],
    },
  ],
];

describe("parseRtcp and encodeRtcp", () => {
  test.each(PACKETS)("%s", (_, hex, packet) => {
    expect(parseRtcp(fromHex(hex))).toEqual([packet]);
    expect(encodeRtcp([packet])).toEqual(fromHex(hex));
  });

  test("all together", () => {
    const bytes = joinBytes(...PACKETS.map(([, hex]) => fromHex(hex)));
    const packets = PACKETS.map(([, , packet]) => packet);
    expect(parseRtcp(bytes)).toEqual(packets);
    expect(encodeRtcp(packets)).toEqual(bytes);
  });

  test("keeps losses within 24 bits", () => {
    for (const [lost, kept] of [
      [9_000_000, 0x7f_ffff],
      [-9_000_000, -0x80_0000],
    ] as const) {
      const report = { ...REPORT, cumulativeLost: lost };
      const bytes = encodeRtcp([{ type: "receiver-report", ssrc: 1, reports: [report] }]);
      expect(parseRtcp(bytes)).toMatchObject([{ reports: [{ cumulativeLost: kept }] }]);
    }
  });

  test("asks for packets once, however often they are named", () => {
    const nack = { type: "nack", senderSsrc: 1, mediaSsrc: 2 } as const;
    const bytes = encodeRtcp([{ ...nack, sequenceNumbers: [5, 5, 21, 22, 22, 4] }]);
    expect(parseRtcp(bytes)).toEqual([{ ...nack, sequenceNumbers: [5, 21, 22, 4] }]);
  });

  test("rounds the bitrate of REMB down to what it can say", () => {
    const remb = { type: "remb", senderSsrc: 1, ssrcs: [] } as const;
    for (const [bitrate, said] of [
      [262_143, 262_143],
      [262_145, 262_144],
      [1_000_001.5, 1_000_000],
      [2 ** 80, 2 ** 80],
    ] as const) {
      expect(parseRtcp(encodeRtcp([{ ...remb, bitrate }]))).toEqual([{ ...remb, bitrate: said }]);
    }
    for (const bitrate of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 81]) {
      expect(() => encodeRtcp([{ ...remb, bitrate }])).toThrow("Assertion");
    }
  });

  test("writes no more than the fields can count", () => {
    const ssrcs = Array.from({ length: 32 }, (_, index) => index);
    expect(() => encodeRtcp([{ type: "bye", ssrcs }])).toThrow("Assertion");
    const cname = "ä".repeat(128);
    expect(() =>
      encodeRtcp([{ type: "source-description", chunks: [{ ssrc: 1, cname }] }]),
    ).toThrow("Assertion");
    const sequenceNumbers = Array.from({ length: 65_536 }, (_, index) => (index * 17) & 0xffff);
    const nack = { type: "nack", senderSsrc: 1, mediaSsrc: 2 } as const;
    expect(() => encodeRtcp([{ ...nack, sequenceNumbers }])).toThrow("Assertion");
  });
});

describe("parseRtcp", () => {
  const PLI = "81ce0002 01020304 aabbccdd";
  const PLI_VALUE = { type: "pli", senderSsrc: 0x0102_0304, mediaSsrc: 0xaabb_ccdd };

  test.each([
    ["application-defined packets", `81cc0002 01020304 6e616d65 ${PLI}`],
    ["other types", `80d00000 ${PLI}`],
    ["other transport feedback", `83cd0003 01020304 00000000 00000000 ${PLI}`],
    ["other payload feedback", `82ce0003 01020304 00000000 00000000 ${PLI}`],
    ["other application layer feedback", `8fce0003 01020304 00000000 4e4f4e45 ${PLI}`],
    ["empty application layer feedback", `8fce0002 01020304 00000000 ${PLI}`],
  ])("skips %s", (_, hex) => {
    expect(parseRtcp(fromHex(hex))).toEqual([PLI_VALUE]);
  });

  test("leaves padding alone", () => {
    expect(parseRtcp(fromHex("a1ce0003 01020304 aabbccdd 00000004"))).toEqual([PLI_VALUE]);
    const nack = parseRtcp(fromHex("a1cd0004 01020304 aabbccdd 000c0000 00000004"));
    expect(nack).toMatchObject([{ sequenceNumbers: [12] }]);
  });

  test("leaves what stands behind reports and sources alone", () => {
    expect(parseRtcp(fromHex("80c90003 01020304 deadbeef deadbeef"))).toEqual([
      { type: "receiver-report", ssrc: 0x0102_0304, reports: [] },
    ]);
    expect(parseRtcp(fromHex("81cb0003 01020304 06636c6f 73656400"))).toEqual([
      { type: "bye", ssrcs: [0x0102_0304] },
    ]);
  });

  test("takes names from among other items", () => {
    // As aiortc writes CNAME and NAME; a chunk with NAME alone; a chunk with an empty CNAME.
    const bytes = fromHex(`
      83ca000a
      11223344 0109 7573657240686f7374 0204 6e616d65 00 0000
      00000005 0201 61 00
      00000006 0100 00 00
    `);
    expect(parseRtcp(bytes)).toEqual([
      {
        type: "source-description",
        chunks: [
          { ssrc: 0x1122_3344, cname: "user@host" },
          { ssrc: 6, cname: "" },
        ],
      },
    ]);
  });

  test("skips blocks of extended reports that it does not know", () => {
    const hex = "80cf0006 01020304 01000001 deadbeef 05000000 fe000001 deadbeef";
    expect(parseRtcp(fromHex(hex))).toEqual([
      { type: "extended-report", ssrc: 0x0102_0304, dlrr: [] },
    ]);
  });

  test.each([
    ["nothing", ""],
    ["version 1", "41ce0002 01020304 aabbccdd"],
    ["RTP's first bytes alone", "80ef"],
    ["a length beyond the end", "81ce0003 01020304 aabbccdd"],
    ["a second packet that is cut off", `${PLI} 81ce`],
    ["trailing bytes", `${PLI} 0000 0000`],
    ["padding of 0 bytes", "a1ce0003 01020304 aabbccdd 00000000"],
    ["padding that is longer than the packet", "a1ce0003 01020304 aabbccdd 0000000d"],
    ["padding in place of a field", "a1ce0002 01020304 00000004"],
    ["padding of an empty packet", "a0c90000"],
    ["fewer reports than it counts", "81c90001 01020304"],
    ["a sender report without its fields", "80c80001 01020304"],
    ["fewer sources than it counts", "82cb0001 01020304"],
    ["fewer chunks than it counts", "82ca0002 01020304 01016100"],
    ["a text that is too long", "81ca0002 01020304 01056162"],
    ["a chunk without end", "81ca0002 01020304 01026162"],
    ["feedback without sources", "81ce0001 01020304"],
    ["REMB with fewer SSRCs than it counts", "8fce0004 01020304 00000000 52454d42 01000001"],
    ["RRTR of a wrong size", "80cf0004 01020304 04000001 00000000 00000000"],
    ["DLRR of a wrong size", "80cf0004 01020304 05000002 00000000 00000000"],
    ["a DLRR that is cut off", "80cf0003 01020304 05000003 00000000"],
    ["a block that is cut off", "80cf0003 01020304 01000002 00000000"],
  ])("refuses %s", (_, hex) => {
    expect(() => parseRtcp(fromHex(hex))).toThrow(MalformedError);
  });

  test("says where in the datagram the fault is", () => {
    const parse = () => parseRtcp(fromHex(`${PLI} 81c90001 01020304`));
    expect(parse).toThrow(expect.objectContaining({ offset: 20 }));
  });

  test("refuses a NACK for more packets than there are sequence numbers", () => {
    const bytes = new Uint8Array(12 + 4 * 3856).fill(0xff);
    bytes.set(fromHex("81cd0000 01020304 aabbccdd"));
    new DataView(bytes.buffer).setUint16(2, bytes.length / 4 - 1);
    expect(() => parseRtcp(bytes)).toThrow(MalformedError);
    new DataView(bytes.buffer).setUint16(2, 2 + 3855);
    const [nack] = parseRtcp(bytes.subarray(0, 12 + 4 * 3855));
    expect(nack?.type === "nack" && nack.sequenceNumbers.length).toBe(3855 * 17);
  });

  test("refuses every truncation", () => {
    for (const [, hex] of PACKETS) {
      const bytes = fromHex(hex);
      for (let size = 0; size < bytes.length; size++) {
        expect(() => parseRtcp(bytes.subarray(0, size)), hex).toThrow(MalformedError);
      }
    }
  });

  test("survives packets whose lengths say less than their fields", () => {
    for (const [, hex] of PACKETS) {
      const bytes = fromHex(hex);
      for (let words = 0; words < bytes.length / 4; words++) {
        const cut = bytes.slice(0, words * 4 + 4);
        new DataView(cut.buffer).setUint16(2, words);
        unlessMalformed(() => parseRtcp(cut));
      }
    }
  });

  test("survives noise", () => {
    let count = 0;
    for (const bytes of noise(20_000, 60)) {
      if (bytes.length < 8) continue;
      const words = bytes.length >> 2;
      const packet = bytes.subarray(0, words * 4);
      packet[0] = 0x80 | ((packet[0] ?? 0) & 0x2f);
      packet[1] = 200 + ((packet[1] ?? 0) % 9);
      packet.set([0, words - 1], 2);
      if (unlessMalformed(() => parseRtcp(packet)) !== undefined) count++;
    }
    expect(count).toBeGreaterThan(1_000);
  });
});

describe("isRtcp", () => {
  test("tells RTCP from RTP by the second byte", () => {
    for (const [, hex] of PACKETS) expect(isRtcp(fromHex(hex))).toBe(true);
    expect(isRtcp(fromHex("806f"))).toBe(false);
    expect(isRtcp(fromHex("80ef"))).toBe(false);
    expect(isRtcp(fromHex("80bf"))).toBe(false);
    expect(isRtcp(fromHex("80e0"))).toBe(false);
    expect(isRtcp(fromHex("80"))).toBe(false);
  });
});
