/**
 * Players that others have written, each on a small page of its own in Chromium.
 *
 * The pages come from another origin than the media, as those of a server's users do.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { ROOT } from "./server.ts";
import { PATIENCE_MS, waitFor } from "./wait.ts";

/** Of each second, what is certainly decoded of 25 frames. */
const FRAMES_MIN = 15;

export type PlayerName = "native" | "hls-js" | "dash-js" | "shaka" | "mpegts-js";

const PAGES = `${ROOT}test/support/player-pages/`;
const MODULES = `${ROOT}node_modules/`;

const FILES: Readonly<Record<string, string>> = {
  "/native.html": `${PAGES}native.html`,
  "/hls-js.html": `${PAGES}hls-js.html`,
  "/dash-js.html": `${PAGES}dash-js.html`,
  "/shaka.html": `${PAGES}shaka.html`,
  "/mpegts-js.html": `${PAGES}mpegts-js.html`,
  "/player-page.js": `${PAGES}player-page.js`,
  "/hls.js": `${MODULES}hls.js/dist/hls.min.js`,
  "/dash.js": `${MODULES}dashjs/dist/modern/umd/dash.all.min.js`,
  "/shaka.js": `${MODULES}shaka-player/dist/shaka-player.compiled.js`,
  "/mpegts.js": `${MODULES}mpegts.js/dist/mpegts.js`,
};

/** A look at the clock in the picture. */
export interface ClockReading {
  readonly seenMs: number;
  /** What the clock said, and how long ago that was. */
  readonly clockMs: number;
  readonly latencyMs: number;
}

export interface PlayerView {
  readonly isPlaying: boolean;
  readonly errors: readonly string[];
  /** Times at which the player had nothing to show, after it had begun. */
  readonly stalls: readonly string[];
  /** What the page has to say of its player. */
  readonly notes: Readonly<Record<string, unknown>>;
  readonly readings: readonly ClockReading[];
  readonly currentTime: number;
  readonly playbackRate: number;
  readonly bufferedRanges: number;
  readonly frames: number;
  readonly droppedFrames: number;
  /** Bytes of audio that were decoded. */
  readonly audioSize: number;
  readonly width: number;
  readonly height: number;
}

/** What a player did while it played without a break. */
export interface PlayedSpan {
  readonly frames: number;
  readonly audioSize: number;
  /** The clock of the picture, as it went by. Empty if there is none. */
  readonly readings: readonly ClockReading[];
  /** What there was at the end. */
  readonly view: PlayerView;
}

/** Serves the pages. */
export class PlayerPages {
  readonly #browser: Browser;
  readonly #server: Server;

  private constructor(browser: Browser, server: Server) {
    this.#browser = browser;
    this.#server = server;
  }

  static async start(browser: Browser): Promise<PlayerPages> {
    const server = createServer(({ url = "" }, response) => {
      const path = url.split("?")[0] ?? "";
      const file = FILES[path];
      if (file === undefined) {
        response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
        return;
      }
      const type = path.endsWith(".html") ? "text/html" : "text/javascript";
      response.writeHead(200, { "Content-Type": `${type}; charset=utf-8` });
      response.end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new PlayerPages(browser, server);
  }

  /** Opens a player, which begins to play at once. */
  async open(name: PlayerName, url: string, config: object = {}): Promise<PlayerPage> {
    const context = await this.#browser.newContext();
    const page = await context.newPage();
    const player = new PlayerPage(`${name} with ${url}`, context, page);
    const query = new URLSearchParams({ url, config: JSON.stringify(config) });
    const { port } = this.#server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/${name}.html?${query}`);
    return player;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export class PlayerPage {
  readonly page: Page;
  /** Paths and queries of all requests, in their order. */
  readonly requests: string[] = [];
  readonly #title: string;
  readonly #context: BrowserContext;
  /** What the browser has to say of the page and its requests. */
  readonly #complaints: string[] = [];

  constructor(title: string, context: BrowserContext, page: Page) {
    this.#title = title;
    this.#context = context;
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error") this.#complaints.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      const { pathname, search } = new URL(request.url());
      this.requests.push(`${pathname}${search}`);
    });
    page.on("response", (response) => {
      if (response.status() < 400) return;
      this.#complaints.push(`${response.status()} for ${response.url()}`);
    });
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      // The player did not want it any more.
      if (reason !== "net::ERR_ABORTED") this.#complaints.push(`${reason} for ${request.url()}`);
    });
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  /** What the page shows now. @throws {Error} If there was an error that a player may not have. */
  async view(): Promise<PlayerView> {
    const seen = await this.page.evaluate<PlayerView>("page.view()");
    const errors = [...seen.errors, ...this.#complaints];
    if (errors.length > 0) throw new Error(`${this.#title}: ${errors.join("; ")}`);
    return seen;
  }

  /** Waits until `look` finds in the view what it looks for. */
  async waitFor<T>(
    what: string,
    look: (seen: PlayerView) => T | undefined | false,
    patienceMs: number = 2 * PATIENCE_MS,
  ): Promise<T> {
    let seen: PlayerView | undefined;
    const lookAgain = async (): Promise<T | undefined | false> => {
      seen = await this.view();
      return look(seen);
    };
    return waitFor(`${this.#title}: ${what}`, lookAgain, patienceMs).catch((cause: unknown) => {
      const { readings = [], ...rest } = seen ?? {};
      const shown = JSON.stringify({ ...rest, readings: readings.slice(-3) });
      throw new Error(`${String(cause)}, but saw ${shown}`, { cause });
    });
  }

  /**
   * Waits until so many seconds have been played without a stall, and without a jump over what is to be
   * seen. A busy machine may need several attempts; whoever stalls again and again does not pass.
   */
  async playFor(seconds: number): Promise<PlayedSpan> {
    const what = `${seconds} s to be played in one go`;
    await this.waitFor("the first picture", ({ isPlaying, frames }) => isPlaying && frames > 0);
    let start = await this.view();
    return this.waitFor(
      what,
      (view) => {
        const isStalled = view.stalls.length > start.stalls.length;
        if (isStalled || view.currentTime < start.currentTime) start = view;
        const frames = view.frames - start.frames;
        if (view.currentTime - start.currentTime < seconds) return undefined;
        if (frames <= FRAMES_MIN * seconds) {
          start = view;
          return undefined;
        }
        const audioSize = view.audioSize - start.audioSize;
        const startMs = start.readings.at(-1)?.seenMs ?? 0;
        const readings = view.readings.filter(({ seenMs }) => seenMs > startMs);
        return { frames, audioSize, readings, view };
      },
      (seconds + 40) * 1_000,
    );
  }
}
