/**
 * What this side brings to a negotiation.
 *
 * @module
 */

import type { Candidate } from "../../../codec/sdp/candidate.ts";
import type { Fingerprint } from "../../../codec/sdp/fingerprint.ts";
import type { IceCredentials } from "../../../codec/sdp/ice-credentials.ts";
import type { SdpAttribute, SessionDescription } from "../../../codec/sdp/session-description.ts";
import type { WantedCodec } from "./choose-format.ts";

/** The RTP streams that this side sends. */
export interface LocalSources {
  readonly audioSsrc: number;
  readonly videoSsrc: number;
  /** Of the retransmissions of video. */
  readonly rtxSsrc: number;
  /** The same for all that is to be played in step; letters and digits. */
  readonly cname: string;
}

export interface LocalTerms {
  /** If they come from a request, `isUfrag` and `isIcePwd` have to have seen them. */
  readonly ice: IceCredentials;
  /** SHA-256 of this side's certificate. */
  readonly fingerprint: Fingerprint;
  readonly candidates: readonly Candidate[];
  /** In order of preference; empty for no video. */
  readonly video: readonly WantedCodec[];
  /** In order of preference; empty for no audio. */
  readonly audio: readonly WantedCodec[];
  /** Whether lost packets are asked for, or sent, again: `nack` and `rtx`. */
  readonly isNackOn: boolean;
  /** Whether each packet has a transport-wide sequence number, which is reported on. */
  readonly isTwccOn: boolean;
  /** `undefined` if this side sends nothing. */
  readonly sources: LocalSources | undefined;
  /** The name of the MediaStream, such as `live/livestream`. */
  readonly streamId: string;
  /** A number, other for each session, as digits. */
  readonly sessionId: string;
}

export interface AnswerTerms extends LocalTerms {
  /** What the peer does: it publishes to this side, or plays from it. */
  readonly role: "publish" | "play";
  /** This side's role in DTLS, if the peer leaves the choice. */
  readonly setup: "active" | "passive";
  readonly isSimulcastOn: boolean;
}

const STREAM_ID_LENGTH_MAX = 56;
const TOKEN_AT_MOST = /[^!#-'*+\-.0-9A-Z^-z{-~]/g;

/**
 * A stream's name as an identifier of a MediaStream (RFC 8830: up to 64 characters of a token); names
 * of tracks are made of it, too. What may not be there becomes a hyphen.
 */
export function toMsid(streamId: string): string {
  const msid = streamId.replace(TOKEN_AT_MOST, "-").slice(0, STREAM_ID_LENGTH_MAX);
  return msid === "" ? "-" : msid;
}

/** A description without its sections. */
export function sessionPart(
  terms: LocalTerms,
  mids: readonly string[],
  attributes: readonly SdpAttribute[],
): Omit<SessionDescription, "sections"> {
  const bundle = { name: "group", value: ["BUNDLE", ...mids].join(" ") };
  return {
    origin: {
      username: "sluice",
      sessionId: terms.sessionId,
      sessionVersion: "2",
      networkType: "IN",
      addressType: "IP4",
      address: "0.0.0.0",
    },
    name: "-",
    fields: [{ type: "t", value: "0 0" }],
    attributes: [
      ...attributes,
      ...(mids.length === 0 ? [] : [bundle]),
      { name: "msid-semantic", value: ` WMS ${toMsid(terms.streamId)}` },
    ],
  };
}
