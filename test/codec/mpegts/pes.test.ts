/**
 * Goal: PES headers have the bits of the specification, and times come out of them as they went in,
 * on both sides of the 33-bit wrap.
 *
 * Method: headers as SRS 7 and FFmpeg 5.1 write them; a reader that shares nothing with the writer for
 * other times.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import {
  decodeOpusControlHeader,
  writeOpusControlHeader,
} from "../../../src/codec/mpegts/opus-control-header.ts";
import { PacketWriter } from "../../../src/codec/mpegts/packet-writer.ts";
import { beginPes, endPes, PesStreamId, wrapPts } from "../../../src/codec/mpegts/pes.ts";
import { fromHex } from "../../support/hex.ts";
import { readTransportStream } from "../../support/transport-stream.ts";

function header(streamId: PesStreamId, pts: number, dts: number, payloadSize: number): Uint8Array {
  const writer = new ByteWriter();
  writer.writeUint32(0xdead_beef); // Something else before it.
  beginPes(writer, streamId, pts, dts);
  const { size } = writer;
  writer.writeBytes(new Uint8Array(payloadSize));
  endPes(writer, 4);
  return writer.view().slice(4, size);
}

describe("beginPes() and endPes()", () => {
  test("write SRS's header: a picture at 10 ms with a PTS alone", () => {
    expect(header(PesStreamId.Video, 900, 900, 0x09f0 - 8)).toEqual(
      fromHex("000001e0 09f0 80 80 05 2100010709"),
    );
  });

  test("write FFmpeg's header: a picture of unknown size with PTS and DTS", () => {
    expect(header(PesStreamId.Video, 133_200, 126_000, 70_000)).toEqual(
      fromHex("000001e0 0000 80 c0 0a 31000910a1 110007d861"),
    );
  });

  test("write FFmpeg's header: Opus as private data", () => {
    expect(header(PesStreamId.PrivateStream1, 132_527, 132_527, 0x0519 - 8)).toEqual(
      fromHex("000001bd 0519 80 80 05 210009 0b5f"),
    );
  });

  test.each([
    [0xffff, 0xffff],
    [0x1_0000, 0],
  ])("a length of %i is written as %i", (length, expected) => {
    const bytes = header(PesStreamId.Video, 0, 0, length - 8);
    expect(((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0)).toBe(expected);
  });

  test.each([
    0, 1, 0x7fff, 0x8000, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
    0x1_0000_0000, 0x1_2345_6789, 0x1_ffff_ffff,
  ])("times come out as they went in: %i", (ticks) => {
    const other = wrapPts(ticks - 3_600);
    const writer = new ByteWriter();
    beginPes(writer, PesStreamId.Video, ticks, other);
    endPes(writer, 0);
    new PacketWriter(0x100).packetize(writer, 0, 0, undefined);
    expect(readTransportStream(writer.view()).pesPackets).toMatchObject([
      { pts: ticks, dts: other },
    ]);
  });
});

test.each([
  [0, 0],
  [2 ** 33 - 1, 2 ** 33 - 1],
  [2 ** 33, 0],
  [2 ** 34 + 5, 5],
  [-1, 2 ** 33 - 1],
  [-(2 ** 33), 0],
])("wrapPts(%i) is %i", (ticks, expected) => {
  expect(wrapPts(ticks) + 0).toBe(expected);
});

test.each([
  [0, "7fe0 00"],
  [254, "7fe0 fe"],
  [255, "7fe0 ff 00"],
  [264, "7fe0 ff 09"], // As FFmpeg writes it.
  [1275, "7fe0 ff ff ff ff ff 00"],
])("the control header of %i bytes of Opus is %s", (size, hex) => {
  const writer = new ByteWriter();
  writeOpusControlHeader(writer, size);
  expect(writer.view()).toEqual(fromHex(hex));
});

test("a control header that goes on and on is refused, however much of it has come", () => {
  for (const size of [300, 4_000_000]) {
    const bytes = new Uint8Array(size).fill(0xff);
    bytes.set([0x7f, 0xe0]);
    expect(() => decodeOpusControlHeader(bytes)).toThrow("too large");
  }
});
