/**
 * Goal: what the README promises a newcomer: a moving picture on the page, without an encoder, and
 * one's own stream once it is published; by each way of playing.
 *
 * Method: Chromium opens the page; the picture must move and frames must be decoded. The console must
 * stay free of errors, those of the page's Content-Security-Policy among them, and nothing may be asked
 * of other servers.
 */

import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { publishFile } from "../support/ffmpeg.ts";
import {
  expectMoving,
  FrontPage,
  view,
  waitForState,
  watchRequests,
} from "../support/front-page.ts";
import { media } from "../support/media.ts";
import { ROOT, TEST_RUNTIME } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const SCREENSHOTS = `${ROOT}dist/.test/`;

let front: FrontPage;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  front = await FrontPage.start();
});

afterAll(() => front.stop());

test("the test picture moves on the front page, by HTTP-FLV", async () => {
  const page = await front.open();
  const asked = watchRequests(page);
  await page.reload();
  await expectMoving(page);
  expect(await view(page)).toMatchObject({ width: 640, way: "HTTP-FLV", detour: "" });
  expect(await page.title()).toBe("live/test · Sluice");
  expect(await page.inputValue("#proto")).toBe("auto");
  expect([...asked]).toContain("/live/test.flv");
  expect([...asked]).not.toContain("/hls.mjs");
  await page.screenshot({ path: `${SCREENSHOTS}page-${TEST_RUNTIME}.png` });
});

test("the page tells figures and addresses", async () => {
  const page = await front.open("?stream=live/test&token=abc");
  await expectMoving(page);
  const textOf = (selector: string): Promise<string | null> => page.textContent(selector);
  await waitFor("the bit rate", async () => {
    return /^[1-9]\d+ kbit\/s$/.test((await textOf("#bitrate")) ?? "");
  });
  expect(await textOf("#state")).toBe("Live");
  expect(await textOf("#way")).toBe("HTTP-FLV");
  expect(await textOf("#latency")).toMatch(/^\d\.\d s$/);
  expect(await textOf("#latency-scope")).toBe("in this browser");
  expect(await page.getAttribute(".figures [title*=buffered]", "title")).toMatch(/in this browser/);
  expect(await textOf("#picture")).toBe("640\u00a0×\u00a0360 · 25\u00a0fps");
  expect(await textOf("#codecs")).toBe("H.264 · AAC");
  expect(await textOf("#dropped")).toMatch(/^\d+$/);
  const rtmp = `rtmp://127.0.0.1:${front.server.ports.rtmp}/live`;
  await waitFor("the port of RTMP", async () => {
    return (await textOf("[data-url=publish-server]")) === rtmp;
  });
  const addresses = await page.$$eval("[data-url^=play]", (codes) => {
    return codes.map(({ textContent }) => textContent);
  });
  expect(addresses).toEqual([
    front.server.httpUrl("/live/test.flv?token=abc"),
    `${rtmp}/test?token=abc`,
    front.server.httpUrl("/live/test.m3u8?token=abc"),
    front.server.httpUrl("/live/test/ts.m3u8?token=abc"),
    front.server.httpUrl("/live/test.mpd?token=abc"),
    front.server.httpUrl("/rtc/v1/whep/?app=live&stream=test&token=abc"),
    front.server.httpUrl("/live/test.flv?token=abc").replace("http", "ws"),
  ]);
  expect(await textOf("[data-url=publish-ffmpeg]")).toContain(`${rtmp}/livestream`);
});

test.each([
  ["http", "HTTP-FLV"],
  ["flv", "HTTP-FLV"], // From the addresses of SRS's page.
  ["ws", "WebSocket-FLV"],
  ["ts", "HTTP-TS"],
])("the test picture moves with proto=%s", async (proto, way) => {
  const page = await front.open(`?proto=${proto}`);
  await expectMoving(page);
  expect(await view(page)).toMatchObject({ way, width: 640 });
});

test("one's own stream appears when it is published, ends, and returns", async () => {
  await front.expectLife("live/livestream", "?stream=live/livestream");
});

test.each(["auto", "hls"])("sound alone plays, proto=%s", async (proto) => {
  const stream = `live/radio-${proto}`;
  const publisher = publishFile(await media("aac.flv"), front.server.rtmpUrl(stream));
  onTestFinished(async () => void (await publisher.end()));
  const page = await front.open(`?stream=${stream}&proto=${proto}`);
  const before = await waitForState(page, "live");
  await waitFor("the sound to go on", async () => {
    return (await view(page)).currentTime > before.currentTime + 1;
  });
  await waitFor("the page to say so", async () => {
    return (await page.textContent("#picture")) === "Sound only";
  });
});

test("the page fits a telephone, and its controls work by keyboard", async () => {
  const page = await front.open("", { viewport: { width: 360, height: 740 } });
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
  const page = await front.open();
  await page.fill("#stream", "live/test");
  await page.selectOption("#proto", "ws");
  await page.click("text=Play");
  await page.waitForURL(/\?stream=live%2Ftest&proto=ws$/);
  await expectMoving(page);
});
