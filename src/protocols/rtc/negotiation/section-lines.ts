/**
 * The lines of an m-section that this side describes, in the order in which SRS writes them, with
 * which every client is known to work.
 *
 * Spec: RFC 8829, sections 5.2.1 and 5.3.1.
 *
 * @module
 */

import { formatCandidate } from "../../../codec/sdp/candidate.ts";
import {
  type HeaderExtension,
  headerExtensionAttribute,
} from "../../../codec/sdp/header-extension.ts";
import { formatAttributes, type PayloadFormat } from "../../../codec/sdp/payload-format.ts";
import type { MediaSection, SdpAttribute } from "../../../codec/sdp/session-description.ts";
import { type Rid, ridAttribute } from "../../../codec/sdp/simulcast.ts";
import { type LocalSources, type LocalTerms, toMsid } from "./local-terms.ts";
import type { RtpKind } from "./rtp-codec.ts";

export interface SectionPlan {
  readonly kind: RtpKind;
  readonly protocol: string;
  /** Empty for none. */
  readonly mid: string;
  readonly setup: "active" | "passive" | "actpass";
  readonly direction: "sendonly" | "recvonly" | "inactive";
  readonly extensions: readonly HeaderExtension[];
  /** Whether this section says for itself that one-byte and two-byte extensions may be mixed. */
  readonly isMixed: boolean;
  /** The first is what is sent; the others are its retransmissions, and in offers alternatives. */
  readonly formats: readonly PayloadFormat[];
  readonly hasRtx: boolean;
  readonly rids: readonly Rid[];
  readonly isReducedSizeRtcp: boolean;
  readonly canTrickle: boolean;
}

/** RFC 8285, section 6. */
export const MIXED = "extmap-allow-mixed";
/** Nobody listens there: what counts are the candidates. */
const CONNECTION = { type: "c", value: "IN IP4 0.0.0.0" };
/** The discard port: likewise. */
const PORT = 9;

export function planToSection(terms: LocalTerms, plan: SectionPlan): MediaSection {
  const { ice, fingerprint, candidates } = terms;
  const { kind, protocol, mid, setup, direction, formats } = plan;
  const attributes: SdpAttribute[] = [
    { name: "ice-ufrag", value: ice.ufrag },
    { name: "ice-pwd", value: ice.pwd },
    ...(plan.canTrickle ? [{ name: "ice-options", value: "trickle" }] : []),
    { name: "fingerprint", value: `${fingerprint.algorithm} ${fingerprint.value}` },
    { name: "setup", value: setup },
    ...(mid === "" ? [] : [{ name: "mid", value: mid }]),
    ...plan.extensions.map(headerExtensionAttribute),
    ...(plan.isMixed ? [flag(MIXED)] : []),
    flag(direction),
    ...(direction === "sendonly" ? [{ name: "msid", value: msidOf(terms, kind) }] : []),
    flag("rtcp-mux"),
    ...(plan.isReducedSizeRtcp ? [flag("rtcp-rsize")] : []),
    ...formats.flatMap(formatAttributes),
    ...simulcastLines(plan.rids),
    ...(direction === "sendonly" ? sourceLines(terms, plan) : []),
    ...candidates.map((candidate) => ({ name: "candidate", value: formatCandidate(candidate) })),
    ...(candidates.length === 0 ? [] : [flag("end-of-candidates")]),
  ];
  const payloadTypes = formats.map(({ payloadType }) => `${payloadType}`);
  const fields = [CONNECTION];
  return { kind, port: PORT, portCount: 1, protocol, formats: payloadTypes, fields, attributes };
}

/** The answer to a section that is not wanted. */
export function refuseSection(section: MediaSection, mid: string): MediaSection {
  const attributes = mid === "" ? [] : [{ name: "mid", value: mid }];
  return {
    ...section,
    port: 0,
    portCount: 1,
    fields: [CONNECTION],
    attributes: [...attributes, flag("inactive")],
  };
}

/** Media source and its retransmissions: in one MediaStream with the other kind, by the same name. */
function sourceLines(terms: LocalTerms, plan: SectionPlan): SdpAttribute[] {
  const { sources } = terms;
  if (sources === undefined) return [];
  const ssrcs = ssrcsOf(sources, plan);
  const group = { name: "ssrc-group", value: `FID ${ssrcs.join(" ")}` };
  return [
    ...(ssrcs.length > 1 ? [group] : []),
    ...ssrcs.flatMap((ssrc) => [
      { name: "ssrc", value: `${ssrc} cname:${sources.cname}` },
      { name: "ssrc", value: `${ssrc} msid:${msidOf(terms, plan.kind)}` },
    ]),
  ];
}

function ssrcsOf(sources: LocalSources, { kind, hasRtx }: SectionPlan): readonly number[] {
  if (kind === "audio") return [sources.audioSsrc];
  return hasRtx ? [sources.videoSsrc, sources.rtxSsrc] : [sources.videoSsrc];
}

function simulcastLines(rids: readonly Rid[]): SdpAttribute[] {
  const [first] = rids;
  if (first === undefined) return [];
  const names = rids.map(({ id }) => id).join(";");
  return [...rids.map(ridAttribute), { name: "simulcast", value: `${first.direction} ${names}` }];
}

/** Names of the MediaStream and the track. A page may show several streams: no two tracks are alike. */
function msidOf(terms: LocalTerms, kind: RtpKind): string {
  const stream = toMsid(terms.streamId);
  return `${stream} ${stream}-${kind}`;
}

function flag(name: string): SdpAttribute {
  return { name, value: undefined };
}
