/**
 * Who may use the HTTP API and see the metrics.
 *
 * @module
 */

import { decodeBase64 } from "../../base/base64.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { methodOf } from "./answers.ts";
import { isReload } from "./raw.ts";

export interface ApiCredentials {
  readonly username: string;
  readonly password: string;
}

/** What is looked at. */
export type JudgedRequest = Pick<
  HttpRequest,
  "method" | "path" | "parameter" | "headers" | "host" | "remoteAddress"
>;

/** The server's users, and who guesses their passwords; `services/access` has it. */
export interface ApiUsers {
  readonly hasUsers: boolean;
  isHeldOff(address: string): boolean;
  failed(address: string): void;
  /** Counts what is wrong. @throws {RefusedError} If too much of it has come from there. */
  judge(
    shown: { readonly name: string; readonly password: string; readonly address: string },
    right: "api:read" | "api:write",
    path: string,
  ): Promise<"allowed" | "forbidden" | "unknown">;
}

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
const READING = ["GET", "HEAD", "OPTIONS"];

const UNAUTHORIZED: HttpResponse = createErrorResponse(401, "Cannot answer: no valid credentials", [
  ["WWW-Authenticate", 'Basic realm="Sluice", charset="UTF-8"'],
]);
const FORBIDDEN: HttpResponse = createErrorResponse(
  403,
  "Cannot answer: without http_api.auth only this machine may use the API, and no page of another site",
);

const NOT_PERMITTED: HttpResponse = createErrorResponse(
  403,
  "Cannot answer: the user has no permission for it",
);
const TOO_MANY_ATTEMPTS: HttpResponse = createErrorResponse(
  429,
  "Cannot answer: too many wrong passwords came from there",
);

export class ApiAccess {
  readonly #wanted: Uint8Array | undefined;
  readonly #users: ApiUsers | undefined;

  /**
   * @param credentials Of who may do everything; `undefined`: this machine may, without any.
   * @param users Who else may do what.
   */
  constructor(credentials: ApiCredentials | undefined, users?: ApiUsers) {
    this.#users = users;
    if (credentials === undefined) return;
    this.#wanted = new TextEncoder().encode(`${credentials.username}:${credentials.password}`);
  }

  /** The answer for somebody who may not; `undefined` for who may. */
  refusal(request: JudgedRequest): HttpResponse | undefined | Promise<HttpResponse | undefined> {
    const { remoteAddress } = request;
    const given = credentialsOf(request);
    const isJudged = this.#wanted !== undefined || this.#users?.hasUsers === true;
    if (given === undefined || !isJudged) return this.#withoutCredentials(request);
    if (this.#users?.isHeldOff(remoteAddress) === true) return TOO_MANY_ATTEMPTS;
    if (this.#wanted !== undefined && isSame(given, this.#wanted)) return undefined;
    if (this.#users?.hasUsers === true) return this.#judgeUser(request, given, this.#users);
    this.#users?.failed(remoteAddress);
    return UNAUTHORIZED;
  }

  #withoutCredentials(request: JudgedRequest): HttpResponse | undefined {
    if (this.#wanted !== undefined) return UNAUTHORIZED;
    const isOpen = OPEN_PATH.test(request.path) || isFromThisMachine(request);
    if (isOpen) return undefined;
    return this.#users?.hasUsers === true ? UNAUTHORIZED : FORBIDDEN;
  }

  async #judgeUser(
    request: JudgedRequest,
    given: Uint8Array,
    users: ApiUsers,
  ): Promise<HttpResponse | undefined> {
    const { path, remoteAddress } = request;
    const text = new TextDecoder().decode(given);
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(0, colon));
    const shown = { name, password: text.slice(colon + 1), address: remoteAddress };
    const isReading = READING.includes(methodOf(request)) && !isReload(request);
    const right = isReading ? "api:read" : "api:write";
    const verdict = await users.judge(shown, right, path);
    if (verdict === "allowed") return undefined;
    return verdict === "forbidden" ? NOT_PERMITTED : UNAUTHORIZED;
  }
}

/** `name:password`, if there is such a thing. */
function credentialsOf({ headers }: JudgedRequest): Uint8Array | undefined {
  const encoded = BASIC.exec(headers.get("authorization") ?? "")?.[1];
  return encoded === undefined ? undefined : decodeBase64(encoded);
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
