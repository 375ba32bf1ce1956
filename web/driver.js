/**
 * What all ways of playing have in common.
 *
 * @module
 */

/**
 * @typedef {"unsupported" | "absent" | "broken"} FailureKind
 *
 * unsupported: the browser or the player's library lacks what this way needs, so that another way may
 * do · absent: the server offers nothing at this address now · broken: it played, or began to.
 */

/**
 * @typedef {object} DriverFigures What a driver knows of the stream; `undefined` if it does not.
 * @property {number} [latencySeconds]
 * @property {number} [frameRate]
 * @property {string} [videoCodec] As in the parameter `codecs` of a media type.
 * @property {string} [audioCodec]
 * @property {number} [bitrateKbps]
 */

export const NOBODY_YET = "Nobody publishes this stream yet. It starts here by itself.";
export const NO_CODEC = "This browser cannot decode the stream's codecs.";
export const CONNECTION_BROKE = "The connection broke. Trying again …";

/**
 * Plays a stream in one way, once, from `start()` to `stop()`. It does not try again.
 *
 * Events: `media`, when the first of it is there; `silence`, if the server took the request but sends
 * nothing; and at most one of `end`, when the publisher has stopped, and `failure`, whose `detail` has
 * the kind and, for people, the reason.
 */
export class Driver extends EventTarget {
  /** @type {string} What the way is called. */
  #name;
  hasMedia = false;

  constructor(name) {
    super();
    this.#name = name;
  }

  get name() {
    return this.#name;
  }

  /**
   * What `latencySeconds` counts. `server`: from a frame's arrival at the server to the screen;
   * `buffer`: only what waits in this browser.
   *
   * @type {"server" | "buffer"}
   */
  get latencyScope() {
    return "buffer";
  }

  /** @returns {DriverFigures} */
  figures() {
    return {};
  }

  /** For drivers to call as often as they like. */
  announceMedia() {
    if (this.hasMedia) return;
    this.hasMedia = true;
    this.dispatchEvent(new Event("media"));
  }

  announceEnd() {
    this.#announceLater(new Event("end"));
  }

  /**
   * @param {FailureKind} kind
   * @param {string} reason
   */
  fail(kind, reason) {
    this.#announceLater(new CustomEvent("failure", { detail: { kind, reason } }));
  }

  /** Who hears it stops the driver, but the library that has just reported it is still at work. */
  #announceLater(event) {
    queueMicrotask(() => this.dispatchEvent(event));
  }
}
