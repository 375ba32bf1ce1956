/**
 * Goal: paths mean the stream that is there, names that somebody made up cost nothing, and none leads out
 * of what is packaged.
 *
 * Method: requests for what is, was and never will be.
 */

import { describe, expect, test } from "vitest";
import { PackagingBench } from "../../support/packaging-bench.ts";
import { framesOf } from "../../support/packaging-frames.ts";
import { createRandom } from "../../support/seeded-random.ts";

function start(vhost = {}): PackagingBench {
  const __defaultVhost__ = {
    hls: { hls_on_demand: false, hls_fragment: 2, hls_ctx: false },
    dash: { enabled: true },
    cmaf: { sessions: false, on_demand: false },
    play: { time_jitter: "off" },
    publish: { grace_ms: 0 },
    ...vhost,
  };
  return new PackagingBench({ vhosts: { __defaultVhost__ } });
}

async function publish(bench: PackagingBench, url = "live/show"): Promise<void> {
  const publisher = await bench.publish(url);
  for (const frame of framesOf({ toMs: 5_000 })) publisher.sendNow(frame);
  await bench.advance(1_000);
}

describe("names that are of no stream", () => {
  test("cost no memory, thousands of them", async () => {
    const bench = start();
    await publish(bench);
    const random = createRandom(1);
    const endings = [".m3u8", ".mpd", "/video.m3u8", "/ts.m3u8", "/1-2.ts", "/video-a-1.m4s"];
    for (let i = 0; i < 3_000; i++) {
      const path = `/live/${random(1_000_000)}${endings[i % endings.length]}`;
      expect((await bench.get(`${path}?hls_ctx=aaaa${i}`)).status).toBe(404);
    }
    expect(bench.packaging.packager.size).toBe(1);
    expect(bench.hub.size).toBe(1);
    expect(bench.sessions.size).toBe(0);
    expect(bench.admission.calls).toEqual([]);
    expect(bench.runtime.clock.timerCount).toBe(0);
  });

  test("among the files of one that is there are not there", async () => {
    const bench = start();
    await publish(bench);
    for (const file of [
      "video-0-0.m4s",
      "video-init0.mp4",
      "video-mjuohs00-init1.mp4",
      "video-mjuohs00-159050304000001.m4s",
      "video-mjuohs00-gap1.m4s",
      "other.m3u8",
      "video.m3u8.tmp",
      "..",
      "0-0.ts",
      `video-mjuohs00-${"9".repeat(15)}.m4s`,
      `video-mjuohs00-${"9".repeat(400)}.m4s`,
    ]) {
      expect((await bench.get(`/live/show/${file}`)).status).toBe(404);
    }
  });

  test.each([
    "/live%2Fshow/video.m3u8",
    "/live/show%2Fvideo.m3u8",
    "/live/..%2F..%2Fetc/passwd.m3u8",
    "/live/%2e%2e/show.m3u8",
    "/live//show.m3u8",
    "/live/show/../show.m3u8",
    "/%00/show.m3u8",
    "/live/sh%0aow.m3u8",
    "/live/a%5cb.m3u8",
    `/${"a/".repeat(4_000)}show.m3u8`,
    `/${"-".repeat(8_000)}.ts`,
    `/live/${"%2d%31".repeat(1_300)}.ts`,
  ])("%s is answered soon, and finds nothing that is not there", async (path) => {
    const bench = start();
    await publish(bench);
    const startMs = performance.now();
    const status = await bench.get(path).then(
      (answer) => answer.status,
      (error: Error) => error.name,
    );
    expect(performance.now() - startMs).toBeLessThan(500);
    expect([200, 400, 404, "HttpMalformedError", "MalformedError"]).toContain(status);
    if (status === 200) expect(decodeURIComponent(path)).toMatch(/^\/live\/+(show\/\.\.\/)?show/);
    expect(bench.packaging.packager.size).toBe(1);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is for somebody else", async (method) => {
    const bench = start();
    await publish(bench);
    expect((await bench.get("/live/show.m3u8", "", method)).text).toBe("nobody answers");
  });
});

describe("names that may mean several streams", () => {
  test("mean the one that is there", async () => {
    const bench = start();
    await publish(bench, "live/show");
    await publish(bench, "live/video");
    expect(await bench.text("/live/show/video.m3u8")).toContain("#EXT-X-TARGETDURATION");
    // The multivariant playlist of the stream "video", not a track's of the app "live".
    expect(await bench.text("/live/video.m3u8")).toContain("video/video.m3u8");
    expect(await bench.text("/live/video/video.m3u8")).toContain("#EXT-X-TARGETDURATION");
  });

  test("with what means something elsewhere are found all the same", async () => {
    const bench = start();
    const name = "a b+(c)$&[1]{2}^?#%25\"<>|*'é";
    const { hub } = bench;
    const publisher = await hub.publish(
      { vhost: "__defaultVhost__", app: "live", stream: name },
      { clientId: "x", close: () => undefined },
    );
    for (const frame of framesOf({ toMs: 5_000 })) {
      publisher.writeFrame({ ...frame, track: publisher.writeTrack(frame.track) });
    }
    await bench.advance(1_000);
    const base = `/live/${encodeURIComponent(name)}`;
    const entry = await bench.text(`${base}.m3u8`);
    const uri = entry.split("\n").find((line) => line.endsWith("video.m3u8")) ?? "";
    const playlistPath = new URL(uri, `http://a${base}.m3u8`).pathname;
    const playlist = await bench.text(playlistPath);
    const segment = playlist.split("\n").find((line) => line.endsWith(".m4s")) ?? "";
    expect((await bench.get(new URL(segment, `http://a${playlistPath}`).pathname)).status).toBe(
      200,
    );
    const ts = await bench.text(`${base}/ts.m3u8`);
    const tsUri = ts.split("\n").find((line) => line.endsWith(".ts")) ?? "";
    expect((await bench.get(new URL(tsUri, `http://a${base}/ts.m3u8`).pathname)).status).toBe(200);
    const manifest = await bench.text(`${base}.mpd`);
    expect(manifest).toContain("<BaseURL>");
  });
});

describe("parts of files", () => {
  test("of a segment can be had", async () => {
    const bench = start();
    await publish(bench);
    const playlist = await bench.text("/live/show/ts.m3u8");
    const path = `/live/show/${playlist.split("\n").find((line) => line.endsWith(".ts"))}`;
    const whole = await bench.bytes(path);
    const part = await bench.get(path, "Range: bytes=188-375\r\n");
    expect(part.status).toBe(206);
    expect(part.bytes).toEqual(whole.subarray(188, 376));
    const head = await bench.get(path, "", "HEAD");
    expect(head.status).toBe(200);
  });
});
