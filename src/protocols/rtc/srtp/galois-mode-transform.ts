/**
 * AES in Galois/counter mode, which encrypts and authenticates in one.
 *
 * Spec: RFC 7714, sections 8 and 9.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import { AES_GCM_TAG_SIZE, type AesGcm, type Crypto } from "../../../runtime/runtime.ts";
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

const NONCE_SIZE = 12;

export class GaloisModeTransform implements SrtpTransform {
  readonly protectedRtcpSizeMin: number = RTCP_HEADER_SIZE + AES_GCM_TAG_SIZE + RTCP_INDEX_SIZE;
  #rtp: AesGcm;
  #rtcp: AesGcm;
  #rtpSalt: Uint8Array;
  #rtcpSalt: Uint8Array;
  /** Written anew for every packet. */
  #nonce = new Uint8Array(NONCE_SIZE);

  constructor(crypto: Crypto, { rtp, rtcp }: SessionKeyPair) {
    assert(rtp.salt.length === NONCE_SIZE && rtcp.salt.length === NONCE_SIZE, "salts of 96 bits");
    this.#rtp = crypto.createAesGcm(rtp.encryptionKey);
    this.#rtcp = crypto.createAesGcm(rtcp.encryptionKey);
    this.#rtpSalt = rtp.salt;
    this.#rtcpSalt = rtcp.salt;
  }

  sealRtp(packet: Uint8Array, headerSize: number, index: number): Uint8Array {
    const header = packet.subarray(0, headerSize);
    return join(header, this.sealBody(header, packet.subarray(headerSize), index));
  }

  /** Returns what is to stand behind the header: the encrypted payload and the tag. */
  sealBody(header: Uint8Array, payload: Uint8Array, index: number): Uint8Array {
    const nonce = this.#makeNonce(this.#rtpSalt, readUint32(header, RTP_SSRC_OFFSET), index);
    return this.#rtp.seal(nonce, header, payload);
  }

  openRtp(packet: Uint8Array, headerSize: number, index: number): Uint8Array | undefined {
    const header = packet.subarray(0, headerSize);
    const nonce = this.#makeNonce(this.#rtpSalt, readUint32(packet, RTP_SSRC_OFFSET), index);
    const body = this.#rtp.open(nonce, header, packet.subarray(headerSize));
    return body === undefined ? undefined : join(header, body);
  }

  sealRtcp(packet: Uint8Array, index: number): Uint8Array {
    const sealed = new Uint8Array(packet.length + AES_GCM_TAG_SIZE + RTCP_INDEX_SIZE);
    const header = packet.subarray(0, RTCP_HEADER_SIZE);
    sealed.set(header);
    writeUint32(sealed, packet.length + AES_GCM_TAG_SIZE, index + ENCRYPTED_FLAG);
    const nonce = this.#makeNonce(this.#rtcpSalt, readUint32(packet, RTCP_SSRC_OFFSET), index);
    const associatedData = join(header, sealed.subarray(-RTCP_INDEX_SIZE));
    const body = this.#rtcp.seal(nonce, associatedData, packet.subarray(RTCP_HEADER_SIZE));
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
    const nonce = this.#makeNonce(this.#rtcpSalt, readUint32(packet, RTCP_SSRC_OFFSET), index);
    // A packet that is authenticated only is associated data as a whole (section 9.3).
    const headSize = isEncrypted ? RTCP_HEADER_SIZE : indexOffset - AES_GCM_TAG_SIZE;
    const head = packet.subarray(0, headSize);
    const associatedData = join(head, packet.subarray(indexOffset));
    const body = this.#rtcp.open(nonce, associatedData, packet.subarray(headSize, indexOffset));
    return body === undefined ? undefined : join(head, body);
  }

  /** Two zeros, SSRC, and an index of 48 bits, with the salt added (sections 8.1 and 9.1). */
  #makeNonce(salt: Uint8Array, ssrc: number, index: number): Uint8Array {
    const nonce = this.#nonce;
    nonce.fill(0, 0, 2);
    writeUint32(nonce, 2, ssrc);
    writeUint32(nonce, 6, Math.floor(index / 0x1_0000));
    nonce[10] = index >>> 8;
    nonce[11] = index;
    for (let i = 0; i < NONCE_SIZE; i++) nonce[i] = (nonce[i] ?? 0) ^ (salt[i] ?? 0);
    return nonce;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
