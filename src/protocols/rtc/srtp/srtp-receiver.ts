/**
 * Checks and decrypts what a peer sends.
 *
 * Spec: RFC 3711, sections 3.3 and 3.4.
 *
 * @module
 */

import type { Crypto } from "../../../runtime/runtime.ts";
import { deriveSessionKeys } from "./key-derivation.ts";
import { estimatePacketIndex } from "./packet-index.ts";
import { ReplayWindow } from "./replay-window.ts";
import { measureRtpHeader, readSequenceNumber, readUint32 } from "./rtp-header.ts";
import type { SrtpKeys } from "./srtp-keys.ts";
import { ENCRYPTED_FLAG, RTCP_SSRC_OFFSET, RTP_SSRC_OFFSET } from "./srtp-layout.ts";
import { createSrtpTransform, type SrtpTransform } from "./srtp-transform.ts";

/**
 * Sources that one peer may have in the course of a session, each for RTP and RTCP. One that is
 * forgotten could be replayed, so none is. Only authentic packets count.
 */
export const SOURCE_COUNT_MAX = 256;

/** How many packets were dropped, by cause. */
export interface SrtpDrops {
  /** Too short, or no RTP or RTCP at all. */
  readonly malformed: number;
  /** Changed on the way, or by other keys. */
  readonly forged: number;
  /** There before, or too old to tell. */
  readonly replayed: number;
  /** Of one source too many. */
  readonly refused: number;
}

/** The packets of one peer. Throws at nothing that it may send. */
export class SrtpReceiver {
  #transform: SrtpTransform;
  #rtpWindows = new Map<number, ReplayWindow>();
  #rtcpWindows = new Map<number, ReplayWindow>();
  #drops = { malformed: 0, forged: 0, replayed: 0, refused: 0 };

  constructor(crypto: Crypto, keys: SrtpKeys) {
    this.#transform = createSrtpTransform(crypto, keys.profile, deriveSessionKeys(crypto, keys));
  }

  get drops(): SrtpDrops {
    return this.#drops;
  }

  /**
   * Returns the RTP packet as new bytes, or `undefined` if it is to be dropped: not authentic, there
   * before, too short, or of one source too many.
   */
  unprotectRtp(packet: Uint8Array): Uint8Array | undefined {
    const headerSize = measureRtpHeader(packet);
    if (headerSize === undefined) return this.#drop("malformed");
    const ssrc = readUint32(packet, RTP_SSRC_OFFSET);
    const window = this.#find(this.#rtpWindows, ssrc);
    if (window === undefined) return this.#drop("refused");
    const index = estimatePacketIndex(readSequenceNumber(packet), window.highest);
    if (index === undefined || !window.isFresh(index)) return this.#drop("replayed");
    const opened = this.#transform.openRtp(packet, headerSize, index);
    if (opened === undefined) return this.#drop("forged");
    window.add(index);
    this.#rtpWindows.set(ssrc, window);
    return opened;
  }

  /** Likewise for a compound RTCP packet. */
  unprotectRtcp(packet: Uint8Array): Uint8Array | undefined {
    const flags = packet[0] ?? 0;
    const isShort = packet.length < this.#transform.protectedRtcpSizeMin;
    if (isShort || flags >>> 6 !== 2) return this.#drop("malformed");
    const ssrc = readUint32(packet, RTCP_SSRC_OFFSET);
    const window = this.#find(this.#rtcpWindows, ssrc);
    if (window === undefined) return this.#drop("refused");
    const index = readUint32(packet, this.#transform.rtcpIndexOffset(packet)) % ENCRYPTED_FLAG;
    if (!window.isFresh(index)) return this.#drop("replayed");
    const opened = this.#transform.openRtcp(packet);
    if (opened === undefined) return this.#drop("forged");
    window.add(index);
    this.#rtcpWindows.set(ssrc, window);
    return opened;
  }

  /** The window of a source; a new one, to be kept only once a packet is authentic. */
  #find(windows: ReadonlyMap<number, ReplayWindow>, ssrc: number): ReplayWindow | undefined {
    const window = windows.get(ssrc);
    if (window !== undefined) return window;
    return windows.size < SOURCE_COUNT_MAX ? new ReplayWindow() : undefined;
  }

  #drop(cause: keyof SrtpDrops): undefined {
    this.#drops[cause] += 1;
  }
}
