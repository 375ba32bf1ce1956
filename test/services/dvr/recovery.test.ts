/**
 * Goal: what a process that was killed has left can be played as it is, and the next start completes it,
 * whenever that was and in each container; files of processes that are alive are left alone.
 *
 * Method: the files in memory of a server that goes no further are handed to another one, cut off at
 * places where a disk may have stopped.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import type { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import { scanMp4 } from "../../../src/services/dvr/formats/mp4-scan.ts";
import { readFlvFile } from "../../support/flv-file.ts";
import { listBoxes } from "../../support/mp4-fragments.ts";
import { settleTasks } from "../../support/packaging-bench.ts";
import { framesOf, payloadsOf } from "../../support/packaging-frames.ts";
import { copyFiles, REC, RecordingBench } from "../../support/recording-bench.ts";
import { readTransportStream } from "../../support/transport-stream.ts";

const GOP = 25;
const between = (fromMs: number, toMs: number): Frame[] => framesOf({ fromMs, toMs, gop: GOP });
type Format = "flv" | "mp4" | "ts";

const pathOf = (format: Format): { dvr_path: string } => ({
  dvr_path: `${REC}/[app]/[stream].[timestamp].${format}`,
});

/** Records for some seconds, and is killed. */
async function killed(format: Format): Promise<{ runtime: MemoryRuntime; frames: Frame[] }> {
  const bench = new RecordingBench(pathOf(format));
  const publisher = await bench.publish();
  const frames = between(0, 5_000);
  await publisher.send(frames);
  return { runtime: await copyFiles(bench.runtime), frames };
}

async function restart(format: Format, runtime: MemoryRuntime): Promise<RecordingBench> {
  const bench = new RecordingBench(pathOf(format), { runtime });
  for (let i = 0; i < 5; i++) await settleTasks();
  return bench;
}

describe("flv", () => {
  test("has its index and its name by the next start, and backends are told", async () => {
    const { runtime, frames } = await killed("flv");
    const bench = await restart("flv", runtime);
    const [path = ""] = await bench.files();
    expect(path).toMatch(/^\/rec\/live\/show\.\d+\.flv$/);
    const { metadata, frames: read, restSize, header } = readFlvFile(bench.contentOf(path));
    const payloads = read.map(({ payload }) => payload);
    expect(payloads).toEqual(payloadsOf(frames).slice(0, payloads.length));
    expect(read.at(-1)?.dtsMs).toBeGreaterThan(4_000);
    expect(restSize).toBe(0);
    expect(metadata.get("duration")).toBeCloseTo(4.5, 0);
    expect(metadata.get("filesize")).toBe(bench.contentOf(path).length);
    expect(metadata.get("keyframes")).toBeDefined();
    expect(header).toEqual({ hasAudio: true, hasVideo: true });
    expect(bench.recorded).toMatchObject([
      { file: path, publisher: { clientId: "publisher", stream: "show", param: "" } },
    ]);
    const names = await runtime.files.list(`${REC}/.dvr`);
    expect(names).toEqual(["recordings.jsonl"]);
  });

  test("wherever it was cut off", async () => {
    const { runtime, frames } = await killed("flv");
    const [name = ""] = await runtime.files.list(`${REC}/live`);
    const whole = runtime.files.contentOf(`${REC}/live/${name}`);
    const front = whole.length - 3_000;
    for (let size = front; size < whole.length; size += 97) {
      runtime.files.put(`${REC}/live/${name}`, whole.slice(0, size));
      const copy = await copyFiles(runtime);
      const bench = await restart("flv", copy);
      const [path = ""] = await bench.files();
      const { frames: read, restSize } = readFlvFile(bench.contentOf(path));
      expect(restSize).toBe(0);
      expect(read.map(({ payload }) => payload)).toEqual(payloadsOf(frames).slice(0, read.length));
    }
  });

  test("with nonsense at its end, as a disk leaves it that had no time", async () => {
    const { runtime } = await killed("flv");
    const [name = ""] = await runtime.files.list(`${REC}/live`);
    await runtime.files.append(`${REC}/live/${name}`, new Uint8Array(5_000));
    const bench = await restart("flv", runtime);
    const [path = ""] = await bench.files();
    expect(readFlvFile(bench.contentOf(path)).restSize).toBe(0);
  });
});

describe("mp4", () => {
  test("is a plain file by the next start", async () => {
    const { runtime } = await killed("mp4");
    const [name = ""] = await runtime.files.list(`${REC}/live`);
    expect(listBoxes(runtime.files.contentOf(`${REC}/live/${name}`))).toContain("moof");
    // And what was being made of another one is of no use.
    await runtime.files.write(`${REC}/live/${name}.plain`, "half of it");
    const bench = await restart("mp4", runtime);
    const paths = await bench.files();
    expect(paths).toHaveLength(1);
    const boxes = listBoxes(bench.contentOf(paths[0] ?? "")).filter((box) => !box.includes("/"));
    expect(boxes).toEqual(["ftyp", "moov", "mdat"]);
    expect(bench.recorded).toHaveLength(1);
  });

  test("wherever it was cut off", async () => {
    const { runtime } = await killed("mp4");
    const [name = ""] = await runtime.files.list(`${REC}/live`);
    const whole = runtime.files.contentOf(`${REC}/live/${name}`);
    for (let size = whole.length - 4_000; size < whole.length; size += 131) {
      runtime.files.put(`${REC}/live/${name}`, whole.slice(0, size));
      const copy = await copyFiles(runtime);
      const bench = await restart("mp4", copy);
      const [path = ""] = await bench.files();
      const boxes = listBoxes(bench.contentOf(path)).filter((box) => !box.includes("/"));
      expect(boxes).toEqual(["ftyp", "moov", "mdat"]);
    }
  });

  test("that was plain already, but had not got its name", async () => {
    const first = new RecordingBench(pathOf("mp4"));
    const publisher = await first.publish();
    await publisher.send(between(0, 3_000));
    const runtime = await copyFiles(first.runtime);
    await publisher.leave();
    const [complete = ""] = await first.files();
    await runtime.files.write(`${complete}.tmp`, first.contentOf(complete));
    const bench = await restart("mp4", runtime);
    expect(bench.contentOf(complete)).toEqual(first.contentOf(complete));
    const file = await bench.runtime.files.open(complete, "read");
    expect((await scanMp4(file, first.contentOf(complete).length)).isFragmented).toBe(false);
    expect(bench.recorded).toHaveLength(1);
  });
});

test("ts is cut off behind its last whole frame", async () => {
  const { runtime } = await killed("ts");
  const [name = ""] = await runtime.files.list(`${REC}/live`);
  const whole = runtime.files.contentOf(`${REC}/live/${name}`);
  for (let size = whole.length - 2_000; size < whole.length; size += 101) {
    runtime.files.put(`${REC}/live/${name}`, whole.slice(0, size));
    const copy = await copyFiles(runtime);
    const bench = await restart("ts", copy);
    const [path = ""] = await bench.files();
    const content = bench.contentOf(path);
    expect(content.length % 188).toBe(0);
    expect(readTransportStream(content).pesPackets.length).toBeGreaterThan(200);
    expect(Number(bench.events("recording finished")[0]?.["durationMs"])).toBeGreaterThan(4_000);
  }
});

test("a file in which there is nothing is removed", async () => {
  const { runtime } = await killed("flv");
  const [name = ""] = await runtime.files.list(`${REC}/live`);
  await runtime.files.write(`${REC}/live/${name}`, "");
  const bench = await restart("flv", runtime);
  expect(await bench.files()).toEqual([]);
  expect(bench.recorded).toEqual([]);
});

test("one that had its name, but of which nobody was told", async () => {
  const { runtime } = await killed("flv");
  const [name = ""] = await runtime.files.list(`${REC}/live`);
  const path = `${REC}/live/${name.replace(".tmp", "")}`;
  await runtime.files.rename(`${REC}/live/${name}`, path);
  const bench = await restart("flv", runtime);
  expect(bench.recorded).toMatchObject([{ file: path }]);
});

test("what a process that is alive writes is left alone, until it writes no more", async () => {
  const { runtime } = await killed("flv");
  const [list = ""] = await runtime.files.list(`${REC}/.dvr`);
  const text = runtime.files.readTextSync(`${REC}/.dvr/${list}`);
  await runtime.files.write(`${REC}/.dvr/${list}`, text.replace(/"pid":\d+/, '"pid":77'));
  runtime.processes.isRunning = (pid) => pid === 77;
  const bench = await restart("flv", runtime);
  await bench.advance(31_000);
  expect(await bench.files()).toHaveLength(1);
  expect((await bench.files())[0]).toMatch(/\.tmp$/);
  await bench.advance(60_000); // Another program may have got the dead one's number.
  expect(bench.recorded).toHaveLength(1);
});

test("what somebody had asked for is completed where nothing is set to be recorded", async () => {
  const { runtime } = await killed("flv");
  const bench = new RecordingBench({ enabled: false }, { runtime });
  for (let i = 0; i < 5; i++) await settleTasks();
  expect(bench.recorded).toHaveLength(1);
});

test("nothing is looked for in other folders, until they are set", async () => {
  const { runtime } = await killed("flv");
  const bench = new RecordingBench({ dvr_path: "/other/[stream].flv" }, { runtime });
  for (let i = 0; i < 5; i++) await settleTasks();
  expect(bench.recorded).toEqual([]);
  await bench.reload(pathOf("flv"));
  for (let i = 0; i < 5; i++) await settleTasks();
  expect(bench.recorded).toHaveLength(1);
});

test("each folder is looked at once, however many vhosts record to it", async () => {
  const { runtime } = await killed("flv");
  const { files } = runtime;
  const list = files.list.bind(files);
  const looks: string[] = [];
  files.list = (path) => {
    if (path.endsWith(".dvr")) looks.push(path);
    return list(path);
  };
  const dvr = { dvr_path: pathOf("flv").dvr_path };
  const vhosts = { "a.example": { dvr }, "b.example": { dvr: { dvr_path: "/not/there" } } };
  const bench = new RecordingBench(pathOf("flv"), { runtime, vhosts });
  for (let i = 0; i < 5; i++) await settleTasks();
  expect(looks).toEqual([`${REC}/.dvr`]);
  expect(bench.recorded).toHaveLength(1);
  expect(bench.events("recordings not looked for")).toEqual([]);
});

test("lists that are no lists are thrown away", async () => {
  const { runtime } = await killed("flv");
  const [list = ""] = await runtime.files.list(`${REC}/.dvr`);
  const text = runtime.files.readTextSync(`${REC}/.dvr/${list}`);
  const texts = ["", "{", "null", "7", "[]", '{"recordings":[null,7,{}]}', text.slice(0, -9)];
  for (const [i, wrong] of texts.entries()) {
    await runtime.files.write(`${REC}/.dvr/unfinished-${i}.json`, wrong);
  }
  const bench = await restart("flv", runtime);
  expect(bench.recorded).toHaveLength(1);
  expect(bench.events("recording failed")).toEqual([]);
  expect(await runtime.files.list(`${REC}/.dvr`)).toEqual(["recordings.jsonl"]);
});

test.each(["flv", "mp4", "ts"] as const)(
  "%s in which a disk has changed bytes stops nobody",
  async (format) => {
    const { runtime } = await killed(format);
    const [name = ""] = await runtime.files.list(`${REC}/live`);
    const whole = runtime.files.contentOf(`${REC}/live/${name}`);
    const step = Math.max(1, Math.floor(whole.length / 60));
    for (let at = 0; at < whole.length; at += at < 120 ? 3 : step) {
      const spoiled = whole.slice();
      spoiled.fill(0xff, at, at + 5);
      runtime.files.put(`${REC}/live/${name}`, spoiled);
      const bench = await restart(format, await copyFiles(runtime));
      expect(bench.events("recorder failed")).toEqual([]);
      expect(bench.events("recording not completed")).toEqual([]);
      // Complete, or gone as there was nothing in it.
      for (const path of await bench.files()) expect(path).not.toContain(".tmp");
    }
  },
);
