/**
 * What the m-sections of a description have in common: their names, and how they are bundled.
 *
 * Spec: RFC 9143, section 7 (BUNDLE); RFC 5888, section 4 (mid); RFC 8829, section 5.1.2 (profiles).
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import { findDirection, type MediaDirection } from "../../../codec/sdp/direction.ts";
import {
  findAttribute,
  findAttributes,
  hasAttribute,
  type MediaSection,
  type SessionDescription,
} from "../../../codec/sdp/session-description.ts";
import { attributeError, isSdpToken } from "../../../codec/sdp/syntax.ts";

const MID_LENGTH_MAX = 64;
const PROTOCOL = /^(?:(?:UDP\/TLS|TCP\/DTLS)\/)?RTP\/SAVPF?$/;

/**
 * The name of each section, empty for one without.
 *
 * @throws {MalformedError} If one is no token, very long, or that of two sections.
 */
export function readMids(sections: readonly MediaSection[]): readonly string[] {
  const mids = new Set<string>();
  return sections.map(({ attributes }) => {
    const attribute = findAttribute(attributes, "mid");
    if (attribute === undefined) return "";
    const mid = attribute.value?.trim() ?? "";
    if (!isSdpToken(mid) || mid.length > MID_LENGTH_MAX) throw attributeError(attribute, "no name");
    if (mids.has(mid)) throw attributeError(attribute, "the name of another section");
    mids.add(mid);
    return mid;
  });
}

/** The names in the BUNDLE group, of which there is one at most here; `undefined` without. */
export function readBundle(description: SessionDescription): readonly string[] | undefined {
  for (const { value } of findAttributes(description.attributes, "group")) {
    const [semantics, ...mids] = (value ?? "").trim().split(" ");
    if (semantics === "BUNDLE") return mids;
  }
  return undefined;
}

/** Whether it is RTP over DTLS-SRTP, and was not refused or taken away. */
export function isMediaOn(section: MediaSection): boolean {
  const isOn = section.port !== 0 || hasAttribute(section.attributes, "bundle-only");
  return isOn && PROTOCOL.test(section.protocol);
}

export function directionOf(
  description: SessionDescription,
  section: MediaSection,
): MediaDirection {
  return findDirection(section.attributes) ?? findDirection(description.attributes) ?? "sendrecv";
}

/**
 * A section that is bundle-only says nothing of the transport (RFC 8859, section 4), so nothing of
 * RTCP's either.
 *
 * @throws {ProtocolError} If RTCP has a port of its own.
 */
export function checkRtcpMux({ attributes, kind }: MediaSection): void {
  const names = ["rtcp-mux", "rtcp-mux-only", "bundle-only"];
  if (names.some((name) => hasAttribute(attributes, name))) return;
  throw new ProtocolError(`Cannot connect: no a=rtcp-mux in the m-section of ${kind}`);
}
