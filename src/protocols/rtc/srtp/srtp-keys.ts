/**
 * Protection profiles and master keys, as DTLS agrees on them.
 *
 * Spec: RFC 5764, sections 4.1.2 and 4.2; RFC 7714, sections 12 and 14.2.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";

export type SrtpProfile = "aes128-cm-sha1-80" | "aead-aes-128-gcm";

/** What one side protects its packets by, before the session keys are derived. */
export interface SrtpKeys {
  readonly profile: SrtpProfile;
  /** 16 bytes. */
  readonly masterKey: Uint8Array;
  /** 14 bytes, 12 for GCM. */
  readonly masterSalt: Uint8Array;
}

/** The numbers of the profiles in DTLS's `use_srtp` extension. */
export const SRTP_PROFILE_IDS: Readonly<Record<SrtpProfile, number>> = {
  "aes128-cm-sha1-80": 0x0001,
  "aead-aes-128-gcm": 0x0007,
};

/** Bytes of master keys, of every profile here. */
const MASTER_KEY_SIZE = 16;

const MASTER_SALT_SIZES: Readonly<Record<SrtpProfile, number>> = {
  "aes128-cm-sha1-80": 14,
  "aead-aes-128-gcm": 12,
};

/** How many bytes to export from DTLS, under the label `EXTRACTOR-dtls_srtp`. */
export function keyingMaterialSize(profile: SrtpProfile): number {
  return 2 * (MASTER_KEY_SIZE + MASTER_SALT_SIZES[profile]);
}

/** Cuts what DTLS exported, `keyingMaterialSize` bytes, into the keys of its client and server. */
export function splitKeyingMaterial(
  profile: SrtpProfile,
  material: Uint8Array,
): { readonly client: SrtpKeys; readonly server: SrtpKeys } {
  assert(material.length === keyingMaterialSize(profile), "keying material has its size");
  const saltSize = MASTER_SALT_SIZES[profile];
  const saltsOffset = 2 * MASTER_KEY_SIZE;
  const side = (index: number): SrtpKeys => ({
    profile,
    masterKey: material.slice(index * MASTER_KEY_SIZE, (index + 1) * MASTER_KEY_SIZE),
    masterSalt: material.slice(
      saltsOffset + index * saltSize,
      saltsOffset + (index + 1) * saltSize,
    ),
  });
  return { client: side(0), server: side(1) };
}
