/**
 * Answers one m-section: the format that is taken, and what is done with it.
 *
 * Spec: RFC 8829, section 5.3.1; RFC 4585, section 4.2 (feedback); RFC 8853, section 5.3.2
 * (simulcast).
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import { readHeaderExtensions } from "../../../codec/sdp/header-extension.ts";
import { type PayloadFormat, readPayloadFormats } from "../../../codec/sdp/payload-format.ts";
import { hasAttribute, type MediaSection } from "../../../codec/sdp/session-description.ts";
import type { AgreedSection } from "./agreement.ts";
import { AUDIO_CODECS, type ChosenFormat, chooseFormat, VIDEO_CODECS } from "./choose-format.ts";
import { acceptExtensions, usefulExtensions } from "./extensions.ts";
import type { AnswerTerms } from "./local-terms.ts";
import { readRemoteSources } from "./remote-sources.ts";
import { encodingOf, type RtpKind } from "./rtp-codec.ts";
import { MIXED, planToSection, type SectionPlan } from "./section-lines.ts";
import { acceptSimulcast } from "./simulcast-layers.ts";

/** A section of the offer that is taken. */
export interface Taken {
  readonly section: MediaSection;
  readonly mid: string;
  readonly kind: RtpKind;
}

export interface SectionInput extends Taken {
  readonly terms: AnswerTerms;
  readonly setup: "active" | "passive";
  readonly canTrickle: boolean;
}

/**
 * @throws {MalformedError} If an attribute of the section breaks its specification.
 * @throws {ProtocolError} If none of its codecs is wanted.
 */
export function answerSection(input: SectionInput): [agreed: AgreedSection, lines: MediaSection] {
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
function withFeedback(format: PayloadFormat, terms: AnswerTerms): PayloadFormat {
  const known = ["nack pli", "ccm fir", "goog-remb"];
  if (terms.isNackOn) known.push("nack");
  if (terms.isTwccOn) known.push("transport-cc");
  return { ...format, feedback: format.feedback.filter((kind) => known.includes(kind)) };
}

/** What such an answer names, for it has to name something; empty if there is nothing to name. */
export function idleFormats(section: MediaSection, kind: RtpKind): readonly PayloadFormat[] {
  const codecs = kind === "audio" ? AUDIO_CODECS : VIDEO_CODECS;
  const format = chooseFormat(readPayloadFormats(section), kind, codecs)?.format;
  return format === undefined ? [] : [{ ...format, feedback: [] }];
}

/** The answer to a section that stays, but carries nothing. */
export function idleSection(input: SectionInput): MediaSection {
  const { section, mid, kind, terms, setup, canTrickle } = input;
  return planToSection(terms, {
    ...{ kind, mid, setup, canTrickle, direction: "inactive", protocol: section.protocol },
    ...{ extensions: [], isMixed: false, hasRtx: false, rids: [], isReducedSizeRtcp: false },
    formats: idleFormats(section, kind),
  });
}
