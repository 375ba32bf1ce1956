/**
 * What may go wrong with WebRTC, in sentences that people understand.
 *
 * @module
 */

/**
 * @typedef {"input" | "capture" | "unsupported" | "refused" | "busy" | "absent" | "unreachable"
 *   | "blocked" | "broken"} RtcErrorKind
 *
 * input: no address · capture: no camera, microphone or screen · unsupported: browser and server have
 * nothing in common · refused: the server does not want it · busy: somebody else publishes the stream ·
 * absent: there is no such stream · unreachable: no answer by HTTP · blocked: no way for the media ·
 * broken: it worked before.
 */

/** Its message is for people. */
export class RtcError extends Error {
  name = "RtcError";
  /** @type {RtcErrorKind} */
  kind;

  /**
   * @param {string} message
   * @param {{ kind: RtcErrorKind, cause?: unknown }} options
   */
  constructor(message, { kind, ...options }) {
    super(message, options);
    this.kind = kind;
  }
}

export const NO_RTC = "This browser lacks WebRTC.";

export const CONNECTION_LOST = "The connection was lost. Trying again …";

const INSECURE =
  "Browsers give camera, microphone and screen to pages of https:// and of localhost only. Open this page by HTTPS, or on the server itself as http://localhost.";

/**
 * Why the browser gives no camera, microphone or screen.
 *
 * @param {unknown} cause What the browser has thrown.
 * @param {{ isSecure: boolean, isScreen?: boolean }} context
 */
export function explainCapture(cause, { isSecure, isScreen = false }) {
  return new RtcError(captureSentence(cause?.name, { isSecure, isScreen }), {
    kind: "capture",
    cause,
  });
}

function captureSentence(name, { isSecure, isScreen }) {
  if (!isSecure) return INSECURE;
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return isScreen
        ? "No screen was chosen, or the browser may not show one."
        : "The browser may not use camera and microphone. Allow it in the address bar, or in the system's settings, and try again.";
    case "NotFoundError":
      return isScreen ? "There is no screen to share." : "No camera or microphone was found.";
    case "NotReadableError":
    case "AbortError":
      return "The camera or the microphone is in use by another program, or does not work.";
    case "OverconstrainedError":
      return "The camera or the microphone that was chosen is gone. Choose another one.";
    default:
      return isScreen
        ? "This browser cannot share the screen."
        : "This browser gives neither camera nor microphone.";
  }
}

/**
 * Why the server did not take an offer.
 *
 * @param {number} status Of its answer.
 * @param {string} body
 * @param {"publish" | "play"} purpose
 */
export function explainAnswer(status, body, purpose) {
  const said = serverWords(body);
  const [kind, sentence] = answerSentence(status, purpose);
  return new RtcError(said === "" ? sentence : `${sentence} The server says: ${said}`, { kind });
}

function answerSentence(status, purpose) {
  if (status === 401 || status === 403) {
    const verb = purpose === "publish" ? "publish" : "watch";
    return ["refused", `The server does not let you ${verb} this stream (${status}).`];
  }
  if (status === 409) return ["busy", "Somebody else publishes this stream already."];
  if (status === 404 && purpose === "play") return ["absent", "Nobody publishes this stream yet."];
  if (status === 404 || status === 405 || status === 501) {
    return ["refused", `There is no WebRTC at this address (${status}).`];
  }
  if (status === 406 || status === 415 || status === 422) {
    return ["unsupported", "Browser and server have no codec in common."];
  }
  if (status === 429 || status === 503) {
    return ["unreachable", `The server is too busy at present (${status}).`];
  }
  if (status >= 500) return ["unreachable", `The server failed (${status}).`];
  return ["refused", `The server refused (${status}).`];
}

/** Characters of the server's own words that are shown. */
const WORDS_MAX = 300;

/** What a person can read of an answer's body: of JSON the message, of HTML nothing. */
function serverWords(body) {
  const text = body.trim();
  if (text === "" || text.startsWith("<")) return "";
  return (wordsOfJson(text) ?? text).slice(0, WORDS_MAX);
}

function wordsOfJson(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { error, detail, title, message, msg, reason, data } = value;
  const candidates = [detail, error?.message, error?.detail, error?.reason, error, message, msg];
  candidates.push(reason, data, title);
  const words = candidates.find((candidate) => typeof candidate === "string" && candidate !== "");
  return words ?? (value.code === undefined ? "" : `code ${value.code}.`);
}

/** @param {string} url What does not answer. */
export function explainUnreachable(url, cause) {
  const { origin } = new URL(url);
  return new RtcError(`The server at ${origin} does not answer.`, { kind: "unreachable", cause });
}

/**
 * Why signalling worked but no media can go.
 *
 * @param {string} answer The server's SDP, which tells its port.
 */
export function explainBlocked(answer) {
  const candidates = [...answer.matchAll(/^a=candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+) /gm)];
  const ports = [...new Set(candidates.map(([, , , port]) => port))].join(", ") || "8000";
  const hosts = [...new Set(candidates.map(([, , host]) => host))].join(", ");
  const place = hosts === "" ? "the server" : hosts;
  return new RtcError(
    `No connection to ${place} over UDP or TCP port ${ports}. A firewall may be in the way, or the server does not know its public address (candidate).`,
    { kind: "blocked" },
  );
}

/** @param {unknown} error Whatever was thrown. */
export function toRtcError(error) {
  if (error instanceof RtcError) return error;
  return new RtcError(error?.message || String(error), { kind: "broken", cause: error });
}
