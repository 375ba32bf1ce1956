/**
 * Goal: packaged streams come and go as their publishers and viewers do, hold no more than they may, and
 * never call two things by the same name.
 *
 * Method: publishers who leave, return or stay away, viewers who ask or do not, on a clock that the test
 * moves.
 */

import { describe, expect, test } from "vitest";
import type { CmafPackager } from "../../../src/services/packager/cmaf/cmaf-packager.ts";
import { readMediaPlaylist } from "../../support/hls-check.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import { readTrack } from "../../support/packaged-track.ts";
import { PackagingBench } from "../../support/packaging-bench.ts";
import {
  AAC,
  framesOf,
  H264,
  H264_OTHER,
  payloadsOf,
  picture,
  picturesOf,
  sound,
  soundsOf,
} from "../../support/packaging-frames.ts";

const VIDEO = "/live/show/video.m3u8";
const AUDIO = "/live/show/audio.m3u8";
const ONE_BYTE = Uint8Array.of(0x21);

function start(cmaf: ConfigValue = {}, vhost: ConfigValue = {}): PackagingBench {
  const __defaultVhost__ = {
    hls: { enabled: false },
    dash: { enabled: false },
    play: { time_jitter: "off" },
    publish: { grace_ms: 0 },
    cmaf: { sessions: false, on_demand: false, ...cmaf },
    ...vhost,
  };
  return new PackagingBench({ vhosts: { __defaultVhost__ } });
}

const GRACE: ConfigValue = { publish: { grace_ms: 10_000 } };

describe("a publisher", () => {
  test("who stays for less than a second is packaged whole", async () => {
    const bench = start();
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 400 });
    await publisher.send(frames);
    await publisher.leave();
    const pictures = await readTrack(bench, VIDEO);
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf(frames)));
    expect((await readTrack(bench, AUDIO)).payloads).toEqual(payloadsOf(soundsOf(frames)));
    expect(pictures.violations).toEqual([]);
    expect(pictures.playlist.isEnded).toBe(true);
  });

  test("who sends nothing leaves nothing", async () => {
    const bench = start();
    const publisher = await bench.publish();
    const asked = await bench.ask(VIDEO);
    await publisher.leave();
    await bench.advance(20_000);
    expect((await asked.done).status).toBe(404);
    await bench.advance(60_000);
    await bench.advance(1_000);
    expect(bench.packaging.packager.size).toBe(0);
  });

  test("who returns in time goes on behind a discontinuity", async () => {
    const bench = start({}, GRACE);
    const names = new Set<string>();
    const numbers: number[] = [];
    for (const fromMs of [0, 5_000, 3_600_000]) {
      const publisher = await bench.publish();
      await publisher.send(framesOf({ fromMs, toMs: fromMs + 5_000 }));
      await publisher.leave();
      await bench.advance(2_000);
      const { playlist, violations } = await readTrack(bench, VIDEO);
      expect(violations).toEqual([]);
      expect(playlist.isEnded).toBe(false);
      for (const { uri, sequenceNumber } of playlist.segments) {
        if (!names.has(uri)) numbers.push(sequenceNumber);
        names.add(uri);
      }
    }
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const path of [VIDEO, AUDIO]) {
      const { segments } = readMediaPlaylist(await bench.text(path));
      const changed = segments.filter(({ isDiscontinuous }) => isDiscontinuous);
      expect(changed.map(({ sequenceNumber }) => sequenceNumber)).toEqual([3, 6]);
      // What passed between is not part of the media, but the dates tell.
      const [before, after] = segments
        .slice(2, 4)
        .map(({ programDateTimeMs = 0 }) => programDateTimeMs);
      expect((after ?? 0) - (before ?? 0)).toBeGreaterThan(2_900);
    }
  });

  test("who publishes faster than time passes does not go back in media time", async () => {
    const bench = start({ window: 3_600 }, GRACE);
    for (let round = 0; round < 3; round++) {
      const publisher = await bench.publish();
      for (const frame of framesOf({ toMs: 3_000 })) publisher.sendNow(frame);
      await publisher.leave();
    }
    for (const path of [VIDEO, AUDIO]) {
      const { violations, playlist } = await readTrack(bench, path);
      expect(violations).toEqual([]);
      const times = playlist.segments.map(({ programDateTimeMs = 0 }) => programDateTimeMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(new Set(playlist.segments.map(({ uri }) => uri)).size).toBe(6);
    }
  });

  test("who comes after one that was far ahead of the time is dated by when it came", async () => {
    const bench = start({}, GRACE);
    const fast = await bench.publish();
    for (const frame of framesOf({ toMs: 600_000 })) fast.sendNow(frame);
    await fast.leave();
    const before = readMediaPlaylist(await bench.text(VIDEO));
    const nowMs = bench.wallMs;
    const next = await bench.publish();
    await next.send(framesOf({ toMs: 5_000 }));
    for (const path of [VIDEO, AUDIO]) {
      const { violations, playlist } = await readTrack(bench, path);
      expect(violations).toEqual([]);
      const [first] = playlist.segments;
      expect(Math.abs((first?.programDateTimeMs ?? 0) - nowMs)).toBeLessThan(25);
      expect(first?.sequenceNumber).toBe(before.mediaSequence + before.segments.length);
      expect(playlist.discontinuitySequence + Number(first?.isDiscontinuous)).toBe(1);
    }
  });

  test("whose sound is longer than the picture is not overlapped by the next", async () => {
    const bench = start({ window: 3_600 }, GRACE);
    for (let round = 0; round < 3; round++) {
      const publisher = await bench.publish();
      const frames = framesOf({ toMs: 5_000 });
      for (const frame of frames) {
        if (frame.track.kind === "audio" || frame.dtsMs < 4_000) publisher.sendNow(frame);
      }
      await publisher.leave();
    }
    const { segments, violations } = await readTrack(bench, AUDIO);
    expect(violations).toEqual([]);
    const samples = segments.flatMap((segment) => segment.samples);
    for (const [index, { startTicks, duration }] of samples.slice(0, -1).entries()) {
      expect(samples[index + 1]?.startTicks).toBeGreaterThanOrEqual(startTicks + duration);
    }
  });

  test("who comes after the end goes on with the numbers, and the end is taken back", async () => {
    const bench = start();
    const first = await bench.publish();
    await first.send(framesOf({ toMs: 5_000 }));
    await first.leave();
    const before = readMediaPlaylist(await bench.text(VIDEO));
    expect(before.isEnded).toBe(true);
    await bench.advance(20_000);
    const second = await bench.publish();
    await second.send(framesOf({ toMs: 5_000 }));
    const after = readMediaPlaylist(await bench.text(VIDEO));
    expect(after.isEnded).toBe(false);
    expect(after.mediaSequence).toBe(0);
    expect(after.segments.map(({ uri }) => uri).slice(0, 3)).toEqual(
      before.segments.map(({ uri }) => uri),
    );
    expect(after.segments[3]?.isDiscontinuous).toBe(true);
  });

  test("who comes when all is forgotten begins anew, under new names", async () => {
    const bench = start({ dispose: 60 });
    const first = await bench.publish();
    await first.send(framesOf({ toMs: 5_000 }));
    await first.leave();
    const before = readMediaPlaylist(await bench.text(VIDEO));
    await bench.advance(59_000);
    expect((await bench.get(VIDEO)).status).toBe(200);
    await bench.advance(3_000);
    await bench.advance(1_000);
    expect((await bench.get(VIDEO)).status).toBe(404);
    expect((await bench.get(`/live/show/${before.segments[0]?.uri}`)).status).toBe(404);
    expect(bench.packaging.packager.size).toBe(0);
    const second = await bench.publish();
    await second.send(framesOf({ toMs: 5_000 }));
    const after = readMediaPlaylist(await bench.text(VIDEO));
    expect(after.mediaSequence).toBe(0);
    expect(after.discontinuitySequence).toBe(0);
    const uris = [...before.segments, ...after.segments].map(({ uri, map }) => `${uri} ${map}`);
    expect(new Set(uris).size).toBe(before.segments.length + after.segments.length);
  });

  test("who comes without one of the tracks leaves a gap in it", async () => {
    const bench = start({ window: 3_600 }, GRACE);
    for (const part of [{}, { hasAudio: false }, {}, { rate: 0 }, {}]) {
      const publisher = await bench.publish();
      await publisher.send(framesOf({ toMs: 3_900, ...part }));
      await bench.advance(100);
      await publisher.leave();
    }
    const [pictures, sounds] = [await readTrack(bench, VIDEO), await readTrack(bench, AUDIO)];
    expect(pictures.violations).toEqual([]);
    expect(sounds.violations).toEqual([]);
    const gaps = [pictures, sounds].map(({ segments }) =>
      segments.map(({ isGap }) => Number(isGap)).join(""),
    );
    expect(gaps).toEqual(["0000001100", "0011000000"]);
  });

  // hls.js (1.7) reports a gap as an error, and Shaka Player (5.2) gives up at one.
  test("who breaks off behind a key frame leaves it the last sound", async () => {
    const bench = start({}, GRACE);
    const first = await bench.publish();
    const frames = framesOf({ toMs: 4_040 });
    const isBeforeEnd = (index: number): boolean => (frames[index]?.dtsMs ?? 0) < 3_999;
    const last = frames.filter(({ track }, index) => track.kind === "video" || isBeforeEnd(index));
    await first.send(last);
    await first.leave();
    const second = await bench.publish();
    const again = framesOf({ toMs: 4_000 });
    await second.send(again);
    await second.leave();
    const [pictures, sounds] = [await readTrack(bench, VIDEO), await readTrack(bench, AUDIO)];
    expect(sounds.segments.map(({ isGap }) => isGap)).toEqual(Array(5).fill(false));
    expect(pictures.segments).toHaveLength(5);
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf([...last, ...again])));
    expect([...pictures.violations, ...sounds.violations]).toEqual([]);
  });

  // Shaka Player (5.2) gives up at a gap that nothing follows.
  test("who breaks off behind a key frame leaves no gap at the end, until one returns", async () => {
    const bench = start({}, GRACE);
    const first = await bench.publish();
    const frames = framesOf({ toMs: 4_040 });
    const isBeforeEnd = (index: number): boolean => (frames[index]?.dtsMs ?? 0) < 3_700;
    const last = frames.filter(({ track }, index) => track.kind === "video" || isBeforeEnd(index));
    await first.send(last);
    await first.leave();
    const gapsOf = async (path: string): Promise<boolean[]> =>
      readMediaPlaylist(await bench.text(path)).segments.map(({ isGap }) => isGap);
    expect(await gapsOf(VIDEO)).toEqual([false, false, false]);
    expect(await gapsOf(AUDIO)).toEqual([false, false]);
    const second = await bench.publish();
    await second.send(framesOf({ toMs: 4_000 }));
    expect((await gapsOf(VIDEO)).slice(0, 4)).toEqual([false, false, false, false]);
    expect((await gapsOf(AUDIO)).slice(0, 4)).toEqual([false, false, true, false]);
    for (const path of [VIDEO, AUDIO]) {
      expect((await readTrack(bench, path)).violations).toEqual([]);
    }
  });
});

describe("on demand", () => {
  const ON_DEMAND: ConfigValue = { on_demand: true };

  test("nothing is packaged until somebody asks", async () => {
    const bench = start(ON_DEMAND);
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 20_000 }));
    expect(bench.packaging.packager.heldSize).toBe(0);
    // So that nobody makes something for it, such as AAC.
    expect(bench.hub.findByUrl("/live/show")?.isNeeded).toBe(false);
    const name = { vhost: "__defaultVhost__", app: "live", stream: "show" };
    expect(bench.packaging.packager.find(name)?.cmaf(false)).toBeUndefined();
    expect((await bench.get("/live/show/video-abc-0.m4s")).status).toBe(404);
    expect(bench.packaging.packager.find(name)?.cmaf(false)).toBeUndefined();
  });

  test("who asks gets what is cached since the latest key frame, dated by when it came", async () => {
    const bench = start(ON_DEMAND);
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 60_000, gop: 250 });
    const startMs = bench.wallMs;
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs < 28_000));
    const asked = await bench.ask(VIDEO);
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs >= 28_000));
    expect((await asked.done).status).toBe(200);
    for (const [path, kind] of [
      [VIDEO, picturesOf],
      [AUDIO, soundsOf],
    ] as const) {
      const track = await readTrack(bench, path);
      const expected = kind(frames).filter(({ dtsMs }) => dtsMs >= 20_000);
      const count = track.payloads.length;
      expect(track.payloads).toEqual(payloadsOf(expected).slice(0, count));
      expect(count).toBeGreaterThan(700);
      expect(track.violations).toEqual([]);
      const apartMs = (track.segments[0]?.programDateTimeMs ?? 0) - startMs - 20_000;
      expect(Math.abs(apartMs)).toBeLessThan(25);
      expect(track.playlist.mediaSequence).toBe(0);
    }
  });

  test("it stops a minute after the last request, and goes on with the numbers under new names", async () => {
    const bench = start(ON_DEMAND);
    const publisher = await bench.publish();
    const send = async (fromMs: number, toMs: number): Promise<void> => {
      // Every span begins with a key frame, at a multiple of 2 s.
      await publisher.send(framesOf({ fromMs, toMs }));
    };
    await send(0, 2_000);
    const asked = await bench.ask(VIDEO);
    await send(2_000, 8_000);
    await asked.done;
    const before = readMediaPlaylist(await bench.text(VIDEO));
    await send(8_000, 66_000);
    expect(bench.packaging.packager.heldSize).toBeGreaterThan(0);
    await send(66_000, 72_000);
    expect(bench.packaging.packager.heldSize).toBe(0);
    const again = await bench.ask(VIDEO);
    await send(72_000, 78_000);
    await again.done;
    const after = readMediaPlaylist(await bench.text(VIDEO));
    const lastBefore = before.mediaSequence + before.segments.length - 1;
    expect(after.mediaSequence).toBeGreaterThan(lastBefore);
    expect(after.segments[0]?.isDiscontinuous).toBe(true);
    const uris = [...before.segments, ...after.segments].map(({ uri }) => uri);
    expect(new Set(uris).size).toBe(uris.length);
    expect((await bench.get(`/live/show/${before.segments[0]?.uri}`)).status).toBe(404);
  });

  test("who asks is kept waiting for a key frame, and not sent away", async () => {
    const bench = start(ON_DEMAND);
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 20_000, gop: 400 });
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs < 1_000));
    const asked = await bench.ask(VIDEO);
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs >= 1_000));
    const { status, text } = await asked.done;
    expect(status).toBe(200);
    expect(text).toContain("#EXTINF:16.000,");
  });

  test("segments that are asked for keep it going", async () => {
    const bench = start(ON_DEMAND);
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 2_000 }));
    const asked = await bench.ask(VIDEO);
    await publisher.send(framesOf({ fromMs: 2_000, toMs: 8_000 }));
    await asked.done;
    const map = /[^"]+\.mp4/.exec(await bench.text(VIDEO))?.[0];
    for (let fromMs = 8_000; fromMs < 200_000; fromMs += 40_000) {
      await publisher.send(framesOf({ fromMs, toMs: fromMs + 40_000, rate: 5, gop: 10 }));
      expect((await bench.get(`/live/show/${map}`)).status).toBe(200);
    }
    expect(bench.packaging.packager.heldSize).toBeGreaterThan(0);
  });
});

describe("the window", () => {
  test("is a time, and two segments more can be had", async () => {
    const bench = start({ window: 10 });
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 40_100 }));
    const { mediaSequence, segments } = readMediaPlaylist(await bench.text(VIDEO));
    expect(mediaSequence).toBe(15);
    expect(segments).toHaveLength(5);
    const name = /video-[0-9a-z]+-/.exec(segments[0]?.uri ?? "")?.[0];
    const ticks = Number(/-(\d+)\.m4s/.exec(segments[0]?.uri ?? "")?.[1]);
    const statusOf = async (before: number): Promise<number> => {
      const { status } = await bench.get(`/live/show/${name}${ticks - before * 180_000}.m4s`);
      return status;
    };
    expect([await statusOf(1), await statusOf(2), await statusOf(3)]).toEqual([200, 200, 404]);
    const sounds = readMediaPlaylist(await bench.text(AUDIO));
    expect([sounds.mediaSequence, sounds.segments.length]).toEqual([15, 5]);
  });

  test("is a size too", async () => {
    const bench = start({ window: 60, window_bytes: 2_000_000 });
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 60_100, size: 5_000 }));
    const { segments } = readMediaPlaylist(await bench.text(VIDEO));
    // 50 pictures a segment: seven of them and their sound.
    expect(segments).toHaveLength(7);
    expect(bench.packaging.packager.heldSize).toBeLessThan(2_600_000);
  });

  test("holds a publisher down whose timestamps stand still", async () => {
    const bench = start({ window_bytes: 1_048_576 });
    const publisher = await bench.publish();
    publisher.sendNow(picture(0, { isKeyFrame: true }));
    publisher.sendNow(sound(0));
    await bench.advance(1_100);
    for (const kind of ["audio", "video"]) {
      for (let i = 0; i < 2_000; i++) {
        publisher.sendNow(
          kind === "audio" ? sound(0, { size: 20_000 }) : picture(0, { size: 20_000 }),
        );
      }
      await bench.advance(1_000);
      // What is listed, the two behind it, and what is being made.
      expect(bench.packaging.packager.heldSize).toBeLessThan(3_000_000);
      const name = { vhost: "__defaultVhost__", app: "live", stream: "show" };
      const tracks = bench.packaging.packager.find(name)?.cmaf(false)?.packager.tracks;
      for (const { open } of tracks?.values() ?? []) {
        const size = (open?.parts ?? []).reduce((sum, { bytes }) => sum + bytes.length, 0);
        expect(size).toBeLessThan(1_500_000);
      }
    }
  });

  const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };
  const packagerOf = (bench: PackagingBench): CmafPackager | undefined =>
    bench.packaging.packager.find(NAME)?.cmaf(false)?.packager;

  test("holds a publisher down whose tracks change with each key frame", async () => {
    const bench = start({ window: 10, window_bytes: 1_048_576 });
    const publisher = await bench.publish();
    for (let fromMs = 0; fromMs < 200_000; fromMs += 2_000) {
      const video = fromMs % 4_000 === 0 ? H264 : H264_OTHER;
      await publisher.send(framesOf({ fromMs, toMs: fromMs + 2_000, size: 2_000, video }));
    }
    const { segments } = readMediaPlaylist(await bench.text(VIDEO));
    expect(segments).toHaveLength(5);
    expect(bench.packaging.packager.heldSize).toBeLessThan(1_300_000);
  });

  test.each([
    ["change with each frame at the same time", "h264", 0],
    ["go back with each frame", "", -2_000],
  ])("is a number of segments, where tracks or timestamps %s", async (_, other, stepMs) => {
    const bench = start({ window: 10 });
    const publisher = await bench.publish();
    publisher.publication.writeTrack(AAC);
    publisher.sendNow(picture(2_000_000_000, { isKeyFrame: true }));
    await bench.advance(1_100);
    for (let i = 1; i <= 3_000; i++) {
      const track = other !== "" && i % 2 === 0 ? H264_OTHER : H264;
      publisher.sendNow(picture(2_000_000_000 + i * stepMs, { isKeyFrame: true, track }));
    }
    expect(packagerOf(bench)?.listed("video").length).toBeLessThanOrEqual(64);
    expect(packagerOf(bench)?.tracks.get("video")?.segments.length).toBeLessThanOrEqual(67);
  });

  test("counts what a frame takes beside its bytes", async () => {
    const bench = start({ window_bytes: 1_048_576, low_latency: false });
    const publisher = await bench.publish();
    publisher.sendNow(picture(0, { isKeyFrame: true }));
    publisher.sendNow(sound(0));
    await bench.advance(1_100);
    for (let i = 0; i < 50_000; i++) publisher.sendNow({ ...sound(1_000), payload: ONE_BYTE });
    // A quarter of the window is 2000 of them.
    expect(packagerOf(bench)?.tracks.get("audio")?.segments.length).toBeGreaterThan(20);
  });

  test("holds what has ended for as long as is set, whoever asks", async () => {
    const bench = start({ dispose: 30 });
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 5_000 }));
    await publisher.leave();
    for (let i = 0; i < 28; i++) {
      await bench.advance(1_000);
      expect((await bench.get(VIDEO)).status).toBe(200);
    }
    await bench.advance(4_000);
    expect((await bench.get(VIDEO)).status).toBe(404);
    expect(bench.packaging.packager.heldSize).toBe(0);
  });
});
