/**
 * Goal: tables come whole out of packets, several in one and one over several, and none that is damaged.
 *
 * Method: tables of the encoder, whose form has tests of its own, laid into packets by hand; each
 * bit of one turned over.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { crc32 } from "../../../src/codec/mpegts/crc32.ts";
import { encodeRegistrationDescriptor } from "../../../src/codec/mpegts/descriptor.ts";
import { PacketReader, type TsPacket } from "../../../src/codec/mpegts/packet-reader.ts";
import {
  decodeProgramAssociation,
  decodeProgramMap,
  encodeProgramAssociation,
  encodeProgramMap,
  type ProgramAssociation,
  type ProgramMap,
} from "../../../src/codec/mpegts/psi.ts";
import { SectionReader } from "../../../src/codec/mpegts/section-reader.ts";
import { StreamType } from "../../../src/codec/mpegts/stream-type.ts";
import { joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

const ASSOCIATION: ProgramAssociation = {
  transportStreamId: 7,
  version: 3,
  programs: [
    { programNumber: 1, mapPid: 0x1001 },
    { programNumber: 2, mapPid: 0x1002 },
  ],
};
const MAP: ProgramMap = {
  programNumber: 1,
  version: 31,
  pcrPid: 0x100,
  streams: [
    { streamType: StreamType.H264, pid: 0x100, descriptors: new Uint8Array() },
    {
      streamType: StreamType.PrivateData,
      pid: 0x101,
      descriptors: encodeRegistrationDescriptor("Opus"),
    },
  ],
};

/** Payloads of packets in a row, of which the given ones begin a section. */
function read(payloads: readonly [boolean, Uint8Array][], counters?: number[]): Uint8Array[] {
  const sections: Uint8Array[] = [];
  const reader = new SectionReader((section) => sections.push(section.slice()));
  payloads.forEach(([isUnitStart, payload], index) => {
    const continuityCounter = (counters?.[index] ?? index) & 0x0f;
    reader.read({ pid: 0, isUnitStart, continuityCounter, flags: 0, payload });
  });
  return sections;
}

const POINTER_0 = Uint8Array.of(0);
const STUFFING = new Uint8Array(20).fill(0xff);
const SECTION = encodeProgramMap(MAP);

describe("SectionReader", () => {
  test("reads one section, and several in a packet", () => {
    expect(read([[true, joinBytes(POINTER_0, SECTION, STUFFING)]])).toEqual([SECTION]);
    const both = joinBytes(POINTER_0, SECTION, SECTION, STUFFING);
    expect(read([[true, both]])).toEqual([SECTION, SECTION]);
  });

  test("reads one that is cut anywhere, and goes on to the next in the same packet", () => {
    for (let cut = 1; cut < SECTION.length; cut++) {
      const end = SECTION.slice(cut);
      const next = joinBytes(Uint8Array.of(end.length), end, SECTION, STUFFING);
      const seen = read([
        [true, joinBytes(POINTER_0, SECTION.slice(0, cut))],
        [true, next],
      ]);
      expect(seen, `cut at ${cut}`).toEqual([SECTION, SECTION]);
    }
  });

  test("takes a packet that is sent twice once", () => {
    const half: [boolean, Uint8Array] = [true, joinBytes(POINTER_0, SECTION.slice(0, 9))];
    expect(read([half, half, [false, SECTION.slice(9)]], [4, 4, 5])).toEqual([SECTION]);
  });

  test("gives up a section of which a packet is missing, and takes the next one", () => {
    const seen = read(
      [
        [true, joinBytes(POINTER_0, SECTION.slice(0, 9))],
        [false, SECTION.slice(9)],
        [true, joinBytes(POINTER_0, SECTION)],
      ],
      [4, 6, 7],
    );
    expect(seen).toEqual([SECTION]);
  });

  test("gives out none with a wrong bit", () => {
    for (let bit = 0; bit < SECTION.length * 8; bit++) {
      const wrong = SECTION.slice();
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(read([[true, joinBytes(POINTER_0, wrong)]]), `bit ${bit}`).toEqual([]);
    }
  });

  test("lives through noise", () => {
    const payloads = [...noise(500, 184)].map((bytes): [boolean, Uint8Array] => [
      bytes.length % 3 === 0,
      bytes,
    ]);
    for (const section of read(payloads)) expect(crc32(section)).toBe(0);
  });
});

describe("tables", () => {
  test("are decoded to what was encoded", () => {
    expect(decodeProgramAssociation(encodeProgramAssociation(ASSOCIATION))).toEqual(ASSOCIATION);
    expect(decodeProgramMap(SECTION)).toEqual(MAP);
  });

  test("are FFmpeg's: a program of H.264 and AAC", () => {
    const bytes = readFileSync(new URL("../../fixtures/mpegts/h264-aac.mpegts", import.meta.url));
    const tables: unknown[] = [];
    const take = (section: Uint8Array): void => {
      tables.push(decodeProgramAssociation(section) ?? decodeProgramMap(section.slice()));
    };
    const readers = new Map([0x0, 0x11, 0x1000].map((pid) => [pid, new SectionReader(take)]));
    const reader = new PacketReader((packet: TsPacket) => readers.get(packet.pid)?.read(packet));
    reader.read(new Uint8Array(bytes));
    expect(tables.slice(0, 3)).toEqual([
      undefined, // What the service is called, in a table of DVB.
      { transportStreamId: 1, version: 0, programs: [{ programNumber: 1, mapPid: 0x1000 }] },
      {
        programNumber: 1,
        version: 0,
        pcrPid: 0x100,
        streams: [
          { streamType: StreamType.H264, pid: 0x100, descriptors: new Uint8Array() },
          { streamType: StreamType.AacAdts, pid: 0x101, descriptors: new Uint8Array() },
        ],
      },
    ]);
  });

  test("that are yet to apply, and other ones, are passed over", () => {
    const next = SECTION.slice();
    next[5] = (next[5] ?? 0) & 0xfe;
    expect(decodeProgramMap(next)).toBeUndefined();
    expect(decodeProgramAssociation(SECTION)).toBeUndefined();
  });

  test("that are cut off anywhere, and noise, are malformed at worst", () => {
    for (let size = 0; size < SECTION.length; size++) {
      unlessMalformed(() => decodeProgramMap(SECTION.subarray(0, size)));
      unlessMalformed(() => decodeProgramAssociation(SECTION.subarray(0, size)));
    }
    for (const bytes of noise(500, 60)) {
      const writer = new ByteWriter();
      writer.writeUint8(2);
      writer.writeBytes(bytes);
      unlessMalformed(() => decodeProgramMap(writer.view()));
    }
  });
});
