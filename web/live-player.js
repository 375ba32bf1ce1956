/**
 * Plays one live stream in a <video> in the first way that works, and keeps trying: a stream may start
 * later, end, and come back.
 *
 * @module
 */

import { NOBODY_YET } from "./driver.js";
import { FlvDriver } from "./flv-driver.js";
import { createHlsDriver } from "./hls-driver.js";
import { isOffered } from "./native-hls-driver.js";
import { RtcDriver } from "./rtc-driver.js";

/**
 * @typedef {"connecting" | "live" | "waiting" | "offline" | "failed"} State
 *
 * connecting: asked the server, no answer yet · live: the picture moves · waiting: connected, but
 * nothing arrives · offline: nobody publishes the stream; tried again · failed: this browser cannot,
 * by any way that was allowed; tried again, as a publisher may come back with other codecs.
 */

/**
 * @typedef {{ way: keyof WAYS, url: string, token?: string }} Choice A way, the stream's address for
 * it, and a token for the server if the address has none.
 */

/** How the stream can be played, by the page's parameter `proto`. */
export const WAYS = {
  http: {
    name: "HTTP-FLV",
    create: (video, url) => new FlvDriver(video, { name: "HTTP-FLV", url, type: "flv" }),
  },
  ws: {
    name: "WebSocket-FLV",
    create: (video, url) => new FlvDriver(video, { name: "WebSocket-FLV", url, type: "flv" }),
  },
  ts: {
    name: "HTTP-TS",
    create: (video, url) => new FlvDriver(video, { name: "HTTP-TS", url, type: "mpegts" }),
  },
  hls: { name: "HLS", create: createHlsDriver, isOffered },
  rtc: {
    name: "WebRTC",
    create: (video, url, token) => new RtcDriver(video, { endpoint: url, token }),
  },
};

/** Best first: the least latency, then what plays wherever there is a browser. */
export const AUTOMATIC = ["http", "hls"];

/** How long the picture may stand before the page says so; a shorter stall is a network's hiccup. */
const STALL_MS = 1500;

/** Waits between attempts: at once after a stream that just ended, later with more patience. */
const RETRY_MS = [250, 500, 1000, 2000, 4000, 8000];

/** How often a way may break, each time soon after it began, until the next one is tried. */
const BREAKS_MAX = 3;

/** A way that lasted so long works; that it broke in the end is another matter. */
const STEADY_MS = 30_000;

export class LivePlayer extends EventTarget {
  /** @type {State} */
  #state = "connecting";
  #reason = "";
  /** Why the ways before the present one were given up, for people. */
  #detour = "";
  #index = 0;
  #attempt = 0;
  #breaks = 0;
  #beganMs = 0;
  /** Why this browser cannot play the stream in one of the ways tried in this round. */
  #unsupported = "";
  #timer = 0;
  #stallTimer = 0;
  #listening = new AbortController();
  #driver;
  #video;
  #choices;

  /**
   * @param {HTMLVideoElement} video
   * @param {Choice[]} choices What may be tried, in this order.
   */
  constructor(video, choices) {
    super();
    this.#video = video;
    this.#choices = choices;
    video.addEventListener("playing", () => this.#moves());
    video.addEventListener("timeupdate", () => this.#moves());
    video.addEventListener("waiting", () => this.#stands());
  }

  get state() {
    return this.#state;
  }

  /** Why the state is what it is, for people; may be empty. */
  get reason() {
    return this.#reason;
  }

  /** What the present way is called. */
  get way() {
    return this.#driver?.name ?? WAYS[this.#choices[this.#index].way].name;
  }

  /** Why it is not the first choice, for people; empty if it is. */
  get detour() {
    return this.#detour;
  }

  start() {
    this.#connect();
  }

  stop() {
    this.#drop();
  }

  /** What is known about the stream right now. */
  figures() {
    const quality = this.#video.getVideoPlaybackQuality();
    return {
      ...this.#driver?.figures(),
      latencyScope: this.#driver?.latencyScope ?? "buffer",
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      droppedFrames: quality.droppedVideoFrames,
      decodedFrames: quality.totalVideoFrames,
    };
  }

  #connect() {
    const { way, url, token } = this.#choices[this.#index];
    if (this.#state !== "offline" && this.#state !== "failed") this.#set("connecting");
    const driver = WAYS[way].create(this.#video, url, token);
    this.#driver = driver;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    driver.addEventListener("media", () => this.#begins(), { signal });
    driver.addEventListener("silence", () => this.#hearsNothing(driver), { signal });
    driver.addEventListener("end", () => this.#startOver("The stream has ended."), { signal });
    driver.addEventListener("failure", ({ detail }) => this.#fails(detail), { signal });
    driver.start();
  }

  #begins() {
    this.#beganMs = performance.now();
    this.#video.play().catch(({ name }) => {
      // Some browsers let not even a muted video start by itself.
      if (name === "NotAllowedError") this.#set("connecting", "Press ▶ to start.");
    });
  }

  #moves() {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = 0;
    if (this.#video.paused || !this.#driver?.hasMedia) return;
    this.#attempt = 0;
    this.#unsupported = "";
    this.#set("live");
  }

  #stands() {
    if (this.#state !== "live" || this.#stallTimer !== 0) return;
    this.#stallTimer = setTimeout(
      () => this.#set("waiting", "No picture arrives. Waiting for the publisher …"),
      STALL_MS,
    );
  }

  /** Nobody publishes, or something on the way, such as a proxy, waits for the endless to end. */
  async #hearsNothing(driver) {
    this.#set("offline", NOBODY_YET);
    const next = this.#choices[this.#index + 1];
    if (next === undefined || !(await WAYS[next.way].isOffered?.(next.url))) return;
    if (this.#driver !== driver || driver.hasMedia) return;
    this.#set("connecting");
    this.#tryNext("Nothing arrived.");
  }

  /** @param {{ kind: import("./driver.js").FailureKind, reason: string }} failure */
  #fails({ kind, reason }) {
    if (kind === "unsupported") this.#unsupported = reason;
    if (kind === "broken") {
      const isSteady = this.#driver.hasMedia && performance.now() - this.#beganMs > STEADY_MS;
      this.#breaks = isSteady ? 1 : this.#breaks + 1;
      if (this.#breaks < BREAKS_MAX) {
        this.#retry("offline", reason);
        return;
      }
    }
    this.#tryNext(reason);
  }

  #tryNext(reason) {
    const name = this.way;
    if (this.#index + 1 < this.#choices.length) {
      this.#drop();
      this.#index++;
      this.#breaks = 0;
      this.#detour = `Not by ${name}: ${reason}`;
      this.#connect();
    } else if (this.#unsupported === "") {
      this.#startOver(reason);
    } else {
      this.#attempt = RETRY_MS.length;
      this.#startOver(this.#unsupported, "failed");
    }
  }

  /** Begins a new round, with the first way. */
  #startOver(reason, state = "offline") {
    this.#index = 0;
    this.#breaks = 0;
    this.#unsupported = "";
    this.#detour = "";
    this.#retry(state, reason);
  }

  #retry(state, reason) {
    this.#drop();
    this.#set(state, reason);
    const delayMs = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)];
    this.#attempt++;
    this.#timer = setTimeout(() => this.#connect(), delayMs);
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#stallTimer);
    this.#stallTimer = 0;
    this.#listening.abort();
    this.#driver?.stop();
    this.#driver = undefined;
  }

  #set(state, reason = "") {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.dispatchEvent(new Event("state"));
  }
}
