/**
 * The HTTP of one WHIP or WHEP session: offer, candidates, restart, end.
 *
 * Spec: RFC 9725 (WHIP); draft-ietf-wish-whep, which is alike.
 *
 * @module
 */

import { explainAnswer, explainUnreachable, RtcError } from "./rtc-error.js";

/** How long the server may take to answer. */
const ANSWER_MS = 10_000;

const FRAGMENT_TYPE = "application/trickle-ice-sdpfrag";

export class RtcSignalling {
  #endpoint;
  #purpose;
  #authorization;
  /** The session's own address, once there is one. */
  #resource = "";
  #etag = "";
  /** Servers may have no PATCH; those with one address need no candidates of ours. */
  #canPatch = true;
  #isEnded = false;

  /**
   * @param {{ endpoint: string, purpose: "publish" | "play", token?: string }} options
   *   `token` goes with each request as `Authorization: Bearer`.
   */
  constructor({ endpoint, purpose, token = "" }) {
    this.#endpoint = endpoint;
    this.#purpose = purpose;
    this.#authorization = token === "" ? {} : { Authorization: `Bearer ${token}` };
  }

  /**
   * @param {string} sdp
   * @returns {Promise<string>} The answer's SDP.
   * @throws {RtcError}
   */
  async offer(sdp) {
    const headers = { "Content-Type": "application/sdp", Accept: "application/sdp" };
    const response = await this.#fetch(this.#endpoint, { method: "POST", headers, body: sdp });
    const body = await response.text();
    if (!response.ok) throw explainAnswer(response.status, body, this.#purpose);
    const location = response.headers.get("Location");
    if (location !== null) this.#resource = new URL(location, response.url || this.#endpoint).href;
    this.#etag = response.headers.get("ETag") ?? "";
    if (this.#isEnded) this.end(); // It was given up meanwhile.
    if (!body.startsWith("v=")) {
      throw new RtcError("The server's answer is no session description.", { kind: "refused" });
    }
    return body;
  }

  /** Tells the server further candidates, if it wants to know them. */
  async trickle(fragment) {
    if (!this.#canPatch || this.#resource === "") return;
    const match = this.#etag === "" ? {} : { "If-Match": this.#etag };
    const response = await this.#patch(fragment, match).catch(() => undefined);
    // A server that is away at present is another matter.
    if (response !== undefined && !response.ok) this.#canPatch = false;
  }

  /**
   * @param {string} fragment With the new credentials.
   * @returns {Promise<string | undefined>} The server's; `undefined` if it cannot restart.
   */
  async restart(fragment) {
    if (this.#resource === "") return undefined;
    const response = await this.#patch(fragment, { "If-Match": "*" }).catch(() => undefined);
    if (response?.status !== 200) return undefined;
    this.#etag = response.headers.get("ETag") ?? this.#etag;
    return response.text();
  }

  /** Ends the session; outlives the page. */
  end() {
    this.#isEnded = true;
    if (this.#resource === "") return;
    const options = { method: "DELETE", headers: this.#authorization, keepalive: true };
    // Nobody is left to be told that the server had forgotten it already.
    fetch(this.#resource, options).catch(() => {});
    this.#resource = "";
  }

  #patch(fragment, fields) {
    const headers = { "Content-Type": FRAGMENT_TYPE, ...fields };
    return this.#fetch(this.#resource, { method: "PATCH", headers, body: fragment });
  }

  async #fetch(url, { headers, ...options }) {
    try {
      return await fetch(url, {
        ...options,
        headers: { ...headers, ...this.#authorization },
        signal: AbortSignal.timeout(ANSWER_MS),
      });
    } catch (cause) {
      throw explainUnreachable(url, cause);
    }
  }
}
