/**
 * A request as handlers see it: light, with the web-standard Request on demand.
 *
 * @module
 */

import type { HeaderFields } from "../../codec/http/header-fields.ts";
import type { RequestHead } from "../../codec/http/request-head.ts";
import { encodePath, parseRequestTarget } from "../../codec/http/request-target.ts";
import type { TcpSocket } from "../../runtime/runtime.ts";
import { HttpError } from "./http-error.ts";
import type { RequestBody } from "./request-body.ts";

const TEXT_DECODER = new TextDecoder();
/** Bodies of API calls are some kilobytes; an SDP with many candidates is the largest of them. */
export const BODY_SIZE_MAX: number = 1024 * 1024;

/** What a request tells of the connection that it came on. */
export type RequestSocket = Pick<TcpSocket, "remoteAddress" | "remotePort" | "isTls">;

export class HttpRequest {
  /** As sent, mostly upper case. */
  readonly method: string;
  /** The raw target of the request line. */
  readonly target: string;
  /** Decoded and safe, see `RequestTarget`. */
  readonly path: string;
  readonly rawPath: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: HeaderFields;
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  readonly versionMinor: 0 | 1;
  /** Host and port that the client asked for; empty if it did not say. */
  readonly host: string;
  /** `undefined` if the request has none. */
  readonly body: RequestBody | undefined;
  readonly #socket: RequestSocket;
  #parameters: URLSearchParams | undefined;

  /** @throws {HttpMalformedError} If the target cannot be understood. */
  constructor(
    head: Pick<RequestHead, "method" | "target" | "fields" | "versionMinor">,
    socket: RequestSocket,
    body: RequestBody | undefined,
  ) {
    const target = parseRequestTarget(head.method, head.target);
    this.method = head.method;
    this.target = head.target;
    this.path = target.path;
    this.rawPath = target.rawPath;
    this.query = target.query;
    this.headers = head.fields;
    this.versionMinor = head.versionMinor;
    this.host = target.authority ?? head.fields.get("host") ?? "";
    this.body = body;
    this.#socket = socket;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number {
    return this.#socket.remotePort;
  }

  get isTls(): boolean {
    return this.#socket.isTls;
  }

  /** The decoded parameters of the query. */
  get parameters(): URLSearchParams {
    this.#parameters ??= new URLSearchParams(this.query);
    return this.#parameters;
  }

  /** The first parameter of that name in the query. */
  parameter(name: string): string | undefined {
    return this.query === "" ? undefined : (this.parameters.get(name) ?? undefined);
  }

  /** The whole body, empty if there is none. @throws {HttpError} 413 past `sizeMax` bytes. */
  async bytes(sizeMax: number = BODY_SIZE_MAX): Promise<Uint8Array> {
    return this.body === undefined ? new Uint8Array() : this.body.readAll(sizeMax);
  }

  /** The whole body as UTF-8. @throws {HttpError} 413 past `sizeMax` bytes. */
  async text(sizeMax: number = BODY_SIZE_MAX): Promise<string> {
    return TEXT_DECODER.decode(await this.bytes(sizeMax));
  }

  /** The URL that the client asked for, its path normalized as `path` is. */
  get url(): string {
    const scheme = this.isTls ? "https" : "http";
    const host = this.host === "" ? "localhost" : this.host;
    const query = this.query === "" ? "" : `?${this.query}`;
    return `${scheme}://${host}${encodePath(this.path)}${query}`;
  }

  /**
   * The web-standard request. Its body is this one's: read only one of them.
   *
   * @throws {HttpError} If the request cannot be said in web-standard terms.
   */
  toRequest(bodySizeMax: number = BODY_SIZE_MAX, signal?: AbortSignal): Request {
    const hasBody = this.body !== undefined && this.method !== "GET" && this.method !== "HEAD";
    try {
      return new Request(this.url, {
        method: this.method,
        headers: [...this.headers] as [string, string][],
        ...(signal === undefined ? {} : { signal }),
        ...(hasBody ? { body: this.body.toStream(bodySizeMax), duplex: "half" } : {}),
      });
    } catch (cause) {
      throw unusable(cause);
    }
  }
}

function unusable(cause: unknown): HttpError {
  return new HttpError(400, "Cannot use request: its host or method is none", [], { cause });
}
