/**
 * The program's own page in Chromium, as its tests look at it.
 *
 * @module
 */

import type { Browser, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { launchChromium } from "./chromium.ts";
import { publishFile } from "./ffmpeg.ts";
import { type MediaName, media } from "./media.ts";
import { startServer, type TestServer } from "./server.ts";
import { readMp4Messages, SteppedPublisher } from "./stepped-publisher.ts";
import { PATIENCE_MS, waitFor } from "./wait.ts";

/** What the page shows of its player, for the tests' eyes. */
export interface PlayerView {
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

export interface OpenOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  /** To be run in the page before its own scripts. */
  readonly script?: string;
  /** Of something before the server; the server itself, by default. */
  readonly origin?: string;
}

/** A vhost that does not serve FLV. Browsers find every name below `localhost` on this machine. */
export const HLS_ONLY = "hls-only.localhost";

/** A server with a browser in front of it. */
export class FrontPage {
  readonly server: TestServer;
  readonly #browser: Browser;

  private constructor(server: TestServer, browser: Browser) {
    this.server = server;
    this.#browser = browser;
  }

  /** @param browserArguments Further ones of Chromium. */
  static async start(browserArguments: readonly string[] = []): Promise<FrontPage> {
    const server = await startServer({
      config: {
        test_stream: { enabled: true },
        vhosts: {
          __defaultVhost__: { publish: { grace_ms: 500 } },
          [HLS_ONLY]: { http_remux: { enabled: false } },
        },
      },
    });
    return new FrontPage(server, await launchChromium(browserArguments));
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.server.stop();
  }

  /** Opens the page; whatever it complains of, or asks of others, fails the test at its end. */
  async open(query = "", options: OpenOptions = {}): Promise<Page> {
    const { viewport = { width: 1280, height: 800 }, script } = options;
    const origin = options.origin ?? new URL(this.server.httpUrl("/")).origin;
    const context = await this.#browser.newContext({ viewport });
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

  /** Opens a page before its stream is there, and follows it through the stream's end and return. */
  async expectLife(stream: string, query: string): Promise<void> {
    const file = await media("h264-aac.flv");
    const page = await this.open(query);
    await waitForState(page, "offline");
    const first = publishFile(file, this.server.rtmpUrl(stream));
    onTestFinished(async () => void (await first.end()));
    await expectMoving(page);

    first.kill("SIGTERM");
    await waitForState(page, "offline");
    const second = publishFile(file, this.server.rtmpUrl(stream));
    onTestFinished(async () => void (await second.end()));
    await expectMoving(page);
  }

  /** Publishes what FFmpeg cannot send, as time goes by. */
  async publishEnhanced(file: MediaName, stream: string): Promise<void> {
    const messages = await readMp4Messages(await media(file));
    const publisher = await SteppedPublisher.open(this.server.rtmpUrl(stream), messages);
    const startMs = performance.now();
    const timer = setInterval(() => publisher.sendUntil(performance.now() - startMs), 20);
    onTestFinished(() => {
      clearInterval(timer);
      publisher.close();
    });
  }
}

/** Evaluated in the page, hence a text: what is in the page is not in the test's types. */
const VIEW = `(() => {
  const { buffered, currentTime } = document.querySelector("video");
  const { state, way, detour } = sluicePlayer;
  const bufferSeconds = buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
  return { ...sluicePlayer.figures(), state, way, detour, currentTime, bufferSeconds };
})()`;

export function view(page: Page): Promise<PlayerView> {
  return page.evaluate<PlayerView>(VIEW);
}

export async function waitForView(
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

export function waitForState(page: Page, state: string): Promise<PlayerView> {
  return waitForView(page, `the page to be ${state}`, (seen) => seen.state === state);
}

/** Waits until the page plays by the way of this name; it may have tried others before. */
export function waitForWay(page: Page, way: string): Promise<PlayerView> {
  const isSo = (seen: PlayerView): boolean => seen.state === "live" && seen.way === way;
  return waitForView(page, `the page to play by ${way}`, isSo);
}

/** Waits until two more seconds have been played, and checks that they were decoded. */
export async function expectMoving(page: Page): Promise<void> {
  const before = await waitForState(page, "live");
  const after = await waitForView(page, "the picture to move", (seen) => {
    return seen.currentTime > before.currentTime + 2;
  });
  expect(after.decodedFrames - before.decodedFrames).toBeGreaterThan(20);
}

/** Collects the names of the files that the page asks for. */
export function watchRequests(page: Page): ReadonlySet<string> {
  const names = new Set<string>();
  page.on("request", (request) => {
    names.add(new URL(request.url()).pathname);
  });
  return names;
}
