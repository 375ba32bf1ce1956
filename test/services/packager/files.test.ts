/**
 * Goal: what is on disk is whole, names nothing that is not there, and goes when it should; and a disk
 * that fails or vanishes is told of once, and stops neither the stream nor those who watch it from memory.
 *
 * Method: a disk in memory that plays faults; behind each step everything on it is looked at.
 */

import { describe, expect, test } from "vitest";
import { readMediaPlaylist } from "../../support/hls-check.ts";
import { findAll } from "../../support/mpd-check.ts";
import { PackagingBench } from "../../support/packaging-bench.ts";
import { framesOf } from "../../support/packaging-frames.ts";
import { parseXml } from "../../support/xml-parse.ts";

const ROOT = "/html";
const STREAM = "live/livestream";
const PLAYLIST = "/live/livestream.m3u8";

function startTs(hls = ""): PackagingBench {
  return new PackagingBench(`
    listen 1935; daemon off; srs_log_tank console; http_server { enabled on; dir ${ROOT}; }
    vhost __defaultVhost__ {
      play { time_jitter off; }
      hls { enabled on; hls_ctx off; hls_path ${ROOT}; hls_fragment 2; hls_window 8; ${hls} }
    }
  `);
}

function startCmaf(dash = {}): PackagingBench {
  const __defaultVhost__ = {
    hls: { enabled: false },
    dash: { enabled: true, dash_storage: "both", dash_path: ROOT, dash_window_size: 5, ...dash },
    cmaf: { sessions: false, storage: "both", path: ROOT, window: 8, dispose: 30 },
    play: { time_jitter: "off" },
    publish: { grace_ms: 0 },
  };
  return new PackagingBench({ vhosts: { __defaultVhost__ } });
}

/** Everything that texts on disk name without it being there. */
async function missing(bench: PackagingBench): Promise<string[]> {
  const { files } = bench.runtime;
  const paths = await bench.files(ROOT);
  const there = new Set(paths);
  return paths.flatMap((path) => {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const resolve = (uri: string): string => new URL(uri, `file://${folder}`).pathname;
    if (path.endsWith(".mpd")) {
      return namedInManifest(files.readTextSync(path))
        .map(resolve)
        .filter((one) => !there.has(one));
    }
    if (!path.endsWith(".m3u8")) return [];
    const text = files.readTextSync(path);
    if (text.includes("STREAM-INF")) return [];
    return readMediaPlaylist(text)
      .segments.filter(({ isGap }) => !isGap)
      .flatMap(({ uri, map }) => [uri, /URI="([^"]+)"/.exec(map ?? "")?.[1] ?? uri])
      .map(resolve)
      .filter((one) => !there.has(one));
  });
}

function namedInManifest(text: string): string[] {
  const mpd = parseXml(text);
  const base = findAll(mpd, "BaseURL")[0]?.text ?? "";
  return findAll(mpd, "SegmentTemplate").flatMap(({ attributes, children }) => {
    const uris = [attributes.get("initialization") ?? ""];
    let time = 0;
    for (const run of children.flatMap((timeline) => timeline.children)) {
      time = Number(run.attributes.get("t") ?? time);
      for (let i = 0; i <= Number(run.attributes.get("r") ?? 0); i++) {
        uris.push((attributes.get("media") ?? "").replace("$Time$", String(time)));
        time += Number(run.attributes.get("d"));
      }
    }
    return uris.map((uri) => base + uri);
  });
}

/** Sends frames bit by bit, and looks at the disk after each bit. */
async function sendLooking(
  bench: PackagingBench,
  publisher: Awaited<ReturnType<PackagingBench["publish"]>>,
  span: { readonly fromMs?: number; readonly toMs: number },
): Promise<void> {
  const frames = framesOf(span);
  while (frames.length > 0) {
    await publisher.send(frames.splice(0, 20));
    expect(await missing(bench)).toEqual([]);
    const unfinished = (await bench.files(ROOT)).filter((path) => path.endsWith(".tmp"));
    expect(unfinished).toEqual([]);
  }
}

const FORMATS: [string, () => PackagingBench, string][] = [
  ["MPEG-TS", startTs, PLAYLIST],
  ["CMAF", startCmaf, "/live/livestream/video.m3u8"],
];

describe.each(FORMATS)("%s on disk", (_, start, playlist) => {
  test("names nothing that is not there, and holds no more than is listed and two", async () => {
    const bench = start();
    const publisher = await bench.publish(STREAM);
    await sendLooking(bench, publisher, { toMs: 40_000 });
    const { segments } = readMediaPlaylist(bench.runtime.files.readTextSync(ROOT + playlist));
    expect(segments.length).toBeGreaterThan(3);
    const media = (await bench.files(ROOT)).filter((path) => /\.ts$|\d\.m4s$/.test(path));
    expect(media.length).toBeLessThanOrEqual(2 * (segments.length + 3));
    expect(bench.events("packaging file not written")).toEqual([]);
  });

  test("is gone some time after the stream, and with the server", async () => {
    const bench = start();
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 9_000 }));
    await publisher.leave();
    expect((await bench.files(ROOT)).length).toBeGreaterThan(3);
    await bench.advance(130_000);
    expect(await bench.files(ROOT)).toEqual([]);
    const second = await bench.publish(STREAM);
    await second.send(framesOf({ toMs: 9_000 }));
    expect((await bench.files(ROOT)).length).toBeGreaterThan(3);
    await bench.packaging.close();
    expect(await bench.files(ROOT)).toEqual([]);
  });

  test.each([
    ["is full", "ENOSPC", /./],
    ["may not be written to", "EACCES", /./],
    ["has no room for segments", "ENOSPC", /\.(ts|m4s)(\.tmp)?$/],
    ["takes no playlists", "EIO", /\.(m3u8|mpd)(\.tmp)?$/],
    ["breaks between writing and renaming", "EIO", /\.(ts|m4s)$/],
    [
      "has no room for initialization segments and playlists",
      "ENOSPC",
      /\.(mp4|m3u8|mpd)(\.tmp)?$/,
    ],
  ])("that %s is told of once, and once that it is well again", async (_what, code, pattern) => {
    const bench = start();
    const { files } = bench.runtime;
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 5_000 }));
    files.fault = (path) => (pattern.test(path) ? code : undefined);
    // Bit by bit, so that the disk has its say between two segments.
    const frames = framesOf({ fromMs: 6_000, toMs: 16_000 });
    while (frames.length > 0) await publisher.send(frames.splice(0, 20));
    const lines = bench.events("packaging file not written");
    // One folder, one line. Where nothing is amiss for that format, none.
    const isHit = start === startCmaf || !/mp4/.test(pattern.source) || /m3u8/.test(pattern.source);
    expect(lines.length).toBe(isHit ? 1 : 0);
    expect(lines[0]).toMatchObject({ code, url: "/live/livestream" });
    expect(bench.events("packaging files written again")).toEqual([]);
    expect(bench.closed).toEqual([]);
    // Those who watch from memory notice nothing.
    const inMemory = readMediaPlaylist(await bench.text(playlist));
    expect(inMemory.segments.some(({ isGap }) => isGap)).toBe(false);
    const last = inMemory.segments.at(-1);
    const folder = playlist.slice(0, playlist.lastIndexOf("/") + 1);
    expect((await bench.get(folder + last?.uri)).status).toBe(200);
    files.fault = () => undefined;
    await sendLooking(bench, publisher, { fromMs: 16_000, toMs: 20_100 });
    expect(bench.events("packaging files written again").length).toBe(1);
    const onDisk = readMediaPlaylist(files.readTextSync(ROOT + playlist));
    // Initialization segments were there before.
    expect(onDisk.segments.some(({ isGap }) => isGap)).toBe(pattern.test("/a-1.ts"));
    expect(onDisk.segments.at(-1)?.isGap).toBe(false);
    await publisher.leave();
    expect(bench.events("packaging file not written").length).toBe(1);
  });

  test("whose folder vanishes is there again with the next segment", async () => {
    const bench = start();
    const { files } = bench.runtime;
    const publisher = await bench.publish(STREAM);
    await sendLooking(bench, publisher, { toMs: 8_100 });
    await files.removeAll(`${ROOT}/live`);
    await sendLooking(bench, publisher, { fromMs: 8_100, toMs: 12_100 });
    const { segments } = readMediaPlaylist(files.readTextSync(ROOT + playlist));
    expect(segments.some(({ isGap }) => isGap)).toBe(true);
    expect(segments.at(-1)?.isGap).toBe(false);
    expect(bench.events("packaging file not written")).toEqual([]);
  });

  test("that is slow keeps order, and drops what is too much for it", async () => {
    const bench = start();
    const { files } = bench.runtime;
    const write = files.write.bind(files);
    let release: (() => void)[] = [];
    let isSlow = true;
    files.write = async (path, content) => {
      if (isSlow) await new Promise<void>((resolve) => release.push(resolve));
      await write(path, content);
    };
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 12_000 }));
    expect(await bench.files(ROOT)).toEqual([]);
    expect(readMediaPlaylist(await bench.text(playlist)).segments.length).toBeGreaterThan(3);
    for (let i = 0; i < 12; i++) {
      for (const resolve of release.splice(0)) resolve();
      await bench.advance(1);
      expect(await missing(bench)).toEqual([]);
    }
    isSlow = false;
    for (const resolve of release) resolve();
    release = [];
    await bench.advance(1);
    expect(await missing(bench)).toEqual([]);
    await sendLooking(bench, publisher, { fromMs: 12_000, toMs: 16_100 });
    const { segments } = readMediaPlaylist(files.readTextSync(ROOT + playlist));
    expect(segments.every(({ isGap }) => !isGap)).toBe(true);
  });
});

describe("hls_on_error", () => {
  async function fail(onError: string): Promise<PackagingBench> {
    const bench = startTs(`hls_on_error ${onError};`);
    const publisher = await bench.publish(STREAM);
    bench.runtime.files.fault = (path) => (path.includes(".ts") ? "ENOSPC" : undefined);
    await publisher.send(framesOf({ toMs: 5_000 }));
    bench.runtime.files.fault = () => undefined;
    await publisher.send(framesOf({ fromMs: 6_000, toMs: 12_100 }));
    return bench;
  }

  const segmentsOf = async (bench: PackagingBench): Promise<number> =>
    (await bench.files(ROOT)).filter((path) => path.endsWith(".ts")).length;

  test("continue: the next segment is tried again", async () => {
    const bench = await fail("continue");
    expect(await segmentsOf(bench)).toBe(4);
    expect(bench.closed).toEqual([]);
  });

  test("ignore: nothing is written until the next publish", async () => {
    const bench = await fail("ignore");
    expect(await segmentsOf(bench)).toBe(0);
    expect(bench.closed).toEqual([]);
    await bench.hub.findByUrl("/live/livestream")?.publication?.end();
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 6_100 }));
    expect(await segmentsOf(bench)).toBe(3);
  });

  test("disconnect: the publisher is told to go", async () => {
    const bench = await fail("disconnect");
    expect(bench.closed[0]).toBe("packaging_failed");
  });

  test.each([
    ["ignore", 0],
    ["disconnect", 3],
  ])("%s: is so for each publisher of a disk that goes on failing", async (onError, closed) => {
    const bench = startTs(`hls_on_error ${onError};`);
    const { files } = bench.runtime;
    let tried = 0;
    files.fault = (path) => {
      if (!path.includes(".ts")) return undefined;
      tried += 1;
      return "ENOSPC";
    };
    for (let i = 1; i <= 3; i++) {
      tried = 0;
      const publisher = await bench.publish(STREAM);
      const frames = framesOf({ toMs: 8_000 });
      while (frames.length > 0) await publisher.send(frames.splice(0, 20));
      await publisher.leave();
      if (onError === "ignore") expect(tried).toBe(1);
    }
    expect(bench.closed).toHaveLength(closed);
    expect(bench.events("packaging file not written")).toHaveLength(1);
  });
});

describe("files that are kept", () => {
  test("stay with hls_dispose 0, to the last segment, though the server stops", async () => {
    const bench = startTs("hls_dispose 0; hls_window 60;");
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 5_000 }));
    await bench.packaging.close();
    const text = bench.runtime.files.readTextSync(ROOT + PLAYLIST);
    expect(readMediaPlaylist(text).segments.map(({ uri }) => uri)).toEqual(
      [0, 1, 2].map((i) => `livestream-${i}.ts`),
    );
    expect(await missing(bench)).toEqual([]);
  });

  test("stay with hls_dispose 0 when the stream is long gone", async () => {
    const bench = startTs("hls_dispose 0;");
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 5_000 }));
    await publisher.leave();
    await bench.advance(300_000);
    await bench.advance(1_000);
    expect(bench.packaging.packager.size).toBe(0);
    expect((await bench.files(ROOT)).length).toBe(4);
    expect(await missing(bench)).toEqual([]);
  });

  test("are all of them without hls_cleanup", async () => {
    const bench = startTs("hls_cleanup off;");
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 40_100 }));
    expect((await bench.files(ROOT)).filter((path) => path.endsWith(".ts"))).toHaveLength(20);
  });

  test("are those of DASH without dash_cleanup", async () => {
    const bench = startCmaf({ dash_cleanup: false });
    const publisher = await bench.publish(STREAM);
    await publisher.send(framesOf({ toMs: 40_100 }));
    const media = (await bench.files(ROOT)).filter((path) => path.endsWith(".m4s"));
    expect(media.filter((path) => path.includes("video"))).toHaveLength(20);
  });
});

describe("initialization segments", () => {
  const initializationsOf = async (bench: PackagingBench): Promise<string[]> =>
    (await bench.files(ROOT)).filter((path) => path.endsWith(".mp4"));

  test("go with the last segment that names them, and not before", async () => {
    const bench = startCmaf();
    for (let i = 0; i < 20; i++) {
      const publisher = await bench.publish(STREAM);
      await sendLooking(bench, publisher, { toMs: 4_100 });
      await publisher.leave();
      const texts = (await bench.files(ROOT)).filter((path) => path.endsWith(".m3u8"));
      expect(texts.length).toBe(3);
      // A window has two publishers in it, and what has just left it one more.
      expect((await initializationsOf(bench)).length).toBeLessThanOrEqual(2 * 4);
    }
  });

  test("stay without dash_cleanup where segments stay that name them", async () => {
    const bench = startCmaf({ dash_cleanup: false });
    for (let i = 0; i < 2; i++) {
      const publisher = await bench.publish(STREAM);
      await publisher.send(framesOf({ toMs: 4_100 }));
      await publisher.leave();
    }
    await bench.advance(130_000);
    // Nothing had left the window.
    expect(await bench.files(ROOT)).toEqual([]);
    for (const toMs of [30_000, 4_100]) {
      const publisher = await bench.publish(STREAM);
      await publisher.send(framesOf({ toMs }));
      await publisher.leave();
    }
    const before = await bench.files(ROOT);
    expect((await initializationsOf(bench)).length).toBe(4);
    await bench.advance(130_000);
    const kept = await bench.files(ROOT);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(before.length - 10);
    expect(kept.filter((path) => /m3u8|mpd/.test(path))).toEqual([]);
    expect((await initializationsOf(bench)).length).toBe(2);
  });
});

test("on disk alone segments are read from there, and listed once they are", async () => {
  // SRS ignores the setting, and so it is in its format.
  const names = { hls_m3u8_file: "[app]/[stream].m3u8", hls_ts_file: "[app]/[stream]-[seq].ts" };
  const hls = {
    hls_storage: "disk",
    hls_path: ROOT,
    hls_fragment: 2,
    hls_window: 20,
    hls_ctx: false,
  };
  const cmaf = { enabled: false };
  const play = { time_jitter: "off" };
  const __defaultVhost__ = { hls: { ...hls, ...names }, dash: cmaf, cmaf, play };
  const bench = new PackagingBench({ vhosts: { __defaultVhost__ } });
  const publisher = await bench.publish(STREAM);
  await publisher.send(framesOf({ toMs: 9_000 }));
  expect(bench.packaging.packager.heldSize).toBe(0);
  const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
  expect(segments).toHaveLength(4);
  const { files } = bench.runtime;
  const path = `${ROOT}/live/livestream-2.ts`;
  expect((await bench.get("/live/livestream-2.ts")).bytes).toEqual(files.contentOf(path));
  files.fault = (name) => (name.includes(".ts") ? "ENOSPC" : undefined);
  await publisher.send(framesOf({ fromMs: 10_000, toMs: 14_100 }));
  files.fault = () => undefined;
  await publisher.send(framesOf({ fromMs: 14_100, toMs: 18_100 }));
  const after = readMediaPlaylist(await bench.text(PLAYLIST)).segments;
  expect(after.some(({ isGap }) => isGap)).toBe(true);
  expect(after.at(-1)?.isGap).toBe(false);
  await files.remove(path);
  expect((await bench.get("/live/livestream-2.ts")).status).toBe(404);
});

test("what is written for HLS and for DASH in one folder is written once", async () => {
  const bench = startCmaf();
  const { files } = bench.runtime;
  const write = files.write.bind(files);
  const written: string[] = [];
  files.write = async (path, content) => {
    if (/m4s|mp4/.test(path)) written.push(path);
    await write(path, content);
  };
  const publisher = await bench.publish(STREAM);
  await publisher.send(framesOf({ toMs: 12_000 }));
  expect(written.length).toBeGreaterThan(10);
  expect(new Set(written).size).toBe(written.length);
  const paths = await bench.files(ROOT);
  for (const name of ["livestream.m3u8", "livestream.mpd", "livestream/audio.m3u8"]) {
    expect(paths).toContain(`${ROOT}/live/${name}`);
  }
});
