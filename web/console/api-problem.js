/**
 * Why the API does not answer, and what to do, in plain words.
 *
 * @module
 */

/**
 * @typedef {object} Explanation
 * @property {string} title
 * @property {string} text
 * @property {{ text: string, code?: string }[]} steps What to do; any of them helps.
 * @property {boolean} isRetried Whether it is worth asking again unasked. A browser that asks for a
 *   password would do so every time.
 */

/** In place of a status, where the answer could not be shown. */
export const UNEXPECTED = -1;

/** The API does not answer, or not with what was asked for. */
export class ApiProblem extends Error {
  name = "ApiProblem";

  /**
   * @param {number} status Of HTTP; 0 if there was no answer.
   * @param {string} message The server's own words, or empty.
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {string} hostname As of `location`. */
function isThisMachine(hostname) {
  return /^(?:127\.\d+\.\d+\.\d+|\[::1\]|(?:.+\.)?localhost)$/i.test(hostname);
}

const AUTH_CODE = `http_api:
  auth:
    enabled: true
    username: admin
    password: a-long-password`;

/**
 * @param {{ status: number, message: string }} problem
 * @param {{ protocol: string, hostname: string, port: string }} page Where the console is: `location`.
 * @returns {Explanation}
 */
export function explainProblem({ status, message }, page) {
  switch (status) {
    case UNEXPECTED:
      return explain(
        "The answer is not what this page expects",
        "The server may be of another version now: load the page again.",
        true,
      );
    case 0:
      return explain("The server does not answer", "It is asked again until it does.", true);
    case 401:
      return explain(
        "The API wants a name and a password",
        "They are those of http_api.auth, or of a user with the permission api:read. The browser asks for them when you try again.",
        false,
      );
    case 403:
      return /permission/.test(message) ? NOT_PERMITTED : explainThisMachine(page);
    case 404:
      return explain(
        "There is no API on this port",
        "Open the console on the port of http_api.listen, with http_api.enabled: true in the configuration.",
        true,
      );
    case 429:
      return explain(
        "Too many wrong passwords came from this address",
        "Wait a minute, then try again with the right one.",
        false,
      );
    default:
      return explain("The API does not work", `It answers with status ${status}.`, true);
  }
}

function explain(title, text, isRetried) {
  return { title, text, steps: [], isRetried };
}

const NOT_PERMITTED = explain(
  "This user may not read the API",
  "The configuration has to give the user the permission api:read, and api:write to disconnect. Close the browser to be asked for another name.",
  false,
);

function explainThisMachine({ protocol, hostname, port }) {
  const usual = protocol === "https:" ? "443" : "80";
  const number = port || usual;
  const local = `${protocol}//localhost:${number}/console/`;
  const auth = {
    text: "Or set a name and a password, and reload the configuration. They are sent as they are, so use HTTPS across networks.",
    code: AUTH_CODE,
  };
  if (isThisMachine(hostname)) {
    return {
      title: "The API does not take you for somebody on this machine",
      text: "Without http_api.auth it answers only this machine. A proxy in between, or a page of another site that led here, makes it refuse.",
      steps: [{ text: "Open the server's own address, not a proxy's:", code: local }, auth],
      isRetried: true,
    };
  }
  const host = hostname.replace(/^\[|\]$/g, "");
  return {
    title: "The API answers only the server's own machine",
    text: `Without http_api.auth it refuses everybody else, and you have opened it as ${hostname}.`,
    steps: [
      { text: "On the server itself, open:", code: local },
      {
        text: "From here, open that address through a tunnel:",
        code: `ssh -N -L ${number}:localhost:${number} ${host}`,
      },
      auth,
    ],
    isRetried: true,
  };
}
