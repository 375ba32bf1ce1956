/**
 * Attributes of STUN messages: their types, and how they are laid out.
 *
 * ```text
 * | type (16) | size of the value in bytes (16) | value ... | filled up to a whole word |
 * ```
 *
 * Spec: RFC 8489, 14 and 18.3; RFC 8445, 16.1 (ICE's).
 *
 * @module
 */

/** Those below 0x8000 must be understood by whoever gets them in a request. */
export const StunAttributeType = {
  MappedAddress: 0x0001,
  Username: 0x0006,
  MessageIntegrity: 0x0008,
  ErrorCode: 0x0009,
  UnknownAttributes: 0x000a,
  Realm: 0x0014,
  Nonce: 0x0015,
  MessageIntegritySha256: 0x001c,
  PasswordAlgorithm: 0x001d,
  Userhash: 0x001e,
  XorMappedAddress: 0x0020,
  Priority: 0x0024,
  UseCandidate: 0x0025,
  PasswordAlgorithms: 0x8002,
  AlternateDomain: 0x8003,
  Software: 0x8022,
  AlternateServer: 0x8023,
  Fingerprint: 0x8028,
  IceControlled: 0x8029,
  IceControlling: 0x802a,
} as const;

/** The size of type and size, in bytes. */
export const ATTRIBUTE_HEADER_SIZE = 4;

/** An attribute to be written. */
export interface StunAttribute {
  /** Of StunAttributeType, or any other one. */
  readonly type: number;
  readonly value: Uint8Array;
}

/** What an attribute with a value of `size` bytes takes, header and filling included. */
export function attributeSize(size: number): number {
  return ATTRIBUTE_HEADER_SIZE + ((size + 3) & ~3);
}
