/**
 * Session keys out of master keys.
 *
 * Spec: RFC 3711, section 4.3, with a key derivation rate of 0; RFC 7714, section 11.
 *
 * @module
 */

import type { Crypto } from "../../../runtime/runtime.ts";
import type { SrtpKeys } from "./srtp-keys.ts";

const BLOCK_SIZE = 16;

/** What the labels of section 4.3.1 are added to: byte 7 of the 14 bytes of the salt. */
const LABEL_OFFSET = 7;

/** Bytes of the key of HMAC-SHA1 (RFC 3711, section 8.2). */
const AUTHENTICATION_KEY_SIZE = 20;

/** The labels of RFC 3711, section 4.3.2; those of RTCP are higher by RTCP_LABEL. */
const KeyLabel = { Encryption: 0, Authentication: 1, Salt: 2 } as const;
const RTCP_LABEL = 3;

/** What RTP, or RTCP, of one sender is protected by. */
export interface SessionKeys {
  /** 16 bytes. */
  readonly encryptionKey: Uint8Array;
  /** 20 bytes; GCM does not use them. */
  readonly authenticationKey: Uint8Array;
  /** As long as the master salt. */
  readonly salt: Uint8Array;
}

export interface SessionKeyPair {
  readonly rtp: SessionKeys;
  readonly rtcp: SessionKeys;
}

export function deriveSessionKeys(crypto: Crypto, keys: SrtpKeys): SessionKeyPair {
  const derive = (firstLabel: number): SessionKeys => ({
    encryptionKey: deriveKey(crypto, keys, firstLabel + KeyLabel.Encryption, keys.masterKey.length),
    authenticationKey: deriveKey(
      crypto,
      keys,
      firstLabel + KeyLabel.Authentication,
      AUTHENTICATION_KEY_SIZE,
    ),
    salt: deriveKey(crypto, keys, firstLabel + KeyLabel.Salt, keys.masterSalt.length),
  });
  return { rtp: derive(0), rtcp: derive(RTCP_LABEL) };
}

/** The first `size` bytes of the pseudo-random function AES-CM (section 4.3.3) for one label. */
export function deriveKey(
  crypto: Crypto,
  keys: Pick<SrtpKeys, "masterKey" | "masterSalt">,
  label: number,
  size: number,
): Uint8Array {
  // A salt of 12 bytes is one of 14 with zeros behind (RFC 7714, section 11).
  const counter = new Uint8Array(BLOCK_SIZE);
  counter.set(keys.masterSalt);
  counter[LABEL_OFFSET] = (counter[LABEL_OFFSET] ?? 0) ^ label;
  return crypto.encryptAes("ctr", keys.masterKey, counter, new Uint8Array(size));
}
