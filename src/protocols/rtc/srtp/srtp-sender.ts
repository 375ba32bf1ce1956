/**
 * Protects what goes to a peer, one packet at a time. What many peers get is for SrtpFanout.
 *
 * Spec: RFC 3711, sections 3.3 and 3.4.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import type { AesEncryptor, Crypto } from "../../../runtime/runtime.ts";
import { deriveSessionKeys, type SessionKeys } from "./key-derivation.ts";
import { PACKET_INDEX_COUNT } from "./packet-index.ts";
import { measureRtpHeader } from "./rtp-header.ts";
import type { SrtpKeys, SrtpProfile } from "./srtp-keys.ts";
import { ENCRYPTED_FLAG, RTCP_HEADER_SIZE } from "./srtp-layout.ts";
import { createSrtpTransform, type SrtpTransform } from "./srtp-transform.ts";

export class SrtpSender {
  readonly profile: SrtpProfile;
  /** Those for RTP. */
  readonly sessionKeys: SessionKeys;
  #crypto: Crypto;
  #transform: SrtpTransform;
  #blockEncryptor: AesEncryptor | undefined;
  #rtcpIndex = 0;

  constructor(crypto: Crypto, keys: SrtpKeys) {
    const pair = deriveSessionKeys(crypto, keys);
    this.profile = keys.profile;
    this.sessionKeys = pair.rtp;
    this.#crypto = crypto;
    this.#transform = createSrtpTransform(crypto, keys.profile, pair);
  }

  /** Encrypts counter blocks to keystream for RTP: one for all streams of the peer. */
  get blockEncryptor(): AesEncryptor {
    this.#blockEncryptor ??= this.#crypto.createAesEncryptor(this.sessionKeys.encryptionKey);
    return this.#blockEncryptor;
  }

  /**
   * Protects a whole RTP packet and returns it as new bytes.
   *
   * @param index The packet's index, of 48 bits: its sequence number, and above it how often that has
   *   wrapped. The same index for two different payloads of a source gives both away.
   */
  protectRtp(packet: Uint8Array, index: number): Uint8Array {
    const headerSize = measureRtpHeader(packet);
    assert(headerSize !== undefined, "what is sent is RTP");
    assert(index >= 0 && index < PACKET_INDEX_COUNT, "a packet index has 48 bits");
    return this.#transform.sealRtp(packet, headerSize, index);
  }

  /** Protects a compound RTCP packet and returns it as new bytes. */
  protectRtcp(packet: Uint8Array): Uint8Array {
    assert(packet.length >= RTCP_HEADER_SIZE, "what is sent is RTCP");
    assert(this.#rtcpIndex < ENCRYPTED_FLAG, "keys last for 2^31 RTCP packets");
    return this.#transform.sealRtcp(packet, this.#rtcpIndex++);
  }
}
