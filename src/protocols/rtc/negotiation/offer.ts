/**
 * Makes an offer, as a client that publishes or plays.
 *
 * Spec: RFC 8829, section 5.2; RFC 9725, section 4.2 (what WHIP asks for: BUNDLE, rtcp-mux, one
 * direction).
 *
 * @module
 */

import type { HeaderExtension } from "../../../codec/sdp/header-extension.ts";
import type { PayloadFormat } from "../../../codec/sdp/payload-format.ts";
import type { SessionDescription } from "../../../codec/sdp/session-description.ts";
import type { WantedCodec } from "./choose-format.ts";
import { EXTENSION_URIS, type ExtensionName } from "./extensions.ts";
import { formatProfileLevelId } from "./h264-profile.ts";
import { type LocalTerms, sessionPart } from "./local-terms.ts";
import { encodingOf, type RtpCodec } from "./rtp-codec.ts";
import { MIXED, planToSection } from "./section-lines.ts";

export interface OfferTerms extends LocalTerms {
  /** What this side does. */
  readonly role: "publish" | "play";
  /** Names of the layers of simulcast that it sends, the largest first; empty for none. */
  readonly rids: readonly string[];
}

/** In the order of their identifiers, from 1. */
const EXTENSIONS: readonly ExtensionName[] = [
  "mid",
  "absoluteSendTime",
  "transportWideSequenceNumber",
  "rtpStreamId",
  "repairedRtpStreamId",
];
const PROTOCOL = "UDP/TLS/RTP/SAVPF";
/** Static ones, and what browsers use for Opus. */
const AUDIO_PAYLOAD_TYPES: Partial<Record<RtpCodec, number>> = { opus: 111, g711u: 0, g711a: 8 };
/** The first that is free for everybody. */
const DYNAMIC_PAYLOAD_TYPE_MIN = 96;

/** Audio is the first m-section, video the second, where there are both. */
export function createOffer(terms: OfferTerms): SessionDescription {
  const kinds = (["audio", "video"] as const).filter((kind) => terms[kind].length > 0);
  const mids = kinds.map((_, index) => `${index}`);
  const sections = kinds.map((kind, index) => {
    const rids = kind === "video" && terms.role === "publish" ? terms.rids : [];
    return planToSection(terms, {
      kind,
      protocol: PROTOCOL,
      mid: mids[index] ?? "",
      setup: "actpass",
      direction: terms.role === "publish" ? "sendonly" : "recvonly",
      extensions: offerExtensions(terms, rids.length > 0),
      isMixed: false,
      formats: kind === "audio" ? audioFormats(terms) : videoFormats(terms),
      hasRtx: kind === "video" && terms.isNackOn,
      rids: rids.map((id) => ({ id, direction: "send", restrictions: "" })),
      isReducedSizeRtcp: true,
      canTrickle: true,
    });
  });
  return { ...sessionPart(terms, mids, [{ name: MIXED, value: undefined }]), sections };
}

function offerExtensions(terms: OfferTerms, hasRids: boolean): HeaderExtension[] {
  const isOffered = (name: ExtensionName) => {
    if (name === "transportWideSequenceNumber") return terms.isTwccOn;
    return name === "rtpStreamId" || name === "repairedRtpStreamId" ? hasRids : true;
  };
  return EXTENSIONS.map((name, index) => ({ name, id: index + 1 }))
    .filter(({ name }) => isOffered(name))
    .map(({ name, id }) => ({ id, direction: "sendrecv", uri: EXTENSION_URIS[name] }));
}

function audioFormats(terms: OfferTerms): PayloadFormat[] {
  const feedback = terms.isTwccOn ? ["transport-cc"] : [];
  return terms.audio.map(({ codec }) => ({
    payloadType: AUDIO_PAYLOAD_TYPES[codec] ?? DYNAMIC_PAYLOAD_TYPE_MIN,
    ...encodingOf(codec),
    fmtp: codec === "opus" ? "minptime=10;useinbandfec=1" : "",
    feedback,
  }));
}

function videoFormats(terms: OfferTerms): PayloadFormat[] {
  const feedback = ["goog-remb", ...(terms.isTwccOn ? ["transport-cc"] : []), "ccm fir"];
  if (terms.isNackOn) feedback.push("nack");
  feedback.push("nack pli");
  return terms.video.flatMap((wanted, index) => {
    const payloadType = DYNAMIC_PAYLOAD_TYPE_MIN + 2 * index;
    const format = { payloadType, ...encodingOf(wanted.codec), fmtp: fmtpOf(wanted), feedback };
    return terms.isNackOn ? [format, rtxOf(payloadType)] : [format];
  });
}

function rtxOf(payloadType: number): PayloadFormat {
  return {
    payloadType: payloadType + 1,
    ...{ encoding: "rtx", clockRate: 90_000, channels: 1 },
    fmtp: `apt=${payloadType}`,
    feedback: [],
  };
}

function fmtpOf({ codec, profileLevelId = 0x42_e01f, profile }: WantedCodec): string {
  switch (codec) {
    case "h264":
      return `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${formatProfileLevelId(profileLevelId)}`;
    case "hevc":
      // Level 5.1: general_level_idc is 30 times the level.
      return `level-id=153;profile-id=${profile ?? 1};tier-flag=0;tx-mode=SRST`;
    case "av1":
      // Level 5.1 (AV1, annex A.3).
      return `level-idx=13;profile=${profile ?? 0};tier=0`;
    case "vp9":
      return `profile-id=${profile ?? 0}`;
    default:
      return "";
  }
}
