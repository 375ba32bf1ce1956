/**
 * What trickles in after an offer, and how ICE is restarted: `application/trickle-ice-sdpfrag`.
 *
 * Spec: RFC 8840, section 9; RFC 9725, section 4.3.
 *
 * @module
 */

import { type Candidate, formatCandidate, parseCandidate } from "./candidate.ts";
import { formatSdpFragment } from "./format-sdp.ts";
import { findIceCredentials, type IceCredentials } from "./ice-credentials.ts";
import { parseSdpFragment } from "./parse-sdp.ts";
import { findAttribute, hasAttribute, type MediaSection } from "./session-description.ts";

/** All m-sections are bundled, so that it does not matter in which of them a line stands. */
export interface IceFragment {
  /** Those of the session, so that it is known of which one it is; others begin a restart. */
  readonly credentials: IceCredentials | undefined;
  readonly candidates: readonly Candidate[];
  /** No more candidates will follow. */
  readonly isEnded: boolean;
}

/** More are of no use: one that works is enough. */
const CANDIDATES_MAX = 64;

/** @throws {MalformedError} If it breaks the specification. */
export function parseIceFragment(text: string): IceFragment {
  const { attributes, sections } = parseSdpFragment(text);
  const levels = [...sections.map((section) => section.attributes), attributes];
  let credentials: IceCredentials | undefined;
  for (const level of levels) credentials ??= findIceCredentials(level);
  const candidates = levels
    .flat()
    .filter(({ name }) => name === "candidate")
    .slice(0, CANDIDATES_MAX)
    .map(({ value }) => parseCandidate(value ?? ""));
  const isEnded = levels.some((level) => hasAttribute(level, "end-of-candidates"));
  return { credentials, candidates, isEnded };
}

/**
 * The answer to a fragment that restarts ICE: new credentials and all candidates of a lite agent.
 *
 * @param section The first m-section of the answer that was accepted.
 */
export function formatRestartAnswer(
  section: MediaSection,
  credentials: IceCredentials,
  candidates: readonly Candidate[],
): string {
  const mid = findAttribute(section.attributes, "mid");
  return formatSdpFragment({
    attributes: [
      { name: "ice-lite", value: undefined },
      { name: "ice-options", value: "trickle" },
      ...(mid === undefined ? [] : [{ name: "group", value: `BUNDLE ${mid.value ?? ""}` }]),
    ],
    sections: [
      {
        ...section,
        attributes: [
          ...(mid === undefined ? [] : [mid]),
          { name: "ice-ufrag", value: credentials.ufrag },
          { name: "ice-pwd", value: credentials.pwd },
          ...candidates.map((one) => ({ name: "candidate", value: formatCandidate(one) })),
          { name: "end-of-candidates", value: undefined },
        ],
      },
    ],
  });
}
