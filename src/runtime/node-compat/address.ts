/**
 * Addresses as text.
 *
 * @module
 */

const MAPPED_PREFIX = "::ffff:";

/** An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) as IPv4; any other as it is. */
export function unmapAddress(address: string): string {
  const isMapped = address.startsWith(MAPPED_PREFIX) && address.includes(".");
  return isMapped ? address.slice(MAPPED_PREFIX.length) : address;
}

/** An IPv4 address as an IPv6 socket wants it. */
function mapAddress(address: string): string {
  return address.includes(":") ? address : MAPPED_PREFIX + address;
}

/** Addresses that are remembered as an IPv6 socket wants them. */
const MAPPED_COUNT_MAX = 8192;

/** Maps the same addresses time and again, for each datagram, without making text for each. */
export class AddressMapper {
  #isIpv6: boolean;
  #mapped = new Map<string, string>();

  /** @param isIpv6 Whether the socket that sends is; else addresses stay as they are. */
  constructor(isIpv6: boolean) {
    this.#isIpv6 = isIpv6;
  }

  map(address: string): string {
    if (!this.#isIpv6) return address;
    const known = this.#mapped.get(address);
    if (known !== undefined) return known;
    if (this.#mapped.size >= MAPPED_COUNT_MAX) this.#mapped.clear();
    const mapped = mapAddress(address);
    this.#mapped.set(address, mapped);
    return mapped;
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatEndpoint(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
