/**
 * Goal: the page plays with low latency by HLS, and by the next way where the best does not work.
 *
 * Method: Chromium opens the page. What stands in the way of HTTP-FLV is a vhost that does not serve
 * it, a codec it has not, a proxy, or a browser whose MediaSource the test takes away. What the page
 * makes of all that is the same whatever the server runs on: it is tried on one runtime.
 */

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { publishFile } from "../support/ffmpeg.ts";
import {
  expectMoving,
  FrontPage,
  HLS_ONLY,
  type PlayerView,
  view,
  waitForState,
  waitForView,
  waitForWay,
  watchRequests,
} from "../support/front-page.ts";
import { media } from "../support/media.ts";
import { startRoughProxy } from "../support/rough-proxy.ts";
import { waitFor } from "../support/wait.ts";

let front: FrontPage;

beforeAll(async () => {
  front = await FrontPage.start();
});

afterAll(() => front.stop());

/** Without a complete segment in it, hls.js refuses a playlist and may settle further behind. */
async function waitForSegment(stream: string): Promise<void> {
  const address = front.server.httpUrl(`/${stream}.m3u8`);
  const entry = await waitFor("the stream to be packaged", async () => {
    const answer = await fetch(address);
    return answer.ok ? answer.text() : undefined;
  });
  const playlist = new URL(entry.trim().split("\n").at(-1) ?? "", address);
  await waitFor("a segment", async () =>
    (await (await fetch(playlist)).text()).includes("#EXTINF"),
  );
}

describe("Low-Latency HLS", () => {
  test("plays less than 3 s behind the server", async () => {
    await waitForSegment("live/test");
    const page = await front.open("?proto=hls");
    const asked = watchRequests(page);
    await page.reload();
    await waitForWay(page, "Low-Latency HLS");
    await expectMoving(page);
    const seen = await waitForView(page, "a latency below 3 s", ({ latencySeconds = 9 }) => {
      return latencySeconds < 3;
    });
    expect(seen.width).toBe(640);
    // It cannot be less than what is buffered, but for what the server's clock is known to.
    expect((seen.latencySeconds ?? 0) + 0.5).toBeGreaterThan(seen.bufferSeconds);
    // It stays there, or comes back if the machine was busy.
    const isLater = (now: PlayerView): boolean => now.currentTime > seen.currentTime + 5;
    await waitForView(page, "a latency below 3 s later on", (now) => {
      return isLater(now) && (now.latencySeconds ?? 9) < 3;
    });

    expect(await page.textContent("#way")).toBe("Low-Latency HLS");
    expect(await page.textContent("#latency")).toMatch(/^[12]\.\d s$/);
    expect(await page.textContent("#latency-scope")).toBe("from the server");
    expect(await page.textContent("#codecs")).toBe("H.264 · AAC");
    expect(await page.textContent("#bitrate")).toMatch(/^[1-9]\d+ kbit\/s$/);
    expect([...asked]).toContain("/live/test/audio.m3u8");
    expect([...asked]).not.toContain("/mpegts.js");
  });

  test("tells the latency on a computer whose clock is wrong", async () => {
    const script = "{ const now = Date.now; Date.now = () => now() - 7_200_000; }";
    const page = await front.open("?proto=hls", { script });
    await expectMoving(page);
    const { latencySeconds } = await view(page);
    expect(latencySeconds).toBeGreaterThan(0.5);
    expect(latencySeconds).toBeLessThan(3.5);
  });

  test("goes on at the live edge after a pause", async () => {
    const page = await front.open("?proto=hls");
    await expectMoving(page);
    await page.click("#pause");
    await waitForView(page, "some latency", ({ latencySeconds = 0 }) => latencySeconds > 5);
    await page.click("#pause");
    await waitForView(page, "the live edge", ({ latencySeconds = 9 }) => latencySeconds < 3);
    await expectMoving(page);
  });

  test("one's own stream appears, ends, and returns", async () => {
    await front.expectLife("live/hls", "?stream=live/hls&proto=hls");
  });
});

describe("the next way is taken", () => {
  test("where the server does not serve FLV", async () => {
    const file = await media("h264-aac.flv");
    const publisher = publishFile(file, front.server.rtmpUrl(`live/only?vhost=${HLS_ONLY}`));
    onTestFinished(async () => void (await publisher.end()));
    const origin = `http://${HLS_ONLY}:${front.server.ports.http}`;
    const page = await front.open("?stream=live/only", { origin });
    await waitForWay(page, "Low-Latency HLS");
    await expectMoving(page);
    expect((await view(page)).detour).toContain("Not by HTTP-FLV");
  });

  test("for a codec that the FLV player lacks", async () => {
    await front.publishEnhanced("vp9.mp4", "live/vp9");
    const page = await front.open("?stream=live/vp9");
    await waitForWay(page, "Low-Latency HLS");
    expect((await view(page)).detour).toContain("codecs");
    await waitFor("the page to say so", async () => (await page.textContent("#codecs")) === "VP9");
  });

  test("but not for a codec that the browser lacks in any way", async () => {
    await front.publishEnhanced("hevc-opus.mp4", "live/hevc");
    const page = await front.open("?stream=live/hevc");
    await waitForState(page, "failed");
    expect(await page.textContent("#notice")).toMatch(/codecs/);
  });

  test("behind a proxy that holds the endless response back", async () => {
    const proxy = await startRoughProxy(front.server.httpUrl("/"), "holds");
    onTestFinished(() => proxy.close());
    const page = await front.open("", { origin: proxy.origin });
    await waitForWay(page, "Low-Latency HLS");
    await expectMoving(page);
    expect(proxy.endlessCount).toBe(1);
  });

  test("if the endless response breaks off again and again", async () => {
    const proxy = await startRoughProxy(front.server.httpUrl("/"), { breaksAfterBytes: 80_000 });
    onTestFinished(() => proxy.close());
    const page = await front.open("", { origin: proxy.origin });
    await waitForWay(page, "Low-Latency HLS");
    await expectMoving(page);
    expect(proxy.endlessCount).toBe(3);
  });

  test("in a browser without MediaSource", async () => {
    const script = "delete globalThis.MediaSource; delete globalThis.ManagedMediaSource;";
    const page = await front.open("", { script });
    const asked = watchRequests(page);
    await page.reload();
    await waitForWay(page, "HLS of the browser");
    await expectMoving(page);
    expect([...asked]).not.toContain("/hls.mjs");
    expect([...asked]).not.toContain("/mpegts.js");
  });
});
