/**
 * Goal: the walker finds every message's type, time, size and head in RTMP chunks of any form, however
 * TCP cuts them.
 *
 * Method: golden bytes; FFmpeg's captures and written streams of all header formats against the
 * decoder that puts messages together; cut at every byte; noise.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/base/byte-writer.ts";
import { MalformedError } from "../../src/base/errors.ts";
import { ChunkWalker } from "../../src/bench/chunk-walker.ts";
import { HEAD_SIZE, type MediaMessage } from "../../src/bench/media-message.ts";
import { ChunkDecoder } from "../../src/codec/rtmp/chunk-decoder.ts";
import { writeChunks } from "../../src/codec/rtmp/chunk-encoder.ts";
import { decodeUint32, RtmpMessageType } from "../../src/codec/rtmp/message.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { noise } from "../support/noise.ts";
import { feed, type Walked, Walks } from "./walked.ts";

const HANDSHAKE_SIZE = 1 + 2 * 1536;
const WHOLE = [1, 2, 3, 4, 5, 6, 17, 20];

/** Obeys SetChunkSize and Abort, as a player does. */
class Obeying extends Walks {
  walker: ChunkWalker = new ChunkWalker(this);

  override head(message: MediaMessage, bytes: Uint8Array, start: number, end: number): void {
    super.head(message, bytes, start, end);
    const value = (): number => decodeUint32(bytes.slice(start, end));
    if (message.typeId === RtmpMessageType.SetChunkSize) this.walker.setChunkSize(value());
    if (message.typeId === RtmpMessageType.Abort) this.walker.abort(value());
  }
}

function walk(bytes: Uint8Array, pieceSize: number): Walked[] {
  const walks = new Obeying();
  feed(walks.walker, bytes, pieceSize);
  return walks.messages.filter(({ isComplete }) => isComplete);
}

/** What the walker ought to find, by way of whole messages. */
function expected(bytes: Uint8Array): Walked[] {
  const decoder = new ChunkDecoder({ messageSizeMax: 1 << 24, partialSizeMax: 1 << 25 });
  decoder.push(bytes);
  const messages: Walked[] = [];
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
    const { typeId, timestamp, payload } = next;
    const head = payload.slice(0, WHOLE.includes(typeId) ? payload.length : HEAD_SIZE);
    messages.push({ typeId, timestamp, size: payload.length, head, isComplete: true });
  }
  return messages;
}

/** Heads come in the order of heads, messages in that of ends. */
function sorted(messages: readonly Walked[]): Walked[] {
  const key = ({ typeId, timestamp, size }: Walked): number =>
    timestamp * 1e9 + typeId * 1e7 + size;
  return messages.toSorted((a, b) => key(a) - key(b));
}

function filling(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7) & 0xff);
}

// Specification, 5.3.2: four audio messages of 32 bytes with headers of format 0, 2, 3 and 3; and a
// video message of 307 bytes in chunks of 128.
const AUDIO = joinBytes(
  ...["03 0003e8 000020 08 39300000", "83 000014", "c3", "c3"].flatMap((header) => [
    fromHex(header),
    filling(32),
  ]),
);
const VIDEO = joinBytes(
  ...[fromHex("04 0003e8 000133 09 3a300000"), filling(128)],
  ...[fromHex("c4"), filling(128), fromHex("c4"), filling(51)],
);

/** Messages of every header format, chunk stream ids of every length, and extended timestamps. */
function written(): Uint8Array {
  const writer = new ByteWriter();
  let chunkSize = 128;
  const setChunkSize = (size: number): void => {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, size);
    const header = {
      format: 0,
      chunkStreamId: 2,
      timestamp: 0,
      typeId: 1,
      messageStreamId: 0,
    } as const;
    writeChunks(writer, header, payload, chunkSize);
    chunkSize = size;
  };
  const write = (
    format: 0 | 1 | 2,
    chunkStreamId: number,
    timestamp: number,
    size: number,
  ): void => {
    const header = { format, chunkStreamId, timestamp, typeId: 9, messageStreamId: 1 };
    writeChunks(writer, header, filling(size), chunkSize);
  };
  for (const size of [128, 200, 4_096]) {
    setChunkSize(size);
    for (const chunkStreamId of [6, 64, 319, 320, 65_599]) {
      write(0, chunkStreamId, 1_000, 300);
      write(1, chunkStreamId, 40, 129);
      write(2, chunkStreamId, 40, 129);
      write(0, chunkStreamId, 0xff_ffff, 700);
      write(1, chunkStreamId, 0x0100_0000, 1);
      write(0, chunkStreamId, 0xffff_fff0, 0);
      write(1, chunkStreamId, 0x20, 500);
    }
  }
  return writer.take();
}

function capture(name: string): Uint8Array {
  const bytes = readFileSync(new URL(`../fixtures/rtmp/${name}.bin`, import.meta.url));
  return new Uint8Array(bytes).subarray(HANDSHAKE_SIZE);
}

describe("ChunkWalker", () => {
  test("takes the specification's examples", () => {
    const shown = (messages: readonly Walked[]) =>
      messages.map(({ typeId, timestamp, size, head }) => [typeId, timestamp, size, head.length]);
    const audio = [1_000, 1_020, 1_040, 1_060].map((timestamp) => [8, timestamp, 32, 32]);
    for (let size = 1; size <= AUDIO.length; size++) {
      expect(shown(walk(AUDIO, size))).toEqual(audio);
    }
    for (let size = 1; size <= VIDEO.length; size++) {
      const messages = walk(VIDEO, size);
      expect(shown(messages)).toEqual([[9, 1_000, 307, 128]]);
      expect(messages[0]?.head).toEqual(filling(128));
    }
  });

  test("shows a head that lies in several chunks, and nothing before it is whole", () => {
    const bytes = joinBytes(fromHex("04 000001 00000a 09 01000000"), filling(10));
    const walks = new Walks();
    const walker = new ChunkWalker(walks);
    walker.setChunkSize(4);
    const cut = joinBytes(
      ...[bytes.subarray(0, 16), fromHex("c4"), bytes.subarray(16, 20)],
      ...[fromHex("c4"), bytes.subarray(20)],
    );
    walker.walk(cut, 0, 21);
    expect(walks.messages).toEqual([]);
    walker.walk(cut, 21, cut.length);
    expect(walks.messages).toEqual([
      { typeId: 9, timestamp: 1, size: 10, head: filling(10), isComplete: true },
    ]);
  });

  test.each(["ffmpeg-publish", "ffmpeg-publish-late", "ffmpeg-play"])(
    "agrees with the decoder on %s",
    (name) => {
      const bytes = capture(name);
      const wanted = sorted(expected(bytes));
      expect(wanted.length).toBeGreaterThan(5);
      for (const size of [1, 2, 3, 19, 127, 128, 1_448, bytes.length]) {
        expect(sorted(walk(bytes, size))).toEqual(wanted);
      }
    },
  );

  test("agrees with the decoder on every form of header, cut at every byte", () => {
    const bytes = written();
    const wanted = sorted(expected(bytes));
    expect(wanted.length).toBe(3 * (1 + 5 * 7));
    for (const size of [1, 2, 3, 4, 5, 6, 7, 11, 17, 18, 19, 130, 1_000, bytes.length]) {
      expect(sorted(walk(bytes, size))).toEqual(wanted);
    }
    // Two pieces, cut at every byte of the first messages.
    for (let cut = 1; cut < 4_000; cut++) {
      const walks = new Obeying();
      walks.walker.walk(bytes, 0, cut);
      walks.walker.walk(bytes, cut, bytes.length);
      expect(walks.messages.length).toBe(wanted.length);
    }
  });

  test("takes an extended timestamp that is not repeated, though the payload begins like it", () => {
    // Time 0x01020304; the second chunk has no time but payload that agrees in two bytes.
    const first = joinBytes(fromHex("06 ffffff 000084 09 01000000 01020304"), filling(128));
    const bytes = joinBytes(first, fromHex("c6 01 02 ff fe"), AUDIO);
    for (let size = 1; size <= bytes.length; size++) {
      const messages = walk(bytes, size);
      expect(messages.map(({ timestamp }) => timestamp)).toEqual([
        0x0102_0304, 1_000, 1_020, 1_040, 1_060,
      ]);
    }
  });

  test("takes a missing extended timestamp at a message's beginning for no difference at all", () => {
    const bytes = fromHex("06 ffffff 000002 09 01000000 01020304 1701 c6 2701 c6 01020304 2701");
    for (let size = 1; size <= bytes.length; size++) {
      expect(walk(bytes, size).map(({ timestamp }) => timestamp)).toEqual([
        ...[0x0102_0304, 0x0102_0304, 0x0204_0608],
      ]);
    }
    expect(sorted(walk(bytes, 3))).toEqual(sorted(expected(bytes)));
  });

  test("takes messages that are interleaved, and forgets one that is aborted", () => {
    const bytes = joinBytes(
      ...[fromHex("04 000001 000100 09 01000000"), filling(128)],
      AUDIO,
      ...[fromHex("c4"), filling(128)],
      ...[fromHex("04 000002 000100 09 01000000"), filling(128)],
      fromHex("02 000000 000004 02 00000000 00000004"),
      VIDEO,
    );
    for (const size of [1, 50, bytes.length]) {
      expect(walk(bytes, size).map(({ typeId, timestamp }) => `${typeId} ${timestamp}`)).toEqual([
        ...["9 1", "8 1000", "8 1020", "8 1040", "8 1060"],
        ...["2 0", "9 1000"],
      ]);
    }
  });

  test.each([
    ["a first header of format 2", "86 000000"],
    ["a first header of format 3", "c6"],
    [
      "a message inside another",
      `06 000000 000200 09 01000000 ${"00".repeat(128)} 06 000000 000200 09 01000000`,
    ],
    ["a chunk size of 0", "02 000000 000004 01 00000000 00000000"],
  ])("refuses %s", (_, hex) => {
    expect(() => walk(fromHex(hex), 1)).toThrow(MalformedError);
  });

  test("refuses more chunk streams than a server has", () => {
    const streams = Array.from({ length: 65 }, (_, i) =>
      Uint8Array.of(0, i, ...new Uint8Array(11)),
    );
    expect(() => walk(joinBytes(...streams.slice(1)), 20)).not.toThrow();
    expect(() => walk(joinBytes(...streams), 20)).toThrow(MalformedError);
  });

  test("throws nothing else, whatever comes", () => {
    for (const bytes of noise(2_000, 200)) {
      try {
        walk(bytes, 7);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});
