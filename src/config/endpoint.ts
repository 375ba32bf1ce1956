/**
 * Endpoints to listen on, as written in a configuration: `1935`, `127.0.0.1:1935`, `[::]:1935`.
 *
 * @module
 */

import { isIpv4, isIpv6 } from "../base/ip-address.ts";
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
