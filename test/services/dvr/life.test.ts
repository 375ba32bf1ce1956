/**
 * Goal: what is recorded, and how, follows the settings and whoever asks at once, without losing a frame;
 * names are those that are set, lead nowhere else, and take nothing away from anybody.
 *
 * Method: frames with numbers go in at the live core and come out of files in memory; behind each step all
 * files are looked at.
 */

import { describe, expect, test } from "vitest";
import { RecordingNames } from "../../../src/services/dvr/recording-names.ts";
import { readFlvFile } from "../../support/flv-file.ts";
import { settleTasks } from "../../support/packaging-bench.ts";
import { framesOf, payloadsOf, picturesOf } from "../../support/packaging-frames.ts";
import { REC, RecordingBench } from "../../support/recording-bench.ts";

/** A key frame every second. */
const GOP = 25;
const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };

const between = (fromMs: number, toMs: number): ReturnType<typeof framesOf> =>
  framesOf({ fromMs, toMs, gop: GOP });

function payloadsIn(bench: RecordingBench, path: string): string[] {
  return readFlvFile(bench.contentOf(path)).frames.map(({ payload }) => payload);
}

describe("reload", () => {
  test("on: begins with the latest key frame", async () => {
    const bench = new RecordingBench({ enabled: false });
    const publisher = await bench.publish();
    const frames = between(0, 3_500);
    await publisher.send(frames);
    expect(await bench.files()).toEqual([]);
    await bench.reload({});
    await publisher.leave();
    const [path = ""] = await bench.files();
    const fromKeyFrame = frames.slice(
      frames.findIndex(({ dtsMs, track }) => track.kind === "video" && dtsMs === 3_000),
    );
    expect(payloadsIn(bench, path)).toEqual(payloadsOf(fromKeyFrame));
  });

  test("off: the file is complete at once", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    await bench.reload({ enabled: false });
    await settleTasks();
    expect(bench.recorded).toHaveLength(1);
    await publisher.send(between(2_000, 4_000));
    expect(await bench.files()).toHaveLength(1);
  });

  test("another path: the next key frame begins another file, and nothing is lost", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    const frames = between(0, 5_000);
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs < 2_500));
    await bench.reload({ dvr_path: `${REC}/other/[stream].[timestamp].flv` });
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs >= 2_500));
    await publisher.leave();
    const paths = await bench.files();
    expect(paths.map((path) => path.replace(/\d{13}/, "N"))).toEqual([
      "/rec/live/show.N.flv",
      "/rec/other/show.N.flv",
    ]);
    expect(paths.flatMap((path) => payloadsIn(bench, path))).toEqual(payloadsOf(frames));
    const second = readFlvFile(bench.contentOf(paths[1] ?? "")).frames;
    expect(picturesOf(frames).map(({ dtsMs }) => dtsMs)).toContain(3_000);
    expect(second.find(({ kind }) => kind === "video")?.dtsMs).toBeLessThan(22);
  });

  test("another path, of a source without key frames", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 40_000, gop: 100_000, hasAudio: false });
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs < 2_500));
    await bench.reload({ dvr_path: `${REC}/other/[stream].flv` });
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs >= 2_500));
    await publisher.leave();
    const paths = await bench.files();
    expect(paths.flatMap((path) => payloadsIn(bench, path))).toEqual(payloadsOf(frames));
    expect(payloadsIn(bench, `${REC}/other/show.flv`).length).toBeGreaterThan(500);
  });

  test("another duration counts for the file that is being written", async () => {
    const bench = new RecordingBench({ dvr_plan: "segment", dvr_duration: 100 });
    const publisher = await bench.publish();
    await publisher.send(between(0, 3_500));
    await bench.reload({ dvr_plan: "segment", dvr_duration: 2 });
    await publisher.send(between(3_500, 4_500).filter(({ dtsMs }) => dtsMs >= 3_500));
    await settleTasks();
    expect(bench.recorded).toHaveLength(1);
  });

  test("dvr_apply says which", async () => {
    const bench = new RecordingBench({ dvr_apply: ["live/other"] });
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    expect(await bench.files()).toEqual([]);
    await bench.reload({ dvr_apply: ["live/other", "live/show"] });
    expect(await bench.files()).toHaveLength(1);
  });

  test("settings that say the same leave the file as it is", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    await bench.reload({ dvr_queue_bytes: 2_000_000 });
    await publisher.send(between(2_000, 4_000));
    await publisher.leave();
    expect(await bench.files()).toHaveLength(1);
  });
});

describe("append", () => {
  const APPEND = { dvr_plan: "append", dvr_append_wait: 60 };

  test("by command what waits is complete, and its publisher is who recorded it", async () => {
    const bench = new RecordingBench(APPEND);
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    await publisher.leave();
    expect(bench.recorded).toEqual([]);
    expect(bench.dvr.stop(NAME)).toBeUndefined();
    await settleTasks();
    const [file] = await bench.files();
    expect(bench.recorded).toMatchObject([{ file, publisher: { clientId: "publisher" } }]);
    expect(bench.dvr.stop(NAME)).toBe("not_recorded");
  });

  test("who publishes again goes on in the same file, with times that go on", async () => {
    const bench = new RecordingBench(APPEND);
    const sent = [between(0, 2_000), between(50_000, 52_000), between(7_000, 9_000)];
    for (const frames of sent) {
      const publisher = await bench.publish();
      await publisher.send(frames);
      await publisher.leave();
      await bench.advance(30_000);
      expect(bench.recorded).toEqual([]);
    }
    await bench.advance(31_000);
    expect(bench.recorded).toHaveLength(1);
    const [path = ""] = await bench.files();
    const { frames, metadata } = readFlvFile(bench.contentOf(path));
    expect(frames.map(({ payload }) => payload)).toEqual(payloadsOf(sent.flat()));
    const pictures = frames.filter(({ kind }) => kind === "video").map(({ dtsMs }) => dtsMs);
    const steps = pictures.slice(1).map((ms, i) => ms - (pictures[i] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(0);
    expect(Math.max(...steps)).toBeLessThanOrEqual(60);
    expect(metadata.get("duration")).toBeCloseTo(6, 0);
  });

  test("off, and the end of the server, complete what waits", async () => {
    const bench = new RecordingBench(APPEND);
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    await publisher.leave();
    await bench.reload({ ...APPEND, enabled: false });
    await bench.advance(1_000);
    expect(bench.recorded).toHaveLength(1);
  });

  test("ever new names keep no more than 64 files open", async () => {
    const bench = new RecordingBench({ ...APPEND, dvr_append_wait: 600 });
    for (let i = 0; i < 70; i++) {
      const publisher = await bench.publish(`live/show${i}`);
      await publisher.send(between(0, 1_000));
      await publisher.leave();
    }
    expect(bench.recorded).toHaveLength(6);
    expect(bench.dvr.list()).toHaveLength(64);
  });
});

describe("asked for", () => {
  test("begins with the latest key frame, whatever is set, and ends", async () => {
    const bench = new RecordingBench({ enabled: false });
    const publisher = await bench.publish();
    expect(bench.dvr.record({ ...NAME, stream: "nobody" })).toBe("not_published");
    await publisher.send(between(0, 2_500));
    expect(bench.dvr.list()).toEqual([]);
    expect(bench.dvr.record(NAME)).toBeUndefined();
    expect(bench.dvr.record(NAME)).toBe("recorded_already");
    await publisher.send(between(2_500, 3_500));
    expect(bench.dvr.list()).toMatchObject([
      { url: "/live/show", format: "flv", plan: "session", isAskedFor: true, isFailing: false },
    ]);
    await bench.reload({ enabled: false }); // Which says nothing of it.
    expect(bench.dvr.list()).toHaveLength(1);
    expect(bench.dvr.stop(NAME)).toBeUndefined();
    expect(bench.dvr.stop(NAME)).toBe("not_recorded");
    await settleTasks();
    expect(bench.recorded).toHaveLength(1);
    const [path = ""] = await bench.files();
    expect(payloadsIn(bench, path)).toHaveLength(picturesOf(between(2_000, 3_500)).length + 71);
  });

  test("not to be recorded any more holds until the next publisher", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    expect(bench.dvr.stop(NAME)).toBeUndefined();
    await bench.reload({ dvr_duration: 31 });
    await publisher.send(between(2_000, 4_000));
    expect(await bench.files()).toHaveLength(1);
    expect(bench.dvr.list()).toEqual([]);
    await publisher.leave();
    await (await bench.publish()).send(between(0, 2_000));
    expect(bench.dvr.list()).toHaveLength(1);
  });
});

test("a publisher who leaves ends the file at once, though its viewers wait for it", async () => {
  const bench = new RecordingBench({}, { vhost: { publish: { grace_ms: 10_000 } } });
  for (const fromMs of [0, 3_000]) {
    const publisher = await bench.publish();
    await publisher.send(between(fromMs, fromMs + 2_000));
    await publisher.leave();
    expect(bench.recorded).toHaveLength(fromMs === 0 ? 1 : 2);
    await bench.advance(1_000);
  }
});

test("what comes from another process is recorded there", async () => {
  const bench = new RecordingBench();
  const publication = await bench.hub.publish(NAME, {
    clientId: "relay",
    isRelayed: true,
    close: () => undefined,
  });
  for (const frame of between(0, 2_000)) {
    publication.writeFrame({ ...frame, track: publication.writeTrack(frame.track) });
  }
  await bench.advance(2_000);
  expect(await bench.files()).toEqual([]);
  expect(bench.dvr.record(NAME)).toBe("not_published");
});

describe("names", () => {
  const WALL_MS = Date.UTC(2026, 10, 7, 5, 4, 3, 21);
  const nameOf = (path: string, stream = "show", app = "live"): string =>
    new RecordingNames(path, true).nameFor({ vhost: "v", app, stream }, WALL_MS).at(0);

  test.each([
    ["/rec/[vhost]/[app]/[stream].[timestamp].flv", `/rec/v/live/show.${WALL_MS}.flv`],
    ["/rec/[2006]/[01]/[02]/[15].[04].[05].[999].mp4", "/rec/2026/11/07/05.04.03.021.mp4"],
    ["/rec/[stream].ts", "/rec/show.ts"],
    // SRS's rule for what has no ending that it knows.
    ["/rec/[app]", `/rec/live/show.${WALL_MS}.flv`],
    ["/rec/", `/rec/show.${WALL_MS}.flv`],
    ["rec/[stream].mkv", `rec/show.mkv/show.${WALL_MS}.flv`],
    ["./rec/[unknown].flv", "./rec/[unknown].flv"],
  ])("%s", (path, expected) => {
    expect(nameOf(path)).toBe(expected);
  });

  test("what a stream is called is no template", () => {
    expect(nameOf("/rec/[stream].flv", "[app]-[2006]")).toBe("/rec/[app]-[2006].flv");
  });

  test.each([
    ["./html/[app]/[stream].[timestamp].flv", "html"],
    [".//html/./more//[app]/", "html/more"],
    ["../html/[stream].flv", "../html"],
    ["//server/share/[stream].flv", "//server/share"],
    ["/rec/a-[stream].flv", "/rec"],
    ["[app]/[stream].flv", "."],
    ["rec-[app]/[stream].flv", "."],
    ["./[app]/[stream].flv", "."],
    ["/[app]/[stream].flv", "/"],
    ["/rec/fixed.flv", "/rec"],
  ])("%s is below %s", (path, root) => {
    expect(new RecordingNames(path, true).root).toBe(root);
  });

  test("are known for what they are, complete or not, whoever else's name was taken", () => {
    const names = new RecordingNames("/rec/[app]/[stream].[timestamp].mp4", true);
    for (const name of [
      "a/b.123.mp4",
      "a/b.123.mp4.tmp",
      "a/b.123.mp4.tmp.plain",
      "a/b.123-7.mp4",
    ]) {
      expect([name, names.match(name)?.stream]).toEqual([name, "b"]);
    }
    for (const name of ["a/b.mp4", "b.123.mp4", "a/b.123.flv", "a/index.html"]) {
      expect([name, names.match(name)]).toEqual([name, undefined]);
    }
  });

  test("are known in a folder that has no name too", () => {
    for (const path of ["[app]/[stream].flv", "./[app]/[stream].flv", "/[app]/[stream].flv"]) {
      expect([path, new RecordingNames(path, true).match("a/b.flv")?.app]).toEqual([path, "a"]);
    }
    expect(new RecordingNames("rec-[app]/b.flv", true).match("rec-a/b.flv")?.app).toBe("a");
  });

  test.each([".dvr", "x/.dvr", ".DVR/y"])("app %s is not the recorder's folder", async (app) => {
    const bench = new RecordingBench();
    const publisher = await bench.publish(`${app}/show`);
    await publisher.send(between(0, 20_000));
    expect(bench.events("recording failed")).toMatchObject([{ code: "EPERM" }]);
    expect(bench.events("recording started")).toEqual([]);
    await publisher.leave();
    expect(await bench.runtime.files.stat(REC)).toBeUndefined();
    expect(nameOf("/rec/.dvr/[app]/[stream].flv")).toBe("/rec/.dvr/live/show.flv");
  });

  test("a file that is there is never touched: the next one has a number", async () => {
    const bench = new RecordingBench({ dvr_path: `${REC}/[stream].flv` });
    const { files } = bench.runtime;
    await files.makeFolder(REC);
    await files.write(`${REC}/show.flv`, "precious");
    await files.write(`${REC}/show-1.flv.tmp`, "somebody writes it");
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    // And one that comes meanwhile is not touched either.
    await files.write(`${REC}/show-2.flv`, "precious too");
    await publisher.leave();
    expect(files.readTextSync(`${REC}/show.flv`)).toBe("precious");
    expect(files.readTextSync(`${REC}/show-1.flv.tmp`)).toBe("somebody writes it");
    expect(files.readTextSync(`${REC}/show-2.flv`)).toBe("precious too");
    expect(bench.recorded.map(({ file }) => file)).toEqual([`${REC}/show-2-1.flv`]);
  });
});

test("what is complete is listed beside the recordings, and a torn line spoils no other", async () => {
  const bench = new RecordingBench();
  const { files } = bench.runtime;
  const index = `${REC}/.dvr/recordings.jsonl`;
  await files.makeFolder(`${REC}/.dvr`);
  await files.write(index, `{"url":"/live/old","file":"x"}\n{"url":"/live/to`);
  const publisher = await bench.publish();
  await publisher.send(between(0, 2_000));
  await publisher.leave();
  const second = await bench.publish();
  await second.send(between(0, 1_000));
  await second.leave();
  const lines = files.readTextSync(index).split("\n");
  const parsed = lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
  expect(parsed.map(({ url }) => url)).toEqual(["/live/old", "/live/show", "/live/show"]);
  const [path = ""] = await bench.files();
  expect(parsed[1]).toMatchObject({
    ...{ vhost: "__defaultVhost__", app: "live", stream: "show", file: path, format: "flv" },
    size: bench.contentOf(path).length,
    tracks: [
      { kind: "video", codec: "h264" },
      { kind: "audio", codec: "aac" },
    ],
  });
  expect(Number(parsed[1]?.["durationMs"])).toBeCloseTo(2_000, -2);
  // What was let publish with is nobody's business.
  expect(files.readTextSync(index)).not.toContain("secret");
});
