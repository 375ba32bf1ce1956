/**
 * Goal: players go on when a publisher ends and returns, and change between the qualities of a ladder,
 * without an error.
 *
 * Method: hls.js, dash.js and Shaka Player in Chromium, beside FFmpeg, which is ended at once, as an
 * encoder whose cable is pulled, and started again; and beside two of them with pictures of two sizes.
 * The clock in the picture says that what is played is new.
 */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { ClockPublisher, type ClockPublisherOptions } from "../support/clock-publisher.ts";
import { type PlayerName, type PlayerPage, PlayerPages } from "../support/player-page.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

/** A busy machine needs several attempts to play so many seconds in one go. */
const SECONDS = 3;
const TIMEOUT_MS = 120_000;
/** Of each second, what is certainly decoded of 8000 bytes. */
const AUDIO_SIZE_MIN = 4_000;

let server: TestServer;
let browser: Browser;
let pages: PlayerPages;

async function open(name: PlayerName, path: string, config?: object): Promise<PlayerPage> {
  const player = await pages.open(name, server.httpUrl(path), config);
  onTestFinished(() => player.close());
  return player;
}

function publish(stream: string, options?: ClockPublisherOptions): ClockPublisher {
  const publisher = new ClockPublisher(server.rtmpUrl(stream), options);
  onTestFinished(() => publisher.end());
  return publisher;
}

async function publishedCount(count: number): Promise<void> {
  await waitFor("the publisher", () => server.events("stream published").length >= count);
}

describe("players", () => {
  beforeAll(async () => {
    server = await startServer({
      config: {
        vhosts: {
          __defaultVhost__: {
            publish: { grace_ms: 20_000 },
            hls: { hls_on_demand: false, hls_fragment: 2, hls_variants: ["_a", "_b"] },
            cmaf: { on_demand: false },
          },
        },
      },
    });
    browser = await launchChromium();
    pages = await PlayerPages.start(browser);
  });

  afterAll(async () => {
    pages.stop();
    await browser.close();
    await server.stop();
  });

  // Shaka Player (5.2) with HLS of CMAF does so too on a machine that is not busy; else it fails in a
  // line of its own ("Cannot read properties of null"), between a jump over the gap and an update.
  test("players go on when the publisher returns", { timeout: TIMEOUT_MS }, async () => {
    const first = publish("live/return");
    await publishedCount(1);
    const players = await Promise.all([
      open("hls-js", "/live/return.m3u8"),
      open("hls-js", "/live/return.m3u8", { lowLatencyMode: false }),
      open("hls-js", "/live/return/ts.m3u8", { lowLatencyMode: false }),
      open("dash-js", "/live/return.mpd"),
      open("shaka", "/live/return.mpd"),
    ]);
    await Promise.all(players.map((player) => player.playFor(SECONDS)));
    await first.end();
    publish("live/return");
    await publishedCount(2);
    const returnedMs = Date.now();
    for (const player of players) {
      await player.waitFor("pictures of the new publisher", ({ readings }) => {
        return (readings.at(-1)?.clockMs ?? 0) > returnedMs;
      });
    }
    const spans = await Promise.all(players.map((player) => player.playFor(SECONDS)));
    for (const { audioSize } of spans) {
      expect(audioSize).toBeGreaterThan(AUDIO_SIZE_MIN * SECONDS);
    }
  });

  test("hls.js finds the qualities of a ladder, and changes between them", {
    timeout: TIMEOUT_MS,
  }, async () => {
    publish("live/ladder_a", { height: 180 });
    publish("live/ladder_b", { height: 360, bitrateKbps: 900 });
    await waitFor("both", async () => {
      const text = await (await fetch(server.httpUrl("/live/ladder.m3u8"))).text();
      return text.match(/#EXT-X-STREAM-INF/g)?.length === 2;
    });
    const player = await open("hls-js", "/live/ladder.m3u8");
    const { view } = await player.playFor(SECONDS);
    const codecs = { videoCodec: expect.stringMatching(/^avc1\.42c0/), audioCodec: "mp4a.40.2" };
    const levels = view.notes["levels"] as { readonly height: number }[];
    expect(levels).toHaveLength(2);
    expect(levels).toContainEqual(expect.objectContaining({ width: 320, height: 180, ...codecs }));
    expect(levels).toContainEqual(expect.objectContaining({ width: 640, height: 360, ...codecs }));
    for (const height of [360, 180, 360]) {
      const level = levels.findIndex((candidate) => candidate.height === height);
      await player.page.evaluate(`page.player.nextLevel = ${level}`);
      await player.waitFor(`${height} lines`, (seen) => seen.height === height);
      const { readings } = await player.playFor(SECONDS);
      expect(readings.length).toBeGreaterThan(SECONDS);
    }
  });
});
