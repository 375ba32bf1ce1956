/**
 * Plays HLS by hls.js, with low latency where the playlist offers it.
 *
 * @module
 */

import { CONNECTION_BROKE, Driver, NO_CODEC, NOBODY_YET } from "./driver.js";
import { MediaRate } from "./media-rate.js";
import { NativeHlsDriver } from "./native-hls-driver.js";
import { ServerClock } from "./server-clock.js";

/**
 * Nobody goes back in a live stream; and after a stall the picture is to catch up again, a tenth faster,
 * which by itself hls.js does not do. All else, the latency that it keeps above all, is as it has it.
 */
const CONFIG = { backBufferLength: 30, maxLiveSyncPlaybackRate: 1.1 };

/** Errors of hls.js by which it says that the browser lacks a codec. */
const CODEC_ERRORS = [
  "manifestIncompatibleCodecsError",
  "bufferIncompatibleCodecsError",
  "bufferAddCodecError",
];

/** So hls.js says of a stream that has just begun, whose first segment is not complete. */
const TOO_EARLY = "levelEmptyError";
/** So the server says that it is busy, or that a stream has just begun. */
const NOT_YET_STATUS = 503;

/** How far behind the live edge one may be after a pause, beyond what is usual, without a jump. */
const SLACK_SECONDS = 2;

/** Where there is no MediaSource, as on older iPhones, the browser plays HLS by itself. */
export function createHlsDriver(video, url) {
  const hasMediaSource = "MediaSource" in globalThis || "ManagedMediaSource" in globalThis;
  return hasMediaSource ? new HlsDriver(video, url) : new NativeHlsDriver(video, url);
}

export class HlsDriver extends Driver {
  #video;
  #url;
  #hls;
  #isStopped = false;
  #isRecovered = false;
  #rate = new MediaRate();
  #clock = new ServerClock();
  #listening = new AbortController();

  /**
   * @param {HTMLVideoElement} video
   * @param {string} url Of the multivariant playlist.
   */
  constructor(video, url) {
    super("HLS");
    this.#video = video;
    this.#url = url;
  }

  get name() {
    return this.#hls?.latestLevelDetails?.partList ? "Low-Latency HLS" : super.name;
  }

  get latencyScope() {
    return "server";
  }

  async start() {
    let Hls;
    try {
      Hls = (await import("./hls.mjs")).default;
    } catch {
      this.fail("broken", CONNECTION_BROKE);
      return;
    }
    if (this.#isStopped) return;
    if (Hls.isSupported()) this.#play(Hls);
    else this.fail("unsupported", NO_CODEC);
  }

  stop() {
    this.#isStopped = true;
    this.#listening.abort();
    this.#hls?.destroy();
    this.#hls = undefined;
  }

  figures() {
    const level = this.#hls?.levels[this.#hls.currentLevel];
    const date = this.#hls?.playingDate;
    return {
      latencySeconds: date ? (this.#clock.nowMs() - date.getTime()) / 1000 : undefined,
      frameRate: level?.frameRate,
      videoCodec: level?.videoCodec,
      audioCodec: level?.audioCodec,
      bitrateKbps: this.#rate.kbps,
    };
  }

  #play(Hls) {
    const hls = new Hls(CONFIG);
    const { Events } = Hls;
    this.#hls = hls;
    hls.on(Events.LEVEL_LOADED, (_, { details, networkDetails, stats }) => {
      // The playlist of a stream that has ended stays for a while, for those who were watching.
      if (!details.live && !this.hasMedia) this.fail("absent", NOBODY_YET);
      this.#clock.observe(networkDetails?.getResponseHeader("Date"), stats.loading);
    });
    hls.on(Events.FRAG_LOADED, (_, { frag, part }) => {
      const { duration, stats } = part ?? frag;
      if (frag.sn !== "initSegment") this.#rate.add(frag.type, stats.loaded, duration);
    });
    hls.on(Events.FRAG_BUFFERED, () => this.announceMedia());
    hls.on(Events.ERROR, (_, error) => this.#fails(error));
    const { signal } = this.#listening;
    this.#video.addEventListener("ended", () => this.announceEnd(), { signal });
    this.#video.addEventListener("play", () => this.#catchUp(), { signal });
    // Not before: a source that is given up while the browser opens it is an error to the browser.
    hls.once(Events.MANIFEST_PARSED, () => hls.attachMedia(this.#video));
    hls.loadSource(this.#url);
  }

  /** Goes on at the live edge after a pause, not where it was. */
  #catchUp() {
    const { latency, targetLatency, liveSyncPosition } = this.#hls;
    if (!this.hasMedia || liveSyncPosition === null) return;
    if (latency > targetLatency + SLACK_SECONDS) this.#video.currentTime = liveSyncPosition;
  }

  #fails({ fatal: isFatal, type, details, response }) {
    if (!isFatal) return;
    if (CODEC_ERRORS.includes(details)) {
      this.fail("unsupported", NO_CODEC);
    } else if (details === TOO_EARLY) {
      this.fail("broken", "The stream has just begun. It starts here by itself.");
    } else if (!this.hasMedia && response?.code === NOT_YET_STATUS) {
      this.fail("broken", "The server has nothing to play yet. It starts here by itself.");
    } else if (type === "networkError" && !this.hasMedia) {
      this.fail("absent", NOBODY_YET);
    } else if (type === "mediaError" && !this.#isRecovered) {
      this.#isRecovered = true;
      this.#hls.recoverMediaError();
    } else {
      this.fail("broken", CONNECTION_BROKE);
    }
  }
}
