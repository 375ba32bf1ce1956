/**
 * What an offer and its answer agree upon, as those need it that carry the media.
 *
 * @module
 */

import type { Candidate } from "../../../codec/sdp/candidate.ts";
import type { Fingerprint } from "../../../codec/sdp/fingerprint.ts";
import type { AgreedExtensions } from "./extensions.ts";
import type { RtpCodec, RtpKind } from "./rtp-codec.ts";

export interface RemoteSource {
  readonly ssrc: number;
  /** Of its retransmissions, if it was said (`FID`). */
  readonly rtxSsrc: number | undefined;
  readonly cname: string;
}

/** One m-section that carries media. */
export interface AgreedSection {
  /** Empty if the offer names none, which it may if this is the only section. */
  readonly mid: string;
  readonly kind: RtpKind;
  /** This side's. */
  readonly direction: "sendonly" | "recvonly";
  readonly codec: RtpCodec;
  readonly payloadType: number;
  /** Ticks per second. */
  readonly clockRate: number;
  readonly channels: number;
  /** Parameters of the format as they are written; empty without. */
  readonly fmtp: string;
  readonly rtxPayloadType: number | undefined;
  /** Such as `nack`, `nack pli`, `ccm fir`, `goog-remb`, `transport-cc`. */
  readonly feedback: readonly string[];
  readonly extensions: AgreedExtensions;
  /**
   * What the peer said it sends, retransmissions not counted; in order of `SIM`, if it is simulcast by
   * SSRC. Empty if the peer sends nothing, or did not say: then packets are known by their extensions.
   */
  readonly sources: readonly RemoteSource[];
  /** Of simulcast, in the order of the offer. Empty without. */
  readonly rids: readonly string[];
  /** RTCP need not begin with a report (RFC 5506). */
  readonly isReducedSizeRtcp: boolean;
}

export interface RemoteIce {
  readonly ufrag: string;
  readonly pwd: string;
  /** It answers checks, but makes none. */
  readonly isLite: boolean;
  /** It may send candidates later. */
  readonly canTrickle: boolean;
}

export interface Agreement {
  /** At least one; all share one transport. */
  readonly sections: readonly AgreedSection[];
  readonly remoteIce: RemoteIce;
  /**
   * Of certificates, one of which the peer has. SHA-256 only: every peer has it, and of a stronger
   * hash, which the runtime's port does not have, its fingerprint says nothing more.
   */
  readonly remoteFingerprints: readonly Fingerprint[];
  /** This side's role in DTLS: `active` is the client. */
  readonly setup: "active" | "passive";
  readonly remoteSetup: "active" | "passive";
  /** The peer's, of component 1. */
  readonly candidates: readonly Candidate[];
}
