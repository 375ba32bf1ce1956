/**
 * Where the page's server is found by RTMP: the server says on which ports, as they need not be the
 * usual ones.
 *
 * @module
 */

/** What the server says; a port is absent if there is none. */
const PORTS_PATH = "/ports.json";
const USUAL_PORTS = { rtmp: 1935, rtmps: 443 };

/**
 * @param {Location | URL} page
 * @returns {Promise<string>} Such as `rtmp://host:19350`, without a slash at its end.
 */
export async function findRtmpOrigin(page) {
  try {
    const answer = await fetch(new URL(PORTS_PATH, page.origin));
    return rtmpOrigin(page, answer.ok ? await answer.json() : {});
  } catch {
    // Files of somebody else under this page's name, or no server any more.
    return rtmpOrigin(page, {});
  }
}

/**
 * RTMPS for who has come by HTTPS, and where there is nothing else.
 *
 * @param {Pick<URL, "hostname" | "protocol">} page
 * @param {{ rtmp?: number, rtmps?: number }} ports
 */
export function rtmpOrigin({ hostname, protocol }, { rtmp, rtmps }) {
  const isSecure = rtmps !== undefined && (protocol === "https:" || rtmp === undefined);
  const scheme = isSecure ? "rtmps" : "rtmp";
  const port = (isSecure ? rtmps : rtmp) ?? USUAL_PORTS[scheme];
  return `${scheme}://${hostname}${port === USUAL_PORTS[scheme] ? "" : `:${port}`}`;
}
