/**
 * Puts retransmissions back into the streams they repeat.
 *
 * Spec: RFC 4588 sections 4, 5.3 and 8.6 (`apt`), RFC 8852 section 3.2 (RepairedRtpStreamId).
 *
 * @module
 */

import { findExtension, type RtpPacket } from "../../../codec/rtp/rtp-packet.ts";
import { restoreRtxPacket } from "../../../codec/rtp/rtx.ts";
import { decodeSdesExtension } from "../../../codec/rtp/sdes-extension.ts";

/** A peer has a retransmission stream for each of its layers; new ones replace the oldest. */
const PAIR_COUNT_MAX = 32;

/** What is known of the sources that are repeated. */
export interface RepairedSources {
  /** The source that sent packets with this rid. */
  ssrcOfRid(rid: string): number | undefined;
  /** The one source of this payload type that misses this packet; `undefined` if it is not one. */
  ssrcMissing(payloadType: number, sequenceNumber: number): number | undefined;
}

export interface RetransmissionOptions {
  /** From the payload type of retransmissions to the one they repeat (`apt`). */
  readonly payloadTypes: ReadonlyMap<number, number>;
  /** The id that was agreed on for repaired-rtp-stream-id; `undefined` if it was not. */
  readonly repairedRidExtensionId: number | undefined;
}

export class RetransmissionStreams {
  readonly #options: RetransmissionOptions;
  readonly #sources: RepairedSources;
  /** From the SSRC of retransmissions to the one they repeat, from old to new. */
  readonly #pairs = new Map<number, number>();

  constructor(options: RetransmissionOptions, sources: RepairedSources) {
    this.#options = options;
    this.#sources = sources;
  }

  /** Two sources belong together: a group `FID` in SDP says so. */
  pair(retransmissionSsrc: number, ssrc: number): void {
    this.#pairs.delete(retransmissionSsrc);
    this.#pairs.set(retransmissionSsrc, ssrc);
    if (this.#pairs.size <= PAIR_COUNT_MAX) return;
    for (const oldest of this.#pairs.keys()) {
      this.#pairs.delete(oldest);
      return;
    }
  }

  isRetransmission(packet: RtpPacket): boolean {
    return this.#options.payloadTypes.has(packet.payloadType);
  }

  /**
   * Makes the original of a retransmission.
   *
   * @returns `undefined` if it is only padding, or nobody knows what it repeats.
   * @throws {MalformedError} If it is cut off, or its rid is none.
   */
  restore(packet: RtpPacket): RtpPacket | undefined {
    const payloadType = this.#options.payloadTypes.get(packet.payloadType);
    if (payloadType === undefined) return undefined;
    // Who the original is of changes nothing in its other fields.
    const original = restoreRtxPacket(packet, { ssrc: packet.ssrc, payloadType });
    if (original === undefined) return undefined;
    const ssrc = this.#pairs.get(packet.ssrc) ?? this.#findSource(packet, original);
    return ssrc === undefined ? undefined : { ...original, ssrc };
  }

  #findSource(packet: RtpPacket, original: RtpPacket): number | undefined {
    const id = this.#options.repairedRidExtensionId;
    const rid = id === undefined ? undefined : findExtension(packet, id);
    const ssrc =
      rid === undefined
        ? this.#sources.ssrcMissing(original.payloadType, original.sequenceNumber)
        : this.#sources.ssrcOfRid(decodeSdesExtension(rid));
    if (ssrc !== undefined) this.pair(packet.ssrc, ssrc);
    return ssrc;
  }
}
