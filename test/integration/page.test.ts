/**
 * Goal: what the README promises a newcomer: a moving picture on the page, without an encoder, and
 * one's own stream once it is published; by each way of playing, and by the next one where the best
 * does not work.
 *
 * Method: Chromium opens the page; the picture must move and frames must be decoded. The console must
 * stay free of errors, those of the page's Content-Security-Policy among them, and nothing may be asked
 * of other servers. What stands in the way of HTTP-FLV is a vhost that does not serve it, a codec it
 * has not, a proxy, or a browser whose MediaSource the test takes away.
 */

import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { type MediaName, media } from "../support/media.ts";
import { startRoughProxy } from "../support/rough-proxy.ts";
import { ROOT, startServer, TEST_RUNTIME, type TestServer } from "../support/server.ts";
import { readMp4Messages, SteppedPublisher } from "../support/stepped-publisher.ts";
import { PATIENCE_MS, waitFor } from "../support/wait.ts";

const SCREENSHOTS = `${ROOT}dist/.test/`;

/** What the page shows of its player, for the tests' eyes. */
interface PlayerView {
  readonly state: string;
  readonly way: string;
  /** Why the way is not the first choice. */
  readonly detour: string;
  readonly currentTime: number;
  readonly decodedFrames: number;
  readonly width: number;
  readonly latencySeconds: number | undefined;
  /** What of the latency is buffered in the browser. */
  readonly bufferSeconds: number;
}

interface OpenOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  /** To be run in the page before its own scripts. */
  readonly script?: string;
  /** Of something before the server; the server itself, by default. */
  readonly origin?: string;
}

/** A vhost that does not serve FLV. Browsers find every name below `localhost` on this machine. */
const HLS_ONLY = "hls-only.localhost";

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  server = await startServer({
    config: {
      test_stream: { enabled: true },
      vhosts: {
        __defaultVhost__: { publish: { grace_ms: 500 } },
        [HLS_ONLY]: { http_remux: { enabled: false } },
      },
    },
  });
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** Opens the page; whatever it complains of, or asks of others, fails the test at its end. */
async function open(query = "", options: OpenOptions = {}): Promise<Page> {
  const { viewport = { width: 1280, height: 800 }, script } = options;
  const origin = options.origin ?? new URL(server.httpUrl("/")).origin;
  const context = await browser.newContext({ viewport });
  if (script !== undefined) await context.addInitScript(script);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // The library's and the browser's own words on a stream that is not there, or breaks off.
    const isExpected =
      /IOController|TransmuxingController|MSEController|status of 404|net::ERR_INCOMPLETE_CHUNKED/.test(
        message.text(),
      );
    if (message.type() === "error" && !isExpected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isOwn = url.protocol === "blob:" || url.host === new URL(origin).host;
    if (!isOwn) complaints.push(`Asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(`${origin}/${query}`);
  return page;
}

/** Evaluated in the page, hence a text: what is in the page is not in the test's types. */
const VIEW = `(() => {
  const { buffered, currentTime } = document.querySelector("video");
  const { state, way, detour } = sluicePlayer;
  const bufferSeconds = buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
  return { ...sluicePlayer.figures(), state, way, detour, currentTime, bufferSeconds };
})()`;

function view(page: Page): Promise<PlayerView> {
  return page.evaluate<PlayerView>(VIEW);
}

async function waitForView(
  page: Page,
  what: string,
  isSo: (seen: PlayerView) => boolean,
): Promise<PlayerView> {
  let seen: PlayerView | undefined;
  const look = async (): Promise<PlayerView | undefined> => {
    seen = await view(page);
    return isSo(seen) ? seen : undefined;
  };
  return waitFor(what, look, 2 * PATIENCE_MS).catch((cause: unknown) => {
    throw new Error(`${String(cause)}, but saw ${JSON.stringify(seen)}`, { cause });
  });
}

function waitForState(page: Page, state: string): Promise<PlayerView> {
  return waitForView(page, `the page to be ${state}`, (seen) => seen.state === state);
}

/** Waits until the page plays by the way of this name; it may have tried others before. */
function waitForWay(page: Page, way: string): Promise<PlayerView> {
  const isSo = (seen: PlayerView): boolean => seen.state === "live" && seen.way === way;
  return waitForView(page, `the page to play by ${way}`, isSo);
}

/** Waits until two more seconds have been played, and checks that they were decoded. */
async function expectMoving(page: Page): Promise<void> {
  const before = await waitForState(page, "live");
  const after = await waitForView(page, "the picture to move", (seen) => {
    return seen.currentTime > before.currentTime + 2;
  });
  expect(after.decodedFrames - before.decodedFrames).toBeGreaterThan(20);
}

/** Collects the names of the files that the page asks for. */
function watchRequests(page: Page): ReadonlySet<string> {
  const names = new Set<string>();
  page.on("request", (request) => {
    names.add(new URL(request.url()).pathname);
  });
  return names;
}

test("the test picture moves on the front page, by HTTP-FLV", async () => {
  const page = await open();
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
  const page = await open("?stream=live/test&token=abc");
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
  const addresses = await page.$$eval("[data-url^=play]", (codes) => {
    return codes.map(({ textContent }) => textContent);
  });
  expect(addresses).toEqual([
    server.httpUrl("/live/test.flv?token=abc"),
    "rtmp://127.0.0.1/live/test?token=abc",
    server.httpUrl("/live/test.m3u8?token=abc"),
    server.httpUrl("/live/test/ts.m3u8?token=abc"),
    server.httpUrl("/live/test.mpd?token=abc"),
    server.httpUrl("/live/test.flv?token=abc").replace("http", "ws"),
  ]);
  expect(await textOf("[data-url=publish-server]")).toBe("rtmp://127.0.0.1/live");
});

test.each([
  ["http", "HTTP-FLV"],
  ["flv", "HTTP-FLV"], // From the addresses of SRS's page.
  ["ws", "WebSocket-FLV"],
  ["ts", "HTTP-TS"],
])("the test picture moves with proto=%s", async (proto, way) => {
  const page = await open(`?proto=${proto}`);
  await expectMoving(page);
  expect(await view(page)).toMatchObject({ way, width: 640 });
});

/** Without a complete segment in it, hls.js refuses a playlist and may settle further behind. */
async function waitForSegment(stream: string): Promise<void> {
  const address = server.httpUrl(`/${stream}.m3u8`);
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
    const page = await open("?proto=hls");
    const asked = watchRequests(page);
    await page.reload();
    await waitForWay(page, "Low-Latency HLS");
    await expectMoving(page);
    const seen = await waitForView(page, "a latency below 3 s", ({ latencySeconds = 9 }) => {
      return latencySeconds < 3;
    });
    expect(seen.width).toBe(640);
    // It cannot be less than what is buffered.
    expect(seen.latencySeconds).toBeGreaterThan(seen.bufferSeconds);
    // It stays there.
    await waitForView(page, "ten more seconds", (now) => now.currentTime > seen.currentTime + 10);
    expect((await view(page)).latencySeconds).toBeLessThan(3);

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
    const page = await open("?proto=hls", { script });
    await expectMoving(page);
    const { latencySeconds } = await view(page);
    expect(latencySeconds).toBeGreaterThan(0.5);
    expect(latencySeconds).toBeLessThan(3.5);
  });

  test("goes on at the live edge after a pause", async () => {
    const page = await open("?proto=hls");
    await expectMoving(page);
    await page.click("#pause");
    await waitForView(page, "some latency", ({ latencySeconds = 0 }) => latencySeconds > 5);
    await page.click("#pause");
    await waitForView(page, "the live edge", ({ latencySeconds = 9 }) => latencySeconds < 3);
    await expectMoving(page);
  });

  test("one's own stream appears, ends, and returns", async () => {
    await expectLife("live/hls", "?stream=live/hls&proto=hls");
  });
});

describe("the next way is taken", () => {
  test("where the server does not serve FLV", async () => {
    const file = await media("h264-aac.flv");
    const publisher = publishFile(file, server.rtmpUrl(`live/only?vhost=${HLS_ONLY}`));
    onTestFinished(async () => void (await publisher.end()));
    const origin = `http://${HLS_ONLY}:${server.ports.http}`;
    const page = await open("?stream=live/only", { origin });
    await waitForWay(page, "Low-Latency HLS");
    await expectMoving(page);
    expect((await view(page)).detour).toContain("Not by HTTP-FLV");
  });

  test("for a codec that the FLV player lacks", async () => {
    await publishEnhanced("vp9.mp4", "live/vp9");
    const page = await open("?stream=live/vp9");
    await waitForWay(page, "Low-Latency HLS");
    expect((await view(page)).detour).toContain("codecs");
    await waitFor("the page to say so", async () => (await page.textContent("#codecs")) === "VP9");
  });

  test("but not for a codec that the browser lacks in any way", async () => {
    await publishEnhanced("hevc-opus.mp4", "live/hevc");
    const page = await open("?stream=live/hevc");
    await waitForState(page, "failed");
    expect(await page.textContent("#notice")).toMatch(/codecs/);
  });

  test("behind a proxy that holds the endless response back", async () => {
    const proxy = await startRoughProxy(server.httpUrl("/"), "holds");
    onTestFinished(() => proxy.close());
    const page = await open("", { origin: proxy.origin });
    await waitForWay(page, "Low-Latency HLS");
    await expectMoving(page);
    expect(proxy.endlessCount).toBe(1);
  });

  test("if the endless response breaks off again and again", async () => {
    const proxy = await startRoughProxy(server.httpUrl("/"), { breaksAfterBytes: 80_000 });
    onTestFinished(() => proxy.close());
    const page = await open("", { origin: proxy.origin });
    await waitForWay(page, "Low-Latency HLS");
    await expectMoving(page);
    expect(proxy.endlessCount).toBe(3);
  });

  test("in a browser without MediaSource", async () => {
    const script = "delete globalThis.MediaSource; delete globalThis.ManagedMediaSource;";
    const page = await open("", { script });
    const asked = watchRequests(page);
    await page.reload();
    await waitForWay(page, "HLS of the browser");
    await expectMoving(page);
    expect([...asked]).not.toContain("/hls.mjs");
    expect([...asked]).not.toContain("/mpegts.js");
  });
});

/** Opens a page before its stream is there, and follows it through the stream's end and return. */
async function expectLife(stream: string, query: string): Promise<void> {
  const file = await media("h264-aac.flv");
  const page = await open(query);
  await waitForState(page, "offline");
  const first = publishFile(file, server.rtmpUrl(stream));
  onTestFinished(async () => void (await first.end()));
  await expectMoving(page);

  first.kill("SIGTERM");
  await waitForState(page, "offline");
  const second = publishFile(file, server.rtmpUrl(stream));
  onTestFinished(async () => void (await second.end()));
  await expectMoving(page);
}

/** Publishes what FFmpeg cannot send, as time goes by. */
async function publishEnhanced(file: MediaName, stream: string): Promise<void> {
  const messages = await readMp4Messages(await media(file));
  const publisher = await SteppedPublisher.open(server.rtmpUrl(stream), messages);
  const startMs = performance.now();
  const timer = setInterval(() => publisher.sendUntil(performance.now() - startMs), 20);
  onTestFinished(() => {
    clearInterval(timer);
    publisher.close();
  });
}

test("one's own stream appears when it is published, ends, and returns", async () => {
  await expectLife("live/livestream", "?stream=live/livestream");
});

test.each(["auto", "hls"])("sound alone plays, proto=%s", async (proto) => {
  const stream = `live/radio-${proto}`;
  const publisher = publishFile(await media("aac.flv"), server.rtmpUrl(stream));
  onTestFinished(async () => void (await publisher.end()));
  const page = await open(`?stream=${stream}&proto=${proto}`);
  const before = await waitForState(page, "live");
  await waitFor("the sound to go on", async () => {
    return (await view(page)).currentTime > before.currentTime + 1;
  });
  await waitFor("the page to say so", async () => {
    return (await page.textContent("#picture")) === "Sound only";
  });
});

test("the page fits a telephone, and its controls work by keyboard", async () => {
  const page = await open("", { viewport: { width: 360, height: 740 } });
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
