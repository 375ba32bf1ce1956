/**
 * Plays one endless response by mpegts.js: FLV by HTTP or WebSocket, and MPEG-TS likewise.
 *
 * @module
 */

import { CONNECTION_BROKE, Driver, NO_CODEC, NOBODY_YET } from "./driver.js";

/** How long a connection without media may last before the page calls the stream offline. */
const FIRST_MEDIA_MS = 2500;

/** Weight of the latest second in the bit rate: data comes in bursts. */
const SMOOTHING = 0.3;

/** mpegts.js counts in KiB/s. */
const KBPS_PER_KIB = 8 * 1.024;

/** Low latency first: no buffer ahead of the demuxer, and the picture is led back to the live edge. */
const CONFIG = {
  enableStashBuffer: false,
  lazyLoad: false,
  // A backlog, such as the GOP a viewer starts with, is played a little faster …
  liveSync: true,
  liveSyncMaxLatency: 1.5,
  liveSyncTargetLatency: 0.8,
  liveSyncPlaybackRate: 1.25,
  // … and skipped if it is more than that.
  liveBufferLatencyChasing: true,
  liveBufferLatencyMaxLatency: 4,
  liveBufferLatencyMinRemain: 0.8,
  autoCleanupSourceBuffer: true,
  autoCleanupMaxBackwardDuration: 30,
  autoCleanupMinBackwardDuration: 10,
  statisticsInfoReportInterval: 1000,
};

/** @type {Promise<object> | undefined} */
let library;

/** It is no module, hence the element; it is asked for once, by the first who needs it. */
function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "mpegts.js";
    script.addEventListener("load", () => resolve(globalThis.mpegts));
    script.addEventListener("error", () => {
      library = undefined;
      reject(new Error("Cannot load mpegts.js"));
    });
    document.head.append(script);
  });
  return library;
}

export class FlvDriver extends Driver {
  #video;
  #url;
  #type;
  #player;
  #timer = 0;
  #isStopped = false;
  #speedKbps = 0;
  #mediaInfo = {};

  /**
   * @param {HTMLVideoElement} video
   * @param {{ name: string, url: string, type: "flv" | "mpegts" }} source
   */
  constructor(video, { name, url, type }) {
    super(name);
    this.#video = video;
    this.#url = url;
    this.#type = type;
  }

  async start() {
    if (!("MediaSource" in globalThis || "ManagedMediaSource" in globalThis)) {
      this.fail("unsupported", "This browser lacks Media Source Extensions.");
      return;
    }
    let mpegts;
    try {
      mpegts = await loadLibrary();
    } catch {
      this.fail("broken", CONNECTION_BROKE);
      return;
    }
    if (this.#isStopped) return;
    if (mpegts.getFeatureList().mseLivePlayback) this.#play(mpegts);
    else this.fail("unsupported", "This browser cannot play endless responses.");
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#player?.destroy();
    this.#player = undefined;
    this.#video.playbackRate = 1; // It may have been led back to the live edge just now.
  }

  figures() {
    const { buffered, currentTime } = this.#video;
    const end = buffered.length > 0 ? buffered.end(buffered.length - 1) : currentTime;
    return {
      latencySeconds: Math.max(0, end - currentTime),
      frameRate: this.#mediaInfo.fps,
      videoCodec: this.#mediaInfo.videoCodec,
      audioCodec: this.#mediaInfo.audioCodec,
      bitrateKbps: this.#speedKbps,
    };
  }

  #play(mpegts) {
    const source = { type: this.#type, isLive: true, url: this.#url };
    const player = mpegts.createPlayer(source, CONFIG);
    const { Events } = mpegts;
    this.#player = player;
    player.on(Events.MEDIA_INFO, (info) => {
      this.#mediaInfo = info;
      clearTimeout(this.#timer);
      this.announceMedia();
    });
    player.on(Events.STATISTICS_INFO, ({ speed }) => {
      const weight = this.#speedKbps === 0 ? 1 : SMOOTHING;
      this.#speedKbps += (speed * KBPS_PER_KIB - this.#speedKbps) * weight;
    });
    player.on(Events.LOADING_COMPLETE, () => this.announceEnd());
    player.on(Events.ERROR, (type, detail) => this.#fails(mpegts, type, detail));
    player.attachMediaElement(this.#video);
    player.load();
    this.#timer = setTimeout(() => {
      if (!this.hasMedia) this.dispatchEvent(new Event("silence"));
    }, FIRST_MEDIA_MS);
  }

  #fails({ ErrorTypes, ErrorDetails }, type, detail) {
    const isCodec = detail === ErrorDetails.MEDIA_CODEC_UNSUPPORTED;
    // What MSE refuses although the video is well is a codec that the browser lacks.
    const isRefused = detail === ErrorDetails.MEDIA_MSE_ERROR && !this.#video.error;
    if (isCodec || isRefused) this.fail("unsupported", NO_CODEC);
    else if (type === ErrorTypes.NETWORK_ERROR && !this.hasMedia) this.fail("absent", NOBODY_YET);
    else this.fail("broken", CONNECTION_BROKE);
  }
}
