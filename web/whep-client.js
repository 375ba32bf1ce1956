/**
 * Plays a stream by WHEP.
 *
 * Spec: draft-ietf-wish-whep.
 *
 * @module
 */

import { RtcClient } from "./rtc-client.js";
import { withStereoOpus } from "./sdp-fragment.js";

/** Events: `state`; and `stream`, when `stream` is another one, as each session has its own. */
export class WhepClient extends RtcClient {
  #stream = new MediaStream();

  /** @param {{ endpoint: string, token?: string, isPatient?: boolean }} options */
  constructor(options) {
    super({ ...options, purpose: "play" });
  }

  /** What is played; its tracks come with the connection. */
  get stream() {
    return this.#stream;
  }

  prepare(connection) {
    const stream = new MediaStream();
    this.#stream = stream;
    connection.addTransceiver("audio", { direction: "recvonly" });
    connection.addTransceiver("video", { direction: "recvonly" });
    connection.addEventListener("track", ({ track }) => stream.addTrack(track));
    this.dispatchEvent(new Event("stream"));
  }

  adaptOffer(sdp) {
    return withStereoOpus(sdp);
  }
}
