/**
 * Goal: whatever is put into transport packets comes out of them, they are of 188 bytes each, counted
 * on over all writers, and their clock references are exact.
 *
 * Method: packets as SRS 7 and FFmpeg 5.1 write them; units of every size around the borders of packets,
 * read by a strict reader that shares nothing with the writer.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { AdaptationFlag } from "../../../src/codec/mpegts/packet.ts";
import { PacketWriter } from "../../../src/codec/mpegts/packet-writer.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { readTsPackets, type TsPacket } from "../../support/transport-stream.ts";

const PREFIX = fromHex("00112233");

/** Bytes that tell their place. */
function unit(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

/** Packetizes behind a prefix, which must stay what it is. */
function packetize(
  packets: PacketWriter,
  bytes: Uint8Array,
  flags = 0,
  pcr?: number,
): { packets: TsPacket[]; bytes: Uint8Array } {
  const writer = new ByteWriter(16);
  writer.writeBytes(PREFIX);
  writer.writeBytes(bytes);
  packets.packetize(writer, PREFIX.length, flags, pcr);
  expect(writer.view().subarray(0, PREFIX.length)).toEqual(PREFIX);
  const written = writer.view().subarray(PREFIX.length);
  return { packets: readTsPackets(written), bytes: written };
}

describe("packetize()", () => {
  test("begins as SRS does: a picture with a clock reference at 10 ms", () => {
    const { bytes } = packetize(new PacketWriter(0x100), unit(400), 0, 900 * 300);
    expect(bytes.subarray(0, 12)).toEqual(fromHex("47410030 07 10 000001c27e00"));
  });

  test("begins as FFmpeg does: a key frame with a clock reference at 700 ms", () => {
    const flags = AdaptationFlag.RandomAccess;
    const { bytes } = packetize(new PacketWriter(0x100), unit(400), flags, 63_000 * 300);
    expect(bytes.subarray(0, 12)).toEqual(fromHex("47410030 07 50 00007b0c7e00"));
    expect(bytes.subarray(188, 192)).toEqual(fromHex("47010011"));
  });

  test.each([
    { name: "nothing", flags: 0, pcr: undefined, fieldSize: 0 },
    { name: "a flag", flags: AdaptationFlag.RandomAccess, pcr: undefined, fieldSize: 2 },
    { name: "a clock reference", flags: AdaptationFlag.Pcr, pcr: 123_456_789, fieldSize: 8 },
  ])("units of all sizes come out whole, with $name in front", ({ flags, pcr, fieldSize }) => {
    for (let size = 1; size <= 3 * 184 + 1; size++) {
      const sent = unit(size);
      const { packets } = packetize(new PacketWriter(0x1ffe), sent, flags, pcr);
      expect(packets).toHaveLength(Math.ceil((size + fieldSize) / 184));
      expect(joinBytes(...packets.map(({ payload }) => payload))).toEqual(sent);
      const heads = packets.map(({ payload: _, ...head }) => head);
      expect(heads).toEqual(
        packets.map((_, index) => ({
          pid: 0x1ffe,
          isUnitStart: index === 0,
          continuityCounter: index,
          flags: index === 0 ? flags : 0,
          pcr: index === 0 ? pcr : undefined,
        })),
      );
    }
  });

  test("a unit larger than the counter's range and the writer's buffer comes out whole", () => {
    const sent = unit(300_000);
    const { packets } = packetize(new PacketWriter(0x100), sent);
    expect(joinBytes(...packets.map(({ payload }) => payload))).toEqual(sent);
    expect(packets.map(({ continuityCounter }) => continuityCounter)).toEqual(
      packets.map((_, index) => index & 0x0f),
    );
  });

  test("counts on from writer to writer", () => {
    const packets = new PacketWriter(0x100, 14);
    const counters = [300, 10, 500].map((size) =>
      packetize(packets, unit(size)).packets.map(({ continuityCounter }) => continuityCounter),
    );
    expect(counters).toEqual([[14, 15], [0], [1, 2, 3]]);
    expect(packets.continuityCounter).toBe(4);
  });

  test.each([0, 1, 299, 300, 2 ** 32 * 300, 2 ** 25 * 300 + 299, (2 ** 33 - 1) * 300 + 299])(
    "a clock reference of %i comes out exactly",
    (pcr) => {
      expect(packetize(new PacketWriter(0x100), unit(1), 0, pcr).packets[0]?.pcr).toBe(pcr);
    },
  );
});

describe("writePcr()", () => {
  test("writes a packet without payload, which does not count", () => {
    const packets = new PacketWriter(0x100);
    const writer = new ByteWriter();
    packets.writeSection(writer, unit(1));
    packets.writePcr(writer, AdaptationFlag.Discontinuity, 27_000_000);
    packets.writeSection(writer, unit(1));
    const flags = AdaptationFlag.Discontinuity | AdaptationFlag.Pcr;
    expect(readTsPackets(writer.view())).toMatchObject([
      { continuityCounter: 0, payload: { length: 184 } },
      { continuityCounter: 0, payload: { length: 0 }, flags, pcr: 27_000_000 },
      { continuityCounter: 1, payload: { length: 184 } },
    ]);
  });

  test("before any payload has the counter before the first", () => {
    const writer = new ByteWriter();
    new PacketWriter(0x100).writePcr(writer, 0, 0);
    expect(readTsPackets(writer.view())[0]?.continuityCounter).toBe(15);
  });
});

describe("writeSection()", () => {
  test("writes SRS's packet", () => {
    const section = fromHex("00b00d0001c100000001f0012e701905");
    const writer = new ByteWriter();
    new PacketWriter(0).writeSection(writer, section);
    const expected = new Uint8Array(188).fill(0xff);
    expected.set(joinBytes(fromHex("47400010 00"), section));
    expect(writer.view()).toEqual(expected);
  });

  test("takes a section that fits, and none that does not", () => {
    const packets = new PacketWriter(0);
    packets.writeSection(new ByteWriter(), unit(183));
    expect(() => packets.writeSection(new ByteWriter(), unit(184))).toThrow("Assertion failed");
  });
});
