/**
 * Goal: what the README promises a newcomer: a moving picture on the page, without an encoder, and
 * one's own stream once it is published.
 *
 * Method: Chromium opens the page; the picture must move and frames must be decoded. The console must
 * stay free of errors, and nothing may be asked of other servers.
 */

import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { media } from "../support/media.ts";
import { ROOT, startServer, TEST_RUNTIME, type TestServer } from "../support/server.ts";
import { PATIENCE_MS, waitFor } from "../support/wait.ts";

const SCREENSHOTS = `${ROOT}dist/.test/`;

/** What the page shows of its player, for the tests' eyes. */
interface PlayerView {
  readonly state: string;
  readonly currentTime: number;
  readonly decodedFrames: number;
  readonly width: number;
}

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  server = await startServer({
    config: {
      test_stream: { enabled: true },
      vhosts: { __defaultVhost__: { publish: { grace_ms: 500 } } },
    },
  });
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** Opens the page; whatever it complains of, or asks of others, fails the test at its end. */
async function open(query = "", viewport = { width: 1280, height: 800 }): Promise<Page> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // The player's own words on a stream that is not there.
    const isExpected = /IOController|TransmuxingController|status of 404/.test(message.text());
    if (message.type() === "error" && !isExpected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isOwn = url.protocol === "blob:" || url.origin === new URL(server.httpUrl("/")).origin;
    if (!isOwn) complaints.push(`Asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(server.httpUrl(`/${query}`));
  return page;
}

/** Evaluated in the page, hence a text: what is in the page is not in the test's types. */
const VIEW = `({
  state: sluicePlayer.state,
  currentTime: document.querySelector("video").currentTime,
  decodedFrames: sluicePlayer.figures().decodedFrames,
  width: sluicePlayer.figures().width,
})`;

function view(page: Page): Promise<PlayerView> {
  return page.evaluate<PlayerView>(VIEW);
}

async function waitForState(page: Page, state: string): Promise<PlayerView> {
  return waitFor(
    `the page to be ${state}`,
    async () => {
      const seen = await view(page);
      return seen.state === state ? seen : undefined;
    },
    2 * PATIENCE_MS,
  );
}

/** Waits until two more seconds have been played, and checks that they were decoded. */
async function expectMoving(page: Page): Promise<void> {
  const before = await waitForState(page, "live");
  const after = await waitFor("the picture to move", async () => {
    const seen = await view(page);
    return seen.currentTime > before.currentTime + 2 ? seen : undefined;
  });
  expect(after.decodedFrames - before.decodedFrames).toBeGreaterThan(20);
}

test("the test picture moves on the front page", async () => {
  const page = await open();
  await expectMoving(page);
  expect((await view(page)).width).toBe(640);
  expect(await page.title()).toBe("live/test · Sluice");
  expect(await page.textContent("#state")).toBe("Live");
  expect(await page.textContent("#codecs")).toBe("H.264 · AAC");
  expect(await page.textContent("[data-url=publish-server]")).toBe("rtmp://127.0.0.1/live");
  await page.screenshot({ path: `${SCREENSHOTS}page-${TEST_RUNTIME}.png` });
});

test("the test picture moves by WebSocket-FLV", async () => {
  await expectMoving(await open("?proto=ws"));
});

test("one's own stream appears when it is published, ends, and returns", async () => {
  const file = await media("h264-aac.flv");
  const page = await open("?stream=live/livestream");
  await waitForState(page, "offline");
  const first = publishFile(file, server.rtmpUrl("live/livestream"));
  onTestFinished(async () => void (await first.end()));
  await expectMoving(page);

  first.kill("SIGTERM");
  await waitForState(page, "offline");
  const second = publishFile(file, server.rtmpUrl("live/livestream"));
  onTestFinished(async () => void (await second.end()));
  await expectMoving(page);
});

test("sound alone plays", async () => {
  const publisher = publishFile(await media("aac.flv"), server.rtmpUrl("live/radio"));
  onTestFinished(async () => void (await publisher.end()));
  const page = await open("?stream=live/radio");
  const before = await waitForState(page, "live");
  await waitFor("the sound to go on", async () => {
    return (await view(page)).currentTime > before.currentTime + 1;
  });
  await waitFor("the page to say so", async () => {
    return (await page.textContent("#picture")) === "Sound only";
  });
});

test("the page fits a telephone, and its controls work by keyboard", async () => {
  const page = await open("", { width: 360, height: 740 });
  await waitForState(page, "live");
  const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  expect(overflow).toBeLessThanOrEqual(0);

  await page.focus("#mute");
  await page.keyboard.press("Enter");
  expect(await page.evaluate("document.querySelector('video').muted")).toBe(false);
  await page.focus("#pause");
  await page.keyboard.press("Enter");
  expect(await page.evaluate("document.querySelector('video').paused")).toBe(true);
  await page.keyboard.press("Enter");
  await expectMoving(page);
});

test("the form leads to the stream that was typed", async () => {
  const page = await open();
  await page.fill("#stream", "live/test");
  await page.selectOption("#proto", "ws");
  await page.click("text=Play");
  await page.waitForURL(/\?stream=live%2Ftest&proto=ws$/);
  await expectMoving(page);
});
