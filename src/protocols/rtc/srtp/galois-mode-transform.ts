/**
 * AES in Galois/counter mode, which encrypts and authenticates in one.
 *
 * Spec: RFC 7714, sections 8 and 9.
 *
 * @module
 */

import { AES_GCM_TAG_SIZE, type Crypto } from "../../../runtime/runtime.ts";
import { GaloisCipher } from "./galois-cipher.ts";
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

export class GaloisModeTransform implements SrtpTransform {
  readonly protectedRtcpSizeMin: number = RTCP_HEADER_SIZE + AES_GCM_TAG_SIZE + RTCP_INDEX_SIZE;
  #rtp: GaloisCipher;
  #rtcp: GaloisCipher;

  constructor(crypto: Crypto, { rtp, rtcp }: SessionKeyPair) {
    this.#rtp = new GaloisCipher(crypto, rtp);
    this.#rtcp = new GaloisCipher(crypto, rtcp);
  }

  sealRtp(packet: Uint8Array, headerSize: number, index: number): Uint8Array {
    const header = packet.subarray(0, headerSize);
    this.#rtp.begin(readUint32(packet, RTP_SSRC_OFFSET), index);
    return join(header, this.#rtp.seal(header, packet.subarray(headerSize)));
  }

  openRtp(packet: Uint8Array, headerSize: number, index: number): Uint8Array | undefined {
    const header = packet.subarray(0, headerSize);
    this.#rtp.begin(readUint32(packet, RTP_SSRC_OFFSET), index);
    const body = this.#rtp.open(header, packet.subarray(headerSize));
    return body === undefined ? undefined : join(header, body);
  }

  sealRtcp(packet: Uint8Array, index: number): Uint8Array {
    const sealed = new Uint8Array(packet.length + AES_GCM_TAG_SIZE + RTCP_INDEX_SIZE);
    const header = packet.subarray(0, RTCP_HEADER_SIZE);
    sealed.set(header);
    writeUint32(sealed, packet.length + AES_GCM_TAG_SIZE, index + ENCRYPTED_FLAG);
    this.#rtcp.begin(readUint32(packet, RTCP_SSRC_OFFSET), index);
    const associatedData = join(header, sealed.subarray(-RTCP_INDEX_SIZE));
    const body = this.#rtcp.seal(associatedData, packet.subarray(RTCP_HEADER_SIZE));
    sealed.set(body, RTCP_HEADER_SIZE);
    return sealed;
  }

  rtcpIndexOffset(packet: Uint8Array): number {
    return packet.length - RTCP_INDEX_SIZE;
  }

  openRtcp(packet: Uint8Array): Uint8Array | undefined {
    const indexOffset = this.rtcpIndexOffset(packet);
    const word = readUint32(packet, indexOffset);
    const isEncrypted = word >= ENCRYPTED_FLAG;
    const index = isEncrypted ? word - ENCRYPTED_FLAG : word;
    this.#rtcp.begin(readUint32(packet, RTCP_SSRC_OFFSET), index);
    // A packet that is authenticated only is associated data as a whole (section 9.3).
    const headSize = isEncrypted ? RTCP_HEADER_SIZE : indexOffset - AES_GCM_TAG_SIZE;
    const head = packet.subarray(0, headSize);
    const associatedData = join(head, packet.subarray(indexOffset));
    const body = this.#rtcp.open(associatedData, packet.subarray(headSize, indexOffset));
    return body === undefined ? undefined : join(head, body);
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
