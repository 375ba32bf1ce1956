/**
 * Pieces of session descriptions that come after the answer: candidates, and new names for ICE.
 *
 * Spec: RFC 8840, section 9 (`application/trickle-ice-sdpfrag`); RFC 9725, section 4.3.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { Candidate } from "../../codec/sdp/candidate.ts";
import { formatCandidate } from "../../codec/sdp/candidate.ts";
import { findIceCredentials, type IceCredentials } from "../../codec/sdp/ice-credentials.ts";
import type { SdpAttribute } from "../../codec/sdp/session-description.ts";

const LINES_MAX = 1_024;

/**
 * The names for ICE in a fragment; `undefined` if it has none. Candidates in it are of no use: this side
 * is ice-lite, and answers whoever asks rightly.
 *
 * @throws {MalformedError} If it is no fragment.
 */
export function readFragmentCredentials(text: string): IceCredentials | undefined {
  const lines = text.split(/\r?\n/, LINES_MAX + 1).filter((line) => line !== "");
  if (lines.length > LINES_MAX) throw new MalformedError("Cannot read fragment: it is too long", 0);
  const attributes: SdpAttribute[] = [];
  for (const line of lines) {
    const match = /^([a-z])=(.*)$/.exec(line);
    if (match === null) throw new MalformedError("Cannot read fragment: no letter in a line", 0);
    const [, type, rest = ""] = match;
    if (type !== "a") continue;
    const colon = rest.indexOf(":");
    attributes.push(
      colon < 0
        ? { name: rest, value: undefined }
        : { name: rest.slice(0, colon), value: rest.slice(colon + 1) },
    );
  }
  return findIceCredentials(attributes);
}

/** The answer to an ICE restart. */
export function formatFragment(
  { ufrag, pwd }: IceCredentials,
  candidates: readonly Candidate[],
): string {
  const lines = [
    "a=ice-lite",
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    ...candidates.map((candidate) => `a=candidate:${formatCandidate(candidate)}`),
    "a=end-of-candidates",
  ];
  return `${lines.join("\r\n")}\r\n`;
}
