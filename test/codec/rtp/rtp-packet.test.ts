/**
 * Goal: RTP packets are taken apart as RFC 3550 has them, and no field of a hostile one leads
 * outside of it.
 *
 * Method: a packet that another implementation (aiortc 1.4.0) has made; one that has every part, by
 * the figure of section 5.1; a table of broken ones; every truncation; noise behind a plausible
 * beginning; what is encoded is compared with bytes.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { encodeHeaderExtension } from "../../../src/codec/rtp/header-extension.ts";
import {
  encodeRtpPacket,
  findExtension,
  parseRtpPacket,
  RTP_HEADER_SIZE,
  writeRtpHeader,
} from "../../../src/codec/rtp/rtp-packet.ts";
import { decodeSdesExtension } from "../../../src/codec/rtp/sdes-extension.ts";
import { decodeTransportSequenceNumber } from "../../../src/codec/rtp/transport-sequence-number.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

/** Version 2 with padding, extension and two CSRCs; marker and payload type 96. */
const EVERYTHING = fromHex(`
  b2e0 0102 03040506 0708090a
  11111111 22222222
  bede0002 10aa 22bbbbbb 0000
  c0c1c2c3c4
  000003
`);

const HEADER = {
  isMarked: true,
  payloadType: 111,
  sequenceNumber: 0xfffe,
  timestamp: 0xfedc_ba98,
  ssrc: 0x8765_4321,
};

/** With one CSRC, the extensions mid, rid, abs-send-time, audio level and transport, and padding. */
const AIORTC_PACKET = fromHex(`
  b1effffaee6b2800b2d05e0001020304bede000514617564696f516869220abcde309e41fedc0000
  fc01020304054e6d5b04
`);

describe("parseRtpPacket", () => {
  test("reads what another implementation has written", () => {
    const packet = parseRtpPacket(AIORTC_PACKET);
    expect(packet).toMatchObject({
      isMarked: true,
      payloadType: 111,
      sequenceNumber: 65_530,
      timestamp: 4_000_000_000,
      ssrc: 3_000_000_000,
      payload: fromHex("fc0102030405"),
      paddingSize: 4,
    });
    const extension = (id: number) => findExtension(packet, id) ?? new Uint8Array(0);
    expect(decodeSdesExtension(extension(1))).toBe("audio");
    expect(extension(2)).toEqual(fromHex("0abcde"));
    expect(extension(3)).toEqual(fromHex("9e"));
    expect(decodeTransportSequenceNumber(extension(4))).toBe(0xfedc);
    expect(decodeSdesExtension(extension(5))).toBe("hi");
  });

  test("finds all parts", () => {
    const packet = parseRtpPacket(EVERYTHING);
    expect(packet).toEqual({
      isMarked: true,
      payloadType: 96,
      sequenceNumber: 0x0102,
      timestamp: 0x0304_0506,
      ssrc: 0x0708_090a,
      extensionProfile: 0xbede,
      extensions: fromHex("10aa22bbbbbb0000"),
      payload: fromHex("c0c1c2c3c4"),
      headerSize: 32,
      paddingSize: 3,
    });
    expect(packet.payload.buffer).toBe(EVERYTHING.buffer);
    expect(findExtension(packet, 1)).toEqual(fromHex("aa"));
    expect(findExtension(packet, 2)).toEqual(fromHex("bbbbbb"));
    expect(findExtension(packet, 3)).toBeUndefined();
  });

  test("reads a packet within a larger buffer", () => {
    const buffer = joinBytes(fromHex("ffffff"), EVERYTHING, fromHex("ffff"));
    const packet = parseRtpPacket(buffer.subarray(3, 3 + EVERYTHING.length));
    expect(packet).toEqual(parseRtpPacket(EVERYTHING));
  });

  test("takes fields at their limits, and no payload", () => {
    const packet = parseRtpPacket(fromHex("807fffff ffffffff ffffffff"));
    expect(packet).toMatchObject({
      isMarked: false,
      payloadType: 127,
      sequenceNumber: 0xffff,
      timestamp: 0xffff_ffff,
      ssrc: 0xffff_ffff,
      extensionProfile: 0,
      extensions: new Uint8Array(0),
      payload: new Uint8Array(0),
      headerSize: RTP_HEADER_SIZE,
      paddingSize: 0,
    });
    expect(findExtension(packet, 1)).toBeUndefined();
  });

  test("takes a packet of nothing but padding", () => {
    const packet = parseRtpPacket(fromHex("a060 0001 00000000 00000001 00000004"));
    expect(packet.payload.length).toBe(0);
    expect(packet.paddingSize).toBe(4);
  });

  test.each([
    ["nothing", ""],
    ["version 1", "4060 0001 00000000 00000001 00"],
    ["version 3", "c060 0001 00000000 00000001 00"],
    ["a header of 11 bytes", "8060 0001 00000000 000000"],
    ["15 CSRCs in 56 bytes", `8f60 0001 00000000 00000001 ${"00".repeat(56)}`],
    ["an extension without its header", "9060 0001 00000000 00000001 bede00"],
    ["an extension that is too long", "9060 0001 00000000 00000001 bede0002 10aa0000"],
    ["an extension of the most words", "9060 0001 00000000 00000001 bedeffff 10aa0000"],
    ["an element that is too long", "9060 0001 00000000 00000001 bede0001 13aaaaaa"],
    ["a two-byte element that is too long", "9060 0001 00000000 00000001 10000001 0103aaaa"],
    ["a two-byte element without size", "9060 0001 00000000 00000001 10000001 00000001"],
    ["padding of 0 bytes", "a060 0001 00000000 00000001 00"],
    ["padding that is longer than the payload", "a060 0001 00000000 00000001 0003"],
    ["padding that reaches into the header", "a060 0001 00000000 00000001"],
    ["padding that reaches into the extension", "b060 0001 00000000 00000001 bede0001 10aa0005 04"],
  ])("refuses %s", (_, hex) => {
    expect(() => parseRtpPacket(fromHex(hex))).toThrow(MalformedError);
  });

  test("refuses every truncation that cuts its parts", () => {
    // From the end of the header on, the last byte is taken for the size of the padding.
    for (let size = 0; size < 32; size++) {
      expect(() => parseRtpPacket(EVERYTHING.subarray(0, size)), `${size}`).toThrow(MalformedError);
    }
    for (let size = 32; size < EVERYTHING.length; size++) {
      unlessMalformed(() => parseRtpPacket(EVERYTHING.subarray(0, size)));
    }
  });

  test("survives noise", () => {
    let count = 0;
    for (const bytes of noise(5_000, 60)) {
      // Every other one gets far enough to be of interest.
      if (bytes.length > 16 && bytes.length % 2 === 0) {
        bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x31);
        bytes.set([0xbe, 0xde, 0, (bytes[15] ?? 0) % 8], 12);
      }
      const packet = unlessMalformed(() => parseRtpPacket(bytes));
      if (packet === undefined) continue;
      count++;
      expect(packet.headerSize + packet.payload.length + packet.paddingSize).toBe(bytes.length);
      for (let id = 0; id < 16; id++) findExtension(packet, id);
    }
    expect(count).toBeGreaterThan(100);
  });
});

describe("encodeRtpPacket", () => {
  test("writes the header", () => {
    const bytes = encodeRtpPacket(HEADER, fromHex("0a0b"));
    expect(bytes).toEqual(fromHex("80ef fffe fedcba98 87654321 0a0b"));
  });

  test("writes an extension", () => {
    const extension = encodeHeaderExtension([{ id: 3, value: fromHex("1234") }]);
    const bytes = encodeRtpPacket(HEADER, fromHex("0a0b"), extension);
    expect(bytes).toEqual(fromHex("90ef fffe fedcba98 87654321 bede0001 31123400 0a0b"));
    const packet = parseRtpPacket(bytes);
    expect(packet).toMatchObject({ ...HEADER, payload: fromHex("0a0b") });
    expect(findExtension(packet, 3)).toEqual(fromHex("1234"));
  });

  test("writes a header into what the caller has", () => {
    const target = new Uint8Array(14).fill(0xee);
    writeRtpHeader(new DataView(target.buffer), 1, { ...HEADER, isMarked: false }, true);
    expect(target).toEqual(fromHex("ee 906f fffe fedcba98 87654321 ee"));
  });
});
