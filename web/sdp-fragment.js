/**
 * The few changes that a browser's side of WHIP makes to SDP.
 *
 * Spec: RFC 8840, section 4.4 (`application/trickle-ice-sdpfrag`); RFC 9725, section 4.3; RFC 7587,
 * section 6.1 (`stereo`).
 *
 * @module
 */

const ICE_LINE = /^a=(ice-ufrag|ice-pwd|candidate|end-of-candidates)/;

/**
 * What trickling and a restart tell: the credentials, and the candidates of the first m-section, with
 * which all others are bundled.
 *
 * @param {string} sdp
 * @param {string[]} [candidates] Lines without `a=`; by default, those in the SDP.
 * @param {boolean} [isComplete] Whether no more of them will come.
 */
export function toFragment(sdp, candidates = candidatesOf(sdp), isComplete = false) {
  const lines = sdp.split(/\r?\n/);
  const find = (start) => lines.find((line) => line.startsWith(start)) ?? "";
  const head = [find("a=ice-ufrag:"), find("a=ice-pwd:"), find("m="), find("a=mid:")];
  const tail = candidates.map((candidate) => `a=${candidate}`);
  if (isComplete) tail.push("a=end-of-candidates");
  return [...head.filter((line) => line !== ""), ...tail, ""].join("\r\n");
}

function candidatesOf(sdp) {
  const section = sdp.split(/^m=/m)[1] ?? "";
  return [...section.matchAll(/^a=(candidate:[^\r\n]*)/gm)].map(([, line]) => line);
}

/**
 * The answer with other credentials and candidates, as after a restart of ICE.
 *
 * @param {string} answer
 * @param {string} fragment What the server answered to the restart.
 * @returns {string | undefined} `undefined` if the fragment has no credentials.
 */
export function withNewIce(answer, fragment) {
  const ice = fragment.split(/\r?\n/).filter((line) => ICE_LINE.test(line));
  const hasCredentials = ["a=ice-ufrag:", "a=ice-pwd:"].every((start) => {
    return ice.some((line) => line.startsWith(start));
  });
  if (!hasCredentials) return undefined;
  const [session, ...sections] = answer.split(/^(?=m=)/m);
  const strip = (text) => text.split(/\r?\n/).filter((line) => line !== "" && !ICE_LINE.test(line));
  const lines = [...strip(session), ...sections.flatMap((section) => [...strip(section), ...ice])];
  return `${lines.join("\r\n")}\r\n`;
}

/** Asks for Opus in stereo, which browsers otherwise mix down to one channel. */
export function withStereoOpus(sdp) {
  const types = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)].map(([, type]) => type);
  return types.reduce((text, type) => {
    const line = new RegExp(`^(a=fmtp:${type} (?!.*\\bstereo=)[^\\r\\n]*)`, "m");
    return text.replace(line, "$1;stereo=1");
  }, sdp);
}
