/**
 * Answers an offer: which of its m-sections carry media, and how.
 *
 * One section of each kind is taken, and of its formats one. A section that is of no use is refused;
 * but an offer whose audio or video would be of use, if only this side knew its codec, is refused
 * whole: that the sound comes without the picture helps nobody, and looks like a fault.
 *
 * Spec: RFC 8829, section 5.3; RFC 3264, section 6; RFC 9143, section 7.3; RFC 8842, section 5.3.
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import { isReceiving, isSending } from "../../../codec/sdp/direction.ts";
import { readHeaderExtensions } from "../../../codec/sdp/header-extension.ts";
import { type PayloadFormat, readPayloadFormats } from "../../../codec/sdp/payload-format.ts";
import {
  hasAttribute,
  type MediaSection,
  type SdpAttribute,
  type SessionDescription,
} from "../../../codec/sdp/session-description.ts";
import type { AgreedSection, Agreement } from "./agreement.ts";
import { AUDIO_CODECS, type ChosenFormat, chooseFormat, VIDEO_CODECS } from "./choose-format.ts";
import { acceptExtensions, usefulExtensions } from "./extensions.ts";
import { type LocalTerms, sessionPart } from "./local-terms.ts";
import { readRemoteSources } from "./remote-sources.ts";
import { type RemoteSetup, readRemoteTransport } from "./remote-transport.ts";
import { encodingOf, type RtpKind } from "./rtp-codec.ts";
import { MIXED, planToSection, refuseSection, type SectionPlan } from "./section-lines.ts";
import { checkRtcpMux, directionOf, isMediaOn, readBundle, readMids } from "./sections.ts";
import { acceptSimulcast } from "./simulcast-layers.ts";

export interface AnswerTerms extends LocalTerms {
  /** What the peer does: it publishes to this side, or plays from it. */
  readonly role: "publish" | "play";
  /** This side's role in DTLS, if the peer leaves the choice. */
  readonly setup: "active" | "passive";
  readonly isSimulcastOn: boolean;
}

export interface Negotiated {
  readonly answer: SessionDescription;
  readonly agreement: Agreement;
}

/** A section of the offer that is taken. */
interface Taken {
  readonly section: MediaSection;
  readonly mid: string;
  readonly kind: RtpKind;
}

interface SectionInput extends Taken {
  readonly terms: AnswerTerms;
  readonly setup: "active" | "passive";
  readonly canTrickle: boolean;
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

/** An answer has to name a format even if nothing is sent. */
function idleFormats(section: MediaSection, kind: RtpKind): readonly PayloadFormat[] {
  const codecs = kind === "audio" ? AUDIO_CODECS : VIDEO_CODECS;
  const format = chooseFormat(readPayloadFormats(section), kind, codecs)?.format;
  return format === undefined ? [] : [{ ...format, feedback: [] }];
}

function idleSection(input: SectionInput): MediaSection {
  const { section, mid, kind, terms, setup, canTrickle } = input;
  return planToSection(terms, {
    ...{ kind, mid, setup, canTrickle, direction: "inactive", protocol: section.protocol },
    ...{ extensions: [], isMixed: false, hasRtx: false, rids: [], isReducedSizeRtcp: false },
    formats: idleFormats(section, kind),
  });
}

function answerSetup(offered: RemoteSetup, own: "active" | "passive"): "active" | "passive" {
  if (offered === "actpass") return own;
  return offered === "active" ? "passive" : "active";
}

function lite(offer: SessionDescription): SdpAttribute[] {
  const names = hasAttribute(offer.attributes, MIXED) ? ["ice-lite", MIXED] : ["ice-lite"];
  return names.map((name) => ({ name, value: undefined }));
}

function answerSection(input: SectionInput): [agreed: AgreedSection, lines: MediaSection] {
  const { section, mid, kind, terms, setup, canTrickle } = input;
  const direction = terms.role === "publish" ? "recvonly" : "sendonly";
  const chosen = choose(section, kind, terms);
  const format = withFeedback(chosen.format, terms);
  // Sound is sent again as it is, without a stream of its own: it is small, and comes late anyway.
  const hasRtx = kind === "video" && format.feedback.includes("nack");
  const rtx = hasRtx ? chosen.rtx : undefined;
  const extensions = acceptExtensions(
    readHeaderExtensions(section),
    usefulExtensions(kind, direction, terms.isTwccOn),
    direction,
  );
  const isLayered = terms.isSimulcastOn && direction === "recvonly" && kind === "video";
  const rids =
    isLayered && extensions.ids.rtpStreamId !== undefined
      ? acceptSimulcast(section.attributes, format.payloadType)
      : [];
  const isReducedSizeRtcp = hasAttribute(section.attributes, "rtcp-rsize");
  const plan: SectionPlan = {
    ...{ kind, mid, setup, direction, rids, isReducedSizeRtcp, canTrickle },
    protocol: section.protocol,
    extensions: extensions.lines,
    isMixed: hasAttribute(section.attributes, MIXED),
    formats: rtx === undefined ? [format] : [format, { ...rtx, feedback: [] }],
    hasRtx: rtx !== undefined,
  };
  const agreed: AgreedSection = {
    ...{ mid, kind, direction, codec: chosen.codec, isReducedSizeRtcp },
    payloadType: format.payloadType,
    clockRate: format.clockRate,
    channels: encodingOf(chosen.codec).channels,
    fmtp: format.fmtp,
    rtxPayloadType: rtx?.payloadType,
    feedback: format.feedback,
    extensions: extensions.ids,
    sources: direction === "recvonly" ? readRemoteSources(section) : [],
    rids: rids.map(({ id }) => id),
  };
  return [agreed, planToSection(terms, plan)];
}

function choose(section: MediaSection, kind: RtpKind, terms: AnswerTerms): ChosenFormat {
  const formats = readPayloadFormats(section);
  const chosen = chooseFormat(formats, kind, terms[kind]);
  if (chosen !== undefined) return chosen;
  const offered = [...new Set(formats.map(({ encoding }) => encoding))].join(", ") || "none";
  const wanted = terms[kind].map(({ codec }) => codec).join(", ");
  throw new ProtocolError(
    `Cannot agree on a codec of ${kind}: offered ${offered}; wanted ${wanted}`,
  );
}

/** What both sides do about packets that are lost or late. */
function withFeedback(format: PayloadFormat, terms: LocalTerms): PayloadFormat {
  const known = ["nack pli", "ccm fir", "goog-remb"];
  if (terms.isNackOn) known.push("nack");
  if (terms.isTwccOn) known.push("transport-cc");
  return { ...format, feedback: format.feedback.filter((kind) => known.includes(kind)) };
}

/** In a bundle, packets are known by their payload type if by nothing else. */
function checkPayloadTypes(sections: readonly AgreedSection[]): void {
  const payloadTypes = sections.flatMap(({ payloadType, rtxPayloadType }) =>
    rtxPayloadType === undefined ? [payloadType] : [payloadType, rtxPayloadType],
  );
  if (new Set(payloadTypes).size === payloadTypes.length) return;
  throw new ProtocolError("Cannot answer: audio and video have the same payload type");
}
