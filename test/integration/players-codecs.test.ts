/**
 * Goal: browsers play what only Enhanced RTMP can carry, by HLS and by DASH: AV1 with Opus, and VP9.
 *
 * Method: a publisher of our own sends what FFmpeg encoded, over and over as time goes by, and hls.js,
 * dash.js and Shaka Player play it in Chromium, which has decoders for these and none for HEVC.
 */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { type MediaName, media } from "../support/media.ts";
import { type PlayerName, PlayerPages } from "../support/player-page.ts";
import { startServer, type TestServer } from "../support/server.ts";
import {
  readMp4Messages,
  type SentMessage,
  SteppedPublisher,
} from "../support/stepped-publisher.ts";

/** Of the files. */
const FILE_MS = 10_000;
/** Longer than any test takes. */
const ROUNDS = 12;
const SECONDS = 3;
const TIMEOUT_MS = 120_000;
const SEND_EVERY_MS = 20;

let server: TestServer;
let browser: Browser;
let pages: PlayerPages;

/** The messages of a file, again and again. */
function repeat(messages: readonly SentMessage[]): SentMessage[] {
  return Array.from({ length: ROUNDS }, (_, round) =>
    messages.map((message) => ({ ...message, timestamp: message.timestamp + round * FILE_MS })),
  ).flat();
}

/** Publishes a file in real time, until the test is over. */
async function publish(file: MediaName, stream: string): Promise<void> {
  const messages = repeat(await readMp4Messages(await media(file)));
  const publisher = await SteppedPublisher.open(server.rtmpUrl(stream), messages);
  const startMs = performance.now();
  const timer = setInterval(() => publisher.sendUntil(performance.now() - startMs), SEND_EVERY_MS);
  onTestFinished(() => {
    clearInterval(timer);
    publisher.close();
  });
}

describe("in Chromium", () => {
  beforeAll(async () => {
    server = await startServer();
    browser = await launchChromium();
    pages = await PlayerPages.start(browser);
  });

  afterAll(async () => {
    pages.stop();
    await browser.close();
    await server.stop();
  });

  test.each<[MediaName, string, RegExp, boolean]>([
    ["av1-opus.mp4", "live/av1", /^av01\.0\./, true],
    ["vp9.mp4", "live/vp9", /^vp09\.00\./, false],
  ])("%s plays by HLS and DASH", { timeout: TIMEOUT_MS }, async (file, stream, codec, hasAudio) => {
    await publish(file, stream);
    const ways: readonly (readonly [PlayerName, string])[] = [
      ["hls-js", ".m3u8"],
      ["dash-js", ".mpd"],
      ["shaka", ".mpd"],
    ];
    for (const [name, ending] of ways) {
      const player = await pages.open(name, server.httpUrl(`/${stream}${ending}`));
      onTestFinished(() => player.close());
      const { audioSize, view } = await player.playFor(SECONDS);
      expect(audioSize > 4_000 * SECONDS).toBe(hasAudio);
      expect([view.width, view.height]).toEqual([320, 180]);
      if (name !== "hls-js") continue;
      expect(view.notes["levels"]).toEqual([
        expect.objectContaining({ videoCodec: expect.stringMatching(codec) }),
      ]);
    }
  });
});
