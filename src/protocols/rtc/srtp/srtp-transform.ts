/**
 * What turns RTP and RTCP packets into protected ones and back: the part that differs by profile.
 *
 * @module
 */

import type { Crypto } from "../../../runtime/runtime.ts";
import { CounterModeTransform } from "./counter-mode-transform.ts";
import { GaloisModeTransform } from "./galois-mode-transform.ts";
import type { SessionKeyPair } from "./key-derivation.ts";
import type { SrtpProfile } from "./srtp-keys.ts";

/** By the keys of one sender. Packets come back as new bytes. */
export interface SrtpTransform {
  /** The fewest bytes that an RTCP packet has once it is protected. */
  readonly protectedRtcpSizeMin: number;
  /** @param index Of 48 bits. No two packets of a source may have the same. */
  sealRtp(packet: Uint8Array, headerSize: number, index: number): Uint8Array;
  /** `undefined` if the packet is not authentic, or too short. */
  openRtp(packet: Uint8Array, headerSize: number, index: number): Uint8Array | undefined;
  /** @param index Of 31 bits. */
  sealRtcp(packet: Uint8Array, index: number): Uint8Array;
  /** Where a protected RTCP packet of at least `protectedRtcpSizeMin` bytes says its index. */
  rtcpIndexOffset(packet: Uint8Array): number;
  /** Of a packet of at least `protectedRtcpSizeMin` bytes; `undefined` if it is not authentic. */
  openRtcp(packet: Uint8Array): Uint8Array | undefined;
}

export function createSrtpTransform(
  crypto: Crypto,
  profile: SrtpProfile,
  keys: SessionKeyPair,
): SrtpTransform {
  switch (profile) {
    case "aes128-cm-sha1-80":
      return new CounterModeTransform(crypto, keys);
    case "aead-aes-128-gcm":
      return new GaloisModeTransform(crypto, keys);
  }
}
