/**
 * Goal: an operator sees in the console what the server does, finds a session, and disconnects it; who
 * is refused reads why, and goes on when he is not any more.
 *
 * Method: Chromium opens the console of a server with the test stream, a player by HTTP and one by
 * WebRTC. Its own console must stay free of errors, those of the page's Content-Security-Policy among
 * them, but for the refusals that the test brings about.
 */

import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchChromium, RTC_ARGUMENTS } from "../support/chromium.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { media } from "../support/media.ts";
import { launchServer, ROOT, rtcConfig, startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const SCREENSHOTS = `${ROOT}dist/.test/`;
/** A name that leads here, and is none of this machine's own. */
const ELSEWHERE = "console.example";
const USER = { username: "admin", password: "s3cret" };

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  server = await startServer({
    config: (ports) => ({ ...rtcConfig(ports), test_stream: { enabled: true } }),
  });
  browser = await launchChromium([
    ...RTC_ARGUMENTS,
    `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`,
  ]);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

interface OpenOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly httpCredentials?: { readonly username: string; readonly password: string };
}

/** Opens a page; whatever it complains of, but for the API's refusals, fails the test at its end. */
async function open(url: string, options: OpenOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    const isExpected = /status of 40[13]/.test(message.text());
    if (message.type() === "error" && !isExpected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(url);
  return page;
}

/** Waits for a row with these texts, in a table. */
async function waitForRow(page: Page, table: string, ...texts: string[]): Promise<string> {
  let seen: string[] = [];
  const look = async (): Promise<string | undefined> => {
    seen = await page.locator(`${table} tbody tr:not(.details)`).allInnerTexts();
    return seen.find((row) => texts.every((text) => row.includes(text)));
  };
  return waitFor(`a row of ${texts.join(", ")}`, look).catch((cause: unknown) => {
    throw new Error(`${String(cause)}, but saw ${JSON.stringify(seen)}`, { cause });
  });
}

async function waitForCount(page: Page, table: string, count: string): Promise<void> {
  await waitFor(`${table} to have ${count}`, async () => {
    return (await page.textContent(`${table} [data-part=count]`)) === count;
  });
}

const CLIENTS = "**/api/v1/clients/**";

test("shows streams and sessions, finds one and disconnects it", async () => {
  const publisher = publishFile(await media("h264-aac.flv"), server.rtmpUrl("live/show"));
  onTestFinished(async () => void (await publisher.end()));
  await open(server.httpUrl("/?stream=live/test&proto=rtc"));
  const player = fetch(server.httpUrl("/live/test.flv")).then((answer) => answer.arrayBuffer());
  const ended = player.catch(() => undefined);
  const page = await open(server.apiUrl("/console/"));

  await waitForRow(page, "#streams", "live/test", "Server", "H.264 · AAC", "640\u00a0×\u00a0360");
  await waitForRow(page, "#streams", "live/show", "RTMP");
  await waitForRow(page, "#sessions", "live/show", "Publishes · RTMP", "127.0.0.1");
  await waitForRow(page, "#sessions", "live/test", "Plays · HTTP");
  await waitForRow(page, "#sessions", "live/test", "Plays · WebRTC");
  await waitFor("how the packets fare", async () => {
    return /TransportUDP.*NACKs\d/.test((await page.textContent("#sessions .details")) ?? "");
  });
  expect(await page.getAttribute("#streams a", "href")).toMatch(/\/\?stream=live\/\w+$/);
  await page.screenshot({ path: `${SCREENSHOTS}console.png`, fullPage: true });

  await page.fill("#sessions input", "test http");
  await waitForCount(page, "#sessions", "1 of 3");
  await page.click("#sessions [aria-label^=Disconnect]");
  expect(await page.textContent("dialog p")).toMatch(/^127\.0\.0\.1 plays live\/test by HTTP\./);
  await page.keyboard.press("Enter"); // What is in front is to cancel.
  expect(await page.isVisible("dialog")).toBe(false);
  expect(server.log).not.toContain("kicked_by_api");

  await page.click("#sessions [aria-label^=Disconnect]");
  await page.click("dialog .danger");
  await waitFor("it to be done", async () => {
    return (await page.textContent("#outcome")) === "Disconnected 127.0.0.1.";
  });
  await ended;
  await waitFor("the log to say so", async () => server.log.includes("kicked_by_api"));
  await waitForCount(page, "#sessions", "0 of 2");
});

test("sorts by keyboard, and rests while nobody looks", async () => {
  const page = await open(server.apiUrl("/console/"));
  await waitForRow(page, "#streams", "live/test");
  await page.focus("#streams [data-sort=clients]");
  await page.keyboard.press("Enter");
  expect(await page.getAttribute("#streams th[aria-sort]", "aria-sort")).toBe("descending");
  await page.keyboard.press("Space");
  expect(await page.getAttribute("#streams th[aria-sort]", "aria-sort")).toBe("ascending");

  let asked = 0;
  page.on("request", () => {
    asked += 1;
  });
  await waitFor("the next round", async () => asked >= 4);
  await page.evaluate(`Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));`);
  await page.waitForTimeout(500); // For a round that is under way.
  const before = asked;
  await page.waitForTimeout(2_500);
  expect(asked).toBe(before);
  await page.evaluate(
    `delete document.hidden; document.dispatchEvent(new Event("visibilitychange"));`,
  );
  await waitFor("it to go on", async () => asked > before);
  await page.click("#pause");
  expect(await page.textContent("#status")).toBe("Paused");
});

test("draws a page of thousands, on a telephone too", async () => {
  const page = await open("about:blank", { viewport: { width: 360, height: 740 } });
  const clients = Array.from({ length: 5_000 }, (_, i) => ({
    ...{ id: `c${i}`, url: `/live/s${i % 7}`, ip: `192.0.2.${i % 256}`, type: "hls-play" },
    ...{ publish: false, alive: i, kbps: { recv_30s: 0, send_30s: i } },
  }));
  await page.route(CLIENTS, (route) => route.fulfill({ json: { code: 0, clients } }));
  await page.goto(server.apiUrl("/console/"));
  await waitForCount(page, "#sessions", "5,000");
  expect(await page.locator("#sessions tbody tr").count()).toBe(100);
  await page.click("#sessions [data-part=next]");
  expect(await page.textContent("#sessions [data-part=place]")).toBe("101 to 200 of 5,000");
  await page.fill("#sessions input", "192.0.2.255");
  await waitForCount(page, "#sessions", "19 of 5,000");
  const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  expect(overflow).toBeLessThanOrEqual(0);
});

test("says why the API refuses, and what to do", async () => {
  const url = new URL(server.apiUrl("/console/"));
  url.hostname = ELSEWHERE;
  const page = await open(url.href);
  await page.waitForSelector("#problem:not([hidden])");
  const text = await page.textContent("#problem");
  expect(text).toContain("The API answers only the server's own machine");
  expect(text).toContain(`ssh -N -L ${url.port}:localhost:${url.port} ${ELSEWHERE}`);
  expect(await page.isVisible("#sessions")).toBe(false);
});

test("asks for a name and a password where the API does", async () => {
  const guarded = await launchServer({
    config: { http_api: { auth: { enabled: true, ...USER } } },
  });
  onTestFinished(() => guarded.stop());
  await waitFor("the server", async () => guarded.events("server ready").length === 1);
  const url = guarded.apiUrl("/console/");
  const stranger = await open(url, { httpCredentials: { ...USER, password: "wrong" } });
  await stranger.waitForSelector("#problem:not([hidden])");
  expect(await stranger.textContent("#problem h2")).toBe("The API wants a name and a password");
  const page = await open(url, { httpCredentials: USER });
  await waitForCount(page, "#sessions", "0");
  expect(await page.textContent("#sessions .empty")).toBe("Nobody publishes or plays.");
});
