/**
 * Addresses as the kernel wants them.
 *
 * Spec: ip(7), ipv6(7): struct sockaddr_in, struct sockaddr_in6
 *
 * @module
 */

import { parseIpAddress } from "../../base/ip-address.ts";

const IPV4_SIZE = 16;
const IPV6_SIZE = 28;
/** The larger of the two. */
export const SOCKET_ADDRESS_SIZE_MAX: number = IPV6_SIZE;

const AF_INET = 2;
const AF_INET6 = 10;

/** An IPv4 address as IPv6 sockets have it: RFC 4291, section 2.5.5.2. */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Remembered at most. */
const COUNT_MAX = 8_192;

/** Those that a socket sends to, of Linux on a little-endian processor. */
export class SocketAddresses {
  readonly #isIpv6: boolean;
  readonly #known = new Map<string, Uint8Array>();

  /** @param isIpv6 Whether the socket is, which then sends to both families. */
  constructor(isIpv6: boolean) {
    this.#isIpv6 = isIpv6;
  }

  /** @returns The same bytes for the same address; `undefined` for one of another family, or with a zone. */
  encode(address: string, port: number): Uint8Array | undefined {
    const name = `${port} ${address}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const ip = address.includes("%") ? undefined : parseIpAddress(address);
    if (ip === undefined || (!this.#isIpv6 && ip.length !== 4)) return undefined;
    const bytes = this.#isIpv6 ? encodeIpv6(ip) : encodeIpv4(ip);
    bytes[2] = port >>> 8;
    bytes[3] = port & 0xff;
    if (this.#known.size >= COUNT_MAX) this.#known.clear();
    this.#known.set(name, bytes);
    return bytes;
  }
}

/** `| family 16 | port 16, big-endian | address 32 | 0 64 |` */
function encodeIpv4(ip: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(IPV4_SIZE);
  bytes[0] = AF_INET;
  bytes.set(ip, 4);
  return bytes;
}

/** `| family 16 | port 16, big-endian | flow 32 | address 128 | zone 32 |` */
function encodeIpv6(ip: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(IPV6_SIZE);
  bytes[0] = AF_INET6;
  bytes.set(ip.length === 4 ? [...MAPPED_PREFIX, ...ip] : ip, 8);
  return bytes;
}
