/**
 * Goal: players that viewers use play a live stream by each way that it is packaged in, sound and
 * picture, without an error.
 *
 * Method: FFmpeg publishes in real time with B-frames and a key frame every two seconds; hls.js, dash.js,
 * Shaka Player, mpegts.js and the browser's own player play it in Chromium, on pages of another origin.
 * The picture shows a clock, which must go on as it is played. What a player reports as an error, and any
 * request that is refused or fails, fails the test; a stall, which a busy machine may bring about, makes
 * it try again. The packaging of one stream has begun before its players come, that of another begins
 * with its first player.
 */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { ClockPublisher } from "../support/clock-publisher.ts";
import { fetchText } from "../support/packaged-stream.ts";
import {
  type PlayedSpan,
  type PlayerName,
  type PlayerPage,
  PlayerPages,
} from "../support/player-page.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const SECONDS = 4;
/** Of each second, what is certainly decoded of 8000 bytes. */
const AUDIO_SIZE_MIN = 4_000;
/** A vhost as it is by default. Browsers find every name below `localhost` on this machine. */
const ON_DEMAND = "on-demand.localhost";

let server: TestServer;
let browser: Browser;
let pages: PlayerPages;
let publisher: ClockPublisher;

beforeAll(async () => {
  const always = {
    hls: { hls_on_demand: false },
    cmaf: { on_demand: false },
  };
  server = await startServer({
    config: { vhosts: { __defaultVhost__: always, [ON_DEMAND]: {} } },
  });
  publisher = new ClockPublisher(server.rtmpUrl("live/show"), { hasBFrames: true });
  browser = await launchChromium();
  pages = await PlayerPages.start(browser);
});

afterAll(async () => {
  pages.stop();
  await browser.close();
  await publisher.end();
  await server.stop();
});

async function open(name: PlayerName, url: string, config?: object): Promise<PlayerPage> {
  const player = await pages.open(name, url, config);
  onTestFinished(() => player.close());
  return player;
}

/** Waits until the playlist of a stream has so many segments, parts not counted. */
async function waitForSegments(path: string, count: number): Promise<void> {
  let url = server.httpUrl(path);
  await waitFor(
    `${count} segments of ${path}`,
    async () => {
      const text = await fetchText(url).catch(() => "");
      // The first answer leads to the same playlist with a session.
      const variant = /#EXT-X-STREAM-INF:.*\n(.+)/.exec(text)?.[1];
      if (variant !== undefined) url = new URL(variant, url).href;
      return (text.match(/#EXTINF/g)?.length ?? 0) >= count;
    },
    40_000,
  );
}

function expectPlayed({ audioSize, readings, view }: PlayedSpan): void {
  expect(audioSize).toBeGreaterThan(AUDIO_SIZE_MIN * SECONDS);
  expect([view.width, view.height]).toEqual([320, 180]);
  const times = readings.map(({ clockMs }) => clockMs);
  expect(times.length).toBeGreaterThan(SECONDS);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan((SECONDS - 1) * 1_000);
}

/** A segment, and a part of one. */
const SEGMENT = /\/video-\w+-\d+\.m4s/;
const PART = /\/video-\w+-\d+\.\d+\.m4s/;

describe("CMAF", () => {
  beforeAll(() => waitForSegments("/live/show/video.m3u8", 3));

  test("hls.js plays HLS with low latency, as it does by default", async () => {
    const player = await open("hls-js", server.httpUrl("/live/show.m3u8"));
    expectPlayed(await player.playFor(SECONDS));
    expect(player.requests.some((path) => PART.test(path))).toBe(true);
    expect(player.requests.some((path) => path.includes("_HLS_part="))).toBe(true);
  });

  test("hls.js plays HLS without low latency", async () => {
    const config = { lowLatencyMode: false };
    const player = await open("hls-js", server.httpUrl("/live/show.m3u8"), config);
    expectPlayed(await player.playFor(SECONDS));
    expect(player.requests.some((path) => SEGMENT.test(path))).toBe(true);
    expect(player.requests.filter((path) => PART.test(path))).toEqual([]);
  });

  test.each<PlayerName>(["hls-js", "shaka"])(
    "%s plays a stream whose packaging begins with it",
    async (name) => {
      const stream = new ClockPublisher(server.rtmpUrl(`live/${name}?vhost=${ON_DEMAND}`));
      onTestFinished(() => stream.end());
      await waitFor("the stream", () =>
        server.events("stream published").some((line) => JSON.stringify(line).includes(name)),
      );
      const url = `http://${ON_DEMAND}:${server.ports.http}/live/${name}.m3u8`;
      const player = await open(name, url);
      expectPlayed(await player.playFor(SECONDS));
    },
  );

  test("Shaka Player plays HLS, with low latency", async () => {
    const player = await open("shaka", server.httpUrl("/live/show.m3u8"));
    expectPlayed(await player.playFor(SECONDS));
    expect(player.requests.some((path) => PART.test(path))).toBe(true);
  });

  test("dash.js plays DASH", async () => {
    const player = await open("dash-js", server.httpUrl("/live/show.mpd"));
    expectPlayed(await player.playFor(SECONDS));
  });

  test("Shaka Player plays DASH", async () => {
    const player = await open("shaka", server.httpUrl("/live/show.mpd"));
    expectPlayed(await player.playFor(SECONDS));
  });
});

test("mpegts.js plays FLV", async () => {
  const player = await open("mpegts-js", server.httpUrl("/live/show.flv"));
  expectPlayed(await player.playFor(SECONDS));
});

describe("MPEG-TS", () => {
  beforeAll(() => waitForSegments("/live/show/ts.m3u8", 3));

  test("hls.js plays HLS", async () => {
    const config = { lowLatencyMode: false };
    const player = await open("hls-js", server.httpUrl("/live/show/ts.m3u8"), config);
    expectPlayed(await player.playFor(SECONDS));
  });

  test("Shaka Player plays HLS", async () => {
    const player = await open("shaka", server.httpUrl("/live/show/ts.m3u8"));
    expectPlayed(await player.playFor(SECONDS));
  });

  test("Chromium plays HLS by itself", async () => {
    const player = await open("native", server.httpUrl("/live/show/ts.m3u8"));
    expectPlayed(await player.playFor(SECONDS));
  });
});
