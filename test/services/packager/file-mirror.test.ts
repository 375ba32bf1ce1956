/**
 * Goal: files appear in one step and in order, and a disk that cannot keep up costs files, not memory,
 * and one line in the log.
 *
 * Method: a disk whose writes end when a test says so.
 */

import { describe, expect, test } from "vitest";
import type { LogFields, Logger } from "../../../src/base/logger.ts";
import { MemoryFiles } from "../../../src/runtime/memory/memory-files.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { FileMirror } from "../../../src/services/packager/file-mirror.ts";
import { settleTasks } from "../../support/packaging-bench.ts";

interface Stage {
  readonly files: MemoryFiles;
  readonly mirror: FileMirror;
  readonly log: string[];
  readonly failures: number[];
  /** What has been done to the disk, in order. */
  readonly done: string[];
  /** Lets what waits for the disk go on. */
  release(): Promise<void>;
}

function start(waitingSizeMax = 100, isHeld = false): Stage {
  const files = new MemoryFiles(new ManualClock());
  const log: string[] = [];
  const failures: number[] = [];
  const done: string[] = [];
  let held: (() => void)[] = [];
  const write = files.write.bind(files);
  files.write = async (path, content) => {
    if (isHeld) await new Promise<void>((resolve) => held.push(resolve));
    done.push(`write ${path}`);
    await write(path, content);
  };
  const rename = files.rename.bind(files);
  files.rename = async (from, to) => {
    done.push(`rename ${to}`);
    await rename(from, to);
  };
  const remove = files.remove.bind(files);
  files.remove = async (path) => {
    done.push(`remove ${path}`);
    await remove(path);
  };
  const note = (event: string, fields?: LogFields): void => {
    log.push(`${event} ${String(fields?.["code"] ?? "")}`.trim());
  };
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const onFailure = (): void => void failures.push(1);
  const mirror = new FileMirror({ files, logger, root: "/r", waitingSizeMax, onFailure });
  const release = async (): Promise<void> => {
    const waiting = held;
    held = [];
    for (const resolve of waiting) resolve();
    await settleTasks();
  };
  return { files, mirror, log, failures, done, release };
}

const bytes = (size: number): Uint8Array => new Uint8Array(size).fill(7);

test("a file that changes often is removed, unless somebody else has written it since", async () => {
  const { files, mirror } = start();
  for (const name of ["own", "other"]) mirror.writeLatest(name, () => `${name} text`);
  await mirror.settled();
  expect(await mirror.othersBytes("other")).toBeUndefined();
  await files.write("/r/other", "another text");
  expect(await mirror.othersBytes("other")).toEqual(new TextEncoder().encode("another text"));
  for (const name of ["own", "other", "none"]) mirror.removeOwn(name);
  await mirror.settled();
  expect(await mirror.has("own")).toBe(false);
  expect(files.contentOf("/r/other")).toEqual(new TextEncoder().encode("another text"));
});

test("a file is written under another name first, in a folder that is made for it", async () => {
  const { files, mirror, done } = start();
  expect(await mirror.write("a/b.ts", bytes(3))).toBe(true);
  expect(done).toEqual(["write /r/a/b.ts.tmp", "rename /r/a/b.ts"]);
  expect(files.contentOf("/r/a/b.ts")).toEqual(bytes(3));
});

test("all is done in the order in which it was asked for", async () => {
  const { mirror, done } = start();
  void mirror.write("a.ts", bytes(1));
  mirror.writeLatest("p.m3u8", () => "text");
  mirror.remove("a.ts");
  void mirror.write("b.ts", bytes(1));
  await mirror.settled();
  expect(done.filter((what) => !what.startsWith("write"))).toEqual([
    "rename /r/a.ts",
    "rename /r/p.m3u8",
    "remove /r/a.ts",
    "rename /r/b.ts",
  ]);
});

test("what changes often is written with what it is when its turn comes, once", async () => {
  const { files, mirror, release, done } = start(100, true);
  let text = "first";
  void mirror.write("a.ts", bytes(1));
  mirror.writeLatest("p.m3u8", () => text);
  mirror.writeLatest("p.m3u8", () => "never");
  await release();
  text = "second";
  for (let i = 0; i < 3; i++) await release();
  expect(files.readTextSync("/r/p.m3u8")).toBe("second");
  expect(done.filter((what) => what.includes("p.m3u8.tmp"))).toHaveLength(1);
  mirror.writeLatest("p.m3u8", () => undefined);
  await mirror.settled();
  expect(files.readTextSync("/r/p.m3u8")).toBe("second");
});

describe("a disk that is too slow", () => {
  test("drops what is too much, tells of it once, and once that it keeps up again", async () => {
    const { mirror, log, failures, release } = start(100, true);
    const results: boolean[] = [];
    const write = (name: string): void => {
      void mirror.write(name, bytes(40)).then((isWritten) => void results.push(isWritten));
    };
    for (let i = 0; i < 9; i++) write(`${i}.ts`);
    // The first has begun, two wait.
    for (let i = 9; i < 30; i++) {
      await release();
      write(`${i}.ts`);
      write(`${i}b.ts`);
    }
    expect(results.filter((isWritten) => !isWritten).length).toBeGreaterThan(10);
    expect(log).toEqual(["packaging file not written EBUSY"]);
    expect(failures).toHaveLength(1);
    for (let i = 0; i < 10; i++) await release();
    write("last.ts");
    for (let i = 0; i < 3; i++) await release();
    expect(log).toEqual(["packaging file not written EBUSY", "packaging files written again"]);
    expect(mirror.isFailing).toBe(false);
  });

  test("takes a file that is larger than all that may wait, if nothing does", async () => {
    const { mirror } = start(10);
    expect(await mirror.write("large.ts", bytes(1_000))).toBe(true);
  });
});

describe("what others need", () => {
  test("is written once, and again when it has gone", async () => {
    const { files, mirror, done } = start();
    for (let i = 0; i < 3; i++) expect(await mirror.need("init.mp4", bytes(4))).toBe(true);
    expect(done.filter((what) => what.startsWith("rename"))).toHaveLength(1);
    await files.removeAll("/r");
    expect(await mirror.need("init.mp4", bytes(4))).toBe(true);
    expect(files.contentOf("/r/init.mp4")).toEqual(bytes(4));
  });

  test("is written though somebody else left one of that name", async () => {
    const { files, mirror } = start();
    await files.makeFolder("/r");
    await files.write("/r/a.key", bytes(1));
    expect(await mirror.need("a.key", bytes(16))).toBe(true);
    expect(files.contentOf("/r/a.key")).toEqual(bytes(16));
  });

  test("is tried again where it failed", async () => {
    const { files, mirror, log } = start();
    files.fault = () => "EIO";
    expect(await mirror.need("init.mp4", bytes(4))).toBe(false);
    files.fault = () => undefined;
    expect(await mirror.need("init.mp4", bytes(4))).toBe(true);
    expect(log).toEqual(["packaging file not written EIO", "packaging files written again"]);
  });
});

test("nothing is left of a file that could not be written", async () => {
  const { files, mirror } = start();
  files.fault = (path) => (path.endsWith(".ts") ? "ENOSPC" : undefined);
  expect(await mirror.write("a.ts", bytes(3))).toBe(false);
  expect(await files.list("/r")).toEqual([]);
});

test("files that are not there are removed without a word, others not without one", async () => {
  const { files, mirror, log } = start();
  mirror.remove("gone.ts");
  await mirror.settled();
  expect(log).toEqual([]);
  await mirror.write("a.ts", bytes(1));
  files.fault = () => "EACCES";
  mirror.remove("a.ts");
  await mirror.settled();
  expect(log).toEqual(["packaging file not written EACCES"]);
});

test("a failure is told of again after it has been resumed, and logged once", async () => {
  const { files, mirror, log, failures } = start();
  files.fault = () => "ENOSPC";
  for (const name of ["a.ts", "b.ts"]) await mirror.write(name, bytes(1));
  expect(failures).toHaveLength(1);
  mirror.resume();
  for (const name of ["c.ts", "d.ts"]) await mirror.write(name, bytes(1));
  expect(failures).toHaveLength(2);
  files.fault = () => undefined;
  await mirror.write("e.ts", bytes(1));
  expect(log).toEqual(["packaging file not written ENOSPC", "packaging files written again"]);
});

test("while it pauses, and once it is closed, nothing is written, but files are removed", async () => {
  const { files, mirror } = start();
  await mirror.write("a.ts", bytes(1));
  mirror.pause();
  expect(await mirror.write("b.ts", bytes(1))).toBe(false);
  mirror.writeLatest("p.m3u8", () => "x");
  mirror.resume();
  expect(await mirror.write("c.ts", bytes(1))).toBe(true);
  mirror.close();
  expect(await mirror.write("d.ts", bytes(1))).toBe(false);
  mirror.remove("a.ts");
  await mirror.settled();
  expect(await files.list("/r")).toEqual(["c.ts"]);
});
