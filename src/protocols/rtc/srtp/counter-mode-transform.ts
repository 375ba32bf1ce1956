/**
 * AES in counter mode with HMAC-SHA1, whose tags are cut to 80 bits.
 *
 * Spec: RFC 3711, sections 3.1, 3.4, 4.1.1 and 4.2.1.
 *
 * @module
 */

import type { Crypto, Hmac } from "../../../runtime/runtime.ts";
import { CounterModeKeystream } from "./counter-mode-keystream.ts";
import type { SessionKeyPair } from "./key-derivation.ts";
import { readUint32, writeUint32 } from "./rtp-header.ts";
import {
  ENCRYPTED_FLAG,
  RTCP_HEADER_SIZE,
  RTCP_INDEX_SIZE,
  RTCP_SSRC_OFFSET,
  RTP_SSRC_OFFSET,
} from "./srtp-layout.ts";
import type { SrtpTransform } from "./srtp-transform.ts";

export const TAG_SIZE = 10;

/** The rollover counter, which is authenticated behind a packet but not sent. */
const ROLLOVER_SIZE = 4;

export class CounterModeTransform implements SrtpTransform {
  readonly protectedRtcpSizeMin: number = RTCP_HEADER_SIZE + RTCP_INDEX_SIZE + TAG_SIZE;
  #crypto: Crypto;
  #rtpKeystream: CounterModeKeystream;
  #rtcpKeystream: CounterModeKeystream;
  #rtpHmac: Hmac;
  #rtcpHmac: Hmac;

  constructor(crypto: Crypto, { rtp, rtcp }: SessionKeyPair) {
    this.#crypto = crypto;
    this.#rtpKeystream = new CounterModeKeystream(crypto, rtp);
    this.#rtcpKeystream = new CounterModeKeystream(crypto, rtcp);
    this.#rtpHmac = crypto.createHmac("sha1", rtp.authenticationKey);
    this.#rtcpHmac = crypto.createHmac("sha1", rtcp.authenticationKey);
  }

  sealRtp(packet: Uint8Array, headerSize: number, index: number): Uint8Array {
    const sealed = new Uint8Array(packet.length + TAG_SIZE);
    sealed.set(packet);
    const body = sealed.subarray(headerSize, packet.length);
    this.#rtpKeystream.apply(body, readUint32(packet, RTP_SSRC_OFFSET), index);
    // The tag takes the place of the rollover counter, which is shorter.
    writeUint32(sealed, packet.length, rolloverOf(index));
    const tag = this.#rtpHmac.digest(sealed.subarray(0, packet.length + ROLLOVER_SIZE));
    sealed.set(tag.subarray(0, TAG_SIZE), packet.length);
    return sealed;
  }

  openRtp(packet: Uint8Array, headerSize: number, index: number): Uint8Array | undefined {
    const size = packet.length - TAG_SIZE;
    if (size < headerSize) return undefined;
    const authenticated = new Uint8Array(size + ROLLOVER_SIZE);
    authenticated.set(packet.subarray(0, size));
    writeUint32(authenticated, size, rolloverOf(index));
    if (!this.#isAuthentic(this.#rtpHmac, authenticated, packet.subarray(size))) return undefined;
    const ssrc = readUint32(packet, RTP_SSRC_OFFSET);
    this.#rtpKeystream.apply(authenticated.subarray(headerSize, size), ssrc, index);
    return authenticated.subarray(0, size);
  }

  sealRtcp(packet: Uint8Array, index: number): Uint8Array {
    const sealed = new Uint8Array(packet.length + RTCP_INDEX_SIZE + TAG_SIZE);
    sealed.set(packet);
    const body = sealed.subarray(RTCP_HEADER_SIZE, packet.length);
    this.#rtcpKeystream.apply(body, readUint32(packet, RTCP_SSRC_OFFSET), index);
    writeUint32(sealed, packet.length, index + ENCRYPTED_FLAG);
    const tagOffset = packet.length + RTCP_INDEX_SIZE;
    const tag = this.#rtcpHmac.digest(sealed.subarray(0, tagOffset));
    sealed.set(tag.subarray(0, TAG_SIZE), tagOffset);
    return sealed;
  }

  rtcpIndexOffset(packet: Uint8Array): number {
    return packet.length - TAG_SIZE - RTCP_INDEX_SIZE;
  }

  openRtcp(packet: Uint8Array): Uint8Array | undefined {
    const tagOffset = packet.length - TAG_SIZE;
    const authenticated = packet.subarray(0, tagOffset);
    const tag = packet.subarray(tagOffset);
    if (!this.#isAuthentic(this.#rtcpHmac, authenticated, tag)) return undefined;
    const indexOffset = this.rtcpIndexOffset(packet);
    const word = readUint32(packet, indexOffset);
    const opened = packet.slice(0, indexOffset);
    // Without the flag the packet is authenticated only (section 3.4).
    if (word >= ENCRYPTED_FLAG) {
      const ssrc = readUint32(packet, RTCP_SSRC_OFFSET);
      const body = opened.subarray(RTCP_HEADER_SIZE);
      this.#rtcpKeystream.apply(body, ssrc, word - ENCRYPTED_FLAG);
    }
    return opened;
  }

  #isAuthentic(hmac: Hmac, authenticated: Uint8Array, tag: Uint8Array): boolean {
    return this.#crypto.isEqual(hmac.digest(authenticated).subarray(0, TAG_SIZE), tag);
  }
}

/** The high 32 bits of a packet index. */
function rolloverOf(index: number): number {
  return Math.floor(index / 0x1_0000);
}
