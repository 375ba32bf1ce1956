/**
 * Goal: what a stream leaves behind is disposed of without harm to what comes after it, whatever the
 * disk or a bug does meanwhile.
 *
 * Method: disks that are slow in removing, and packagers that a test breaks.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import { readMediaPlaylist } from "../../support/hls-check.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import { PackagingBench, settleTasks } from "../../support/packaging-bench.ts";
import { framesOf } from "../../support/packaging-frames.ts";

const ROOT = "/html";
const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };

function startTs(): PackagingBench {
  return new PackagingBench(`
    listen 1935; daemon off; srs_log_tank console; http_server { enabled on; dir ${ROOT}; }
    vhost __defaultVhost__ {
      hls { enabled on; hls_ctx off; hls_path ${ROOT}; hls_fragment 2; hls_window 20; hls_dispose 5; }
    }
  `);
}

function startCmaf(): PackagingBench {
  const __defaultVhost__ = {
    hls: { enabled: false },
    cmaf: { sessions: false, storage: "both", path: ROOT, window: 20, dispose: 5 },
    publish: { grace_ms: 0 },
  };
  return new PackagingBench({ vhosts: { __defaultVhost__ } });
}

/** Holds removals until they are released; gives how. */
function holdRemovals({ runtime }: PackagingBench): () => Promise<void> {
  const { files } = runtime;
  const remove = files.remove.bind(files);
  let held: (() => void)[] | undefined = [];
  files.remove = async (path) => {
    if (held !== undefined) await new Promise<void>((resolve) => held?.push(resolve));
    await remove(path);
  };
  return async () => {
    const waiting = held ?? [];
    held = undefined;
    for (const resolve of waiting) resolve();
    await settleTasks();
  };
}

describe.each([
  ["MPEG-TS", startTs, "live/show.m3u8"],
  ["CMAF", startCmaf, "live/show/video.m3u8"],
])("%s: a publisher who returns while files are being removed", (_, start, playlist) => {
  test("goes on with the numbers, and its files stay", async () => {
    const bench = start();
    const first = await bench.publish();
    await first.send(framesOf({ toMs: 11_000 }));
    await first.leave(true);
    const before = await bench.files(ROOT);
    const release = holdRemovals(bench);
    await bench.advance(7_000);
    const second = await bench.publish();
    await second.send(framesOf({ toMs: 9_000 }));
    expect(await bench.files(ROOT)).toEqual(before);
    await release();
    const after = await bench.files(ROOT);
    const text = bench.runtime.files.readTextSync(`${ROOT}/${playlist}`);
    const { mediaSequence, segments } = readMediaPlaylist(text);
    expect(mediaSequence).toBe(6);
    expect(segments).toHaveLength(4);
    const folder = `${ROOT}/${playlist}`.replace(/[^/]*$/, "");
    for (const { uri, isGap } of segments) {
      expect(isGap).toBe(false);
      expect(after).toContain(folder + uri);
    }
    for (const path of before) if (!/m3u8$/.test(path)) expect(after).not.toContain(path);
  });

  test("and the server that stops then waits for them", async () => {
    const bench = start();
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 11_000 }));
    await publisher.leave(true);
    const release = holdRemovals(bench);
    await bench.advance(7_000);
    let isClosed = false;
    const closing = bench.packaging.close().then(() => {
      isClosed = true;
    });
    await settleTasks();
    expect(isClosed).toBe(false);
    await release();
    await closing;
    expect(await bench.files(ROOT)).toEqual([]);
  });
});

test.each([
  ["MPEG-TS", startTs, "live/show.m3u8"],
  ["CMAF", startCmaf, "live/show/video.m3u8"],
])(
  "%s: what another process goes on with stays, and what it does not name goes",
  async (_, start, playlist) => {
    const bench = start();
    const { files } = bench.runtime;
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 11_000 }));
    await publisher.leave(true);
    const before = await bench.files(ROOT);
    const path = `${ROOT}/${playlist}`;
    const { segments } = readMediaPlaylist(files.readTextSync(path));
    const named = `${path.replace(/[^/]*$/, "")}${segments[1]?.uri}`;
    expect(before).toContain(named);
    // Its playlist, and its own content under a name that was used here.
    const text = `#EXTM3U\n#EXTINF:2,\n${segments[1]?.uri}\n`;
    await files.write(path, text);
    await bench.advance(7_000);
    await settleTasks();
    expect(files.readTextSync(path)).toBe(text);
    // Names of CMAF are used once: nobody else has them.
    const kept = playlist.endsWith("show.m3u8") ? [path, named] : [path];
    expect(await bench.files(ROOT)).toEqual(kept.sort());
  },
);

describe("HLS and DASH of the same segments", () => {
  function start(cmaf: ConfigValue, dash: ConfigValue): PackagingBench {
    const __defaultVhost__ = {
      hls: { enabled: false },
      cmaf: { sessions: false, ...cmaf },
      dash: { dash_storage: "both", dash_path: "/dash", ...dash },
      publish: { grace_ms: 0 },
    };
    return new PackagingBench({ vhosts: { __defaultVhost__ } });
  }

  async function publish(bench: PackagingBench): Promise<void> {
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 9_000 }));
    await publisher.leave(true);
  }

  const HLS_FILES = { storage: "both", path: "/hls", dispose: 10 };

  test("files of DASH are kept for ever with dash_dispose 0, also when the server stops", async () => {
    const bench = start({ dispose: 10 }, { dash_dispose: 0 });
    await publish(bench);
    const files = await bench.files("/dash");
    expect(files.length).toBeGreaterThan(10);
    await bench.advance(115_000);
    expect((await bench.get("/live/show.mpd")).status).toBe(200);
    await bench.advance(10_000);
    expect((await bench.get("/live/show.mpd")).status).toBe(404);
    expect(bench.packaging.packager.heldSize).toBe(0);
    expect(await bench.files("/dash")).toEqual(files);
    await publish(bench);
    await bench.packaging.close();
    expect(await bench.files("/dash")).toEqual(expect.arrayContaining(files));
  });

  test("each has its own time, and memory the longer", async () => {
    const bench = start(HLS_FILES, { dash_dispose: 30 });
    await publish(bench);
    expect((await bench.files("/hls")).length).toBeGreaterThan(10);
    await bench.advance(12_000);
    expect(await bench.files("/hls")).toEqual([]);
    expect((await bench.files("/dash")).length).toBeGreaterThan(10);
    expect((await bench.get("/live/show/video.m3u8")).status).toBe(200);
    await bench.advance(20_000);
    expect(await bench.files("/dash")).toEqual([]);
    expect((await bench.get("/live/show/video.m3u8")).status).toBe(404);
  });

  test("who returns when the files of one have gone has them again, from there on", async () => {
    const bench = start(HLS_FILES, { dash_dispose: 30 });
    await publish(bench);
    const before = await bench.files("/dash");
    await bench.advance(12_000);
    await publish(bench);
    const files = await bench.files("/hls");
    const text = bench.runtime.files.readTextSync("/hls/live/show/video.m3u8");
    const { segments } = readMediaPlaylist(text);
    expect(segments.map(({ isGap }) => isGap)).toEqual([
      ...Array(5).fill(true),
      ...Array(5).fill(false),
    ]);
    for (const { uri, isGap } of segments) {
      if (!isGap) expect(files).toContain(`/hls/live/show/${uri}`);
    }
    expect(await bench.files("/dash")).toEqual(expect.arrayContaining(before));
    await bench.advance(12_000);
    expect(await bench.files("/hls")).toEqual([]);
    await bench.advance(20_000);
    expect(await bench.files("/dash")).toEqual([]);
  });

  test("in one folder files are there for the longer time", async () => {
    const bench = start({ ...HLS_FILES, path: "/dash" }, { dash_dispose: 30 });
    await publish(bench);
    const files = await bench.files("/dash");
    await bench.advance(29_000);
    expect(await bench.files("/dash")).toEqual(files);
    await bench.advance(3_000);
    expect(await bench.files("/dash")).toEqual([]);
  });
});

describe("a bug while packaging", () => {
  /** A stream in CMAF and in MPEG-TS, with files of both. */
  async function begin() {
    const rejections: unknown[] = [];
    const note = (error: unknown): void => void rejections.push(error);
    process.on("unhandledRejection", note);
    onTestFinished(() => void process.off("unhandledRejection", note));
    const __defaultVhost__ = {
      hls: { hls_storage: "both", hls_path: ROOT, hls_ctx: false, hls_fragment: 2 },
      cmaf: { sessions: false, storage: "both", path: ROOT },
    };
    const bench = new PackagingBench({ vhosts: { __defaultVhost__ } });
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 5_000 }));
    const packager = bench.packaging.packager.find(NAME)?.cmaf(false)?.packager;
    if (packager === undefined) throw new Error("No CMAF");
    packager.end = () => {
      throw new Error("A bug in end");
    };
    return { bench, publisher, packager, rejections };
  }

  async function expectEnded({ bench, rejections }: Awaited<ReturnType<typeof begin>>) {
    await bench.advance(1_000);
    expect(bench.events("packaging failed")).toHaveLength(1);
    expect(rejections).toEqual([]);
    expect(bench.packaging.packager.heldSize).toBe(0);
    expect(await bench.files(ROOT)).toEqual([]);
  }

  test("ends the packaging of the stream, and is told of once", async () => {
    const stage = await begin();
    stage.packager.frame = () => {
      throw new Error("A bug in frame");
    };
    await stage.publisher.send(framesOf({ fromMs: 5_000, toMs: 6_000 }));
    await expectEnded(stage);
    expect(stage.bench.closed).toEqual([]);
  });

  test("does so too when the publisher leaves", async () => {
    const stage = await begin();
    await stage.publisher.leave();
    await expectEnded(stage);
  });

  test("does so too when the server stops", async () => {
    const stage = await begin();
    await stage.bench.packaging.close();
    await expectEnded(stage);
  });
});
