/**
 * One person of a meeting: picture, name, state and figures.
 *
 * @module
 */

import { toTexts } from "./rtc-figures.js";

const NOTICES = {
  connecting: "Connecting …",
  connected: "",
  stopped: "",
};

export class MeetingTile {
  #client;
  #element = document.createElement("article");
  #video = document.createElement("video");
  #notice = document.createElement("p");
  #figures = document.createElement("p");
  #mute = document.createElement("button");

  /**
   * @param {object} person
   * @param {string} person.name
   * @param {import("./rtc-client.js").RtcClient} person.client What sends or receives the person.
   * @param {boolean} person.isSelf Oneself is not to be heard, and is shown as in a mirror.
   */
  constructor({ name, client, isSelf }) {
    this.#client = client;
    const title = document.createElement("p");
    this.#element.className = isSelf ? "tile self" : "tile";
    this.#element.dataset.name = name;
    this.#element.setAttribute("aria-label", name);
    this.#notice.className = "notice";
    this.#figures.className = "tile-figures";
    title.className = "tile-name";
    title.textContent = isSelf ? `${name} (you)` : name;
    this.#video.autoplay = true;
    this.#video.playsInline = true;
    this.#video.muted = isSelf;
    this.#video.setAttribute("aria-label", `Picture of ${name}`);
    this.#element.append(this.#video, this.#notice, this.#figures, title);
    if (!isSelf) this.#addMute(name);
    client.addEventListener("state", () => this.#show());
    this.#show();
  }

  get element() {
    return this.#element;
  }

  get client() {
    return this.#client;
  }

  /** @param {MediaStream} stream */
  show(stream) {
    this.#video.srcObject = stream;
    // Where a browser lets no sound start by itself, the picture at least does.
    this.#video.play().catch(({ name }) => {
      if (name !== "NotAllowedError") return;
      this.#setMuted(true);
      this.#video.play().catch(() => {});
    });
  }

  /** @param {boolean} isMirrored For a camera; a screen's text is to be read. */
  mirror(isMirrored) {
    this.#element.classList.toggle("mirrored", isMirrored);
  }

  async refresh() {
    const figures = await this.#client.figures().catch(() => undefined);
    if (figures === undefined) return;
    const { picture, bitrate, roundTrip, loss, repairs, jitterBuffer, codecs } = toTexts(figures);
    const lines = [
      [picture, codecs],
      [bitrate, roundTrip && `round trip ${roundTrip}`],
      [loss && `lost ${loss}`, `NACK · PLI ${repairs}`],
      [jitterBuffer && `jitter buffer ${jitterBuffer}`],
    ];
    this.#figures.textContent = lines
      .map((parts) => parts.filter(Boolean).join(" · "))
      .filter((line) => line !== "")
      .join("\n");
  }

  close() {
    this.#client.stop();
    this.#video.srcObject = null;
    this.#element.remove();
  }

  #addMute(name) {
    this.#mute.type = "button";
    this.#mute.className = "tile-mute";
    this.#mute.addEventListener("click", () => this.#setMuted(!this.#video.muted));
    this.#mute.setAttribute("aria-label", `Mute ${name}`);
    this.#element.append(this.#mute);
    this.#setMuted(false);
  }

  #setMuted(isMuted) {
    this.#video.muted = isMuted;
    this.#mute.setAttribute("aria-pressed", String(isMuted));
    this.#mute.textContent = isMuted ? "Unmute" : "Mute";
  }

  #show() {
    const { state, reason } = this.#client;
    this.#element.dataset.state = state;
    this.#notice.textContent = NOTICES[state] ?? reason;
  }
}
