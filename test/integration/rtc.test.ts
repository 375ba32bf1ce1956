/**
 * Goal: Chromium plays by WebRTC what encoders publish by RTMP, and what it publishes itself is played
 * by WebRTC and by everything else. How long it takes is looked at elsewhere.
 *
 * Method: one server, one page with publishers and players; FFmpeg with B-frames as most encoders have
 * them; pictures with the time in them; ffprobe and the page's own figures.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { RtcPage, type RtcPeer } from "../support/rtc-page.ts";
import { rtcConfig, startServer, type TestServer } from "../support/server.ts";
import { PATIENCE_MS, waitFor } from "../support/wait.ts";

let server: TestServer;
let page: RtcPage;

beforeAll(async () => {
  server = await startServer({ config: rtcConfig });
  page = await RtcPage.open(server);
});

afterAll(async () => {
  await page?.close();
  await server?.stop();
});

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

describe.concurrent("Chromium", () => {
  test("plays what an encoder with B-frames publishes by RTMP", async () => {
    const file = await media("h264-aac.flv");
    const publisher = publishFile(file, server.rtmpUrl("live/encoder"), { isLooped: true });
    try {
      await waitFor("the stream", async () => {
        const { text } = await httpGet(server.apiUrl("/api/v1/streams/"));
        return text.includes('"encoder"');
      });
      const player = await page.play("encoder");
      const first = await player.until(
        "a picture",
        ({ firstFrameMs }) => firstFrameMs !== undefined,
      );
      expect(first.firstFrameMs).toBeLessThan(PATIENCE_MS / 2);
      const after = await player.decode(50);
      // Without the B-frames: one of three, at 25 pictures a second.
      expect(after.width).toBe(320);
      expect(after.lostPackets).toBe(0);
      expect(after.keyFrames).toBeGreaterThanOrEqual(2);
      await player.until("sound", ({ soundEnergy }) => soundEnergy > 0);
      await player.stop();
    } finally {
      await publisher.end();
    }
  });

  test("publishes, and is played by WebRTC", async () => {
    const publisher = await page.publish("camera");
    const player = await page.play("camera");
    const playing = await player.decode(75);
    expect(playing.state).toBe("connected");
    expect(median(playing.ages)).toBeLessThan(PATIENCE_MS / 2);
    await player.until("sound", ({ soundEnergy }) => soundEnergy > 0);
    // Who comes later has a key frame asked for, or the latest one, and sees the picture soon.
    const late = await page.play("camera");
    const { firstFrameMs } = await late.until("a picture", (now) => now.firstFrameMs !== undefined);
    expect(firstFrameMs).toBeLessThan(PATIENCE_MS / 2);
    const { sentRequests } = await publisher.figures();
    expect(sentRequests).toBeLessThan(10);
    await Promise.all([player, late, publisher].map((peer: RtcPeer) => peer.stop()));
    await waitFor("the end", () =>
      server.events("stream unpublished").some(({ url }) => url === "/live/camera"),
    );
  });

  test("publishes H.264, and is played by RTMP, HTTP-FLV and HLS", async () => {
    const publisher = await page.publish("whip");
    const startMs = performance.now();
    const { sentFrames: sentBefore } = await publisher.figures();
    await publisher.until("pictures", ({ sentFrames }) => sentFrames > 25);
    const urls = [server.rtmpUrl("live/whip"), server.httpUrl("/live/whip.flv")];
    const played = await Promise.all(urls.map((url) => probePackets(url, 100)));
    const { sentFrames } = await publisher.figures();
    // On a busy machine the browser sends fewer than its camera has.
    const sentStepMs = (performance.now() - startMs) / (sentFrames - sentBefore);
    for (const packets of played) {
      const pictures = packets.filter(({ codecType }) => codecType === "video");
      expect(pictures.length).toBeGreaterThan(20);
      expect(packets.length).toBeGreaterThan(pictures.length + 20);
      expect(pictures[0]?.isKeyFrame).toBe(true);
      const steps = pictures.slice(1).map(({ dts }, i) => dts - (pictures[i]?.dts ?? 0));
      expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
      expect(median(steps)).toBeGreaterThan(25);
      expect(median(steps)).toBeLessThan(2 * sentStepMs);
    }
    await waitFor("a segment of HLS", async () => {
      const { status, text } = await httpGet(server.httpUrl("/live/whip.m3u8"));
      return status === 200 && /#EXT-X-STREAM-INF|#EXTINF/.test(text);
    });
    await publisher.stop();
  });

  test.each(["VP8", "VP9", "AV1"])("publishes and plays %s", async (codec) => {
    const stream = `codec-${codec}`;
    const publisher = await page.publish(stream, { codec });
    await waitFor("the stream's codec", async () => {
      const { text } = await httpGet(server.apiUrl("/api/v1/streams/"));
      const { streams } = JSON.parse(text) as { streams: { name: string; video: unknown }[] };
      return streams.some(({ name, video }) => name === stream && video !== null);
    });
    const player = await page.play(stream);
    const { width } = await player.decode(20);
    expect(width).toBe(320);
    await player.stop();
    await publisher.stop();
  });

  test("publishes layers, of which players get the best that their network bears", async () => {
    const publisher = await page.publish("layers", { rids: ["h", "l"] });
    const player = await page.play("layers");
    await player.decode(25);
    await player.until("the large picture", ({ width }) => width === 320);
    await player.stop();
    await publisher.stop();
  });
});
