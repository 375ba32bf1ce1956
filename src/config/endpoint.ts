/**
 * Endpoints to listen on, as written in a configuration: `1935`, `127.0.0.1:1935`, `[::]:1935`.
 *
 * @module
 */

import { quote } from "./quote.ts";

/** An address and a port to listen on. */
export interface Endpoint {
  /** An IP address; `0.0.0.0` is every IPv4 address of the machine, `::` every address. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const ANY_HOST = "0.0.0.0";
const PORT_MAX = 65_535;

/** Parses an endpoint. Returns what is wrong with it if it is none. */
export function parseEndpoint(text: string, portMin: number): Endpoint | string {
  const match = /^(?:(?:\[([^[\]]*)\]|([^:[\]]*)):)?([^:]*)$/.exec(text);
  if (match === null) {
    return `Expected a port or an address and a port, such as 1935, 127.0.0.1:1935 or [::1]:1935, found ${quote(text)}`;
  }
  const [, ipv6, ipv4, portText = ""] = match;
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : -1;
  if (port < portMin || port > PORT_MAX) {
    return `Expected a port from ${portMin} to ${PORT_MAX}, found ${quote(portText)}`;
  }
  if (ipv6 !== undefined) {
    return isIpv6(ipv6)
      ? { host: ipv6, port }
      : `Expected an IPv6 address between the brackets, found ${quote(ipv6)}`;
  }
  if (ipv4 === undefined) return { host: ANY_HOST, port };
  // The one host name that means the same address everywhere.
  if (ipv4 === "localhost") return { host: "127.0.0.1", port };
  return isIpv4(ipv4)
    ? { host: ipv4, port }
    : `Expected an IP address before the port, found ${quote(ipv4)}`;
}

/** The shortest spelling of an endpoint. */
export function formatEndpoint({ host, port }: Endpoint): string {
  if (host === ANY_HOST) return String(port);
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** Spec: RFC 4291, section 2.2, with an optional zone (RFC 4007, section 11). */
export function isIpv6(text: string): boolean {
  const [address = "", zone] = text.split("%", 2);
  if (zone === "" || !address.includes(":")) return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const hasIpv4 = last.includes(".");
  if (hasIpv4 && (!isIpv4(last) || halves.at(-1) === "")) return false;
  const hexGroups = hasIpv4 ? groups.slice(0, -1) : groups;
  if (!hexGroups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
  const count = hexGroups.length + (hasIpv4 ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

/** Do two endpoints claim the same port of the same address? */
export function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port !== 0 && a.port === b.port && (covers(a.host, b.host) || covers(b.host, a.host));
}

/**
 * Leaves out `1935` where there is `[::]:1935`, which takes IPv4 connections as well. SRS's files for
 * both families give both.
 */
export function withoutCovered(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.filter(
    ({ host, port }) =>
      host !== ANY_HOST || !endpoints.some((other) => other.host === "::" && other.port === port),
  );
}

function covers(host: string, other: string): boolean {
  return host === other || host === "::" || (host === ANY_HOST && !other.includes(":"));
}
