/**
 * Plays HLS by the browser itself.
 *
 * @module
 */

import { CONNECTION_BROKE, Driver, NO_CODEC, NOBODY_YET } from "./driver.js";

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";

/** Whether the server has something at an address, without fetching it. */
export async function isOffered(url) {
  try {
    return (await fetch(url, { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

export class NativeHlsDriver extends Driver {
  #video;
  #url;
  #listening = new AbortController();

  /**
   * @param {HTMLVideoElement} video
   * @param {string} url Of the multivariant playlist.
   */
  constructor(video, url) {
    super("HLS of the browser");
    this.#video = video;
    this.#url = url;
  }

  get latencyScope() {
    return "server";
  }

  start() {
    const video = this.#video;
    const { signal } = this.#listening;
    if (video.canPlayType(PLAYLIST_TYPE) === "") {
      this.fail("unsupported", "This browser can play neither Media Source Extensions nor HLS.");
      return;
    }
    video.addEventListener("loadeddata", () => this.announceMedia(), { signal });
    video.addEventListener("ended", () => this.announceEnd(), { signal });
    video.addEventListener("error", () => this.#fails(), { signal });
    video.src = this.#url;
  }

  stop() {
    this.#listening.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /** Only Safari tells to which moment the beginning of the video's timeline belongs. */
  figures() {
    const startMs = this.#video.getStartDate?.().getTime();
    if (startMs === undefined || Number.isNaN(startMs)) return {};
    return { latencySeconds: (Date.now() - startMs) / 1000 - this.#video.currentTime };
  }

  async #fails() {
    // The element does not tell what it cannot get from what it cannot play.
    if (this.hasMedia) this.fail("broken", CONNECTION_BROKE);
    else if (await isOffered(this.#url)) this.fail("unsupported", NO_CODEC);
    else this.fail("absent", NOBODY_YET);
  }
}
