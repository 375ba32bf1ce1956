/**
 * Whether an address is one of the Internet.
 *
 * Spec: RFC 1918, RFC 3927, RFC 6598 (IPv4); RFC 4193, RFC 4291 (IPv6).
 *
 * @module
 */

const PRIVATE_IPV4 =
  /^(?:10|127|0|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
/** Loopback, link-local (fe80::/10) and unique local (fc00::/7). */
const PRIVATE_IPV6 = /^(?:::1?$|fe[89ab]|f[cd])/i;

export function isPublicAddress(address: string): boolean {
  return address.includes(":") ? !PRIVATE_IPV6.test(address) : !PRIVATE_IPV4.test(address);
}
