/**
 * The address that a request came from, as its receiver sees it.
 *
 * ```text
 * | 0 | family (1: IPv4, 2: IPv6) | port XOR the cookie's first half | address XOR cookie and id |
 * ```
 *
 * It is XORed as some NATs rewrite what looks like an address of theirs.
 *
 * Spec: RFC 8489, 14.2.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { MalformedError } from "../../base/errors.ts";
import { formatIpAddress } from "../../base/ip-address.ts";
import { StunAttributeType } from "./attribute.ts";
import { findStunAttribute, STUN_COOKIE, type StunMessage } from "./message.ts";

const FAMILY_IPV4 = 1;
const FAMILY_IPV6 = 2;
const IPV4_SIZE = 4;
const IPV6_SIZE = 16;
const ADDRESS_OFFSET = 4;
const PORT_MASK = STUN_COOKIE >>> 16;
/** Where in a message the cookie starts, which the transaction id follows. */
const MASK_OFFSET = 4;

/** An IP address as text, and a port. */
export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

/** The size of the value, for an address of 4 or 16 bytes. */
export function xorMappedAddressSize(ip: Uint8Array): number {
  return ADDRESS_OFFSET + ip.length;
}

/**
 * Writes the value at `offset` into a message that has its cookie and transaction id.
 *
 * @param ip 4 or 16 bytes, as `parseIpAddress` gives them.
 */
export function writeXorMappedAddress(
  message: Uint8Array,
  offset: number,
  ip: Uint8Array,
  port: number,
): void {
  assert(ip.length === IPV4_SIZE || ip.length === IPV6_SIZE, "an IP address has 4 or 16 bytes");
  const maskedPort = port ^ PORT_MASK;
  message[offset] = 0;
  message[offset + 1] = ip.length === IPV4_SIZE ? FAMILY_IPV4 : FAMILY_IPV6;
  message[offset + 2] = maskedPort >> 8;
  message[offset + 3] = maskedPort;
  for (let i = 0; i < ip.length; i++) {
    message[offset + ADDRESS_OFFSET + i] = (ip[i] ?? 0) ^ (message[MASK_OFFSET + i] ?? 0);
  }
}

/**
 * @returns `undefined` if the message has none.
 * @throws {MalformedError} If its family or size is none of IP.
 */
export function findXorMappedAddress(message: StunMessage): StunAddress | undefined {
  const value = findStunAttribute(message, StunAttributeType.XorMappedAddress);
  if (value === undefined) return undefined;
  const size = value[1] === FAMILY_IPV4 ? IPV4_SIZE : value[1] === FAMILY_IPV6 ? IPV6_SIZE : -1;
  if (value.length !== ADDRESS_OFFSET + size) {
    throw new MalformedError(
      `Cannot read address of family ${value[1]} in ${value.length} bytes`,
      value.byteOffset - message.bytes.byteOffset,
    );
  }
  const ip = value.slice(ADDRESS_OFFSET);
  for (let i = 0; i < size; i++) ip[i] = (ip[i] ?? 0) ^ (message.bytes[MASK_OFFSET + i] ?? 0);
  const port = (((value[2] ?? 0) << 8) | (value[3] ?? 0)) ^ PORT_MASK;
  return { address: formatIpAddress(ip), port };
}
