/**
 * The RTP header extensions that are agreed upon.
 *
 * `urn:3gpp:video-orientation` is not among them for a reason: a browser that may send it leaves the
 * picture of a turned phone as it is, and viewers by other protocols would see it lying on its side.
 *
 * Spec: RFC 8285, section 6; RFC 9143, section 9 (mid); RFC 8852 (RTP stream identifiers); RFC 6464
 * (audio level); draft-holmer-rmcat-transport-wide-cc-extensions-01.
 *
 * @module
 */

import { isReceiving, isSending, reverseDirection } from "../../../codec/sdp/direction.ts";
import type { HeaderExtension } from "../../../codec/sdp/header-extension.ts";
import type { RtpKind } from "./rtp-codec.ts";

export type ExtensionName =
  | "transportWideSequenceNumber"
  | "absoluteSendTime"
  | "mid"
  | "rtpStreamId"
  | "repairedRtpStreamId"
  | "audioLevel"
  | "playoutDelay";

/** The identifier of each extension that both sides know. */
export type AgreedExtensions = { readonly [Name in ExtensionName]?: number };

export const EXTENSION_URIS: Readonly<Record<ExtensionName, string>> = {
  transportWideSequenceNumber:
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
  absoluteSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
  mid: "urn:ietf:params:rtp-hdrext:sdes:mid",
  rtpStreamId: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
  repairedRtpStreamId: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
  audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  playoutDelay: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
};

/** What this side can read, or write, in packets of a kind. */
export function usefulExtensions(
  kind: RtpKind,
  direction: "sendonly" | "recvonly",
  isTwccOn: boolean,
): ReadonlySet<ExtensionName> {
  const names = new Set<ExtensionName>(["absoluteSendTime", "mid"]);
  if (isTwccOn) names.add("transportWideSequenceNumber");
  if (direction === "sendonly") return kind === "video" ? names.add("playoutDelay") : names;
  return kind === "audio"
    ? names.add("audioLevel")
    : names.add("rtpStreamId").add("repairedRtpStreamId");
}

export interface AcceptedExtensions {
  readonly ids: AgreedExtensions;
  /** As the answer has them, in the order of the offer. */
  readonly lines: readonly HeaderExtension[];
}

/** Those of `offered` that are useful, and that the peer uses in the direction of the media. */
export function acceptExtensions(
  offered: readonly HeaderExtension[],
  useful: ReadonlySet<ExtensionName>,
  direction: "sendonly" | "recvonly",
): AcceptedExtensions {
  const ids: { [Name in ExtensionName]?: number } = {};
  const lines: HeaderExtension[] = [];
  const taken = new Set<number>();
  for (const extension of offered) {
    const name = extensionName(extension.uri);
    const isUsed =
      direction === "recvonly" ? isSending(extension.direction) : isReceiving(extension.direction);
    if (name === undefined || !useful.has(name) || !isUsed) continue;
    if (!isValidId(extension.id, direction) || taken.has(extension.id) || ids[name] !== undefined)
      continue;
    taken.add(extension.id);
    ids[name] = extension.id;
    lines.push({ ...extension, direction: reverseDirection(extension.direction) });
  }
  return { ids, lines };
}

function extensionName(uri: string): ExtensionName | undefined {
  for (const name of Object.keys(EXTENSION_URIS) as ExtensionName[]) {
    if (EXTENSION_URIS[name] === uri) return name;
  }
  return undefined;
}

/**
 * 15 ends the extensions of a packet, and from 4096 on they only stand for others. What is written here
 * has the one-byte form, in which ids end with 14.
 */
function isValidId(id: number, direction: "sendonly" | "recvonly"): boolean {
  const idMax = direction === "sendonly" ? 14 : 255;
  return id >= 1 && id <= idMax && id !== 15;
}
