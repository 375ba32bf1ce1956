/**
 * What a client asks, and the head that says it.
 *
 * @module
 */

import { ProtocolError } from "../../base/errors.ts";
import { encodeLatin1 } from "../../codec/http/latin1.ts";
import { type FieldList, formatField } from "../../codec/http/response-head.ts";
import type { TlsConnectOptions } from "../../runtime/runtime.ts";

export interface HttpClientRequest {
  /** Of `http:` or `https:`. */
  readonly url: string;
  /** Default GET. */
  readonly method?: string;
  /** Without Host, Connection and Content-Length. */
  readonly fields?: FieldList;
  readonly body?: Uint8Array;
  /** For the connection, for the answer's head, and between two pieces of its body. */
  readonly timeoutMs: number;
  /** How many redirects to follow. Default 3: from a balancer to a server, with some to spare. */
  readonly redirectsMax?: number;
  /** For `https:`, in place of the default verification. */
  readonly tls?: TlsConnectOptions;
}

const EMPTY = new Uint8Array();
/** Fields that are for the server asked at first, and not for where it redirects to. */
const SECRET_FIELDS = ["authorization", "cookie"];

/** A request that may be sent: its URL parsed, redirects counted. */
export class OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly #fields: readonly (readonly [string, string])[];
  readonly #body: Uint8Array;
  readonly #redirectsLeft: number;

  private constructor(
    url: URL,
    method: string,
    content: { fields: readonly (readonly [string, string])[]; body: Uint8Array },
    redirectsLeft: number,
  ) {
    this.url = url;
    this.method = method;
    this.#fields = content.fields;
    this.#body = content.body;
    this.#redirectsLeft = redirectsLeft;
  }

  /** @throws {ProtocolError} If the URL is none of HTTP. */
  static from(request: HttpClientRequest): OutgoingRequest {
    const content = { fields: [...(request.fields ?? [])], body: request.body ?? EMPTY };
    const url = parseUrl(request.url, undefined);
    return new OutgoingRequest(url, request.method ?? "GET", content, request.redirectsMax ?? 3);
  }

  get isTls(): boolean {
    return this.url.protocol === "https:";
  }

  /** Name or address, IPv6 without brackets. */
  get host(): string {
    return this.url.hostname.replace(/^\[|\]$/g, "");
  }

  get port(): number {
    if (this.url.port !== "") return Number(this.url.port);
    return this.isTls ? 443 : 80;
  }

  /**
   * The request to send in place of this one.
   *
   * @throws {ProtocolError} If there have been enough, or `location` is no URL of HTTP.
   */
  redirect(status: number, location: string): OutgoingRequest {
    if (this.#redirectsLeft === 0) throw new ProtocolError("Cannot follow redirect: too many");
    const url = parseUrl(location, this.url);
    const isSameOrigin = url.origin === this.url.origin;
    const fields = this.#fields.filter(
      ([name]) => isSameOrigin || !SECRET_FIELDS.includes(name.toLowerCase()),
    );
    // 307 and 308 repeat the request; the older ones have come to mean GET (RFC 9110, section 15.4).
    const isRepeated = status === 307 || status === 308 || this.method === "HEAD";
    const method = isRepeated ? this.method : "GET";
    const body = isRepeated ? this.#body : EMPTY;
    return new OutgoingRequest(url, method, { fields, body }, this.#redirectsLeft - 1);
  }

  /** Head and body. */
  encode(connection: string): Uint8Array {
    let text = `${this.method} ${this.url.pathname}${this.url.search} HTTP/1.1\r\n`;
    text += formatField("Host", this.url.host);
    for (const [name, value] of this.#fields) text += formatField(name, value);
    text += formatField("Connection", connection);
    if (this.#body.length > 0) text += formatField("Content-Length", `${this.#body.length}`);
    text += "\r\n";
    const bytes = new Uint8Array(text.length + this.#body.length);
    encodeLatin1(text, bytes);
    bytes.set(this.#body, text.length);
    return bytes;
  }
}

export function isRedirect(status: number): boolean {
  return status >= 301 && status <= 308 && status !== 304 && status !== 305 && status !== 306;
}

function parseUrl(text: string, base: URL | undefined): URL {
  const url = URL.parse(text, base?.href);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ProtocolError(`Cannot send request: "${text}" is no URL of HTTP`);
  }
  return url;
}
