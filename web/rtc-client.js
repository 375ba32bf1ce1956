/**
 * What publishing and playing by WebRTC have in common: one connection with the server, which is kept,
 * mended and made anew, from `start()` to `stop()`.
 *
 * @module
 */

import { CONNECTION_LOST, explainBlocked, NO_RTC, RtcError, toRtcError } from "./rtc-error.js";
import { RtcMeter } from "./rtc-figures.js";
import { RtcSignalling } from "./rtc-signalling.js";
import { toFragment, withNewIce } from "./sdp-fragment.js";

/**
 * @typedef {"idle" | "connecting" | "connected" | "reconnecting" | "failed" | "stopped"} RtcState
 *
 * reconnecting: it was connected and will be again, if it can · failed: given up; `reason` says why.
 */

/** How long the offer waits for the browser's own addresses; what comes later is told by PATCH. */
const GATHER_MS = 300;

/** How long a connection may take to come about; browsers themselves are more patient. */
const CONNECT_MS = 12_000;

/** A network that changes comes back by itself in less. */
const HICCUP_MS = 2000;

/** How long a restart of ICE may take before all is done anew. */
const RESTART_MS = 6000;

/** Waits before a new session, after one that was lost. */
const RETRY_MS = [250, 1000, 2000, 4000, 8000];

/** A server that restarts, and forgets the session of before, takes less than these attempts. */
const ATTEMPTS_MAX = 12;

/** A connection that lasted so long works; that it broke in the end is another matter. */
const STEADY_MS = 10_000;

/** What no second attempt mends. */
const FINAL_KINDS = ["input", "unsupported", "refused"];

/**
 * Events: `state`, when the state or its reason changes.
 *
 * Classes that extend it have `prepare(connection)`, which adds the tracks.
 */
export class RtcClient extends EventTarget {
  /** @type {RtcState} */
  #state = "idle";
  #reason = "";
  /** @type {RtcError | undefined} */
  #error;
  #wasConnected = false;
  /** When this session's connection came about; `undefined` before. */
  #connectedMs;
  /** Whether another way is looked for at present. */
  #isRestarting = false;
  #attempt = 0;
  #attemptsMax;
  #options;
  #timer = 0;
  #signalling;
  #connection;
  #meter = new RtcMeter();
  /** The server's latest SDP. */
  #answer = "";
  #listening = new AbortController();

  /**
   * @param {object} options
   * @param {string} options.endpoint
   * @param {"publish" | "play"} options.purpose
   * @param {string} [options.token]
   * @param {boolean} [options.isPatient] Whether to make new sessions after one that was lost.
   */
  constructor({ endpoint, purpose, token, isPatient = true }) {
    super();
    this.#options = { endpoint, purpose, token };
    this.#attemptsMax = isPatient ? ATTEMPTS_MAX : 0;
  }

  get state() {
    return this.#state;
  }

  /** Why the state is what it is, for people; may be empty. */
  get reason() {
    return this.#reason;
  }

  /** Why it failed, if it did. */
  get error() {
    return this.#error;
  }

  /** @returns {RTCPeerConnection | undefined} */
  get connection() {
    return this.#connection;
  }

  start() {
    if (!("RTCPeerConnection" in globalThis)) {
      this.#fail(new RtcError(NO_RTC, { kind: "unsupported" }));
      return;
    }
    this.#attempt = 0;
    this.#wasConnected = false;
    this.#open("connecting", "");
  }

  stop() {
    this.#close();
    if (this.#state !== "failed") this.#set("stopped");
  }

  /** @returns {Promise<import("./rtc-figures.js").RtcFigures | undefined>} */
  async figures() {
    const connection = this.#connection;
    if (connection === undefined) return undefined;
    const report = await connection.getStats();
    return connection === this.#connection ? this.#meter.read(report) : undefined;
  }

  /** Changes the offer before it is used, if there is a reason to. */
  adaptOffer(sdp) {
    return sdp;
  }

  #open(state, reason) {
    this.#close();
    this.#set(state, reason);
    const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#connection = connection;
    this.#connectedMs = undefined;
    this.#isRestarting = false;
    this.#meter = new RtcMeter();
    this.#signalling = new RtcSignalling(this.#options);
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    connection.addEventListener("connectionstatechange", () => this.#follow(), { signal });
    this.#negotiate(connection, this.#signalling).catch((error) => {
      if (connection === this.#connection) this.#lose(toRtcError(error));
    });
  }

  async #negotiate(connection, signalling) {
    this.prepare(connection);
    const offer = await connection.createOffer();
    await connection.setLocalDescription({ type: "offer", sdp: this.adaptOffer(offer.sdp) });
    await gather(connection);
    if (connection !== this.#connection) return;
    const sent = connection.localDescription.sdp;
    this.#trickle(connection, signalling, sent);
    const answer = await signalling.offer(sent);
    if (connection !== this.#connection) return;
    this.#answer = answer;
    try {
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
    } catch (cause) {
      throw new RtcError("This browser cannot follow the server's answer.", {
        kind: "unsupported",
        cause,
      });
    }
    this.#heedGoodbye(connection);
    // It may be connected already.
    if (connection !== this.#connection || this.#state === "connected") return;
    this.#timer = setTimeout(() => this.#lose(explainBlocked(answer)), CONNECT_MS);
  }

  /** Passes on addresses that are found after the offer was written. */
  #trickle(connection, signalling, sent) {
    const { signal } = this.#listening;
    const waiting = [];
    const isKnown = (line) => sent.includes(line);
    const flush = () => {
      const lines = waiting.splice(0);
      if (lines.length > 0) signalling.trickle(toFragment(sent, lines)).catch(() => {});
    };
    const collect = ({ candidate }) => {
      const line = candidate?.candidate;
      if (!line || isKnown(line)) return;
      waiting.push(line);
      // Before the answer there is no session to tell it to.
      if (connection.remoteDescription !== null) flush();
    };
    connection.addEventListener("icecandidate", collect, { signal });
    connection.addEventListener("signalingstatechange", flush, { signal });
  }

  /** A server that ends a session says so by DTLS, of which the connection itself tells late. */
  #heedGoodbye(connection) {
    const { signal } = this.#listening;
    const transport = connection.getTransceivers()[0]?.receiver.transport;
    const heed = () => {
      if (transport.state !== "closed") return;
      this.#lose(new RtcError(CONNECTION_LOST, { kind: "broken" }));
    };
    transport?.addEventListener("statechange", heed, { signal });
  }

  #follow() {
    const { connectionState } = this.#connection;
    if (connectionState === "connected") {
      this.#settle();
    } else if (this.#state === "connected" && connectionState === "disconnected") {
      this.#set("reconnecting", CONNECTION_LOST);
      this.#timer = setTimeout(() => this.#restart(), HICCUP_MS);
    } else if (connectionState === "failed" && this.#connectedMs === undefined) {
      this.#lose(explainBlocked(this.#answer));
    } else if (connectionState === "failed" && !this.#isRestarting) {
      this.#restart();
    } else if (connectionState === "failed" || connectionState === "closed") {
      this.#lose(new RtcError(CONNECTION_LOST, { kind: "broken" }));
    }
  }

  #settle() {
    clearTimeout(this.#timer);
    this.#wasConnected = true;
    this.#isRestarting = false;
    this.#connectedMs ??= performance.now();
    this.#set("connected");
  }

  /** Finds another way to the same session, as after a change of the network. */
  #restart() {
    clearTimeout(this.#timer);
    this.#isRestarting = true;
    this.#set("reconnecting", CONNECTION_LOST);
    const connection = this.#connection;
    const lose = () => {
      if (connection !== this.#connection || this.#state === "connected") return;
      this.#lose(new RtcError(CONNECTION_LOST, { kind: "broken" }));
    };
    this.#timer = setTimeout(lose, RESTART_MS);
    this.#negotiateRestart(connection, this.#signalling).catch(lose);
  }

  async #negotiateRestart(connection, signalling) {
    const offer = await connection.createOffer({ iceRestart: true });
    await connection.setLocalDescription({ type: "offer", sdp: this.adaptOffer(offer.sdp) });
    await gather(connection);
    const fragment = await signalling.restart(toFragment(connection.localDescription.sdp));
    if (connection !== this.#connection) return;
    const answer = fragment === undefined ? undefined : withNewIce(this.#answer, fragment);
    if (answer === undefined) throw new RtcError(CONNECTION_LOST, { kind: "broken" });
    this.#answer = answer;
    await connection.setRemoteDescription({ type: "answer", sdp: answer });
    // The way of before may have come back meanwhile, of which nothing more will be heard.
    if (connection === this.#connection && connection.connectionState === "connected") {
      this.#settle();
    }
  }

  /** Makes a new session, if that may help. */
  #lose(error) {
    if (performance.now() - this.#connectedMs > STEADY_MS) this.#attempt = 0;
    const mayHelp = this.#wasConnected && !FINAL_KINDS.includes(error.kind);
    if (!mayHelp || this.#attempt >= this.#attemptsMax) {
      this.#fail(error);
      return;
    }
    this.#close();
    this.#set("reconnecting", error.kind === "broken" ? CONNECTION_LOST : error.message);
    const delayMs = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)];
    this.#attempt++;
    this.#timer = setTimeout(() => this.#open("reconnecting", this.#reason), delayMs);
  }

  #fail(error) {
    this.#close();
    this.#error = error;
    this.#set("failed", error.message);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#listening.abort();
    this.#connection?.close();
    this.#connection = undefined;
    this.#signalling?.end();
    this.#signalling = undefined;
  }

  #set(state, reason = "") {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.dispatchEvent(new Event("state"));
  }
}

/** Waits until the browser knows its addresses, but not for long. */
function gather(connection) {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, GATHER_MS);
    const listening = new AbortController();
    function done() {
      clearTimeout(timer);
      listening.abort();
      resolve();
    }
    const look = () => {
      if (connection.iceGatheringState === "complete") done();
    };
    connection.addEventListener("icegatheringstatechange", look, { signal: listening.signal });
  });
}
