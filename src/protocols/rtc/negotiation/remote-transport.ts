/**
 * What a description says of the transport that all of its m-sections share.
 *
 * Spec: RFC 9143, section 7.2 and 7.3 (BUNDLE); RFC 8839, section 5; RFC 8842, section 5; RFC 8122,
 * section 5; RFC 4145, section 4.
 *
 * @module
 */

import { ProtocolError, unlessMalformed } from "../../../base/errors.ts";
import { type Candidate, parseCandidate } from "../../../codec/sdp/candidate.ts";
import { type Fingerprint, parseFingerprint } from "../../../codec/sdp/fingerprint.ts";
import { findIceCredentials } from "../../../codec/sdp/ice-credentials.ts";
import {
  findAttribute,
  findAttributes,
  hasAttribute,
  type MediaSection,
  type SdpAttribute,
  type SessionDescription,
} from "../../../codec/sdp/session-description.ts";
import { attributeError } from "../../../codec/sdp/syntax.ts";
import type { RemoteIce } from "./agreement.ts";

export type RemoteSetup = "active" | "passive" | "actpass";

export interface RemoteTransport {
  readonly ice: RemoteIce;
  readonly fingerprints: readonly Fingerprint[];
  readonly setup: RemoteSetup;
  readonly candidates: readonly Candidate[];
}

/** More are of no use: one that works is enough. */
const CANDIDATES_MAX = 64;

/**
 * Reads it from the first of `sections`, those in use, that says it; else from the session.
 *
 * @throws {MalformedError} If an attribute breaks its specification.
 * @throws {ProtocolError} If there are no ICE credentials, or no fingerprint of SHA-256.
 */
export function readRemoteTransport(
  description: SessionDescription,
  sections: readonly MediaSection[],
): RemoteTransport {
  const levels = [...sections.map(({ attributes }) => attributes), description.attributes];
  const credentials = firstOf(levels, findIceCredentials);
  if (credentials === undefined) throw new ProtocolError("Cannot connect: no a=ice-ufrag");
  const isLite = hasAttribute(description.attributes, "ice-lite");
  const canTrickle = levels.some(hasTrickle);
  return {
    ice: { ...credentials, isLite, canTrickle },
    fingerprints: readFingerprints(levels),
    setup: firstOf(levels, findSetup) ?? "active",
    candidates: readCandidates(levels),
  };
}

function readFingerprints(levels: readonly (readonly SdpAttribute[])[]): readonly Fingerprint[] {
  const fingerprints = firstOf(levels, (attributes) => {
    const found = findAttributes(attributes, "fingerprint");
    return found.length === 0 ? undefined : found.map(parseFingerprint);
  });
  if (fingerprints === undefined) throw new ProtocolError("Cannot connect: no a=fingerprint");
  const known = fingerprints.filter(({ algorithm }) => algorithm === "sha-256");
  if (known.length > 0) return known;
  const algorithms = fingerprints.map(({ algorithm }) => algorithm).join(", ");
  throw new ProtocolError(`Cannot connect: no fingerprint of sha-256, but of ${algorithms}`);
}

function findSetup(attributes: readonly SdpAttribute[]): RemoteSetup | undefined {
  const attribute = findAttribute(attributes, "setup");
  if (attribute === undefined) return undefined;
  const setup = attribute.value?.trim();
  if (setup === "active" || setup === "passive" || setup === "actpass") return setup;
  throw attributeError(attribute, "none of active, passive and actpass");
}

/** The names are parted by blanks; libdatachannel has commas. */
function hasTrickle(attributes: readonly SdpAttribute[]): boolean {
  const options = findAttribute(attributes, "ice-options")?.value ?? "";
  return options.split(/[ ,]/).includes("trickle");
}

/** Passes over what it does not understand: a session comes about without, by checks of the peer. */
function readCandidates(levels: readonly (readonly SdpAttribute[])[]): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const attribute of levels.flat()) {
    if (attribute.name !== "candidate" || candidates.size === CANDIDATES_MAX) continue;
    const candidate = unlessMalformed(() => parseCandidate(attribute.value ?? ""));
    if (candidate === undefined) continue;
    const { component, transport, address, port } = candidate;
    const key = `${transport} ${address} ${port}`;
    if (component === 1 && !candidates.has(key)) candidates.set(key, candidate);
  }
  return [...candidates.values()];
}

function firstOf<Value>(
  levels: readonly (readonly SdpAttribute[])[],
  find: (attributes: readonly SdpAttribute[]) => Value | undefined,
): Value | undefined {
  for (const attributes of levels) {
    const found = find(attributes);
    if (found !== undefined) return found;
  }
  return undefined;
}
