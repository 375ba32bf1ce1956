/**
 * Answers an offer: which of its m-sections carry media.
 *
 * One section of each kind is taken. A section that is of no use is refused;
 * but an offer whose audio or video would be of use, if only this side knew its codec, is refused
 * whole: that the sound comes without the picture helps nobody, and looks like a fault.
 *
 * Spec: RFC 8829, section 5.3; RFC 3264, section 6; RFC 9143, section 7.3; RFC 8842, section 5.3.
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import { isReceiving, isSending } from "../../../codec/sdp/direction.ts";
import {
  hasAttribute,
  type MediaSection,
  type SdpAttribute,
  type SessionDescription,
} from "../../../codec/sdp/session-description.ts";
import type { AgreedSection, Agreement } from "./agreement.ts";
import { answerSection, idleFormats, idleSection, type Taken } from "./answer-section.ts";
import { type AnswerTerms, sessionPart } from "./local-terms.ts";
import { type RemoteSetup, readRemoteTransport } from "./remote-transport.ts";
import { MIXED, refuseSection } from "./section-lines.ts";
import { checkRtcpMux, directionOf, isMediaOn, readBundle, readMids } from "./sections.ts";

export interface Negotiated {
  readonly answer: SessionDescription;
  readonly agreement: Agreement;
}

/**
 * @throws {MalformedError} If an attribute of the offer breaks its specification.
 * @throws {ProtocolError} If there is no way to carry its media; the message says why.
 */
export function answerOffer(offer: SessionDescription, terms: AnswerTerms): Negotiated {
  const mids = readMids(offer.sections);
  const bundle = readBundle(offer);
  const taken = takeSections(offer, mids, terms);
  checkTransportIsShared(taken, bundle);
  const carrier = findCarrier(offer, mids, bundle);
  const carried = taken.map(({ section }) => section);
  const transport = readRemoteTransport(
    offer,
    carrier === undefined ? carried : [carrier.section, ...carried],
  );
  if (transport.ice.isLite) {
    throw new ProtocolError("Cannot connect: both sides are ice-lite, so that neither would begin");
  }
  const setup = answerSetup(transport.setup, terms.setup);
  const common = { terms, setup, canTrickle: transport.ice.canTrickle };
  const answers = new Map<MediaSection, MediaSection>();
  const agreed: AgreedSection[] = [];
  for (const one of taken) {
    const [section, lines] = answerSection({ ...one, ...common });
    agreed.push(section);
    answers.set(one.section, lines);
  }
  checkPayloadTypes(agreed);
  if (carrier !== undefined && !answers.has(carrier.section)) {
    answers.set(carrier.section, idleSection({ ...carrier, ...common }));
  }
  const names = offer.sections.flatMap((section, index) =>
    answers.has(section) ? [mids[index] ?? ""] : [],
  );
  return {
    answer: {
      ...sessionPart(terms, bundle?.filter((mid) => names.includes(mid)) ?? [], lite(offer)),
      sections: offer.sections.map(
        (section, index) => answers.get(section) ?? refuseSection(section, mids[index] ?? ""),
      ),
    },
    agreement: {
      sections: agreed,
      remoteIce: transport.ice,
      remoteFingerprints: transport.fingerprints,
      setup,
      remoteSetup: setup === "active" ? "passive" : "active",
      candidates: transport.candidates,
    },
  };
}

/** The first section of each kind that is wanted and that has media to give, or takes it. */
function takeSections(
  offer: SessionDescription,
  mids: readonly string[],
  terms: AnswerTerms,
): readonly Taken[] {
  const isUseful = terms.role === "publish" ? isSending : isReceiving;
  const taken: Taken[] = [];
  for (const [index, section] of offer.sections.entries()) {
    const { kind } = section;
    if ((kind !== "audio" && kind !== "video") || terms[kind].length === 0) continue;
    if (!isMediaOn(section) || !isUseful(directionOf(offer, section))) continue;
    if (taken.some((other) => other.kind === kind)) continue;
    taken.push({ section, mid: mids[index] ?? "", kind });
  }
  if (taken.length > 0) return taken;
  const does = terms.role === "publish" ? "sends" : "receives";
  const wanted = (["audio", "video"] as const).filter((kind) => terms[kind].length > 0);
  throw new ProtocolError(`Cannot answer: no m-section ${does} ${wanted.join(" or ")}`);
}

/** All media go through one transport, RTCP included. */
function checkTransportIsShared(
  taken: readonly Taken[],
  bundle: readonly string[] | undefined,
): void {
  for (const { section } of taken) checkRtcpMux(section);
  if (taken.length === 1) return;
  if (bundle === undefined) throw new ProtocolError("Cannot connect: no a=group:BUNDLE");
  for (const { mid, kind } of taken) {
    if (bundle.includes(mid)) continue;
    throw new ProtocolError(`Cannot connect: the m-section of ${kind} is not in a=group:BUNDLE`);
  }
}

/**
 * The section whose transport the offer would have all others use. Chrome gives the transport up if
 * that section is refused, so it stays even if it carries nothing. `undefined` if it cannot stay.
 */
function findCarrier(
  offer: SessionDescription,
  mids: readonly string[],
  bundle: readonly string[] | undefined,
): Taken | undefined {
  const mid = bundle?.[0];
  const section = mid === undefined ? undefined : offer.sections[mids.indexOf(mid)];
  if (mid === undefined || section === undefined || !isMediaOn(section)) return undefined;
  const { kind } = section;
  if (kind !== "audio" && kind !== "video") return undefined;
  return idleFormats(section, kind).length === 0 ? undefined : { section, mid, kind };
}

function answerSetup(offered: RemoteSetup, own: "active" | "passive"): "active" | "passive" {
  if (offered === "actpass") return own;
  return offered === "active" ? "passive" : "active";
}

function lite(offer: SessionDescription): SdpAttribute[] {
  const names = hasAttribute(offer.attributes, MIXED) ? ["ice-lite", MIXED] : ["ice-lite"];
  return names.map((name) => ({ name, value: undefined }));
}

/** In a bundle, packets are known by their payload type if by nothing else. */
function checkPayloadTypes(sections: readonly AgreedSection[]): void {
  const payloadTypes = sections.flatMap(({ payloadType, rtxPayloadType }) =>
    rtxPayloadType === undefined ? [payloadType] : [payloadType, rtxPayloadType],
  );
  if (new Set(payloadTypes).size === payloadTypes.length) return;
  throw new ProtocolError("Cannot answer: audio and video have the same payload type");
}
