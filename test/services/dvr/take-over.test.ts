/**
 * Goal: of several servers that record to one folder each has its own files, however their clocks and
 * process ids are, and what one leaves that is dead none of the others forgets.
 *
 * Method: servers with clocks and processes of their own over the same files in memory; time passes for
 * all of them, but for those that are dead.
 */

import { describe, expect, test } from "vitest";
import { SystemError } from "../../../src/base/errors.ts";
import type { Frame } from "../../../src/live/frame.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { settleTasks } from "../../support/packaging-bench.ts";
import { framesOf } from "../../support/packaging-frames.ts";
import { copyFiles, REC, RecordingBench } from "../../support/recording-bench.ts";

const OWN = `${REC}/.dvr`;
const WALL_MS = 1_767_225_600_000;
const between = (fromMs: number, toMs: number): Frame[] => framesOf({ fromMs, toMs, gop: 25 });

interface Neighbour {
  readonly pid?: number;
  /** Where process ids mean what they mean there. */
  readonly scope?: string;
  /** How far its clock is ahead. */
  readonly aheadMs?: number;
}

/** Another process over the same files. */
function neighbourOf(
  { files, crypto }: MemoryRuntime,
  { pid = 4_242, scope = "memory", aheadMs = 0 }: Neighbour,
): MemoryRuntime {
  const clock = new ManualClock(WALL_MS + aheadMs);
  const runtime = Object.assign(new MemoryRuntime(), { files, crypto, clock });
  Object.assign(runtime.host, { pid });
  runtime.processes.scope = scope;
  return runtime;
}

/** Lets time pass for several servers. */
async function pass(seconds: number, ...benches: RecordingBench[]): Promise<void> {
  for (let i = 0; i < seconds; i++) for (const bench of benches) await bench.advance(1_000);
}

/** Has a server begin to record. */
async function record(bench: RecordingBench, url = "live/show"): Promise<() => Promise<void>> {
  const publisher = await bench.publish(url);
  await publisher.send(between(0, 3_000));
  return () => publisher.leave();
}

const unfinishedIn = async (bench: RecordingBench): Promise<number> =>
  (await bench.files()).filter((path) => path.endsWith(".tmp")).length;

describe("what another server is writing is left alone", () => {
  test.each<[string, Neighbour]>([
    ["in another container, with the same process id", { scope: "another container" }],
    ["in another container, where its id is nobody's", { scope: "another one", pid: 9 }],
    ["on a machine whose clock is an hour ahead", { scope: "another machine", aheadMs: 3_600_000 }],
  ])("%s", async (_where, neighbour) => {
    const first = new RecordingBench();
    const leave = await record(first);
    const second = new RecordingBench({}, { runtime: neighbourOf(first.runtime, neighbour) });
    await pass(200, first, second);
    expect(await unfinishedIn(first)).toBe(1);
    expect(second.recorded).toEqual([]);
    await leave();
    expect(first.recorded).toHaveLength(1);
    expect(first.events("recording not completed")).toEqual([]);
    await pass(100, second);
    expect(second.recorded).toEqual([]);
  });

  test("by a worker beside it, though the clock jumps or it says nothing for long", async () => {
    const runtime = new MemoryRuntime();
    runtime.processes.starts.set(runtime.host.pid, "100");
    const first = new RecordingBench({}, { runtime });
    const leave = await record(first);
    const beside = neighbourOf(runtime, { pid: 4_243, aheadMs: 3_600_000 });
    beside.processes.isRunning = () => true;
    beside.processes.starts.set(runtime.host.pid, "100");
    const second = new RecordingBench({}, { runtime: beside });
    await pass(200, second); // The first one is stopped, or its disk takes its time.
    expect(await unfinishedIn(first)).toBe(1);
    await leave();
    expect(first.recorded).toHaveLength(1);
    expect(second.recorded).toEqual([]);
  });
});

describe("what a dead server was writing is completed", () => {
  test("once it has been silent for a minute, where nobody knows whether it is dead", async () => {
    const first = new RecordingBench();
    await record(first);
    const away = neighbourOf(first.runtime, { scope: "another container" });
    const second = new RecordingBench({}, { runtime: away });
    await pass(59, second);
    expect(second.recorded).toEqual([]);
    await pass(31, second);
    expect(second.recorded).toHaveLength(1);
    expect(await unfinishedIn(first)).toBe(0);
  });

  test.each([
    ["its id is another process's now", "200"],
    ["its id is nobody's", undefined],
  ])("at once where %s", async (_why, start) => {
    const runtime = new MemoryRuntime();
    runtime.processes.starts.set(runtime.host.pid, "100");
    await record(new RecordingBench({}, { runtime }));
    const beside = neighbourOf(runtime, { pid: 4_243 });
    beside.processes.isRunning = () => start !== undefined;
    if (start !== undefined) beside.processes.starts.set(runtime.host.pid, start);
    const second = new RecordingBench({}, { runtime: beside });
    for (let i = 0; i < 5; i++) await settleTasks();
    expect(second.recorded).toHaveLength(1);
  });

  test("by the one that has taken its list, whom nobody disturbs while it is alive", async () => {
    const first = new RecordingBench();
    await record(first);
    const runtime = await copyFiles(first.runtime);
    const [list = ""] = (await runtime.files.list(OWN)).filter((name) => name.includes("unf"));
    await runtime.files.rename(`${OWN}/${list}`, `${OWN}/taken-somebody-0.json`);
    const second = new RecordingBench({}, { runtime });
    await pass(59, second);
    expect(second.recorded).toEqual([]);
    await pass(31, second); // That one has died too.
    expect(second.recorded).toHaveLength(1);
    expect(await runtime.files.list(OWN)).toEqual(["recordings.jsonl"]);
  });
});

/** Two servers that record, one stream each, and are killed. */
async function twoKilled(): Promise<MemoryRuntime> {
  const first = new RecordingBench();
  await record(first, "live/a");
  const beside = neighbourOf(first.runtime, { scope: "another container", pid: 9 });
  await record(new RecordingBench({}, { runtime: beside }), "live/b");
  const runtime = await copyFiles(first.runtime);
  expect(await runtime.files.list(OWN)).toHaveLength(2);
  return runtime;
}

describe("nothing is forgotten", () => {
  test("of two vhosts that spell one folder in two ways", async () => {
    const dvr_path = "/rec/[vhost]/[stream].[timestamp].flv";
    const other = { enabled: true, dvr_path: "/rec//./[vhost]/[stream].[timestamp].flv" };
    const vhosts = { "b.example": { publish: { grace_ms: 0 }, dvr: other } };
    const first = new RecordingBench({ dvr_path }, { vhosts });
    await record(first);
    await (await first.publish("live/show", "b.example")).send(between(0, 3_000));
    const [list = ""] = (await first.runtime.files.list(OWN)).filter((name) => /^unf/.test(name));
    const text = first.runtime.files.readTextSync(`${OWN}/${list}`);
    const { recordings } = JSON.parse(text) as { recordings: unknown[] };
    expect(recordings).toHaveLength(2);
  });

  test("when another one is faster with the next list", async () => {
    const runtime = await twoKilled();
    const { files } = runtime;
    const second = (await files.list(OWN))[1] ?? "";
    const readText = files.readText.bind(files);
    // It is taken between the look and the reading.
    files.readText = async (path) => {
      if (path.endsWith(second)) await files.remove(path).catch(() => undefined);
      return readText(path);
    };
    const bench = new RecordingBench({}, { runtime });
    await pass(95, bench);
    expect(bench.recorded).toHaveLength(1);
    expect(bench.events("recordings not looked for")).toEqual([]);
  });

  test.each([0, 1])("when the disk fails at list %i alone", async (broken) => {
    const runtime = await twoKilled();
    const { files } = runtime;
    const name = (await files.list(OWN))[broken] ?? "";
    const readText = files.readText.bind(files);
    let isBroken = true;
    files.readText = (path) =>
      isBroken && path.endsWith(name)
        ? Promise.reject(new SystemError("EIO", `Cannot read "${path}"`))
        : readText(path);
    const bench = new RecordingBench({}, { runtime });
    await pass(95, bench);
    expect(bench.recorded).toHaveLength(1);
    expect(bench.events("recordings not looked for")[0]).toMatchObject({ code: "EIO" });
    isBroken = false;
    await pass(95, bench);
    expect(bench.recorded).toHaveLength(2);
  });

  test("when the disk is full, and who has taken a list dies before it has completed the files", async () => {
    const first = new RecordingBench();
    await record(first);
    const runtime = await copyFiles(first.runtime);
    runtime.files.fault = (path) =>
      /\.tmp$|\.flv$/.test(path) || path.endsWith("recordings.jsonl") ? "ENOSPC" : undefined;
    const second = new RecordingBench({}, { runtime });
    await pass(31, second);
    expect(second.recorded).toEqual([]);
    expect(second.events("recordings not noted")[0]).toMatchObject({ code: "ENOSPC" });
    const third = new RecordingBench({}, { runtime: await copyFiles(runtime) });
    await pass(95, third);
    expect(third.recorded).toHaveLength(1);
    // And the one that took it, with room, has no more use for what it has kept.
    runtime.files.fault = () => undefined;
    await pass(31, second);
    expect(second.recorded).toHaveLength(1);
    expect(await runtime.files.list(OWN)).toEqual(["recordings.jsonl"]);
  });
});
