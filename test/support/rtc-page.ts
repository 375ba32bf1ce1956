/**
 * Publishers and players of WebRTC in Chromium.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { launchChromium, RTC_ARGUMENTS } from "./chromium.ts";
import { ROOT, type TestServer } from "./server.ts";
import { waitFor } from "./wait.ts";

const SCRIPT = readFileSync(`${ROOT}test/support/player-pages/rtc-peers.js`, "utf8");

export interface RtcPeerOptions {
  /** Of a publisher: `H264`, `VP8`, `VP9` or `AV1`; default H.264. */
  readonly codec?: string;
  /** Of a publisher that sends layers. */
  readonly rids?: readonly string[];
  /** What the server's candidates have to hold to be tried, such as ` tcp `; default all. */
  readonly candidates?: string;
  /** Behind the stream's name. */
  readonly query?: string;
  /** Of the request, in place of the server's own. */
  readonly origin?: string;
}

/** As Chromium counts. */
export interface RtcFigures {
  readonly state: string;
  /** `closed` once the other side has said goodbye, of which `state` says nothing. */
  readonly dtls: string;
  readonly firstFrameMs?: number;
  readonly decodedFrames: number;
  readonly keyFrames: number;
  readonly freezes: number;
  readonly frozenSeconds: number;
  readonly lostPackets: number;
  readonly nacks: number;
  readonly repaired: number;
  readonly requests: number;
  readonly width: number;
  readonly soundPackets: number;
  readonly soundEnergy: number;
  /** Of the latest pictures, in milliseconds. */
  readonly ages: readonly number[];
  readonly sentFrames: number;
  readonly sentKeyFrames: number;
  readonly sentRequests: number;
  readonly sentNacks: number;
  readonly sentAgain: number;
  /** Such as `udp 127.0.0.1 8000`. */
  readonly transport: string;
}

export class RtcPage {
  readonly #server: TestServer;
  readonly #browser: Browser;
  readonly #page: Page;
  #count = 0;

  private constructor(server: TestServer, browser: Browser, page: Page) {
    this.#server = server;
    this.#browser = browser;
    this.#page = page;
  }

  static async open(server: TestServer): Promise<RtcPage> {
    const browser = await launchChromium(RTC_ARGUMENTS);
    const page = await browser.newPage();
    // Any of the server's own answers will do: cameras and WebRTC need an origin that is secure.
    await page.goto(server.httpUrl("/api/v1/versions"));
    await page.addScriptTag({ content: SCRIPT });
    return new RtcPage(server, browser, page);
  }

  publish(stream: string, options: RtcPeerOptions = {}): Promise<RtcPeer> {
    return this.#start("publish", stream, { codec: "H264", ...options });
  }

  play(stream: string, options: RtcPeerOptions = {}): Promise<RtcPeer> {
    return this.#start("play", stream, options);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async #start(
    role: "publish" | "play",
    stream: string,
    { query = "", origin = this.#server.httpUrl(""), ...options }: RtcPeerOptions,
  ): Promise<RtcPeer> {
    this.#count += 1;
    const name = `${role}-${this.#count}`;
    const path = role === "publish" ? "whip" : "whep";
    const url = `${origin}/rtc/v1/${path}/?app=live&stream=${stream}${query}`;
    const words = [name, role, { ...options, url }].map((word) => JSON.stringify(word));
    const refusal = await this.#page.evaluate<string | undefined>(`rtc.start(${words.join()})`);
    if (refusal !== undefined) throw new Error(refusal);
    return new RtcPeer(this.#page, name);
  }
}

/** A publisher or a player. */
export class RtcPeer {
  readonly #page: Page;
  readonly #name: string;

  constructor(page: Page, name: string) {
    this.#page = page;
    this.#name = name;
  }

  figures(): Promise<RtcFigures> {
    return this.#page.evaluate<RtcFigures>(`rtc.figures("${this.#name}")`);
  }

  location(): Promise<string> {
    return this.#page.evaluate<string>(`rtc.location("${this.#name}")`);
  }

  /** Waits until the figures are so. */
  async until(what: string, isSo: (figures: RtcFigures) => boolean): Promise<RtcFigures> {
    let latest: RtcFigures | undefined;
    const look = async () => {
      latest = await this.figures();
      return isSo(latest) && latest;
    };
    try {
      return await waitFor(what, look);
    } catch (error) {
      throw new Error(`${String(error)}: ${JSON.stringify(latest)}`, { cause: error });
    }
  }

  /** Waits for so many further pictures. */
  async decode(count: number): Promise<RtcFigures> {
    const { decodedFrames } = await this.figures();
    return this.until(`${count} pictures`, (now) => now.decodedFrames >= decodedFrames + count);
  }

  async stop(): Promise<void> {
    await this.#page.evaluate(`rtc.stop("${this.#name}")`);
  }
}
