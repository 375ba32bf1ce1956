/**
 * Goal: no more recordings are kept than is set, the oldest go first, and nothing goes that is not to: no
 * other vhost's, no newer one because others are gone by themselves, none that is being written.
 *
 * Method: recordings are noted as recorders note them, in files in memory, and minutes pass by hand.
 */

import { expect, onTestFinished, test } from "vitest";
import { createLogging } from "../../../src/app/logging.ts";
import { keepRules } from "../../../src/app/recording.ts";
import { SystemError } from "../../../src/base/errors.ts";
import type { ServerEvent } from "../../../src/live/server-event.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import { RecordingCatalog } from "../../../src/services/dvr/recording-catalog.ts";
import { RecordingIndex } from "../../../src/services/dvr/recording-index.ts";
import { RecordingRemoval } from "../../../src/services/dvr/recording-removal.ts";
import {
  type KeepRule,
  RecordingRetention,
} from "../../../src/services/dvr/recording-retention.ts";
import { MemoryServer, memoryConfig } from "../../support/memory-server.ts";
import { MemoryWorkers } from "../../support/memory-workers.ts";
import { settleTasks } from "../../support/packaging-bench.ts";

const VHOST = "__defaultVhost__";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SIZE = 100;

interface Noted {
  readonly vhost?: string;
  readonly root?: string;
  readonly startedWallMs?: number;
}

class RetentionBench {
  readonly runtime = new MemoryRuntime();
  readonly told: ServerEvent[] = [];
  roots: readonly string[] = ["/rec"];
  rules: KeepRule[] = [];
  logText = "";
  readonly retention: RecordingRetention;
  #count = 0;

  constructor(rule: Partial<KeepRule> = {}) {
    this.rules = [{ vhost: VHOST, root: "/rec", keepMs: 0, sizeMax: 0, ...rule }];
    const { files, crypto, clock } = this.runtime;
    const target = (text: string): void => {
      this.logText += text;
    };
    const { logger } = createLogging({ level: "debug", format: "json", hasColour: false, target });
    const catalog = new RecordingCatalog({ files, crypto, logger, roots: () => this.roots });
    const tell = (event: ServerEvent): void => void this.told.push(event);
    const removal = new RecordingRemoval({ files, logger, tell });
    this.retention = new RecordingRetention({
      ...{ catalog, removal, clock, logger },
      rules: () => this.rules,
    });
    onTestFinished(() => this.retention.close());
  }

  /** A recording of a minute that ends now. */
  async record(name: string, noted: Noted = {}): Promise<void> {
    const { vhost = VHOST, root = "/rec" } = noted;
    const { files, clock } = this.runtime;
    const path = `${root}/${name}.flv`;
    await files.makeFolder(root);
    await files.write(path, "x".repeat(SIZE));
    await new RecordingIndex(files).add(root, {
      ...{ url: "", name: { vhost, app: "live", stream: "show" }, publisher: undefined },
      ...{ path, size: SIZE, format: "flv", tracks: [] },
      // No two begin at once.
      startedWallMs: noted.startedWallMs ?? clock.wallMs() - MINUTE_MS + this.#count,
      durationMs: MINUTE_MS,
    });
    this.#count += 1;
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= MINUTE_MS) {
      this.runtime.clock.advance(Math.min(left, MINUTE_MS));
      this.retention.sweep(this.runtime.clock.monotonicMs());
      for (let i = 0; i < 5; i++) await settleTasks();
    }
  }

  async left(root = "/rec"): Promise<string[]> {
    const names = await this.runtime.files.list(root);
    return names.filter((name) => name !== ".dvr").map((name) => name.replace(".flv", ""));
  }

  get deleted(): string[] {
    return this.told.map((event) =>
      event.type === "recording.deleted" ? `${event.file} ${event.reason}` : event.type,
    );
  }
}

test("nothing is deleted, and nothing read, unless that is set", async () => {
  const bench = new RetentionBench();
  await bench.record("a");
  const { files } = bench.runtime;
  files.open = () => Promise.reject(new Error("nobody is to read"));
  await bench.pass(1_000 * MINUTE_MS);
  expect(await bench.left()).toEqual(["a"]);
  expect(bench.logText).toBe("");
});

test("what ended too long ago goes", async () => {
  const bench = new RetentionBench({ keepMs: HOUR_MS });
  await bench.record("a");
  await bench.pass(30 * MINUTE_MS);
  await bench.record("b");
  await bench.pass(30 * MINUTE_MS);
  expect(await bench.left()).toEqual(["a", "b"]);
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["b"]);
  await bench.pass(30 * MINUTE_MS);
  expect(await bench.left()).toEqual([]);
  expect(bench.told[0]).toEqual({
    ...{ type: "recording.deleted", vhost: VHOST, app: "live", stream: "show" },
    ...{ file: "/rec/a.flv", format: "flv", size: SIZE, reason: "keep_days" },
  });
  expect(bench.deleted).toEqual(["/rec/a.flv keep_days", "/rec/b.flv keep_days"]);
});

test("what has just been written stays, whatever its line says of when it was", async () => {
  const bench = new RetentionBench({ keepMs: HOUR_MS });
  // It began before the machine's clock was set.
  await bench.record("a", { startedWallMs: 5_000 });
  await bench.pass(50 * MINUTE_MS);
  await bench.record("b");
  await bench.pass(10 * MINUTE_MS);
  expect(await bench.left()).toEqual(["a", "b"]);
  await bench.pass(2 * MINUTE_MS);
  expect(await bench.left()).toEqual(["b"]);
});

test("a recording that has taken the name of an old one stays", async () => {
  const bench = new RetentionBench({ keepMs: HOUR_MS });
  await bench.record("a");
  await bench.pass(59 * MINUTE_MS);
  // Somebody has deleted the old one, and the line of the new one could not be written.
  await bench.runtime.files.write("/rec/a.flv", "y".repeat(SIZE));
  await bench.pass(10 * MINUTE_MS);
  expect(await bench.left()).toEqual(["a"]);
});

test("the oldest go until the others are no more than may be", async () => {
  const bench = new RetentionBench({ sizeMax: 3 * SIZE });
  for (const name of ["e", "d", "c"]) await bench.record(name);
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["c", "d", "e"]);
  for (const name of ["b", "a"]) await bench.record(name);
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["a", "b", "c"]);
  expect(bench.deleted).toEqual(["/rec/e.flv keep_bytes", "/rec/d.flv keep_bytes"]);
  await bench.record("0");
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["0", "a", "b"]);
});

test("the newest stays, however large it is", async () => {
  const bench = new RetentionBench({ sizeMax: 10 });
  for (const name of ["a", "b"]) await bench.record(name);
  await bench.pass(2 * MINUTE_MS);
  expect(await bench.left()).toEqual(["b"]);
});

test("each vhost has its own limits, in the folder that it records to", async () => {
  const bench = new RetentionBench({ sizeMax: SIZE });
  bench.roots = ["/rec", "/more"];
  await bench.record("a");
  await bench.record("other", { vhost: "b.example" });
  await bench.record("b", { root: "/more" });
  await bench.record("c");
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["c", "other"]);
  expect(await bench.left("/more")).toEqual(["b"]);
  bench.rules = [{ vhost: "b.example", root: "/rec", keepMs: MINUTE_MS, sizeMax: 0 }];
  await bench.pass(2 * MINUTE_MS);
  expect(await bench.left()).toEqual(["c"]);
});

test("a folder that cannot be read stops it for nobody else, and is said once", async () => {
  const other = { vhost: "b.example", root: "/more", keepMs: 1, sizeMax: 0 };
  const bench = new RetentionBench({ keepMs: 1 });
  bench.roots = ["/rec", "/more"];
  bench.rules = [...bench.rules, other];
  await bench.record("a");
  await bench.record("b", { vhost: "b.example", root: "/more" });
  const { files } = bench.runtime;
  const stat = files.stat.bind(files);
  files.stat = (path) =>
    path.startsWith("/rec/.dvr") ? Promise.reject(new SystemError("EACCES", "No")) : stat(path);
  await bench.pass(3 * MINUTE_MS);
  expect(await bench.left()).toEqual(["a"]);
  expect(await bench.left("/more")).toEqual([]);
  expect(bench.logText.split("recordings not looked for")).toHaveLength(2);
});

test("what others have deleted or moved away does not count", async () => {
  const bench = new RetentionBench({ sizeMax: 3 * SIZE });
  for (const name of ["a", "b", "c", "d", "e"]) await bench.record(name);
  for (const name of ["c", "d"]) await bench.runtime.files.remove(`/rec/${name}.flv`);
  await bench.pass(20 * MINUTE_MS);
  expect(await bench.left()).toEqual(["a", "b", "e"]);
  await bench.record("f");
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["b", "e", "f"]);
});

test("what has gone since the last look does not count either", async () => {
  const bench = new RetentionBench({ sizeMax: 3 * SIZE });
  for (const name of ["a", "b", "c", "d"]) await bench.record(name);
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["b", "c", "d"]);
  await bench.runtime.files.remove("/rec/d.flv");
  await bench.record("e");
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["b", "c", "e"]);
});

test("files that take long to look at are not looked at all the time", async () => {
  const bench = new RetentionBench({ sizeMax: 3 * SIZE });
  for (const name of ["a", "b", "c", "d"]) await bench.record(name);
  const { files, clock } = bench.runtime;
  const stat = files.stat.bind(files);
  let lookMs = 30_000;
  files.stat = (path) => {
    if (path.endsWith(".flv")) clock.advance(lookMs);
    return stat(path);
  };
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual(["b", "c", "d"]);
  lookMs = 0;
  await bench.record("e");
  await bench.pass(4 * MINUTE_MS);
  expect(await bench.left()).toEqual(["b", "c", "d", "e"]);
  await bench.pass(5 * MINUTE_MS);
  expect(await bench.left()).toEqual(["c", "d", "e"]);
});

test("what the disk does not let go is told once an hour, and others go", async () => {
  const bench = new RetentionBench({ sizeMax: 2 * SIZE });
  for (const name of ["a", "b", "c", "d"]) await bench.record(name);
  bench.runtime.files.fault = (path) => (path === "/rec/a.flv" ? "EPERM" : undefined);
  const refusals = (): number => bench.logText.split("recording not deleted").length - 1;
  await bench.pass(3 * MINUTE_MS);
  expect(await bench.left()).toEqual(["a", "d"]);
  expect(refusals()).toBe(1);
  await bench.record("e");
  await bench.pass(30 * MINUTE_MS);
  expect(await bench.left()).toEqual(["a", "e"]);
  expect(refusals()).toBe(1);
  await bench.record("f");
  await bench.pass(40 * MINUTE_MS);
  expect(refusals()).toBe(1); // Enough has gone without it.
  bench.runtime.files.fault = () => undefined;
  await bench.record("g");
  await bench.pass(2 * MINUTE_MS);
  expect(await bench.left()).toEqual(["f", "g"]);
});

test("a disk that lets nothing go is asked for a few in a round", async () => {
  const bench = new RetentionBench({ keepMs: 1 });
  for (let i = 0; i < 50; i++) await bench.record(`${i}`);
  bench.runtime.files.fault = () => "EROFS";
  await bench.pass(2 * MINUTE_MS);
  expect(bench.logText.split("recording not deleted").length - 1).toBeLessThanOrEqual(6);
});

test("a list that cannot be read is said, and looked at again", async () => {
  const bench = new RetentionBench({ keepMs: 1 });
  await bench.record("a");
  const { files } = bench.runtime;
  const { stat } = files;
  files.stat = () => Promise.reject(new SystemError("EIO", "Cannot read"));
  await bench.pass(MINUTE_MS);
  expect(bench.logText).toContain("recordings not looked for");
  files.stat = stat;
  await bench.pass(MINUTE_MS);
  expect(await bench.left()).toEqual([]);
});

test("settings say how much is kept, from the next minute on", async () => {
  const keep = { dvr_keep_days: 0.5, dvr_keep_bytes: 1_000 };
  const { vhosts } = { vhosts: { __defaultVhost__: { dvr: keep } } };
  expect(keepRules(memoryConfig({ vhosts }))).toEqual([
    { vhost: VHOST, root: "html", keepMs: 12 * HOUR_MS, sizeMax: 1_000 },
  ]);
  expect(keepRules(memoryConfig())[0]).toMatchObject({ keepMs: 0, sizeMax: 0 });
});

const KEPT = { dvr_path: "/rec/[stream].[timestamp].flv", enabled: true, dvr_keep_days: 0.001 };
const SERVER = { vhosts: { __defaultVhost__: { publish: { grace_ms: 0 }, dvr: KEPT } } };

test("a server deletes what is old, and not what it is writing", async () => {
  const server = await MemoryServer.start(SERVER);
  const publishFor = async (ms: number, path: string) => {
    const publisher = await server.publish(server.rtmpUrl(path));
    await publisher.start();
    for (let atMs = 0; atMs < ms; atMs += 500) {
      await publisher.send(undefined, 500);
      await server.advance(500, 500);
    }
    return publisher;
  };
  await (await publishFor(3_000, "live/old")).leave();
  const publisher = await publishFor(240_000, "live/new");
  const names = await server.runtime.files.list("/rec");
  expect(names.map((name) => name.replace(/\d+/, "N"))).toEqual([".dvr", "new.N.flv.tmp"]);
  expect(server.events("recording deleted")).toMatchObject([
    { url: "/live/old", reason: "keep_days" },
  ]);
  await publisher.leave();
});

test("of several workers one does it", async () => {
  const server = await MemoryWorkers.start(3, SERVER);
  const publisher = await server.publish(server.rtmpUrl(2));
  await publisher.start();
  for (let i = 0; i < 50; i++) {
    await publisher.send();
    await server.advance(40, 40);
  }
  await publisher.leave();
  await server.advance(240_000);
  expect(server.events("recording deleted")).toMatchObject([{ worker: 0, reason: "keep_days" }]);
});
