/**
 * Who may use the HTTP API and see the metrics.
 *
 * @module
 */

import { decodeBase64 } from "../../base/base64.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";

export interface ApiCredentials {
  readonly username: string;
  readonly password: string;
}

/** What is looked at. */
export type JudgedRequest = Pick<HttpRequest, "path" | "headers" | "host" | "remoteAddress">;

/** It tells no more than which server this is, and load balancers ask for it. */
const OPEN_PATH = /^\/api\/v1\/versions\/?$/;
/**
 * Who sends one of these speaks for somebody else: RFC 7239, RFC 9110 (section 7.6.3), and what proxies
 * and content delivery networks add.
 */
const PROXY_FIELD =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|true-client-ip|cf-.*)$/;
/** A browser says so of what another origin's page asks (Fetch Metadata, section 2.4). */
const FOREIGN_SITES = ["cross-site", "same-site"];
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;

const UNAUTHORIZED: HttpResponse = createErrorResponse(401, "Cannot answer: no valid credentials", [
  ["WWW-Authenticate", 'Basic realm="Sluice", charset="UTF-8"'],
]);
const FORBIDDEN: HttpResponse = createErrorResponse(
  403,
  "Cannot answer: without http_api.auth only this machine may use the API, and no page of another site",
);

export class ApiAccess {
  readonly #wanted: Uint8Array | undefined;

  /** @param credentials What everybody must present; `undefined` to let this machine in alone. */
  constructor(credentials: ApiCredentials | undefined) {
    if (credentials === undefined) return;
    this.#wanted = new TextEncoder().encode(`${credentials.username}:${credentials.password}`);
  }

  /** The answer for somebody who may not; `undefined` for who may. */
  refusal(request: JudgedRequest): HttpResponse | undefined {
    if (this.#wanted !== undefined) {
      return this.#isKnown(request, this.#wanted) ? undefined : UNAUTHORIZED;
    }
    const isOpen = OPEN_PATH.test(request.path) || isFromThisMachine(request);
    return isOpen ? undefined : FORBIDDEN;
  }

  #isKnown({ headers }: JudgedRequest, wanted: Uint8Array): boolean {
    const encoded = BASIC.exec(headers.get("authorization") ?? "")?.[1];
    const given = encoded === undefined ? undefined : decodeBase64(encoded);
    return given !== undefined && isSame(given, wanted);
  }
}

/**
 * Whether somebody on this machine asks for himself: not through a proxy that says it is one, which
 * would make the whole world local, and not a page of another origin in a browser here, be it under a
 * name of its own that it points at this machine. Browsers too old to say whose page asks may ask for
 * a page of this machine's on another port. A proxy that adds no field cannot be told from a client.
 */
function isFromThisMachine({ remoteAddress, headers, host }: JudgedRequest): boolean {
  if (!isLoopbackAddress(remoteAddress)) return false;
  for (const [name] of headers) if (PROXY_FIELD.test(name)) return false;
  if (FOREIGN_SITES.includes(headers.get("sec-fetch-site")?.toLowerCase() ?? "")) return false;
  if (host !== "" && !isLoopbackName(hostName(host))) return false;
  const origin = headers.get("origin");
  return origin === undefined || isLoopbackName(hostName(origin.replace(/^https?:\/\//, "")));
}

function isLoopbackAddress(address: string): boolean {
  return /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address) || address === "::1";
}

function isLoopbackName(name: string): boolean {
  return isLoopbackAddress(name) || /^(?:.+\.)?localhost$/i.test(name);
}

/** Without the port, an IPv6 address without its brackets. */
function hostName(host: string): string {
  return /^\[(.*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/:\d*$/, "");
}

/** Takes as long for a wrong byte at the end as for one at the start. */
function isSame(given: Uint8Array, wanted: Uint8Array): boolean {
  let difference = given.length ^ wanted.length;
  for (let i = 0; i < wanted.length; i++) difference |= (given[i] ?? 0) ^ (wanted[i] ?? 0);
  return difference === 0;
}
