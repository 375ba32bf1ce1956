/**
 * Goal: what has been recorded is found again by any process, by what is asked for and in order, whatever
 * has become of the list on disk; and nobody gets from there to a file that is no recording.
 *
 * Method: lists are written as recorders write them, or as broken disks and strangers would, and are read
 * as they grow.
 */

import { expect, test } from "vitest";
import { createLogging } from "../../../src/app/logging.ts";
import { createRecordingCatalog } from "../../../src/app/recording.ts";
import { SystemError } from "../../../src/base/errors.ts";
import type { Logger } from "../../../src/base/logger.ts";
import type { StreamName } from "../../../src/base/stream-name.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import {
  type CataloguedRecording,
  RecordingCatalog,
} from "../../../src/services/dvr/recording-catalog.ts";
import { RecordingIndex } from "../../../src/services/dvr/recording-index.ts";
import {
  formatRecordingLine,
  type ListedRecording,
  parseRecordingLine,
} from "../../../src/services/dvr/recording-line.ts";
import { RecordingTable } from "../../../src/services/dvr/recording-table.ts";
import { memoryConfig } from "../../support/memory-server.ts";
import { framesOf } from "../../support/packaging-frames.ts";
import { REC, RecordingBench } from "../../support/recording-bench.ts";

const SHOW: StreamName = { vhost: "__defaultVhost__", app: "live", stream: "show" };
const OTHER: StreamName = { vhost: "b.example", app: "live/deep", stream: "other" };
const LIST = `${REC}/.dvr/recordings.jsonl`;

interface Noted {
  readonly root?: string;
  readonly name?: StreamName;
  readonly startedMs?: number;
  readonly durationMs?: number;
}

class CatalogBench {
  readonly runtime = new MemoryRuntime();
  roots: readonly string[] = [REC];
  logText = "";
  readonly logger: Logger = createLogging({
    ...{ level: "debug", format: "json", hasColour: false },
    target: (text) => {
      this.logText += text;
    },
  }).logger;
  readonly catalog: RecordingCatalog;
  /** Bytes read from lists. */
  readSize = 0;

  constructor() {
    const { files } = this.runtime;
    const open = files.open.bind(files);
    files.open = async (path, mode) => {
      const file = await open(path, mode);
      const read = file.read.bind(file);
      file.read = async (offset, size) => {
        const bytes = await read(offset, size);
        this.readSize += bytes.length;
        return bytes;
      };
      return file;
    };
    this.catalog = this.another();
  }

  /** That of another process. */
  another(): RecordingCatalog {
    const { files, crypto } = this.runtime;
    const { logger } = this;
    return new RecordingCatalog({ files, crypto, logger, roots: () => this.roots });
  }

  /** As the recorder notes it when the file has its name. */
  async note(file: string, noted: Noted = {}): Promise<void> {
    const { root = REC, name = SHOW, startedMs = 1_000, durationMs = 500 } = noted;
    const { files } = this.runtime;
    await files.makeFolder(file.slice(0, file.lastIndexOf("/")) || "/");
    const content = `content of ${file}`;
    await files.write(file, content);
    await new RecordingIndex(files).add(root, {
      ...{ url: "ignored", name, publisher: undefined, path: file, durationMs },
      ...{ format: "flv", startedWallMs: startedMs, size: content.length },
      tracks: [{ kind: "video", codec: "h264" }],
    });
  }

  async append(text: string): Promise<void> {
    await this.runtime.files.makeFolder(`${REC}/.dvr`);
    await this.runtime.files.append(LIST, text);
  }
}

function pathsOf(recordings: readonly CataloguedRecording[]): string[] {
  return recordings.map(({ path }) => path.replace(`${REC}/`, ""));
}

test("what a recorder has noted is found, with what its file is like now", async () => {
  const bench = new RecordingBench();
  const publisher = await bench.publish();
  await publisher.send(framesOf({ fromMs: 0, toMs: 2_000, gop: 25 }));
  await publisher.leave();
  const { logger } = bench;
  const { files, crypto } = bench.runtime;
  const catalog = new RecordingCatalog({ files, crypto, logger, roots: () => [REC] });
  const [path = ""] = await bench.files();
  const [found] = await catalog.find({ name: SHOW });
  expect(found).toMatchObject({
    ...{ root: REC, url: "/live/show", name: SHOW, path, format: "flv" },
    size: bench.contentOf(path).length,
    tracks: [
      { kind: "video", codec: "h264" },
      { kind: "audio", codec: "aac" },
    ],
  });
  expect(found?.durationMs).toBeGreaterThan(1_900);
  expect(await catalog.get(found?.id ?? "")).toEqual(found);
});

test("a line says what it was made of", () => {
  const recording: ListedRecording = {
    ...{ url: "/live/show", name: SHOW, path: "./a/b.ts", format: "ts", size: 7 },
    ...{ startedWallMs: 3, durationMs: 4, tracks: [{ kind: "audio", codec: "opus" }] },
  };
  expect(parseRecordingLine(formatRecordingLine(recording))).toEqual(recording);
});

test("the newest comes first, or the oldest if that is asked for, in pieces", async () => {
  const bench = new CatalogBench();
  for (const startedMs of [3_000, 1_000, 5_000, 2_000, 4_000]) {
    await bench.note(`${REC}/${startedMs}.flv`, { startedMs });
  }
  const { catalog } = bench;
  const newest = ["5000.flv", "4000.flv", "3000.flv", "2000.flv", "1000.flv"];
  expect(pathsOf(await catalog.find({}))).toEqual(newest);
  expect(pathsOf(await catalog.find({ order: "oldest_first" }))).toEqual(newest.toReversed());
  expect(pathsOf(await catalog.find({ start: 1, limit: 2 }))).toEqual(newest.slice(1, 3));
  await bench.runtime.files.remove(`${REC}/5000.flv`);
  // What is gone is not counted either.
  expect(pathsOf(await catalog.find({ start: 1, limit: 2 }))).toEqual(newest.slice(2, 4));
});

test("names and times say which", async () => {
  const bench = new CatalogBench();
  await bench.note(`${REC}/a.flv`, { startedMs: 1_000, durationMs: 1_000 });
  await bench.note(`${REC}/b.flv`, { startedMs: 2_500, durationMs: 1_000 });
  await bench.note(`${REC}/c.flv`, { name: OTHER, startedMs: 3_000 });
  const find = async (filter: Parameters<RecordingCatalog["find"]>[0]): Promise<string[]> =>
    pathsOf(await bench.catalog.find({ ...filter, order: "oldest_first" }));
  expect(await find({ name: SHOW })).toEqual(["a.flv", "b.flv"]);
  expect(await find({ vhost: "b.example" })).toEqual(["c.flv"]);
  expect(await find({ app: "live/deep", stream: "other" })).toEqual(["c.flv"]);
  expect(await find({ app: "live/deep", stream: "show" })).toEqual([]);
  expect(await find({ fromWallMs: 2_000 })).toEqual(["a.flv", "b.flv", "c.flv"]);
  expect(await find({ fromWallMs: 2_001, toWallMs: 2_500 })).toEqual(["b.flv"]);
  expect(await find({ toWallMs: 2_499 })).toEqual(["a.flv"]);
  expect(await find({ fromWallMs: 2_100, toWallMs: 2_400 })).toEqual([]);
});

test("ids are the same at each process, and lead nowhere else", async () => {
  const bench = new CatalogBench();
  await bench.note(`${REC}/a.flv`);
  await bench.note(`${REC}/b.flv`);
  const ids = (await bench.catalog.find({})).map(({ id }) => id);
  expect((await bench.another().find({})).map(({ id }) => id)).toEqual(ids);
  expect(new Set(ids).size).toBe(2);
  const [id = ""] = ids;
  const strange = [
    "",
    "..",
    "../a.flv",
    "a.flv",
    `${id}0`,
    id.slice(1),
    id.toUpperCase(),
    `${id}/..`,
  ];
  // Starts as a known one does, as far as a number holds it.
  strange.push(`${id.slice(0, 20)}${id.slice(20) === "0000" ? "1111" : "0000"}`, "f".repeat(24));
  for (const text of strange) {
    if (text === id) continue;
    expect(await bench.catalog.get(text), text).toBeUndefined();
  }
});

test("lines that are torn, strange or of other places are left out, and no other ones", async () => {
  const bench = new CatalogBench();
  const { files } = bench.runtime;
  await bench.note(`${REC}/a.flv`);
  const line = new TextDecoder().decode(await files.read(LIST)).trim();
  const value = JSON.parse(line) as Record<string, unknown>;
  const others = [
    "/etc/passwd.flv",
    `${REC}/../secret.flv`,
    `${REC}/.dvr/x.flv`,
    `${REC}/live/.DVR/x.flv`,
    "/recorded/x.flv",
  ];
  for (const path of [...others, `${REC}/folder.flv/x`, `${REC}/a.txt`, `${REC}/a.mp4`]) {
    await files.makeFolder(path.slice(0, path.lastIndexOf("/")));
    await files.write(path, "x".repeat(Number(value["size"])));
  }
  const strange: unknown[] = [
    ...[null, 1, "text", [], {}, [value]],
    ...[...others, `${REC}/folder.flv`, `${REC}/a.txt`, 7, null].map((file) => ({
      ...value,
      file,
    })),
    ...[...["mp4", "ts", 1, "constructor"].map((format) => ({ ...value, format }))],
    ...[Number.MAX_VALUE, -1, "1", null, { valueOf: 1 }].map((startedMs) => ({
      ...value,
      startedMs,
    })),
    ...[{ durationMs: [] }, { size: "9" }, { vhost: 1 }, { app: ".." }, { stream: "a/b" }].map(
      (part) => ({ ...value, ...part }),
    ),
    { ...value, file: `${REC}/a\0.flv` },
  ];
  const texts = strange.map((one) => JSON.stringify(one));
  await bench.append(`\n${texts.join("\n")}\n\n\n{"url":"/live/show","vh`);
  await bench.append(`${"x".repeat(700_000)}\n${line.replace("a.flv", "gone.flv")}\n`);
  await bench.append(`${JSON.stringify({ ...value, padding: "x".repeat(100_000) })}\n`);
  await bench.note(`${REC}/b.flv`, { startedMs: 900 });
  expect(pathsOf(await bench.catalog.find({}))).toEqual(["a.flv", "b.flv"]);
  await bench.append(`${JSON.stringify({ ...value, tracks: [{ kind: 1 }, null, "x"] })}\n`);
  expect((await bench.catalog.find({ limit: 1 }))[0]?.tracks).toEqual([]);
});

test("a line that is being written counts when it is whole", async () => {
  const bench = new CatalogBench();
  await bench.note(`${REC}/a.flv`);
  await bench.runtime.files.write(`${REC}/b.flv`, `content of ${REC}/b.flv`);
  const line = (await bench.runtime.files.readText(LIST)).trim().replace("a.flv", "b.flv");
  await bench.append(line.slice(0, 40));
  expect(pathsOf(await bench.catalog.find({}))).toEqual(["a.flv"]);
  await bench.append(`${line.slice(40)}\n`);
  expect(pathsOf(await bench.catalog.find({})).sort()).toEqual(["a.flv", "b.flv"]);
});

test("what has been read is not read again, but for the lines that are wanted", async () => {
  const bench = new CatalogBench();
  for (let i = 0; i < 200; i++) await bench.note(`${REC}/${i}.flv`, { startedMs: i });
  await bench.catalog.find({ limit: 1 });
  const size = bench.runtime.files.contentOf(LIST).length;
  expect(bench.readSize).toBeGreaterThanOrEqual(size);
  const before = bench.readSize;
  await bench.note(`${REC}/new.flv`, { startedMs: 1_000 });
  expect(pathsOf(await bench.catalog.find({ limit: 1 }))).toEqual(["new.flv"]);
  expect(bench.readSize - before).toBeLessThan(size / 4);
});

test("a list that is written anew is read anew", async () => {
  const bench = new CatalogBench();
  await bench.note(`${REC}/a.flv`);
  await bench.note(`${REC}/b.flv`, { startedMs: 2_000 });
  await bench.catalog.find({});
  const text = await bench.runtime.files.readText(LIST);
  const [first = "", second = ""] = text.split("\n").filter((line) => line !== "");
  // As long as before, in another order: seen when a line is wanted.
  await bench.runtime.files.write(LIST, `${second}\n${first}\n\n`);
  await bench.catalog.find({});
  expect(pathsOf(await bench.catalog.find({}))).toEqual(["b.flv", "a.flv"]);
  await bench.runtime.files.write(LIST, `${first}\n`);
  expect(pathsOf(await bench.catalog.find({}))).toEqual(["a.flv"]);
  await bench.runtime.files.remove(LIST);
  expect(await bench.catalog.find({})).toEqual([]);
});

test("of two recordings that had the same name one after the other it is the later one", async () => {
  const bench = new CatalogBench();
  await bench.note(`${REC}/a.flv`, { startedMs: 9_000 });
  await bench.note(`${REC}/a.flv`, { startedMs: 1_000 });
  const found = await bench.catalog.find({});
  expect(found.map(({ startedWallMs }) => startedWallMs)).toEqual([9_000]);
});

test("what has taken the name of a recording is not it", async () => {
  const bench = new CatalogBench();
  await bench.note(`${REC}/a.flv`);
  const [{ id } = { id: "" }] = await bench.catalog.find({});
  // Somebody has deleted it, and the line of the next one could not be written.
  await bench.runtime.files.write(`${REC}/a.flv`, "the next recording of that name");
  expect(await bench.catalog.find({})).toEqual([]);
  expect(await bench.catalog.get(id)).toBeUndefined();
});

test("folders are those that are recorded to, however they are written", async () => {
  const bench = new CatalogBench();
  bench.roots = ["./html", ".", "/", REC];
  await bench.note("./html/live/a.flv", { root: "./html" });
  await bench.note("live/b.flv", { root: "." });
  await bench.note("/c.flv", { root: "/" });
  await bench.note(`${REC}/d.flv`);
  const paths = async (): Promise<string[]> => pathsOf(await bench.catalog.find({})).sort();
  expect(await paths()).toEqual(["./html/live/a.flv", "/c.flv", "d.flv", "live/b.flv"]);
  bench.roots = [REC];
  expect(await paths()).toEqual(["d.flv"]);
});

test("a folder that is written with .. has recordings, and nothing above it", async () => {
  const bench = new CatalogBench();
  bench.roots = ["../rec", ".."];
  await bench.note("../rec/live/a.flv", { root: "../rec" });
  await bench.note("../rec/../b.flv", { root: "../rec" });
  await bench.note("../c.flv", { root: ".." });
  await bench.note("../../d.flv", { root: ".." });
  const paths = (await bench.catalog.find({})).map(({ path }) => path);
  expect(paths.sort()).toEqual(["../c.flv", "../rec/live/a.flv"]);
});

test("one folder that vhosts spell in several ways is one", async () => {
  const bench = new CatalogBench();
  const paths = ["./rec/[stream].flv", "rec//[stream].flv", "./rec/./[vhost]/[stream].flv"];
  const vhosts = Object.fromEntries(
    paths.map((dvr_path, i) => [`${i}.example`, { dvr: { dvr_path } }]),
  );
  const config = memoryConfig({ vhosts });
  const catalog = createRecordingCatalog(bench.runtime, bench.logger, () => config);
  await bench.note("./rec/a.flv", { root: "./rec" });
  await bench.note("rec//b.flv", { root: "rec" });
  const found = await catalog.find({ order: "oldest_first" });
  expect(found.map(({ path }) => path)).toEqual(["./rec/a.flv", "rec//b.flv"]);
});

test("a folder that cannot be read is said once, and hides no other one", async () => {
  const bench = new CatalogBench();
  bench.roots = ["/broken", REC];
  const paths = ["/broken/a.flv", `${REC}/b.flv`];
  for (const path of paths) await bench.note(path, { root: path.slice(0, path.lastIndexOf("/")) });
  const [second, first] = await bench.catalog.find({ order: "oldest_first" });
  expect(new Set([first?.path, second?.path])).toEqual(new Set(paths));
  const ids = Object.fromEntries([first, second].map((one) => [one?.path, one?.id ?? ""]));
  const { files } = bench.runtime;
  const { stat } = files;
  const isBroken = { folder: "/broken/.dvr" };
  files.stat = (path) =>
    path.startsWith(isBroken.folder)
      ? Promise.reject(new SystemError("EACCES", "Cannot read"))
      : stat.call(files, path);
  const { catalog } = bench;
  expect(pathsOf(await catalog.find({}))).toEqual(["b.flv"]);
  expect((await catalog.get(ids[`${REC}/b.flv`] ?? ""))?.path).toBe(`${REC}/b.flv`);
  // Whether it is there nobody knows.
  await expect(catalog.get(ids["/broken/a.flv"] ?? "")).rejects.toThrow(SystemError);
  const said = (): number => bench.logText.split("recordings not looked for").length - 1;
  expect(said()).toBe(1);
  isBroken.folder = "/";
  await expect(catalog.find({})).rejects.toThrow(SystemError);
  isBroken.folder = "nothing";
  expect(await catalog.find({})).toHaveLength(2);
  isBroken.folder = "/broken/.dvr";
  await catalog.find({});
  expect(said()).toBe(3);
});

test("a hundred thousand lines, for some who ask at once", { timeout: 60_000 }, async () => {
  const bench = new CatalogBench();
  await bench.note(`${REC}/a.flv`);
  const line = (await bench.runtime.files.readText(LIST)).trim();
  const lines = Array.from({ length: 100_000 }, (_, i) =>
    line.replace("a.flv", `${i}.flv`).replace('"startedMs":1000', `"startedMs":${2_000 + i}`),
  );
  await bench.append(`${lines.join("\n")}\n`);
  await bench.runtime.files.write(`${REC}/99990.flv`, `content of ${REC}/a.flv`);
  const all = await Promise.all([1, 2, 3].map(() => bench.catalog.find({ limit: 1 })));
  expect(all.map(pathsOf)).toEqual([["99990.flv"], ["99990.flv"], ["99990.flv"]]);
  expect(bench.readSize).toBeLessThan(1.1 * bench.runtime.files.contentOf(LIST).length);
});

test("of too many lines the first ones are left out", () => {
  const table = new RecordingTable(100);
  for (let key = 0; key < 1_000; key++) {
    table.add({
      ...{ key, startedMs: key, endedMs: key, size: 1 },
      ...{ lineOffset: 0, lineSize: 1, name: SHOW },
    });
  }
  const keys = table.select({ app: "live" }).map((row) => table.key(row));
  expect(keys.at(-1)).toBe(999);
  expect(keys.length).toBeGreaterThanOrEqual(75);
  expect(keys.length).toBeLessThanOrEqual(100);
  expect(keys.every((key) => table.key(table.find(key) ?? -1) === key)).toBe(true);
  expect(table.find(0)).toBeUndefined();
});
