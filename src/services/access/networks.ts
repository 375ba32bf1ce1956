/**
 * To whom an address may belong: who has an IPv6 address has more of them than can be counted, and who
 * has many networks has them next to one another.
 *
 * @module
 */

import { formatIpAddress, parseIpAddress } from "../../base/ip-address.ts";

export interface Network {
  readonly key: string;
  /** How much more may come from it than from one host. */
  readonly factor: number;
}

/**
 * Bytes of an IPv6 address that a network has: /64 is what a host is given, /56 what a household, /48
 * what an organization (RFC 6177).
 */
const IPV6_NETWORKS: readonly (readonly [size: number, factor: number])[] = [
  [8, 1],
  [7, 4],
  [6, 16],
];
const OWNER_SIZE = 6;

/** From the smallest on. */
export function networksOf(address: string): Network[] {
  const bytes = parseIpAddress(address);
  if (bytes === undefined) return [{ key: address, factor: 1 }];
  if (bytes.length === 4) return [{ key: formatIpAddress(bytes), factor: 1 }];
  return IPV6_NETWORKS.map(([size, factor]) => ({ key: keyOf(bytes, size), factor }));
}

/** All that one owner is likely to have. */
export function ownerNetworkOf(address: string): string {
  const bytes = parseIpAddress(address);
  if (bytes === undefined) return address;
  return bytes.length === 4 ? formatIpAddress(bytes) : keyOf(bytes, OWNER_SIZE);
}

function keyOf(bytes: Uint8Array, size: number): string {
  return `${formatIpAddress(bytes.slice().fill(0, size))}/${8 * size}`;
}
