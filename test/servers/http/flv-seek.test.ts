/**
 * Goal: a player that seeks in an FLV file gets one that plays: header, the sequence headers that hold
 * there, and whole tags from the one that holds the byte it asked for; at a bounded price, whatever
 * the file is.
 *
 * Method: files in memory, made of tags whose places are known; every byte of a small one asked for;
 * reads counted in a large one; files that are none, cut off, or noise.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { encodeFlvHeader } from "../../../src/codec/flv/header.ts";
import { FlvStreamReader } from "../../../src/codec/flv/stream-reader.ts";
import { FlvTagType, writeFlvTag } from "../../../src/codec/flv/tag.ts";
import { MemoryFiles } from "../../../src/runtime/memory/memory-files.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import type { Files, OpenFile } from "../../../src/runtime/runtime.ts";
import { StaticFiles } from "../../../src/servers/http/static-files.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { createRequest } from "../../support/http-text.ts";
import { noise } from "../../support/noise.ts";

const { Audio, Video, ScriptData } = FlvTagType;
const METADATA = fromHex("02 000a 6f6e4d65746144617461 08 00000000 000009");
const VIDEO_HEADER = fromHex("17 00 000000 0164001f ff e1 0000 01 0000");
const VIDEO_HEADER_2 = fromHex("17 00 000000 01640020 ff e1 0000 01 0000");
const AUDIO_HEADER = fromHex("af 00 1210");
const KEY_FRAME = fromHex("17 01 000000 00000001 65");
const AUDIO_FRAME = fromHex("af 01 2100");
/** Enhanced RTMP: an HEVC sequence start, and one in the second track of a multitrack message. */
const HEVC_HEADER = fromHex("90 68766331 0101");
const TRACK_HEADER = fromHex("96 00 68766331 01 0102");

type TagSpec = readonly [type: FlvTagType, body: Uint8Array];

/** The file, and where each tag starts. */
function flvFile(tags: readonly TagSpec[]): { bytes: Uint8Array; offsets: number[] } {
  const writer = new ByteWriter();
  writer.writeBytes(encodeFlvHeader({ hasAudio: true, hasVideo: true }));
  const offsets = tags.map(([type, body], index) => {
    const offset = writer.size;
    writeFlvTag(writer, type, index * 40, body);
    return offset;
  });
  return { bytes: writer.view().slice(), offsets };
}

const TAGS: readonly TagSpec[] = [
  [ScriptData, METADATA],
  [Video, VIDEO_HEADER],
  [Audio, AUDIO_HEADER],
  [Video, KEY_FRAME],
  [Audio, AUDIO_FRAME],
  [Video, VIDEO_HEADER_2],
  [Video, KEY_FRAME],
  [Audio, AUDIO_FRAME],
];

interface Reads {
  count: number;
  size: number;
  open: number;
}

/** A server of `/a.flv`, and what it reads. */
async function serve(bytes: Uint8Array): Promise<{
  ask: (target: string, fields?: string) => Promise<Answer>;
  reads: Reads;
  files: Files;
}> {
  const clock = new ManualClock();
  const memory = new MemoryFiles(clock);
  await memory.makeFolder("/www");
  await memory.write("/www/a.flv", bytes);
  const reads: Reads = { count: 0, size: 0, open: 0 };
  const open = memory.open.bind(memory);
  memory.open = async (path) => {
    const file = await open(path, "read");
    reads.open += 1;
    return {
      ...file,
      read: async (offset: number, size: number) => {
        const piece = await file.read(offset, size);
        reads.count += 1;
        reads.size += piece.length;
        return piece;
      },
      close: async () => {
        reads.open -= 1;
        await file.close();
      },
    } as OpenFile;
  };
  const served = new StaticFiles(memory, "/www", clock);
  const ask = async (target: string, fields = ""): Promise<Answer> => {
    const method = fields.startsWith("HEAD") ? "HEAD" : "GET";
    const text = `${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields.replace("HEAD", "")}\r\n`;
    const response = await served.serve(createRequest(text));
    const body = new Uint8Array(
      await new Response(response?.body as ReadableStream<Uint8Array> | string).arrayBuffer(),
    );
    return { status: response?.status, fields: new Map(response?.fields), body };
  };
  return { ask, reads, files: memory };
}

interface Answer {
  readonly status: number | undefined;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** The tags of an answer, their bodies in hexadecimal. */
function tagsOf(bytes: Uint8Array): string[] {
  const tags: string[] = [];
  const reader = new FlvStreamReader({
    header: () => undefined,
    tag: ({ data }) => tags.push(Buffer.from(data).toString("hex")),
  });
  reader.read(bytes);
  return tags;
}

const hex = (...bodies: Uint8Array[]) => bodies.map((body) => Buffer.from(body).toString("hex"));

describe("file.flv?start=N", () => {
  test("is whole tags from the one that holds the byte at N, for every N", async () => {
    const { bytes, offsets } = flvFile(TAGS);
    const { ask, reads } = await serve(bytes);
    for (let position = 1; position < bytes.length; position++) {
      const first = Math.max(
        0,
        offsets.findLastIndex((offset) => offset <= position),
      );
      const heads = TAGS.slice(0, first).filter(([, body]) => body[1] === 0);
      const videoHeads = heads.filter(([type]) => type === Video).slice(-1);
      const audioHeads = heads.filter(([type]) => type === Audio);
      const isLater = first > 5; // The second video header stands behind the audio's.
      const order = isLater ? [...audioHeads, ...videoHeads] : [...videoHeads, ...audioHeads];
      const expected = [...order, ...TAGS.slice(first)].map(([, body]) => body);
      const answer = await ask(`/a.flv?start=${position}`);
      expect(answer.status).toBe(200);
      expect(answer.fields.get("Content-Length")).toBe(`${answer.body.length}`);
      expect(answer.fields.get("Content-Type")).toBe("video/x-flv");
      expect(tagsOf(answer.body), `from ${position}`).toEqual(hex(...expected));
    }
    expect(reads.open).toBe(0);
  });

  test("begins as SRS's answer: header, sequence headers, and the file's own bytes", async () => {
    const { bytes, offsets } = flvFile(TAGS);
    const { ask } = await serve(bytes);
    const [, video, , key] = offsets;
    const { body } = await ask(`/a.flv?start=${offsets[4]}`);
    expect(body).toEqual(
      joinBytes(bytes.subarray(0, 13), bytes.subarray(video, key), bytes.subarray(offsets[4])),
    );
  });

  test("knows the sequence headers of Enhanced RTMP, of each track its own", async () => {
    const tags: TagSpec[] = [
      [Video, HEVC_HEADER],
      [Video, TRACK_HEADER],
      [Audio, AUDIO_FRAME],
      [Video, HEVC_HEADER],
      [Audio, AUDIO_FRAME],
    ];
    const { bytes, offsets } = flvFile(tags);
    const { ask } = await serve(bytes);
    const { body } = await ask(`/a.flv?start=${offsets[4]}`);
    expect(tagsOf(body)).toEqual(hex(TRACK_HEADER, HEVC_HEADER, AUDIO_FRAME));
  });

  test.each(["0", "-1", "x", "1.5", "", "1e2"])("with %j is the whole", async (start) => {
    const { bytes } = flvFile(TAGS);
    const { ask } = await serve(bytes);
    expect((await ask(`/a.flv?start=${start}`)).body).toEqual(bytes);
  });

  test.each([0, 1, 1_000_000])("past the end by %i is answered by 416", async (more) => {
    const { bytes } = flvFile(TAGS);
    const { ask, reads } = await serve(bytes);
    const answer = await ask(`/a.flv?start=${bytes.length + more}`);
    expect(answer.status).toBe(416);
    expect(answer.fields.get("Content-Range")).toBe(`bytes */${bytes.length}`);
    expect(JSON.parse(new TextDecoder().decode(answer.body))).toMatchObject({ code: 416 });
    expect(reads.count).toBe(0);
  });

  test("can be asked about, in part, and only if it has changed", async () => {
    const { bytes, offsets } = flvFile(TAGS);
    const { ask } = await serve(bytes);
    const target = `/a.flv?start=${offsets[4]}`;
    const whole = await ask(target);
    const head = await ask(target, "HEAD");
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.fields.get("Content-Length")).toBe(`${whole.body.length}`);
    // Parts in the head, across its end, and behind it.
    for (const [first, last] of [
      [0, 4],
      [10, 80],
      [75, whole.body.length - 1],
      [0, whole.body.length - 1],
    ] as const) {
      const part = await ask(target, `Range: bytes=${first}-${last}\r\n`);
      expect(part.status).toBe(206);
      expect(part.body).toEqual(whole.body.subarray(first, last + 1));
    }
    const etag = whole.fields.get("ETag");
    expect((await ask(target, `If-None-Match: ${etag}\r\n`)).status).toBe(304);
  });

  test("is streamed if it is much", async () => {
    const large = new Uint8Array(100_000).fill(7);
    large.set([0x27, 1]);
    const tags = [...TAGS, ...Array.from({ length: 20 }, (): TagSpec => [Video, large])];
    const { bytes, offsets } = flvFile(tags);
    const { ask, reads } = await serve(bytes);
    const { body } = await ask(`/a.flv?start=${(offsets[10] ?? 0) + 5}`);
    expect(tagsOf(body).slice(0, 2)).toEqual(hex(AUDIO_HEADER, VIDEO_HEADER_2));
    expect(tagsOf(body)).toHaveLength(2 + tags.length - 10);
    expect(reads.open).toBe(0);
  });

  test("follows a file that changes", async () => {
    const { bytes } = flvFile(TAGS);
    const { ask, files } = await serve(bytes);
    await ask("/a.flv?start=200");
    const changed = flvFile([[Video, HEVC_HEADER], ...TAGS.slice(3)]);
    await files.write("/www/a.flv", changed.bytes);
    const { body } = await ask(`/a.flv?start=${changed.offsets[1]}`);
    expect(tagsOf(body)[0]).toEqual(hex(HEVC_HEADER)[0]);
  });
});

describe("the price of a seek", () => {
  /** 12 MB of frames of 1,000 bytes, behind sequence headers. */
  function largeFile(): { bytes: Uint8Array; offsets: number[] } {
    const frame = new Uint8Array(1_000).fill(9);
    frame.set([0x27, 1]);
    const frames = Array.from({ length: 12_000 }, (): TagSpec => [Video, frame]);
    return flvFile([...TAGS.slice(0, 3), ...frames]);
  }

  test("is a walk to there, and little after that", async () => {
    const { bytes, offsets } = largeFile();
    const { ask, reads } = await serve(bytes);
    const place = (index: number) => `/a.flv?start=${offsets[index]}`;
    expect((await ask(place(12_000), "HEAD")).status).toBe(200);
    expect(reads.size).toBeGreaterThan(bytes.length * 0.9);
    const headSize = 13 + VIDEO_HEADER.length + 15 + AUDIO_HEADER.length + 15;
    for (const index of [12_000, 6_000, 1_100, 10, 11_111]) {
      const before = { ...reads };
      const head = await ask(place(index), "HEAD");
      const rest = bytes.length - (offsets[index] ?? 0);
      expect(head.fields.get("Content-Length")).toBe(`${headSize + rest}`);
      expect(reads.size - before.size, `to ${index}`).toBeLessThan(1.3 * 2 ** 20);
    }
  });

  test("is paid once by those who come at the same time", async () => {
    const { bytes, offsets } = largeFile();
    const { ask, reads } = await serve(bytes);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => ask(`/a.flv?start=${offsets[11_990 + i]}`, "HEAD")),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(reads.size).toBeLessThan(bytes.length + 10 * 1.3 * 2 ** 20);
    expect(reads.open).toBe(0);
  });

  test("is less for large frames, whose data is stepped over", async () => {
    const frame = new Uint8Array(1_000_000);
    frame.set([0x27, 1]);
    const { bytes, offsets } = flvFile(Array.from({ length: 20 }, (): TagSpec => [Video, frame]));
    const { ask, reads } = await serve(bytes);
    await ask(`/a.flv?start=${offsets[19]}`, "HEAD");
    expect(reads.size).toBeLessThan(21 * 65_536 + 1);
  });
});

describe("a file that is broken", () => {
  test.each([
    ["no FLV", new TextEncoder().encode("x".repeat(500))],
    ["empty but for a header", flvFile([]).bytes.subarray(0, 12)],
    ["of unknown tags", joinBytes(flvFile([]).bytes, new Uint8Array(500))],
    ["cut within a head", joinBytes(flvFile(TAGS).bytes, fromHex("09 0000"))],
  ])("is sent whole: %s", async (_name, bytes) => {
    const { ask, reads } = await serve(bytes);
    const answer = await ask(`/a.flv?start=${bytes.length - 1}`);
    expect([answer.status, answer.body.length]).toEqual([200, bytes.length]);
    expect(reads.open).toBe(0);
  });

  test("within its last tag is sent up to there", async () => {
    const { bytes, offsets } = flvFile(TAGS);
    const cut = bytes.subarray(0, bytes.length - 6);
    const { ask } = await serve(cut);
    const { body } = await ask(`/a.flv?start=${offsets[7]}`);
    expect(body.subarray(-10)).toEqual(cut.subarray(-10));
  });

  test("is no trouble, whatever is in it", async () => {
    const { bytes, offsets } = flvFile(TAGS.slice(0, 3));
    for (const junk of noise(300, 60)) {
      const file = joinBytes(bytes, junk, fromHex("09 000002 000000 00 000000"), junk);
      const { ask, reads } = await serve(file);
      const position = (offsets[2] ?? 0) + (junk[0] ?? 0);
      const { status } = await ask(`/a.flv?start=${position}`);
      expect(status).toBe(position < file.length ? 200 : 416);
      expect(reads.open).toBe(0);
    }
  });

  test("that vanishes is an ordinary failure", async () => {
    const { bytes } = flvFile(TAGS);
    const { ask, files } = await serve(bytes);
    await files.remove("/www/a.flv");
    expect((await ask("/a.flv?start=20")).status).toBeUndefined();
  });
});
