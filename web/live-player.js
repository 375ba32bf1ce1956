/**
 * Plays one live stream in a <video> and keeps trying: a stream may start later, end, and come back.
 *
 * @module
 */

/**
 * @typedef {"connecting" | "live" | "waiting" | "offline" | "failed"} State
 *
 * connecting: asked the server, no answer yet · live: the picture moves · waiting: connected, but
 * nothing arrives · offline: nobody publishes the stream; tried again · failed: this browser cannot.
 */

const mpegts = globalThis.mpegts;

/** How long a connection without media may last before the page calls the stream offline. */
const FIRST_MEDIA_MS = 2500;

/** How long the picture may stand before the page says so; a shorter stall is a network's hiccup. */
const STALL_MS = 1500;

/** Waits between attempts: at once after a stream that just ended, later with more patience. */
const RETRY_MS = [250, 500, 1000, 2000, 4000, 8000];

/** Weight of the latest second in the bit rate: data comes in bursts. */
const SMOOTHING = 0.3;

const NOBODY_YET = "Nobody publishes this stream yet. It starts here by itself.";

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

export class LivePlayer extends EventTarget {
  /** @type {State} */
  #state = "connecting";
  #reason = "";
  #attempt = 0;
  #timer = 0;
  #stallTimer = 0;
  #hasMedia = false;
  #speedKbps = 0;
  #mediaInfo = {};
  #player;
  #video;
  #url;

  /**
   * @param {HTMLVideoElement} video
   * @param {string} url Absolute, by http(s) or ws(s).
   */
  constructor(video, url) {
    super();
    this.#video = video;
    this.#url = url;
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

  get url() {
    return this.#url;
  }

  start() {
    if (!mpegts.getFeatureList().mseLivePlayback) {
      this.#set(
        "failed",
        "This browser cannot play live streams: it lacks Media Source Extensions.",
      );
      return;
    }
    this.#connect();
  }

  stop() {
    this.#drop();
  }

  /** What is known about the stream right now. */
  figures() {
    const { buffered, currentTime } = this.#video;
    const quality = this.#video.getVideoPlaybackQuality();
    const end = buffered.length > 0 ? buffered.end(buffered.length - 1) : currentTime;
    return {
      delaySeconds: Math.max(0, end - currentTime),
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      frameRate: this.#mediaInfo.fps ?? 0,
      videoCodec: this.#mediaInfo.videoCodec ?? "",
      audioCodec: this.#mediaInfo.audioCodec ?? "",
      bitrateKbps: this.#speedKbps,
      droppedFrames: quality.droppedVideoFrames,
      decodedFrames: quality.totalVideoFrames,
    };
  }

  #connect() {
    this.#hasMedia = false;
    this.#mediaInfo = {};
    this.#speedKbps = 0;
    if (this.#state !== "offline") this.#set("connecting");
    const player = mpegts.createPlayer({ type: "flv", isLive: true, url: this.#url }, CONFIG);
    this.#player = player;
    player.on(mpegts.Events.MEDIA_INFO, (info) => {
      this.#hasMedia = true;
      this.#mediaInfo = info;
    });
    player.on(mpegts.Events.STATISTICS_INFO, ({ speed }) => {
      const kbps = speed * 8 * 1.024; // From KiB/s.
      this.#speedKbps += (kbps - this.#speedKbps) * (this.#speedKbps === 0 ? 1 : SMOOTHING);
    });
    player.on(mpegts.Events.LOADING_COMPLETE, () => this.#retry("The stream has ended."));
    player.on(mpegts.Events.ERROR, (type, detail) => this.#fail(type, detail));
    player.attachMediaElement(this.#video);
    player.load();
    player.play()?.catch(({ name }) => {
      // Some browsers let not even a muted video start by itself.
      if (name === "NotAllowedError") this.#set("connecting", "Press ▶ to start.");
    });
    this.#timer = setTimeout(() => {
      if (!this.#hasMedia) this.#set("offline", NOBODY_YET);
    }, FIRST_MEDIA_MS);
  }

  #moves() {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = 0;
    if (this.#video.paused || !this.#hasMedia) return;
    this.#attempt = 0;
    this.#set("live");
  }

  #stands() {
    if (this.#state !== "live" || this.#stallTimer !== 0) return;
    this.#stallTimer = setTimeout(
      () => this.#set("waiting", "No picture arrives. Waiting for the publisher …"),
      STALL_MS,
    );
  }

  #fail(type, detail) {
    if (detail === mpegts.ErrorDetails.MEDIA_CODEC_UNSUPPORTED) {
      this.#drop();
      this.#set("failed", "This browser cannot decode the stream's codecs.");
    } else if (detail === mpegts.ErrorDetails.MEDIA_MSE_ERROR && !this.#video.error) {
      // What MSE refuses at once, it refuses again: most often a codec that it lacks.
      this.#retry("This browser cannot play what it got. Trying again …");
    } else if (type === mpegts.ErrorTypes.NETWORK_ERROR && !this.#hasMedia) {
      this.#retry(NOBODY_YET);
    } else {
      this.#retry("The connection broke. Trying again …");
    }
  }

  #retry(reason) {
    this.#drop();
    this.#set("offline", reason);
    const delayMs = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)];
    this.#attempt++;
    this.#timer = setTimeout(() => this.#connect(), delayMs);
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#stallTimer);
    this.#stallTimer = 0;
    this.#player?.destroy();
    this.#player = undefined;
    this.#hasMedia = false;
    this.#speedKbps = 0;
  }

  #set(state, reason = "") {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.dispatchEvent(new Event("state"));
  }
}
