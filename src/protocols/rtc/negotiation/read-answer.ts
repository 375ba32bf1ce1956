/**
 * What the answer to an offer of this side agrees upon.
 *
 * Spec: RFC 8829, section 5.11; RFC 3264, section 7.
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import { isReceiving, isSending, reverseDirection } from "../../../codec/sdp/direction.ts";
import { readHeaderExtensions } from "../../../codec/sdp/header-extension.ts";
import { readPayloadFormats } from "../../../codec/sdp/payload-format.ts";
import {
  hasAttribute,
  type MediaSection,
  type SessionDescription,
} from "../../../codec/sdp/session-description.ts";
import { readSimulcast } from "../../../codec/sdp/simulcast.ts";
import type { AgreedSection, Agreement } from "./agreement.ts";
import { findRtx } from "./choose-format.ts";
import { acceptExtensions, EXTENSION_URIS, type ExtensionName } from "./extensions.ts";
import { readRemoteSources } from "./remote-sources.ts";
import { readRemoteTransport } from "./remote-transport.ts";
import { codecOf, encodingOf, type RtpKind } from "./rtp-codec.ts";
import { checkRtcpMux, directionOf, isMediaOn, readMids } from "./sections.ts";

/**
 * @throws {MalformedError} If an attribute of the answer breaks its specification.
 * @throws {ProtocolError} If it is no answer to that offer, or refuses all of it.
 */
export function readAnswer(offer: SessionDescription, answer: SessionDescription): Agreement {
  if (answer.sections.length !== offer.sections.length) {
    throw new ProtocolError("Cannot use answer: it has other m-sections than the offer");
  }
  const mids = readMids(answer.sections);
  const agreed: AgreedSection[] = [];
  const used: MediaSection[] = [];
  for (const [index, answered] of answer.sections.entries()) {
    const offered = offer.sections[index];
    if (offered?.kind !== answered.kind) {
      throw new ProtocolError(`Cannot use answer: m-section ${index} is of ${answered.kind}`);
    }
    const direction = agreedDirection(directionOf(offer, offered), directionOf(answer, answered));
    if (!isMediaOn(answered) || direction === undefined) continue;
    checkRtcpMux(answered);
    agreed.push(agreedSection({ offered, answered, direction, mid: mids[index] ?? "" }));
    used.push(answered);
  }
  if (agreed.length === 0) throw new ProtocolError("Cannot use answer: every m-section is refused");
  const transport = readRemoteTransport(answer, used);
  // An answer may not leave the choice. Where one does, this side begins.
  const setup = transport.setup === "active" ? "passive" : "active";
  return {
    sections: agreed,
    remoteIce: transport.ice,
    remoteFingerprints: transport.fingerprints,
    setup,
    remoteSetup: setup === "active" ? "passive" : "active",
    candidates: transport.candidates,
  };
}

/** Of this side; `undefined` if nothing flows. */
function agreedDirection(
  offered: ReturnType<typeof directionOf>,
  answered: ReturnType<typeof directionOf>,
): "sendonly" | "recvonly" | undefined {
  const own = reverseDirection(answered);
  if (isSending(offered) && isSending(own)) return "sendonly";
  return isReceiving(offered) && isReceiving(own) ? "recvonly" : undefined;
}

function agreedSection(input: {
  readonly offered: MediaSection;
  readonly answered: MediaSection;
  readonly direction: "sendonly" | "recvonly";
  readonly mid: string;
}): AgreedSection {
  const { offered, answered, direction, mid } = input;
  const kind: RtpKind = offered.kind === "audio" ? "audio" : "video";
  const own = readPayloadFormats(offered);
  const formats = readPayloadFormats(answered);
  const format = formats.find((one) =>
    own.some(
      ({ payloadType, encoding }) =>
        payloadType === one.payloadType && encoding.toLowerCase() === one.encoding.toLowerCase(),
    ),
  );
  const codec = format === undefined ? undefined : codecOf(format, kind);
  if (format === undefined || codec === undefined) {
    throw new ProtocolError(`Cannot use answer: its format of ${kind} was not offered`);
  }
  const names = (Object.keys(EXTENSION_URIS) as ExtensionName[]).filter((name) =>
    readHeaderExtensions(offered).some(({ uri }) => uri === EXTENSION_URIS[name]),
  );
  return {
    ...{ mid, kind, direction, codec },
    payloadType: format.payloadType,
    clockRate: format.clockRate,
    channels: encodingOf(codec).channels,
    fmtp: format.fmtp,
    rtxPayloadType: findRtx(formats, format)?.payloadType,
    feedback: format.feedback,
    extensions: acceptExtensions(readHeaderExtensions(answered), new Set(names), direction).ids,
    sources: direction === "recvonly" ? readRemoteSources(answered) : [],
    rids: direction === "sendonly" ? ridsOf(answered) : [],
    isReducedSizeRtcp: hasAttribute(answered.attributes, "rtcp-rsize"),
  };
}

function ridsOf(answered: MediaSection): readonly string[] {
  const streams = readSimulcast(answered.attributes)?.recv ?? [];
  return streams.flatMap(({ rids }) => rids.slice(0, 1));
}
