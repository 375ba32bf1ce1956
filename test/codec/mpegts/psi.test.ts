/**
 * Goal: program tables are those of the specification, to the last bit of their checksums.
 *
 * Method: sections as SRS 7 and FFmpeg 5.1 send them, whose fields were read by eye, are written from
 * those fields; a CRC is checked by the check value of its algorithm's catalogue.
 */

import { describe, expect, test } from "vitest";
import { crc32 } from "../../../src/codec/mpegts/crc32.ts";
import {
  encodeOpusDescriptor,
  encodeRegistrationDescriptor,
} from "../../../src/codec/mpegts/descriptor.ts";
import { encodeProgramAssociation, encodeProgramMap } from "../../../src/codec/mpegts/psi.ts";
import { StreamType } from "../../../src/codec/mpegts/stream-type.ts";
import { fromHex } from "../../support/hex.ts";

const NO_DESCRIPTORS = new Uint8Array(0);

describe("crc32()", () => {
  test("has the check value of CRC-32/MPEG-2", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0x0376_e6e7);
  });

  test("is 0 over a section that ends with it, and not if a bit is another", () => {
    const section = fromHex("00b00d0001c100000001f0012e701905");
    expect(crc32(section)).toBe(0);
    section[9] = 3;
    expect(crc32(section)).not.toBe(0);
  });
});

test("encodeProgramAssociation() writes SRS's section", () => {
  const table = {
    transportStreamId: 1,
    version: 0,
    programs: [{ programNumber: 1, mapPid: 0x1001 }],
  };
  expect(encodeProgramAssociation(table)).toEqual(fromHex("00b00d0001c100000001f0012e701905"));
});

describe("encodeProgramMap()", () => {
  test("writes SRS's section for H.264", () => {
    const streams = [{ streamType: StreamType.H264, pid: 0x100, descriptors: NO_DESCRIPTORS }];
    expect(encodeProgramMap({ programNumber: 1, version: 0, pcrPid: 0x100, streams })).toEqual(
      fromHex("02b0120001c10000e100f0001be100f00015bd4d56"),
    );
  });

  test("writes FFmpeg's section for H.264 and Opus, with descriptors", () => {
    const opus = [...encodeRegistrationDescriptor("Opus"), ...encodeOpusDescriptor(2)];
    const streams = [
      { streamType: StreamType.H264, pid: 0x100, descriptors: NO_DESCRIPTORS },
      { streamType: StreamType.PrivateData, pid: 0x101, descriptors: Uint8Array.from(opus) },
    ];
    expect(encodeProgramMap({ programNumber: 1, version: 0, pcrPid: 0x100, streams })).toEqual(
      fromHex("02b0210001c10000e100f0001be100f00006e101f00a05044f7075737f028002aea963ed"),
    );
  });

  test("writes FFmpeg's section for AC-3 and E-AC-3", () => {
    const entry = (streamType: StreamType, pid: number, format: string) => ({
      streamType,
      pid,
      descriptors: encodeRegistrationDescriptor(format),
    });
    const streams = [entry(StreamType.Ac3, 0x100, "AC-3"), entry(StreamType.Eac3, 0x101, "EAC3")];
    expect(encodeProgramMap({ programNumber: 1, version: 0, pcrPid: 0x100, streams })).toEqual(
      fromHex("02b0230001c10000e100f00081e100f006050441432d3387e101f006050445414333d50a0927"),
    );
  });

  test("puts the version's five bits between reserved and current ones", () => {
    const versions = [0, 1, 31, 32].map((version) =>
      encodeProgramMap({ programNumber: 1, version, pcrPid: 0x1fff, streams: [] }),
    );
    expect(versions.map((section) => section[5])).toEqual([0xc1, 0xc3, 0xff, 0xc1]);
    expect(versions.map((section) => crc32(section))).toEqual([0, 0, 0, 0]);
  });
});

test("a registration descriptor has four characters", () => {
  expect(() => encodeRegistrationDescriptor("Opu")).toThrow("Assertion failed");
});
