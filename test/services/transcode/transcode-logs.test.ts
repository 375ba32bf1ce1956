/**
 * Goal: whoever publishes under ever new names does not fill the disk with logs of FFmpeg: the oldest of
 * them go, and nothing else does.
 *
 * Method: a folder in memory, with files of other names and logs in use among the old ones.
 */

import { describe, expect, test } from "vitest";
import { TranscodeLogs } from "../../../src/services/transcode/transcode-logs.ts";
import { MemoryNetwork, settle } from "../../support/memory-network.ts";

const FOLDER = "/var/log/ff";
const STREAM = { vhost: "v", app: "live", stream: "show" };
const OTHERS = ["ffmpeg-ingest-v-live-a.log", "ffmpeg-encoder-v.txt", "my-ffmpeg-encoder-v.log"];

class Folder extends MemoryNetwork {
  folder = `${FOLDER}/`;
  readonly used: string[] = [];
  readonly logs = new TranscodeLogs({
    files: this.runtime.files,
    logger: this.logging.logger,
    logFolder: () => this.folder,
  });

  async put(...names: readonly string[]): Promise<void> {
    await this.runtime.files.makeFolder(FOLDER);
    for (const name of names) await this.runtime.files.write(`${FOLDER}/${name}`, "log");
    this.runtime.clock.advance(1_000);
  }

  list(): Promise<string[]> {
    return this.runtime.files.list(FOLDER);
  }

  /** A stream begins, and the server looks after its logs. */
  async begin(): Promise<void> {
    this.logs.pathOf(STREAM, "ff");
    await this.sweep();
  }

  async sweep(): Promise<void> {
    this.logs.sweep(this.runtime.clock.monotonicMs(), () => this.used);
    await settle();
    for (let i = 0; i < 20; i++) await settle();
  }
}

/** Names of logs of this server. */
function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `ffmpeg-encoder-v-live-${prefix}${i}-ff.log`);
}

describe("logs", () => {
  test("beyond a thousand are removed, the oldest first, and nothing else is", async () => {
    const folder = new Folder();
    await folder.put(...OTHERS, "ffmpeg-encoder-v-live-used-ff.log");
    await folder.put("ffmpeg-encoder-v-live-used-ff.log.1", ...names("old", 40));
    await folder.put("ffmpeg-encoder-v-live-x-ff.log.1", ...names("new", 989));
    await folder.runtime.files.makeFolder(`${FOLDER}/ffmpeg-encoder-v-folder.log`);
    folder.used.push(`${FOLDER}/ffmpeg-encoder-v-live-used-ff.log`);
    await folder.begin();
    const left = await folder.list();
    expect(left.filter((name) => name.includes("-new") || name.includes("-x-"))).toHaveLength(990);
    expect(left.filter((name) => name.includes("-old"))).toHaveLength(10);
    expect(left.filter((name) => name.includes("-used-"))).toHaveLength(2);
    expect(left).toEqual(expect.arrayContaining([...OTHERS, "ffmpeg-encoder-v-folder.log"]));
    expect(folder.events("old logs removed")).toMatchObject([{ folder: FOLDER, count: 30 }]);
  });

  test("of more than a gibibyte together are removed likewise", async () => {
    const folder = new Folder();
    const { files } = folder.runtime;
    const stat = files.stat.bind(files);
    files.stat = async (path) => {
      const found = await stat(path);
      return found?.isFile === true ? { ...found, size: 8 << 20 } : found;
    };
    await folder.put(...names("old", 50));
    await folder.put(...names("new", 100));
    await folder.begin();
    const left = await folder.list();
    expect([left.length, left.filter((name) => name.includes("-new")).length]).toEqual([128, 100]);
  });

  test("are looked through once a minute, and only if there may be more of them", async () => {
    const folder = new Folder();
    const { files } = folder.runtime;
    const list = files.list.bind(files);
    let count = 0;
    files.list = (path) => {
      count += 1;
      return list(path);
    };
    await folder.put("ffmpeg-encoder-v.log");
    for (let i = 0; i < 10; i++) await folder.begin();
    expect(count).toBe(1);
    folder.runtime.clock.advance(60_000);
    await folder.sweep();
    await folder.sweep();
    expect(count).toBe(2);
    folder.runtime.clock.advance(60_000);
    await folder.sweep();
    expect(count).toBe(2);
  });

  test("are none where none are kept, and where there is no folder as yet", async () => {
    const folder = new Folder();
    await folder.begin();
    folder.folder = "/dev/null";
    folder.runtime.clock.advance(60_000);
    expect(folder.logs.pathOf(STREAM, "ff")).toBeUndefined();
    await folder.sweep();
    expect(folder.events("old logs not removed")).toEqual([]);
  });

  test("that cannot be removed are told of once", async () => {
    const folder = new Folder();
    await folder.put(...names("old", 1_010));
    folder.runtime.files.remove = () => Promise.reject(new Error("permission denied"));
    for (let i = 0; i < 3; i++) {
      await folder.begin();
      folder.runtime.clock.advance(60_000);
    }
    expect(folder.events("old logs not removed")).toMatchObject([
      { folder: FOLDER, reason: "permission denied" },
    ]);
  });
});
