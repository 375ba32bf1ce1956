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
export function mapAddress(address: string): string {
  return address.includes(":") ? address : MAPPED_PREFIX + address;
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatEndpoint(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
