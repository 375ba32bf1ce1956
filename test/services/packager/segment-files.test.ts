/**
 * Goal: a segment counts as being on disk once all is there that a player needs of it, and not any more
 * when it has gone; what has been written leaves nothing in memory.
 *
 * Method: a disk in memory whose writes end when a test says so.
 */

import { expect, test } from "vitest";
import type { Logger } from "../../../src/base/logger.ts";
import { MemoryFiles } from "../../../src/runtime/memory/memory-files.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { FileMirror } from "../../../src/services/packager/file-mirror.ts";
import { type SegmentFile, SegmentFiles } from "../../../src/services/packager/segment-files.ts";
import { settleTasks } from "../../support/packaging-bench.ts";

const BYTES = new Uint8Array(3);

interface Stage {
  readonly files: MemoryFiles;
  readonly mirror: FileMirror;
  readonly segments: SegmentFiles<SegmentFile>;
  readonly listed: SegmentFile[];
  /** The names of those that were needed for, and decided about. */
  readonly needed: string[];
  readonly decided: string[];
  readonly log: string[];
  create(name: string): SegmentFile;
}

function start(onDecided: () => void = () => undefined): Stage {
  const files = new MemoryFiles(new ManualClock());
  const log: string[] = [];
  const note = (event: string): void => void log.push(event);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const mirror = new FileMirror({ files, logger, root: "/r", waitingSizeMax: 100 });
  const listed: SegmentFile[] = [];
  const needed: string[] = [];
  const decided: string[] = [];
  const segments = new SegmentFiles<SegmentFile>(mirror, {
    listed: () => listed,
    need: async ({ name }) => needed.push(name) > 0,
    onDecided: ({ name }) => {
      decided.push(name);
      onDecided();
    },
  });
  const create = (name: string): SegmentFile => ({ name, disk: "pending" });
  return { files, mirror, segments, listed, needed, decided, log, create };
}

test("a segment is written, then what it needs, and then it is decided about", async () => {
  const { mirror, segments, needed, decided, create } = start();
  const segment = create("a.ts");
  segments.write(segment, BYTES);
  expect(segment.disk).toBe("pending");
  await mirror.settled();
  expect(segment.disk).toBe("written");
  expect([needed, decided]).toEqual([["a.ts"], ["a.ts"]]);
});

test("one that the disk does not take has failed, and nothing is needed for it", async () => {
  const { files, mirror, segments, needed, decided, create } = start();
  files.fault = () => "ENOSPC";
  const segment = create("a.ts");
  segments.write(segment, BYTES);
  await mirror.settled();
  expect(segment.disk).toBe("failed");
  expect([needed, decided]).toEqual([[], ["a.ts"]]);
});

test("one that is removed while it is being written goes, and nothing is done for it", async () => {
  const { files, mirror, segments, needed, decided, create } = start();
  const write = files.write.bind(files);
  let release = (): void => undefined;
  files.write = async (path, content) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    await write(path, content);
  };
  const segment = create("a.ts");
  segments.write(segment, BYTES);
  await settleTasks();
  segments.remove(segment);
  release();
  await mirror.settled();
  expect(await files.list("/r")).toEqual([]);
  expect([segment.disk, needed, decided]).toEqual(["failed", [], []]);
});

test("those that have vanished with their folder have failed", async () => {
  const { files, mirror, segments, listed, create } = start();
  const [first, second] = [create("a.ts"), create("b.ts")];
  for (const segment of [first, second]) {
    listed.push(segment);
    segments.write(segment, BYTES);
    await mirror.settled();
    if (segment === first) await files.removeAll("/r");
  }
  expect([first.disk, second.disk]).toEqual(["failed", "written"]);
});

test("a bug in what follows is told of, and the next one is written", async () => {
  let isBroken = true;
  const { mirror, segments, decided, log, create } = start(() => {
    if (isBroken) throw new Error("A bug");
  });
  segments.write(create("a.ts"), BYTES);
  await mirror.settled();
  isBroken = false;
  segments.write(create("b.ts"), BYTES);
  await mirror.settled();
  expect(decided).toEqual(["a.ts", "b.ts"]);
  expect(log).toEqual(["packaging file failed"]);
});
