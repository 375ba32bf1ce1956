/**
 * Goal: HLS with MPEG-TS is cut, numbered, named and listed as SRS does it, to the letter, and its
 * segments are one transport stream.
 *
 * Method: configurations in SRS's format; playlists beside those that SRS writes, segments taken apart.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { checkMediaPlaylist, readMediaPlaylist } from "../../support/hls-check.ts";
import { PackagingBench } from "../../support/packaging-bench.ts";
import {
  AAC_44,
  framesOf,
  H264_OTHER,
  hexOf,
  picturesOf,
  type StreamOptions,
  sound,
} from "../../support/packaging-frames.ts";
import { readTransportStream } from "../../support/transport-stream.ts";

const PLAYLIST = "/live/livestream.m3u8";
const URL = "live/livestream";

function start(hls: string, vhost = ""): PackagingBench {
  return new PackagingBench(`
    listen 1935; daemon off; srs_log_tank console; http_server { enabled on; }
    vhost __defaultVhost__ {
      play { time_jitter off; } ${vhost}
      hls { enabled on; hls_ctx off; ${hls} }
    }
  `);
}

/** Publishes and stays. */
async function publish(
  bench: PackagingBench,
  frames: StreamOptions | readonly Frame[],
): Promise<string> {
  const publisher = await bench.publish(URL);
  await publisher.send("toMs" in frames ? framesOf(frames) : frames);
  return bench.text(PLAYLIST);
}

/** The text without its header. */
function segmentLines(text: string): string {
  return text.slice(text.indexOf("\n", text.indexOf("TARGETDURATION")) + 1);
}

describe("the text", () => {
  test("is SRS's, of which the first segments have left", async () => {
    const bench = start("hls_fragment 4; hls_window 20;");
    expect(await publish(bench, { toMs: 97_000, gop: 100 })).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:18
#EXT-X-TARGETDURATION:4
#EXTINF:4.000, no desc
livestream-18.ts
#EXTINF:4.000, no desc
livestream-19.ts
#EXTINF:4.000, no desc
livestream-20.ts
#EXTINF:4.000, no desc
livestream-21.ts
#EXTINF:4.000, no desc
livestream-22.ts
#EXTINF:4.000, no desc
livestream-23.ts
`);
  });

  test("is SRS's, from the first segment on", async () => {
    const bench = start("hls_fragment 2; hls_window 12;");
    expect(await publish(bench, { toMs: 6_100, gop: 25 })).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-TARGETDURATION:2
#EXT-X-DISCONTINUITY
#EXTINF:2.000, no desc
livestream-0.ts
#EXTINF:2.000, no desc
livestream-1.ts
#EXTINF:2.000, no desc
livestream-2.ts
`);
  });

  test("is SRS's over a republish, and says later how many changes have left", async () => {
    const bench = start("hls_fragment 2; hls_window 14;");
    for (const fromMs of [0, 60_000]) {
      const publisher = await bench.publish(URL);
      await publisher.send(framesOf({ fromMs, toMs: fromMs + 6_600, gop: 25 }));
      await publisher.leave();
      await bench.advance(1_000);
    }
    const text = await bench.text(PLAYLIST);
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-TARGETDURATION:2
#EXT-X-DISCONTINUITY
#EXTINF:2.000, no desc
livestream-0.ts
#EXTINF:2.000, no desc
livestream-1.ts
#EXTINF:2.000, no desc
livestream-2.ts
#EXTINF:0.600, no desc
livestream-3.ts
#EXT-X-DISCONTINUITY
#EXTINF:2.000, no desc
livestream-4.ts
#EXTINF:2.000, no desc
livestream-5.ts
#EXTINF:2.000, no desc
livestream-6.ts
#EXTINF:0.600, no desc
livestream-7.ts
`);
    const publisher = await bench.publish(URL);
    await publisher.send(framesOf({ toMs: 30_000, gop: 25 }));
    expect(await bench.text(PLAYLIST)).toContain("#EXT-X-DISCONTINUITY-SEQUENCE:2\n");
  });

  test("is not ended with the stream", async () => {
    const bench = start("hls_fragment 2;");
    const publisher = await bench.publish(URL);
    await publisher.send(framesOf({ toMs: 5_000 }));
    await publisher.leave();
    expect(await bench.text(PLAYLIST)).not.toContain("ENDLIST");
  });

  test("has addresses with the prefix, dates and all variables", async () => {
    const bench = start(
      `hls_fragment 2; hls_window 8; hls_m3u8_file [vhost]/[app]/[stream]/index.m3u8;
       hls_ts_file [vhost]/[app]/[stream]/[2006]-[01]-[02]/[15].[04].[05].[999]-[timestamp]-[seq]-[duration].ts;
       hls_entry_prefix http://cdn.srs.com;`,
    );
    const publisher = await bench.publish(URL);
    const startMs = bench.wallMs;
    await publisher.send(framesOf({ toMs: 2_100 }));
    const text = await bench.text("/__defaultVhost__/live/livestream/index.m3u8");
    const date = new Date(startMs);
    const two = (value: number) => String(value).padStart(2, "0");
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(".");
    const folder = "http://cdn.srs.com/__defaultVhost__/live/livestream/";
    const name = `${day}/${clock}.000-${startMs}-0-2000.ts`;
    expect(segmentLines(text)).toBe(
      `#EXT-X-DISCONTINUITY\n#EXTINF:2.000, no desc\n${folder}${name}\n`,
    );
    expect((await bench.get(`/__defaultVhost__/live/livestream/${name}`)).status).toBe(200);
  });

  test("counts in UTC if the configuration says so", async () => {
    const bench = new PackagingBench(`
      listen 1935; daemon off; srs_log_tank console; utc_time on; http_server { enabled on; }
      vhost __defaultVhost__ { hls { enabled on; hls_ctx off; hls_fragment 2;
        hls_ts_file [app]/[stream]-[2006][01][02][15][04][05]-[seq].ts; } }
    `);
    await bench.advance(3_661_000);
    expect(segmentLines(await publish(bench, { toMs: 2_100 }))).toContain(
      "\nlivestream-20260101010101-0.ts\n",
    );
  });

  test("counts segments instead of milliseconds with hls_ts_floor", async () => {
    const bench = start(
      "hls_fragment 4; hls_window 16; hls_ts_floor on; hls_ts_file [app]/[stream]-[timestamp]-[seq].ts;",
    );
    const floor = Math.floor(bench.wallMs / 4_000);
    const text = await publish(bench, { toMs: 16_100, gop: 100 });
    const names = text.split("\n").filter((line) => line.endsWith(".ts"));
    expect(names).toEqual([0, 1, 2, 3].map((i) => `livestream-${floor + i}-${i}.ts`));
  });

  test("leaves no count out for a segment that is given up", async () => {
    const bench = start(
      "hls_fragment 2; hls_ts_floor on; hls_ts_file [app]/[stream]-[timestamp]-[seq].ts;",
      "publish { grace_ms 60000; }",
    );
    for (const toMs of [4_000, 40, 4_000]) {
      const publisher = await bench.publish(URL);
      await publisher.send(framesOf({ toMs, hasAudio: false }));
      await publisher.leave();
    }
    const text = await bench.text(PLAYLIST);
    const counts = Array.from(text.matchAll(/livestream-(\d+)-/g), ([, count]) => Number(count));
    expect(counts).toHaveLength(4);
    expect(counts.map((count) => count - (counts[0] ?? 0))).toEqual([0, 1, 2, 3]);
  });
});

describe("a segment ends", () => {
  const durations = (text: string): number[] =>
    readMediaPlaylist(text).segments.map(({ duration }) => duration);

  test.each<[string, string, StreamOptions, number[], number]>([
    [
      "at the first key frame past hls_fragment",
      "hls_fragment 4;",
      { toMs: 15_500, gop: 75 },
      [6, 6],
      6,
    ],
    [
      "at the first key frame past hls_fragment x hls_td_ratio",
      "hls_fragment 3; hls_td_ratio 1.5; hls_window 12;",
      { toMs: 12_500, gop: 25 },
      [5, 5],
      5,
    ],
    [
      "wherever it is past hls_fragment x hls_aof_ratio",
      "hls_fragment 2; hls_aof_ratio 2.1;",
      { toMs: 9_000, gop: 1_000 },
      [4.2, 4.2],
      5,
    ],
    [
      "in front of any picture without hls_wait_keyframe",
      "hls_fragment 3; hls_wait_keyframe off;",
      { toMs: 10_000, gop: 1_000 },
      [3, 3, 3],
      3,
    ],
    [
      "of audio alone past hls_fragment x hls_aof_ratio",
      "hls_fragment 2; hls_window 12;",
      { toMs: 13_000, rate: 0, audio: AAC_44 },
      [4.203, 4.203, 4.202],
      5,
    ],
  ])("%s", async (_, hls, frames, ...[expected, targetDuration]) => {
    const bench = start(hls);
    const text = await publish(bench, frames);
    expect(durations(text)).toEqual(expected);
    expect(readMediaPlaylist(text).targetDuration).toBe(targetDuration);
    expect(checkMediaPlaylist(text)).toEqual([]);
  });

  test("though the video stands still, and the audio goes on being listed", async () => {
    const bench = start("hls_fragment 2; hls_window 60;");
    const frames = framesOf({ toMs: 40_000 }).filter(
      ({ track, dtsMs }) => track.kind === "audio" || dtsMs < 3_000,
    );
    const text = await publish(bench, frames);
    const listed = durations(text);
    expect(listed.length).toBeGreaterThan(8);
    expect(readMediaPlaylist(text).segments.filter((one) => one.isDiscontinuous)).toHaveLength(1);
    expect(listed.reduce((sum, duration) => sum + duration, 0)).toBeGreaterThan(33);
  });

  test("where timestamps begin anew, with a discontinuity behind it", async () => {
    for (const jumpMs of [-7_200_000, 7_200_000, -1_500]) {
      const bench = start("hls_fragment 2; hls_window 60;");
      const publisher = await bench.publish(URL);
      for (const frame of framesOf({ fromMs: 9_000_000, toMs: 9_012_000 })) {
        const dtsMs = frame.dtsMs + (frame.dtsMs >= 9_005_000 ? jumpMs : 0);
        await bench.advance(1);
        publisher.sendNow({ ...frame, dtsMs });
      }
      const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
      const changed = segments.filter(({ isDiscontinuous }) => isDiscontinuous);
      expect(changed).toHaveLength(2);
      expect(Math.max(...segments.map(({ duration }) => duration))).toBeLessThan(5);
      expect(segments.reduce((sum, { duration }) => sum + duration, 0)).toBeGreaterThan(9);
    }
  });

  test.each([
    ["video", -7_200_000],
    ["audio", -7_200_000],
    ["video", 7_200_000],
    ["audio", 7_200_000],
    ["video", -60_000],
  ])("where those of %s begin anew by %s ms before the others do", async (first, jumpMs) => {
    const bench = start("hls_fragment 2; hls_window 60;");
    const publisher = await bench.publish(URL);
    const frames = framesOf({ fromMs: 9_000_000, toMs: 9_030_000 }).map((frame) => {
      const jumpAtMs = frame.track.kind === first ? 9_005_000 : 9_005_100;
      return { ...frame, dtsMs: frame.dtsMs + (frame.dtsMs >= jumpAtMs ? jumpMs : 0) };
    });
    for (const frame of frames) publisher.sendNow(frame);
    const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
    expect(segments.reduce((sum, { duration }) => sum + duration, 0)).toBeGreaterThan(27);
    expect(Math.max(...segments.map(({ duration }) => duration))).toBeLessThan(5);
    // The piece in front of the first key frame behind the jump, and all behind it.
    expect(segments.slice(4).every(({ duration }) => duration === 2)).toBe(true);
    expect(segments.filter(({ isDiscontinuous }) => isDiscontinuous)).toHaveLength(2);
  });

  test.each([
    ["of 40 s", (dtsMs: number) => dtsMs < 20_000 || dtsMs >= 60_000],
    ["again and again", (dtsMs: number) => dtsMs % 30_000 === 0],
  ])("without a discontinuity for a silence of video %s", async (_, isThere) => {
    const bench = start("hls_fragment 6; hls_window 120;");
    const publisher = await bench.publish(URL);
    const frames = framesOf({ toMs: 100_000 });
    for (const frame of frames) {
      if (frame.track.kind === "audio" || isThere(frame.dtsMs)) publisher.sendNow(frame);
    }
    const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
    expect(segments.filter(({ isDiscontinuous }) => isDiscontinuous)).toHaveLength(1);
    const durations = segments.map(({ duration }) => duration);
    expect(durations.reduce((sum, duration) => sum + duration, 0)).toBeGreaterThan(85);
    expect(Math.max(...durations)).toBeLessThan(12.7);
  });

  test("at key frames where audio counts from another start", async () => {
    const bench = start("hls_fragment 2; hls_window 60;");
    const publisher = await bench.publish(URL);
    for (const frame of framesOf({ toMs: 20_000 })) {
      const aheadMs = frame.track.kind === "audio" ? 3_600_000 : 0;
      publisher.sendNow({ ...frame, dtsMs: frame.dtsMs + aheadMs });
    }
    const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
    expect(segments.map(({ duration }) => duration)).toEqual(new Array(9).fill(2));
  });

  test("and is given up if it is shorter than 100 ms; its number is used again", async () => {
    const bench = start("hls_fragment 2; hls_window 20;");
    for (const toMs of [2_040, 2_000]) {
      const publisher = await bench.publish(URL);
      await publisher.send(framesOf({ toMs, hasAudio: false }));
      await publisher.leave();
    }
    const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
    expect(segments.map(({ uri, duration }) => `${uri} ${duration}`)).toEqual([
      "livestream-0.ts 2",
      "livestream-1.ts 2",
    ]);
    expect(segments.map(({ isDiscontinuous }) => isDiscontinuous)).toEqual([true, true]);
  });

  test("with the size of a quarter of the window", async () => {
    const bench = start("hls_fragment 2; hls_window_bytes 1048576;");
    const text = await publish(bench, { toMs: 10_000, gop: 1_000, size: 20_000, hasAudio: false });
    const counts = durations(text);
    expect(counts.length).toBeGreaterThan(2);
    expect(Math.max(...counts)).toBeLessThan(0.6);
    expect(bench.packaging.packager.heldSize).toBeLessThan(1_700_000);
  });
});

describe("the target duration", () => {
  test("does not shrink when the longest segment leaves", async () => {
    const bench = start("hls_fragment 2; hls_window 8;");
    const publisher = await bench.publish(URL);
    await publisher.send(framesOf({ toMs: 3_500, gop: 1_000 }));
    await publisher.send(framesOf({ fromMs: 3_500, toMs: 30_000, gop: 50 }));
    const { segments, targetDuration } = readMediaPlaylist(await bench.text(PLAYLIST));
    expect(segments.every(({ duration }) => duration === 2)).toBe(true);
    expect(targetDuration).toBe(4);
  });
});

describe("segments", () => {
  async function readSegments(bench: PackagingBench): Promise<Uint8Array[]> {
    const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
    return Promise.all(segments.map(({ uri }) => bench.bytes(`/live/${uri}`)));
  }

  test("are one transport stream, whose counters go on, and hold every picture", async () => {
    const bench = start("hls_fragment 2; hls_window 60;");
    const frames = framesOf({ toMs: 12_100, gop: 25 });
    await publish(bench, frames);
    const segments = await readSegments(bench);
    expect(segments).toHaveLength(6);
    // It throws where a counter does not go on.
    const whole = readTransportStream(Buffer.concat(segments));
    for (const segment of segments) expect(readTransportStream(segment).maps[0]).toBeDefined();
    const pictures = picturesOf(frames).filter(({ dtsMs }) => dtsMs < 12_000);
    const found = whole.pesPackets.filter(({ pid }) => pid === 0x100);
    expect(found.map(({ dts }) => dts)).toEqual(pictures.map(({ dtsMs }) => dtsMs * 90));
    for (const [index, { payload }] of found.entries()) {
      // The NAL unit stands at the end, behind a delimiter and, for key frames, parameter sets.
      expect(hexOf(payload)).toContain(hexOf(pictures[index]?.payload.subarray(4) ?? payload));
    }
    const sounds = whole.pesPackets.filter(({ pid }) => pid === 0x101);
    expect(sounds.length).toBeGreaterThan(60);
    const last = sounds.at(-1);
    expect(last?.pts ?? 0).toBeLessThan(12_100 * 90);
  });

  test.each([
    ["hls_vcodec vn", [0x0f]],
    ["hls_acodec an", [0x1b]],
  ])("leave a track out with %s", async (setting, streamTypes) => {
    const bench = start(`hls_fragment 2; ${setting};`);
    await publish(bench, { toMs: 9_000 });
    const [first = new Uint8Array()] = await readSegments(bench);
    const { maps } = readTransportStream(first);
    expect(maps[0]?.streams.map(({ streamType }) => streamType)).toEqual(streamTypes);
  });

  test("of audio alone do not wait for pictures, nor for what becomes of them", async () => {
    const bench = start("hls_fragment 2; hls_vcodec vn;");
    const frames = framesOf({ toMs: 13_000 }).map((frame) => {
      const isOther = frame.track.kind === "video" && frame.dtsMs >= 6_000;
      return { ...frame, isKeyFrame: false, ...(isOther ? { track: H264_OTHER } : {}) };
    });
    const { segments } = readMediaPlaylist(await publish(bench, frames));
    expect(segments.map(({ duration }) => duration)).toEqual([4.203, 4.202, 4.203]);
    expect(segments.filter(({ isDiscontinuous }) => isDiscontinuous)).toHaveLength(1);
  });

  test("have audio at its own times, or counted by its samples", async () => {
    for (const directly of ["on", "off"]) {
      const bench = start(`hls_fragment 2; hls_dts_directly ${directly};`);
      // A publisher whose audio timestamps are off by some milliseconds, one frame in a packet.
      const sounds = Array.from({ length: 200 }, (_, i) =>
        sound(Math.round((i * 1_024) / 48) + (i % 2), {}),
      );
      const frames = [...picturesOf(framesOf({ toMs: 4_100 })), ...sounds];
      await publish(
        bench,
        frames.sort((a, b) => a.dtsMs - b.dtsMs),
      );
      const { pesPackets } = readTransportStream(Buffer.concat(await readSegments(bench)));
      const times = pesPackets.filter(({ pid }) => pid === 0x101).map(({ pts }) => pts);
      const isExact = times.every((pts) => pts % 1_920 === 0);
      expect(isExact).toBe(directly === "off");
    }
  });

  test("have a discontinuity where a track changes, and new parameter sets", async () => {
    const bench = start("hls_fragment 2; hls_window 60;");
    const frames = [
      ...framesOf({ toMs: 5_000 }),
      ...framesOf({ fromMs: 5_000, toMs: 10_000, video: H264_OTHER }),
    ];
    const { segments } = readMediaPlaylist(await publish(bench, frames));
    expect(segments.map(({ isDiscontinuous }) => Number(isDiscontinuous)).join("")).toBe("10010");
    readTransportStream(Buffer.concat(await readSegments(bench)));
  });

  test("that have left the playlist can be had for two more, and then not", async () => {
    const bench = start("hls_fragment 2; hls_window 8;");
    await publish(bench, { toMs: 30_100 });
    const { mediaSequence } = readMediaPlaylist(await bench.text(PLAYLIST));
    const statuses = [-3, -2, -1, 0].map(
      async (i) => (await bench.get(`/live/livestream-${mediaSequence + i}.ts`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([404, 200, 200, 200]);
  });

  test.each([
    ["[app]/[stream]-[seq].ts", "public, max-age=10"],
    ["[app]/[stream]-[timestamp]-[seq].ts", "public, max-age=31536000, immutable"],
  ])("named %s may be kept: %s", async (name, cacheControl) => {
    const bench = start(`hls_fragment 2; hls_ts_file ${name};`);
    await publish(bench, { toMs: 5_000 });
    const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
    const { fields } = await bench.get(`/live/${segments[0]?.uri}`);
    expect(fields.get("Cache-Control")).toBe(cacheControl);
    expect(fields.get("Content-Type")).toBe("video/MP2T");
  });
});

test("entity tags change with the text, and are not those of an earlier stream of the name", async () => {
  const bench = start("hls_fragment 2; hls_dispose 10;", "publish { firstpkt_timeout 60000; }");
  const tags = new Map<string, string>();
  for (let round = 0; round < 2; round++) {
    const publisher = await bench.publish(URL);
    const frames = framesOf({ toMs: 9_000 });
    await publisher.send(frames.splice(0, 150));
    while (frames.length > 0) {
      await publisher.send(frames.splice(0, 20));
      const { fields, text } = await bench.get(PLAYLIST);
      const tag = fields.get("ETag") ?? "";
      const key = `${round} ${text}`;
      expect(tags.get(tag) ?? key).toBe(key);
      tags.set(tag, key);
      const first = readMediaPlaylist(text).segments[0]?.uri;
      const segment = await bench.get(`/live/${first}`);
      const ofSegment = segment.fields.get("ETag") ?? "";
      expect(tags.get(ofSegment) ?? `${round} ${first}`).toBe(`${round} ${first}`);
      tags.set(ofSegment, `${round} ${first}`);
    }
    await publisher.leave();
    await bench.advance(20_000);
  }
  expect(tags.size).toBeGreaterThan(4);
});
