/**
 * Plays a stream by WebRTC.
 *
 * @module
 */

import { CONNECTION_BROKE, Driver, NOBODY_YET } from "./driver.js";

const LOOK_MS = 500;

/** How long a connection without media may last before the page calls the stream offline. */
const FIRST_MEDIA_MS = 2500;

/** A publisher who sends nothing for so long is gone; a screen that stands still sends now and then. */
const SILENCE_MS = 6000;

/** What is found out by trying again is no reason to try another way. */
const KINDS = { unsupported: "unsupported", absent: "absent" };

export class RtcDriver extends Driver {
  #video;
  #source;
  /** @type {import("./whep-client.js").WhepClient | undefined} */
  #client;
  #timer = 0;
  #figures;
  #byteCount = 0;
  #heardMs = 0;
  #isSilent = false;
  #isLooking = false;
  #isStopped = false;

  /**
   * @param {HTMLVideoElement} video
   * @param {{ endpoint: string, token?: string }} source Of WHEP.
   */
  constructor(video, source) {
    super("WebRTC");
    this.#video = video;
    this.#source = source;
  }

  get latencyScope() {
    return "network";
  }

  async start() {
    let WhepClient;
    try {
      ({ WhepClient } = await import("./whep-client.js"));
    } catch {
      this.fail("broken", CONNECTION_BROKE);
      return;
    }
    if (this.#isStopped) return;
    // The player tries again by itself.
    const client = new WhepClient({ ...this.#source, isPatient: false });
    this.#client = client;
    client.addEventListener("stream", () => {
      this.#video.srcObject = client.stream;
    });
    client.addEventListener("state", () => this.#follow());
    client.start();
  }

  stop() {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#client?.stop();
    this.#video.srcObject = null;
  }

  figures() {
    const figures = this.#figures;
    if (figures === undefined) return {};
    const { roundTripMs, jitterBufferMs } = figures;
    const isKnown = roundTripMs !== undefined && jitterBufferMs !== undefined;
    return {
      latencySeconds: isKnown ? (roundTripMs / 2 + jitterBufferMs) / 1000 : undefined,
      frameRate: figures.frameRate,
      videoCodec: figures.videoCodec,
      audioCodec: figures.audioCodec,
      bitrateKbps: figures.bitrateKbps,
      rtc: figures,
    };
  }

  #follow() {
    const { state, error } = this.#client;
    if (this.#isStopped) return;
    if (state === "connected" && this.#timer === 0) {
      this.#heardMs = performance.now();
      this.#timer = setInterval(() => this.#look(), LOOK_MS);
    } else if (state === "failed") {
      const kind = this.hasMedia ? "broken" : (KINDS[error.kind] ?? "broken");
      this.fail(kind, this.hasMedia ? CONNECTION_BROKE : sentenceOf(error));
    }
  }

  /** The element does not tell what arrives, and a track's end is not told by WHEP. */
  async #look() {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const figures = await this.#client.figures().catch(() => undefined);
    this.#isLooking = false;
    if (figures === undefined || this.#isStopped) return;
    this.#figures = figures;
    const nowMs = performance.now();
    const isHeard = figures.byteCount > this.#byteCount;
    this.#byteCount = figures.byteCount;
    if (isHeard) {
      this.#heardMs = nowMs;
      this.#isSilent = false;
      this.announceMedia();
    } else if (this.hasMedia && nowMs - this.#heardMs > SILENCE_MS) {
      clearInterval(this.#timer);
      this.announceEnd();
    } else if (!this.hasMedia && !this.#isSilent && nowMs - this.#heardMs > FIRST_MEDIA_MS) {
      this.#isSilent = true;
      this.dispatchEvent(new Event("silence"));
    }
  }
}

function sentenceOf(error) {
  return error.kind === "absent" ? NOBODY_YET : error.message;
}
