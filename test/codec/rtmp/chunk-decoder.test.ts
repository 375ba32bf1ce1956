/**
 * Goal: messages come out of chunks as RTMP 1.0, section 5.3, puts them in, however TCP cuts the
 * bytes and however peers bend the rules; what breaks them, or asks for too much, is a MalformedError.
 *
 * Method: the specification's examples and other golden bytes; each input once whole and once byte by
 * byte; every limit from both sides; seeded noise and mutations.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { MalformedError } from "../../../src/base/errors.ts";
import { CHUNK_STREAMS_MAX, ChunkDecoder } from "../../../src/codec/rtmp/chunk-decoder.ts";
import { type ChunkHeader, writeChunks } from "../../../src/codec/rtmp/chunk-encoder.ts";
import type { RtmpMessage } from "../../../src/codec/rtmp/message.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const LIMITS = { messageSizeMax: 0xff_ffff, partialSizeMax: 4 << 20 };

function feed(pieces: Iterable<Uint8Array>, decoder = new ChunkDecoder(LIMITS)): RtmpMessage[] {
  const messages: RtmpMessage[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) messages.push(next);
  }
  return messages;
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.slice(offset, offset + size);
  }
}

/** Decodes whole, byte by byte, and as pieces that wait together; all must agree. */
function decode(...parts: (string | Uint8Array)[]): RtmpMessage[] {
  const bytes = joinBytes(
    ...parts.map((part) => (typeof part === "string" ? fromHex(part) : part)),
  );
  const messages = feed([bytes]);
  expect(feed(cut(bytes, 1))).toEqual(messages);
  for (const size of [1, 5]) {
    const decoder = new ChunkDecoder(LIMITS);
    for (const piece of cut(bytes, size)) decoder.push(piece);
    expect(decoder.bufferedSize).toBe(bytes.length);
    expect(feed([new Uint8Array()], decoder)).toEqual(messages);
  }
  return messages;
}

function failure(...parts: (string | Uint8Array)[]): string {
  try {
    decode(...parts);
  } catch (error) {
    if (error instanceof MalformedError) return error.message;
    throw error;
  }
  return "none";
}

function fill(size: number, byte = 0xaa): Uint8Array {
  return new Uint8Array(size).fill(byte);
}

function message(change: Partial<RtmpMessage>): RtmpMessage {
  const payload = fromHex("aabb");
  return { typeId: 8, timestamp: 1000, messageStreamId: 1, chunkStreamId: 4, payload, ...change };
}

describe("ChunkDecoder", () => {
  test("decodes the specification's first example: four messages of a chunk each", () => {
    const payload = fill(32);
    const messages = decode(
      "03 0003e8 000020 08 39300000",
      payload,
      "83 000014",
      payload,
      "c3",
      payload,
      "c3",
      payload,
    );
    const expected = { typeId: 8, messageStreamId: 12_345, chunkStreamId: 3, payload };
    expect(messages).toEqual(
      [1000, 1020, 1040, 1060].map((timestamp) => ({ ...expected, timestamp })),
    );
  });

  test("decodes the specification's second example: a message of three chunks", () => {
    const payload = Uint8Array.from({ length: 307 }, (_, index) => index & 0xff);
    const messages = decode(
      "04 0003e8 000133 09 3a300000",
      payload.subarray(0, 128),
      "c4",
      payload.subarray(128, 256),
      "c4",
      payload.subarray(256),
    );
    expect(messages).toEqual([message({ typeId: 9, messageStreamId: 12_346, payload })]);
  });

  test("decodes every format, each relative to the last message", () => {
    expect(
      decode(
        "04 0003e8 000002 08 01000000 aabb",
        "44 000014 000001 09 cc",
        "84 000005 dd",
        "c4 ee",
      ),
    ).toEqual([
      message({}),
      message({ timestamp: 1020, typeId: 9, payload: fromHex("cc") }),
      message({ timestamp: 1025, typeId: 9, payload: fromHex("dd") }),
      message({ timestamp: 1030, typeId: 9, payload: fromHex("ee") }),
    ]);
  });

  test("adds a whole header's time again for format 3, as the specification says", () => {
    const messages = decode("04 0003e8 000002 08 01000000 aabb", "c4 aabb");
    expect(messages).toEqual([message({}), message({ timestamp: 2000 })]);
  });

  test.each([
    ["02", 2],
    ["3f", 63],
    ["00 00", 64],
    ["00 ff", 319],
    ["01 00 01", 320],
    ["01 05 00", 69],
    ["01 ff ff", 65_599],
  ])("knows chunk stream id %s", (hex, chunkStreamId) => {
    const basic = fromHex(hex);
    const header = (format: number) =>
      Uint8Array.of((basic[0] ?? 0) | (format << 6), ...basic.slice(1));
    expect(decode(header(0), "0003e8 000002 08 01000000 aabb", header(2), "000001 aabb")).toEqual([
      message({ chunkStreamId }),
      message({ chunkStreamId, timestamp: 1001 }),
    ]);
  });

  test("takes messages without payload", () => {
    const empty = message({ payload: new Uint8Array() });
    expect(decode("04 0003e8 000000 08 01000000", "c4")).toEqual([
      empty,
      { ...empty, timestamp: 2000 },
    ]);
  });

  test("takes chunks of different streams in turns", () => {
    const video = fill(200, 1);
    const audio = fill(130, 2);
    const messages = decode(
      "06 000064 0000c8 09 01000000",
      video.subarray(0, 128),
      "04 0003e8 000082 08 01000000",
      audio.subarray(0, 128),
      "c6",
      video.subarray(128),
      "c4",
      audio.subarray(128),
    );
    expect(messages).toEqual([
      message({ typeId: 9, chunkStreamId: 6, timestamp: 100, payload: video }),
      message({ payload: audio }),
    ]);
  });

  test("wraps timestamps at 32 bits", () => {
    const messages = decode("04 ffffff 000002 08 01000000 fffffff0 aabb", "84 000020 aabb");
    expect(messages.map(({ timestamp }) => timestamp)).toEqual([0xffff_fff0, 0x10]);
  });
});

describe("extended timestamps", () => {
  const payload = joinBytes(fill(128, 1), fill(128, 2), fill(10, 3));
  const [first, second, third] = [
    payload.subarray(0, 128),
    payload.subarray(128, 256),
    payload.subarray(256),
  ];
  const expected = message({ timestamp: 0x0100_0000, payload });

  test("are repeated with every chunk by Flash, OBS and SRS", () => {
    const messages = decode(
      "04 ffffff 00010a 08 01000000 01000000",
      first,
      "c4 01000000",
      second,
      "c4 01000000",
      third,
    );
    expect(messages).toEqual([expected]);
  });

  test("are left out of further chunks by some encoders", () => {
    const messages = decode(
      "04 ffffff 00010a 08 01000000 01000000",
      first,
      "c4",
      second,
      "c4",
      third,
    );
    expect(messages).toEqual([expected]);
  });

  test("are told from payload that begins alike", () => {
    const tricky = joinBytes(first, fromHex("010000ff"), fill(6, 3));
    expect(
      decode("04 ffffff 00008a 08 01000000 01000000", first, "c4", tricky.subarray(128)),
    ).toEqual([message({ timestamp: 0x0100_0000, payload: tricky })]);
  });

  test("hold a delta in formats 1 and 2, which format 3 repeats", () => {
    const messages = decode(
      "04 0003e8 000002 08 01000000 aabb",
      "44 ffffff 000002 08 01000000 aabb",
      "c4 01000000 aabb",
      "84 ffffff 01000001 aabb",
    );
    expect(messages.map(({ timestamp }) => timestamp)).toEqual([
      1000,
      1000 + 0x0100_0000,
      1000 + 0x0200_0000,
      1001 + 0x0300_0000,
    ]);
  });

  test("mean no difference if a new message of format 3 leaves them out", () => {
    const messages = decode("04 ffffff 000002 08 01000000 01000000 aabb", "c4 aabb");
    expect(messages.map(({ timestamp }) => timestamp)).toEqual([0x0100_0000, 0x0100_0000]);
  });

  test("end with a header that has none", () => {
    const messages = decode(
      "04 ffffff 000002 08 01000000 01000000 aabb",
      "84 000001 aabb",
      "c4 aabb",
    );
    expect(messages.map(({ timestamp }) => timestamp)).toEqual([
      0x0100_0000, 0x0100_0001, 0x0100_0002,
    ]);
  });
});

describe("what peers do though they should not", () => {
  test("format 1 opens a chunk stream, as librtmp's first ping does", () => {
    expect(decode("42 000000 000006 04 000600003039")).toEqual([
      message({
        typeId: 4,
        timestamp: 0,
        messageStreamId: 0,
        chunkStreamId: 2,
        payload: fromHex("000600003039"),
      }),
    ]);
  });

  test("formats 1 and 2 repeat a header in mid-message", () => {
    const payload = fill(300);
    const messages = decode(
      "04 0003e8 00012c 08 01000000",
      payload.subarray(0, 128),
      "44 000014 00012c 08",
      payload.subarray(128, 256),
      "84 000014",
      payload.subarray(256),
    );
    expect(messages).toEqual([message({ payload })]);
  });

  test.each<[name: string, parts: (string | Uint8Array)[]]>([
    [
      "format 0 in mid-message",
      ["04 0003e8 0000c8 08 01000000", fill(128), "04 0003e8 0000c8 08 01000000"],
    ],
    [
      "another size in mid-message",
      ["04 0003e8 0000c8 08 01000000", fill(128), "44 000000 0000c9 08"],
    ],
  ])("but not %s", (_name, parts) => {
    expect(failure(...parts)).toBe("Cannot begin message inside another");
  });

  test("but formats 2 and 3 open nothing", () => {
    expect(failure("84 000000")).toBe("Cannot begin chunk stream 4 without message size");
    expect(failure("c4")).toBe("Cannot begin chunk stream 4 by format 3");
  });
});

describe("SetChunkSize and Abort", () => {
  const setChunkSize = (hex: string) => `02 000000 000004 01 00000000 ${hex}`;

  test("a new chunk size counts at once, in mid-message too", () => {
    const payload = fill(1000);
    const messages = decode(
      "04 0003e8 0003e8 08 01000000",
      payload.subarray(0, 128),
      setChunkSize("00000100"),
      "c4",
      payload.subarray(128, 384),
      setChunkSize("7fffffff"),
      "c4",
      payload.subarray(384),
    );
    expect(messages.map(({ typeId }) => typeId)).toEqual([1, 1, 8]);
    expect(messages[2]).toEqual(message({ payload }));
  });

  test.each(["00000000", "00000001", "0000007f", "80000000", "ffffffff"])(
    "chunk size %s is refused",
    (hex) => {
      expect(failure(setChunkSize(hex))).toBe(`Cannot use chunk size ${Number.parseInt(hex, 16)}`);
    },
  );

  test("the smallest chunk size is that of the beginning", () => {
    expect(decode(setChunkSize("00000080"))).toHaveLength(1);
    expect(failure("02 000000 000003 01 00000000 000080")).toContain("3 bytes");
  });

  test("an aborted message is forgotten, and the next one begins anew", () => {
    const messages = decode(
      "04 0003e8 0000c8 08 01000000",
      fill(128),
      "02 000000 000004 02 00000000 00000004",
      "04 0003e8 000002 08 01000000 aabb",
    );
    expect(messages).toEqual([
      message({
        typeId: 2,
        timestamp: 0,
        messageStreamId: 0,
        chunkStreamId: 2,
        payload: fromHex("00000004"),
      }),
      message({}),
    ]);
  });

  test("there may be nothing to abort", () => {
    const abort = "02 000000 000004 02 00000000 00000063";
    expect(decode(abort, "04 0003e8 000002 08 01000000 aabb", abort)).toHaveLength(3);
  });
});

describe("limits", () => {
  test("chunk streams", () => {
    const open = (id: number) => Uint8Array.of(0x00, id, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0);
    const streams = Array.from({ length: CHUNK_STREAMS_MAX }, (_, id) => open(id));
    expect(decode(...streams)).toHaveLength(CHUNK_STREAMS_MAX);
    expect(failure(...streams, open(CHUNK_STREAMS_MAX))).toBe(
      "Cannot open more than 64 chunk streams",
    );
  });

  test("the size of a message, which may be changed", () => {
    const decoder = new ChunkDecoder({ messageSizeMax: 2, partialSizeMax: 2 });
    decoder.push(fromHex("04 0003e8 000002 08 01000000 aabb"));
    expect(decoder.next()).toEqual(message({}));
    decoder.limits.messageSizeMax = 3;
    decoder.push(fromHex("04 0003e8 000003 08 01000000 aabbcc"));
    expect(decoder.next()?.payload).toHaveLength(3);
    decoder.push(fromHex("04 0003e8 000004 08 01000000"));
    expect(() => decoder.next()).toThrow("Cannot take message of 4 bytes");
  });

  test("all that is not whole yet", () => {
    const decoder = new ChunkDecoder({ messageSizeMax: 1000, partialSizeMax: 1999 });
    decoder.push(joinBytes(fromHex("04 000000 0003e8 08 01000000"), fill(128)));
    expect(decoder.next()).toBeUndefined();
    decoder.push(joinBytes(fromHex("05 000000 0003e8 08 01000000"), fill(128)));
    expect(() => decoder.next()).toThrow("Cannot keep 2000 bytes of unfinished messages");
  });

  test("what was finished or aborted counts no more", () => {
    const decoder = new ChunkDecoder({ messageSizeMax: 1000, partialSizeMax: 1000 });
    const whole = joinBytes(
      fromHex("04 000000 000100 08 01000000"),
      fill(128),
      fromHex("c4"),
      fill(128),
    );
    const aborted = joinBytes(
      fromHex("04 000000 0003e8 08 01000000"),
      fill(128),
      fromHex("02 000000 000004 02 00000000 00000004"),
    );
    for (let i = 0; i < 50; i++) {
      expect(feed([whole, aborted], decoder).map(({ typeId }) => typeId)).toEqual([8, 2]);
    }
  });

  test("the announcement of a large message costs little; its bytes are put together all the same", () => {
    const size = 5_000_000;
    const header: ChunkHeader = {
      format: 0,
      chunkStreamId: 6,
      timestamp: 7,
      typeId: 9,
      messageStreamId: 1,
    };
    const payload = Uint8Array.from({ length: size }, (_, index) => (index * 7) & 0xff);
    const writer = new ByteWriter(size + 1000);
    writeChunks(writer, header, payload, 60_000);
    const bytes = joinBytes(fromHex("02 000000 000004 01 00000000 0000ea60"), writer.view());

    const decoder = new ChunkDecoder({ messageSizeMax: size, partialSizeMax: 1 << 20 });
    decoder.push(bytes.subarray(0, 1_000_000));
    expect(decoder.next()?.typeId).toBe(1);
    expect(decoder.next()).toBeUndefined();
    decoder.push(bytes.subarray(1_000_000, 1_100_000));
    expect(() => decoder.next()).toThrow("unfinished");

    const [, whole] = feed(
      cut(bytes, 65_536),
      new ChunkDecoder({ messageSizeMax: size, partialSizeMax: size }),
    );
    expect(whole?.payload.length).toBe(size);
    expect(whole?.payload.buffer.byteLength).toBe(size);
    expect(whole?.payload.every((byte, index) => byte === ((index * 7) & 0xff))).toBe(true);
  });
});

describe("payloads", () => {
  function decodeOne(size: number, chunkSize: number): [RtmpMessage | undefined, Uint8Array] {
    const decoder = new ChunkDecoder(LIMITS);
    const writer = new ByteWriter();
    const header = {
      format: 0,
      chunkStreamId: 6,
      timestamp: 0,
      typeId: 9,
      messageStreamId: 1,
    } as const;
    writeChunks(writer, { ...header, typeId: 1 }, fromHex("0000ea60"), chunkSize);
    writeChunks(writer, header, fill(size), chunkSize);
    const input = writer.view();
    const messages = feed([input], decoder);
    return [messages.at(-1), input];
  }

  test("are views if they are a good part of the input, and in one piece", () => {
    const [decoded, input] = decodeOne(5000, 60_000);
    expect(decoded?.payload.buffer).toBe(input.buffer);
    expect(decoded?.payload).toEqual(fill(5000));
  });

  test("are copies if they are a small part of the input, so that nobody keeps the input for them", () => {
    const [decoded, input] = decodeOne(20, 60_000);
    expect(decoded?.payload.buffer).not.toBe(input.buffer);
    expect(decoded?.payload.buffer.byteLength).toBe(20);
  });

  test("have a buffer of their own if they came in several chunks", () => {
    const decoder = new ChunkDecoder(LIMITS);
    const payload = fill(300);
    const [decoded] = feed(
      [
        joinBytes(fromHex("04 0003e8 00012c 08 01000000"), payload.subarray(0, 128)),
        joinBytes(fromHex("c4"), payload.subarray(128, 256), fromHex("c4"), payload.subarray(256)),
      ],
      decoder,
    );
    expect(decoded?.payload.buffer.byteLength).toBe(300);
    expect(decoder.bufferedSize).toBe(0);
  });
});

describe("hostile input", () => {
  test("says where the fault is", () => {
    const decoder = new ChunkDecoder(LIMITS);
    decoder.push(fromHex("04 0003e8 000002 08 01000000 aabb"));
    decoder.next();
    decoder.push(fromHex("c5"));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ offset: 14 }));
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const random of noise(20_000, 60)) {
      try {
        feed([random], new ChunkDecoder({ messageSizeMax: 100_000, partialSizeMax: 200_000 }));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});
