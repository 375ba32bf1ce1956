/**
 * Goal: an old set-up that takes HDS from SRS's folder finds there what a Flash player needs: fragments
 * that can be decoded alone and hold all frames once, a window of them, and bootstrap information that
 * names nothing that is not there, through all that happens to publishers and disks.
 *
 * Method: frames go in at the live core; what is on a disk in memory is read by a reader of the tests'.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { frameBody } from "../../../src/remux/flv/body.ts";
import {
  isSequenceHeader,
  type ReadBootstrap,
  type ReadTag,
  readBootstrap,
  readHdsFragment,
} from "../../support/hds.ts";
import { findAll } from "../../support/mpd-check.ts";
import { PackagingBench } from "../../support/packaging-bench.ts";
import {
  AAC,
  AAC_44,
  framesOf,
  H264,
  H264_OTHER,
  HEVC,
  picture,
  sound,
} from "../../support/packaging-frames.ts";
import { parseXml } from "../../support/xml-parse.ts";

const ROOT = "/html";
const STREAM = "live/livestream";
const MP3 = { ...AAC, codec: "mp3", decoderConfigurationRecord: undefined } as const;

function start(hds = "hds_fragment 2; hds_window 8;", more = ""): PackagingBench {
  return new PackagingBench(`
    listen 1935; daemon off; srs_log_tank console; http_server { enabled on; dir ${ROOT}; }
    vhost __defaultVhost__ {
      play { time_jitter off; }
      hds { enabled on; hds_path ${ROOT}; ${hds} }
      ${more}
    }
  `);
}

function bootstrapOf({ runtime }: PackagingBench, stream = STREAM): ReadBootstrap {
  return readBootstrap(runtime.files.contentOf(`${ROOT}/${stream}.abst`));
}

/** The runs as numbers, start and duration; `-3` for a discontinuity of that kind. */
function runsOf(bench: PackagingBench): number[][] {
  return bootstrapOf(bench).runs.map(({ first, startMs, durationMs, discontinuity }) => {
    return discontinuity === undefined
      ? [first, startMs, durationMs]
      : [first, startMs, -discontinuity];
  });
}

function fragmentOf({ runtime }: PackagingBench, number: number, stream = STREAM): ReadTag[] {
  return readHdsFragment(runtime.files.contentOf(`${ROOT}/${stream}Seg1-Frag${number}`));
}

/** The numbers of the fragments on disk, in order. */
async function numbersOf(bench: PackagingBench): Promise<number[]> {
  const names = (await bench.files(ROOT)).map((path) => /Seg1-Frag(\d+)$/.exec(path)?.[1]);
  return names.flatMap((name) => (name === undefined ? [] : Number(name))).sort((a, b) => a - b);
}

/** Expects that what players are told of is there, and goes on from one to the next. */
async function expectComplete(bench: PackagingBench): Promise<void> {
  const numbers = await numbersOf(bench);
  const { runs, currentMs } = bootstrapOf(bench);
  for (const [index, run] of runs.entries()) {
    const next = runs[index + 1];
    const isFragment = run.discontinuity === undefined;
    expect(numbers.includes(run.first), `fragment ${run.first}`).toBe(isFragment);
    if (!isFragment || next?.discontinuity !== undefined) continue;
    expect(next?.first ?? run.first + 1).toBe(run.first + 1);
    expect(next?.startMs ?? currentMs).toBe(run.startMs + run.durationMs);
  }
}

function toTag(frame: Frame): ReadTag {
  const { kind } = frame.track;
  return { kind, timestampMs: frame.dtsMs, body: frameBody(frame).slice() };
}

function mediaOf(tags: readonly ReadTag[]): ReadTag[] {
  return tags
    .filter((tag) => !isSequenceHeader(tag))
    .map((tag) => ({ ...tag, body: tag.body.slice() }));
}

describe("fragments", () => {
  test("hold the source's frames, each once, behind their sequence headers", async () => {
    const bench = start("hds_fragment 2; hds_window 60;");
    const publisher = await bench.publish(STREAM);
    const frames = framesOf({ toMs: 9_000 });
    await publisher.send(frames);
    await publisher.leave(true);
    expect(await numbersOf(bench)).toEqual([1, 2, 3, 4, 5]);
    const fragments = [1, 2, 3, 4, 5].map((number) => fragmentOf(bench, number));
    expect(fragments.flatMap(mediaOf)).toEqual(frames.map(toTag));
    for (const [index, tags] of fragments.entries()) {
      const [video, audio, first] = tags;
      expect(tags.filter(isSequenceHeader)).toEqual([video, audio]);
      expect([video?.kind, audio?.kind]).toEqual(["video", "audio"]);
      expect([video?.timestampMs, audio?.timestampMs]).toEqual([index * 2_000, index * 2_000]);
      expect(first?.body[0]).toBe(0x17); // A key frame of AVC.
    }
  });

  test.each([
    ["at the first key frame behind their duration", { gop: 30 }, [2_400, 2_400, 2_400]],
    ["at each key frame that comes late", { gop: 100 }, [4_000, 4_000]],
    ["without video where they are long enough", { rate: 0 }, [2_005, 2_006, 2_005]],
    ["without key frames after 15 s more", { gop: 10_000 }, [17_000]],
  ])("are cut %s", async (_, options, durations) => {
    const bench = start("hds_fragment 2; hds_window 60;");
    const publisher = await bench.publish(STREAM);
    const toMs = durations.reduce((sum, ms) => sum + ms, 0) + 500;
    await publisher.send(framesOf({ toMs, ...options }));
    expect(bootstrapOf(bench).runs.map(({ durationMs }) => durationMs)).toEqual(durations);
    await expectComplete(bench);
  });

  test("have MP3, which has no sequence header", async () => {
    const bench = start();
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 4_100, audio: MP3 }));
    const headers = fragmentOf(bench, 2).filter(isSequenceHeader);
    expect(headers.map(({ kind }) => kind)).toEqual(["video"]);
    expect(fragmentOf(bench, 2).some(({ body }) => body[0] === 0x2f)).toBe(true);
  });

  test("have the configuration that their frames were coded under", async () => {
    const bench = start("hds_fragment 2; hds_window 60;");
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 4_000 }));
    await publisher.send(
      framesOf({ fromMs: 4_000, toMs: 8_100, video: H264_OTHER, audio: AAC_44 }),
    );
    expect(runsOf(bench)).toEqual([1, 2, 3, 4].map((n) => [n, (n - 1) * 2_000, 2_000]));
    for (const [number, video, audio] of [
      [2, H264, AAC],
      [3, H264_OTHER, AAC], // The sound's new track came behind the key frame: from the next one on.
      [4, H264_OTHER, AAC_44],
    ] as const) {
      const headers = fragmentOf(bench, number).filter(isSequenceHeader);
      expect(headers.map(({ body }) => body.subarray(body[0] === 0x17 ? 5 : 2))).toEqual([
        video.decoderConfigurationRecord,
        audio.decoderConfigurationRecord,
      ]);
    }
  });

  test("leave out codecs that Flash does not know, with one line in the log", async () => {
    const bench = start();
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 6_100, video: HEVC }));
    expect(new Set(fragmentOf(bench, 1).map(({ kind }) => kind))).toEqual(new Set(["audio"]));
    expect(bench.events("track left out")).toMatchObject([
      { format: "hds", kind: "video", codec: "hevc" },
    ]);
  });

  test("are none of a stream that has nothing else", async () => {
    const bench = start();
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 6_100, video: HEVC, hasAudio: false }));
    expect(await bench.files(ROOT)).toEqual([]);
  });

  test("that would be of no length are given up", async () => {
    const bench = start();
    const publisher = await bench.publish(STREAM);
    for (let i = 0; i < 200; i++) {
      const dtsMs = (i % 2) * 50_000;
      await publisher.send([picture(dtsMs, { isKeyFrame: true }), sound(dtsMs)]);
    }
    expect(await numbersOf(bench)).toEqual([]);
  });
});

describe("the window", () => {
  test("has so many seconds, and two fragments stay behind it", async () => {
    const bench = start("hds_fragment 2; hds_window 8;");
    const publisher = await bench.publish(STREAM);
    const frames = framesOf({ toMs: 40_100 });
    while (frames.length > 0) {
      await publisher.send(frames.splice(0, 20));
      if ((await numbersOf(bench)).length > 0) await expectComplete(bench);
    }
    expect(runsOf(bench)).toEqual([17, 18, 19, 20].map((n) => [n, (n - 1) * 2_000, 2_000]));
    expect(await numbersOf(bench)).toEqual([15, 16, 17, 18, 19, 20]);
    const { version, isLive, currentMs, fragmentsPerSegment } = bootstrapOf(bench);
    expect({ version, isLive, currentMs }).toEqual({
      version: 20,
      isLive: true,
      currentMs: 40_000,
    });
    // All of them are in segment 1, however high their numbers are.
    expect(Math.floor((20 - 1) / fragmentsPerSegment)).toBe(0);
  });

  test("has one fragment at least", async () => {
    const bench = start("hds_fragment 2; hds_window 1;");
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 20_100 }));
    expect(runsOf(bench)).toEqual([[10, 18_000, 2_000]]);
  });

  test("is told of by the manifest, beside which all is", async () => {
    const bench = start();
    const publisher = await bench.publish("live/a&b c");
    await publisher.send(framesOf({ toMs: 4_100 }));
    const paths = await bench.files(ROOT);
    const manifest = parseXml(bench.runtime.files.readTextSync(`${ROOT}/live/a&b c.f4m`));
    const urlOf = (name: string): string => findAll(manifest, name)[0]?.attributes.get("url") ?? "";
    const pathOf = (url: string): string =>
      decodeURIComponent(new URL(url, `file://${ROOT}/live/x.f4m`).pathname);
    expect(paths).toContain(pathOf(urlOf("bootstrapInfo")));
    expect(paths).toContain(pathOf(`${urlOf("media")}Seg1-Frag1`));
    expect(findAll(manifest, "id")[0]?.text).toBe("a&b c.f4m");
  });

  test("is gone two minutes after the stream, and with the server", async () => {
    const bench = start();
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 9_000 }));
    await publisher.leave(true);
    await bench.advance(119_000);
    expect(await numbersOf(bench)).not.toEqual([]);
    await bench.advance(3_000);
    expect(await bench.files(ROOT)).toEqual([]);
    const second = await bench.publish(STREAM);
    await second.send(framesOf({ toMs: 9_000 }));
    expect(await numbersOf(bench)).not.toEqual([]);
    await bench.packaging.close();
    expect(await bench.files(ROOT)).toEqual([]);
  });
});

test("what another process has gone on with stays when this one forgets the stream", async () => {
  const bench = start();
  const { files } = bench.runtime;
  const publisher = await bench.publish(STREAM);
  await publisher.send(framesOf({ toMs: 9_000 }));
  await publisher.leave(true);
  const paths = await bench.files(ROOT);
  await files.write(`${ROOT}/${STREAM}.abst`, "another's");
  await bench.advance(125_000);
  await bench.advance(1_000);
  expect(bench.packaging.packager.size).toBe(0);
  expect(await bench.files(ROOT)).toEqual(paths);
  expect(files.readTextSync(`${ROOT}/${STREAM}.abst`)).toBe("another's");
});

describe("a publisher", () => {
  test("who returns goes on with the numbers, behind a discontinuity", async () => {
    const bench = start("hds_fragment 2; hds_window 60;");
    const first = await bench.publish(STREAM);
    await first.send(framesOf({ toMs: 5_000 }));
    await first.leave();
    const second = await bench.publish(STREAM);
    await second.send(framesOf({ toMs: 4_100 }));
    const before = [1, 2, 3].map((n) => [n, (n - 1) * 2_000, n === 3 ? 1_000 : 2_000]);
    expect(runsOf(bench)).toEqual([...before, [4, 0, -3], [5, 0, 2_000], [6, 2_000, 2_000]]);
    await expectComplete(bench);
    await second.leave();
    const third = await bench.publish(STREAM);
    await third.send(framesOf({ fromMs: 100_000, toMs: 102_100 }));
    expect(runsOf(bench).slice(-3)).toEqual([
      [7, 4_000, 120],
      [8, 100_000, -3],
      [9, 100_000, 2_000],
    ]);
  });

  test("whose timestamps jump goes on behind a discontinuity", async () => {
    const bench = start("hds_fragment 2; hds_window 60;");
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 4_000 }));
    await publisher.send(framesOf({ fromMs: 3_600_000, toMs: 3_602_100 }));
    await publisher.send(framesOf({ toMs: 2_100 }));
    expect(runsOf(bench)).toEqual([
      [1, 0, 2_000],
      [2, 2_000, 2_000],
      [3, 3_600_000, -3],
      [4, 3_600_000, 2_000],
      [5, 3_602_000, 120],
      [6, 0, -3],
      [7, 0, 2_000],
    ]);
  });

  test("who is long gone is followed by one who begins anew", async () => {
    const bench = start();
    const first = await bench.publish(STREAM);
    await first.send(framesOf({ toMs: 5_000 }));
    await first.leave(true);
    await bench.advance(125_000);
    await bench.advance(1_000);
    expect(bench.packaging.packager.size).toBe(0);
    const second = await bench.publish(STREAM);
    await second.send(framesOf({ toMs: 2_100 }));
    expect(runsOf(bench)).toEqual([[1, 0, 2_000]]);
  });
});

describe("a disk", () => {
  test.each([
    ["is full", "ENOSPC", /./],
    ["may not be written to", "EACCES", /./],
    ["has no room for fragments", "ENOSPC", /Frag\d+(\.tmp)?$/],
    ["breaks between writing and renaming", "EIO", /Frag\d+$/],
  ])("that %s is told of once, and what it lacks is named to nobody", async (_, code, pattern) => {
    const bench = start("hds_fragment 2; hds_window 60;", "http_remux { enabled on; }");
    const { files } = bench.runtime;
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 4_100 }));
    files.fault = (path) => (pattern.test(path) ? code : undefined);
    for (let fromMs = 4_100; fromMs < 10_100; fromMs += 2_000) {
      await publisher.send(framesOf({ fromMs, toMs: fromMs + 2_000 }));
    }
    expect(bench.events("packaging file not written")).toHaveLength(1);
    expect(runsOf(bench).map(([number]) => number)).toEqual([1, 2]);
    files.fault = () => undefined;
    await publisher.send(framesOf({ fromMs: 10_100, toMs: 16_200 }));
    expect(bench.events("packaging files written again")).toHaveLength(1);
    const runs = runsOf(bench);
    const gap = runs.findIndex(([, , durationMs]) => durationMs === -3);
    expect(runs[gap]?.[0]).toBe(3);
    expect(runs.length).toBeGreaterThan(gap + 2);
    await expectComplete(bench);
    expect(bench.closed).toEqual([]);
    const live = { vhost: "__defaultVhost__", app: "live", stream: "livestream" };
    expect(bench.hub.find(live)?.publication).toBe(publisher.publication);
  });

  test("that takes no bootstrap information keeps the last one whole", async () => {
    const bench = start();
    const { files } = bench.runtime;
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 2_100 }));
    files.fault = (path) => (path.includes(".abst") ? "ENOSPC" : undefined);
    await publisher.send(framesOf({ fromMs: 2_100, toMs: 6_200 }));
    expect(runsOf(bench)).toEqual([[1, 0, 2_000]]);
    files.fault = () => undefined;
    await publisher.send(framesOf({ fromMs: 6_200, toMs: 8_300 }));
    await expectComplete(bench);
    expect(runsOf(bench).length).toBeGreaterThan(2);
    files.fault = (path) => (path.includes(".abst.tmp") ? "ENOSPC" : undefined);
    await publisher.send(framesOf({ fromMs: 8_300, toMs: 12_400 }));
    await bench.packaging.close();
    expect(await bench.files(ROOT)).toEqual([]);
  });

  test("whose folder has gone gets it again", async () => {
    const bench = start("hds_fragment 2; hds_window 60;");
    const { files } = bench.runtime;
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 4_100 }));
    await files.removeAll(`${ROOT}/live`);
    await publisher.send(framesOf({ fromMs: 4_100, toMs: 8_200 }));
    await expectComplete(bench);
    expect(await bench.files(ROOT)).toContain(`${ROOT}/live/livestream.f4m`);
    expect(runsOf(bench)[0]?.[0]).toBe(3);
  });
});

test("beside HLS and DASH nothing changes for either", async () => {
  const hls = `hls { enabled on; hls_ctx off; hls_path ${ROOT}; hls_fragment 2; }`;
  const bench = start("hds_fragment 2;", hls);
  const publisher = await bench.publish(STREAM);
  await publisher.send(framesOf({ toMs: 6_100 }));
  expect((await bench.text("/live/livestream.m3u8")).match(/\.ts/g)).toHaveLength(3);
  expect(runsOf(bench)).toHaveLength(3);
});

test("it is not there unless it is wanted", async () => {
  const bench = start("enabled off;");
  const publisher = await bench.publish(STREAM);
  await publisher.send(framesOf({ toMs: 6_100 }));
  expect(await bench.files(ROOT)).toEqual([]);
});
