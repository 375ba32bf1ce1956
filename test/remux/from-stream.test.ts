/**
 * Goal: players get what the publisher sent, byte for byte, from shared bytes; each RTMP player sees
 * a timeline of its own that starts near 0, each FLV player a well-formed file.
 *
 * Method: a stream with players who join at different times; their bytes are taken apart again by the
 * decoders, and the first ones compared with bytes written by hand.
 */

import { describe, expect, test } from "vitest";
import { decodeFlvTag } from "../../src/codec/flv/tag.ts";
import { ChunkDecoder } from "../../src/codec/rtmp/chunk-decoder.ts";
import type { BroadcastFormat } from "../../src/live/broadcast-format.ts";
import type { StreamSettings } from "../../src/live/settings.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import { createFlvFormat } from "../../src/remux/flv/from-stream.ts";
import { FlvToStream } from "../../src/remux/flv/to-stream.ts";
import { createRtmpFormat } from "../../src/remux/rtmp/from-stream.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { SETTINGS } from "../support/live.ts";

const VIDEO_HEADER = Uint8Array.of(0x17, 0, 0, 0, 0, 0xaa);
const AUDIO_HEADER = Uint8Array.of(0xaf, 0, 0x12, 0x10);
const FLV = createFlvFormat({
  hasAudio: true,
  hasVideo: true,
  isGuessed: true,
  isWebSocket: false,
});

class Collector {
  bytes: number[] = [];

  write(bytes: Uint8Array): number {
    this.bytes.push(...bytes);
    return bytes.length;
  }

  end(): void {
    // The tests look at bytes only.
  }

  fail(error: unknown): void {
    throw error;
  }
}

/** Publishes 40 ms pictures, a key frame each second, with audio in between, from `startMs` on. */
function createStream(startMs: number, settings: Partial<StreamSettings> = {}) {
  const clock = new ManualClock();
  const hub = new StreamHub(clock, () => ({ ...SETTINGS, jitterMode: "full", ...settings }));
  const stream = hub.getOrCreate({ vhost: "v", app: "live", stream: "show" });
  const input = new FlvToStream(stream.publish({ clientId: "p", close: () => {} }));
  let nowMs = 0;
  input.audio(startMs, AUDIO_HEADER);
  input.video(startMs, VIDEO_HEADER);
  const sendUntil = (endMs: number) => {
    for (; nowMs < endMs; nowMs += 40) {
      const type = nowMs % 1_000 === 0 ? 0x17 : 0x27;
      input.video(startMs + nowMs, Uint8Array.of(type, 1, 0, 0, 0, nowMs & 0xff, nowMs >> 8));
      input.audio(startMs + nowMs + 10, Uint8Array.of(0xaf, 1, nowMs & 0xff, nowMs >> 8));
      clock.advance(40);
    }
  };
  const join = (format: BroadcastFormat) => {
    const collector = new Collector();
    stream.subscribe(format, collector, { isLasting: true }).subscriber.pump();
    return collector;
  };
  return { clock, input, stream, sendUntil, join };
}

function decodeRtmp(bytes: readonly number[], chunkSize: number) {
  const decoder = new ChunkDecoder({ messageSizeMax: 1 << 20, partialSizeMax: 1 << 20 });
  const setChunkSize = [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, chunkSize >> 8, chunkSize & 0xff];
  decoder.push(Uint8Array.from([...setChunkSize, ...bytes]));
  const messages = [];
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) messages.push(next);
  return messages.slice(1);
}

const rtmpFormat = (isTimeAbsolute = false, chunkSize = 60_000) =>
  createRtmpFormat({ chunkSize, messageStreamId: 1, isTimeAbsolute });

describe("RTMP", () => {
  test("the first player's bytes are those of the specification", () => {
    const { sendUntil, join } = createStream(0);
    sendUntil(40);
    const player = join(rtmpFormat());
    sendUntil(80);
    expect(player.bytes).toEqual([
      // Format 0 on chunk stream 4: time 0, 4 bytes of audio on message stream 1.
      ...[0x04, 0, 0, 0, 0, 0, 4, 8, 1, 0, 0, 0, ...AUDIO_HEADER],
      // Format 0 on chunk stream 6: time 0, 6 bytes of video on message stream 1.
      ...[0x06, 0, 0, 0, 0, 0, 6, 9, 1, 0, 0, 0, ...VIDEO_HEADER],
      // Format 1: 0 ms after the message before on chunk stream 6.
      ...[0x46, 0, 0, 0, 0, 0, 7, 9, 0x17, 1, 0, 0, 0, 0, 0],
      // Format 1: 10 ms after the message before on chunk stream 4.
      ...[0x44, 0, 0, 10, 0, 0, 4, 8, 0xaf, 1, 0, 0],
    ]);
  });

  test.each([0, 5_000, 0xffff_ff00])(
    "players who join at any time start near 0 and see the same steps (publisher at %i)",
    (startMs) => {
      const { sendUntil, join } = createStream(startMs);
      sendUntil(1_000);
      for (let ms = 1_040; ms < 4_000; ms += 360) {
        const player = join(rtmpFormat());
        sendUntil(ms + 3_000);
        const messages = decodeRtmp(player.bytes, 60_000);
        expect(messages.slice(0, 2).map(({ payload }) => payload)).toEqual([
          AUDIO_HEADER,
          VIDEO_HEADER,
        ]);
        const video = messages.slice(2).filter(({ typeId }) => typeId === 9);
        const first = video[0]?.timestamp ?? -1;
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first).toBeLessThan(100);
        expect(video.map(({ timestamp }) => timestamp)).toEqual(
          video.map((_, i) => first + 40 * i),
        );
        const audio = messages.slice(2).filter(({ typeId }) => typeId === 8);
        const lagMs = (audio[0]?.timestamp ?? -1) - first;
        expect(lagMs).toBe(10);
      }
    },
  );

  test("all players share the bytes after their join", () => {
    const { sendUntil, join } = createStream(0);
    sendUntil(1_000);
    const early = join(rtmpFormat());
    sendUntil(3_000);
    const late = join(rtmpFormat());
    const [earlySize, lateSize] = [early.bytes.length, late.bytes.length];
    sendUntil(4_000);
    expect(late.bytes.slice(lateSize)).toEqual(early.bytes.slice(earlySize));
    expect(late.bytes.length).toBeGreaterThan(lateSize);
  });

  test("with absolute times, players get the stream's own", () => {
    const { sendUntil, join } = createStream(500_000, { jitterMode: "off" });
    sendUntil(1_000);
    const player = join(rtmpFormat(true));
    const video = decodeRtmp(player.bytes, 60_000).filter(({ typeId }) => typeId === 9);
    expect(video[1]?.timestamp).toBe(500_000);
  });

  test("a jump back, let through, is still read back right", () => {
    const { clock, input, join } = createStream(0, { jitterMode: "off" });
    const player = join(rtmpFormat(true));
    for (const ms of [90_000, 90_040, 10, 50]) {
      input.video(ms, Uint8Array.of(0x17, 1, 0, 0, 0, 1));
      clock.advance(400);
    }
    const video = decodeRtmp(player.bytes, 60_000).filter(({ typeId }) => typeId === 9);
    expect(video.slice(1).map(({ timestamp }) => timestamp)).toEqual([90_000, 90_040, 10, 50]);
  });

  test("messages are cut by the chunk size", () => {
    const { clock, input, join } = createStream(0);
    const player = join(rtmpFormat(false, 128));
    const body = Uint8Array.from({ length: 1_000 }, (_, i) => i & 0xff);
    body.set([0x17, 1, 0, 0, 0]);
    input.video(0, body);
    clock.advance(400);
    expect(decodeRtmp(player.bytes, 128).at(-1)?.payload).toEqual(body);
  });

  test("an audio stream with hours of silence in its video starts players near 0 too", () => {
    const { clock, input, stream, join } = createStream(0);
    const watcher = join(rtmpFormat());
    let ms = 0;
    for (; ms < 120_000; ms += 500) {
      input.audio(ms, Uint8Array.of(0xaf, 1, 7));
      clock.advance(500);
    }
    const player = join(rtmpFormat());
    input.audio(ms, Uint8Array.of(0xaf, 1, 8));
    input.video(ms, Uint8Array.of(0x17, 1, 0, 0, 0, 9));
    clock.advance(500);
    for (const [{ bytes }, lateMs] of [
      [watcher, 0],
      [player, ms],
    ] as const) {
      const messages = decodeRtmp(bytes, 60_000);
      const lastAudio = messages.filter(({ typeId }) => typeId === 8).at(-1);
      const lastVideo = messages.filter(({ typeId }) => typeId === 9).at(-1);
      expect(lastAudio?.timestamp).toBe(lastVideo?.timestamp);
      expect(lastAudio?.timestamp).toBeLessThan(ms - lateMs + 7_000);
    }
    expect(stream.subscriberCount).toBe(2);
  });
});

describe("FLV", () => {
  test("a viewer gets header, sequence headers and tags as in a file", () => {
    const { sendUntil, join } = createStream(0);
    sendUntil(40);
    const viewer = join(FLV);
    expect(viewer.bytes).toEqual([
      ...[0x46, 0x4c, 0x56, 1, 0b101, 0, 0, 0, 9, 0, 0, 0, 0],
      ...[8, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, ...AUDIO_HEADER, 0, 0, 0, 15],
      ...[9, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, ...VIDEO_HEADER, 0, 0, 0, 17],
      ...[9, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0x17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 18],
      ...[8, 0, 0, 4, 0, 0, 10, 0, 0, 0, 0, 0xaf, 1, 0, 0, 0, 0, 0, 15],
    ]);
  });

  test.each([
    [true, false, 0b100],
    [false, true, 0b001],
  ])("audio %s, video %s: header and tags agree", (hasAudio, hasVideo, flags) => {
    const { sendUntil, join } = createStream(0);
    sendUntil(400);
    const viewer = join(
      createFlvFormat({ hasAudio, hasVideo, isGuessed: true, isWebSocket: false }),
    );
    sendUntil(800);
    expect(viewer.bytes[4]).toBe(flags);
    const types = new Set<number>();
    const input = Uint8Array.from(viewer.bytes);
    for (
      let next = decodeFlvTag(input, 13);
      next !== undefined;
      next = decodeFlvTag(input, next[1])
    ) {
      types.add(next[0].type);
    }
    expect([...types]).toEqual([hasAudio ? 8 : 9]);
  });

  test("goes on over the 32 bits of its timestamps, 49 days after its start", () => {
    const { sendUntil, join, clock, input } = createStream(0, { jitterMode: "off" });
    sendUntil(40);
    const days = 0x1_0000_0000 - 40;
    clock.advance(days);
    // The publisher's own 32 bits wrap as well; each step is small enough to be unwrapped.
    for (let ms = 0; ms < days; ms += 0x4000_0000) input.audio(ms, Uint8Array.of(0xaf, 1, 1));
    const viewer = join(FLV);
    for (const ms of [days, days + 40, days + 80]) {
      input.video(ms >>> 0, Uint8Array.of(0x17, 1, 0, 0, 0, 1));
      clock.advance(400);
    }
    const bytes = Uint8Array.from(viewer.bytes);
    const times: number[] = [];
    for (
      let next = decodeFlvTag(bytes, 13);
      next !== undefined;
      next = decodeFlvTag(bytes, next[1])
    ) {
      times.push(next[0].timestampMs);
    }
    expect(times.slice(-3)).toEqual([-40, 0, 40]);
  });
});

describe("WebSocket-FLV", () => {
  test("header and tags are a binary message each", () => {
    const { sendUntil, join } = createStream(0);
    sendUntil(40);
    const viewer = join(
      createFlvFormat({ hasAudio: true, hasVideo: true, isGuessed: true, isWebSocket: true }),
    );
    const { bytes } = viewer;
    const sizes: number[] = [];
    for (let offset = 0; offset < bytes.length; offset += 2 + (bytes[offset + 1] ?? 0)) {
      expect(bytes[offset]).toBe(0x82);
      sizes.push(bytes[offset + 1] ?? 0);
    }
    expect(sizes).toEqual([13, 15 + 4, 15 + 6, 15 + 7, 15 + 4]);
  });
});
