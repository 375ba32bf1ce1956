/**
 * Has viewers' requests answered by the process that publishes their stream.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { HttpClient } from "../../protocols/http/client.ts";
import { fetchStream } from "../../protocols/http/client-stream.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { Tcp } from "../../runtime/runtime.ts";
import { ForwardedAnswers } from "./forwarded-answers.ts";
import { forwardedFields, forwardedUrl } from "./forwarded-request.ts";
import { connectorTo, type Peer, peerUrl } from "./peer.ts";
import type { StreamDirectory } from "./stream-directory.ts";

/** Longer than any request waits for what is yet to come. */
const ANSWER_MS_MAX = 120_000;
const VALUE_SIZE_MAX = 64 * 1024;

/** Fields of the answer that are the connection's own. */
const OWN_FIELDS = ["connection", "date", "server", "transfer-encoding", "keep-alive"];

export interface ForwarderPorts {
  readonly directory: Pick<StreamDirectory, "owner">;
  readonly tcp: Tcp;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Forwarder {
  readonly #ports: ForwarderPorts;
  readonly #answers: ForwardedAnswers = new ForwardedAnswers();

  constructor(ports: ForwarderPorts) {
    this.#ports = ports;
  }

  /**
   * @param key For a request whose answer those who ask for the same may share, see ForwardedAnswers.
   * @returns `undefined` if no other process publishes the stream.
   */
  async forward(
    request: HttpRequest,
    url: string,
    key?: string,
  ): Promise<HttpResponse | undefined> {
    const owner = this.#ports.directory.owner(url);
    if (owner === undefined) return undefined;
    return this.#answers.answer(key, {
      ask: () => this.#fetch(owner.peer, request),
      failed: (error) => this.#failed(owner.peer, error),
    });
  }

  /**
   * Hands a request on to a process, and what it answers back.
   *
   * @param body What the client sends, all of it.
   */
  async forwardTo(peer: Peer, request: HttpRequest, body: Uint8Array): Promise<HttpResponse> {
    try {
      return await this.#fetch(peer, request, body);
    } catch (error) {
      return this.#failed(peer, error);
    }
  }

  /** What the process that publishes the stream has to say at `path`; `undefined` if nothing. */
  async ask(
    url: string,
    path: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const owner = this.#ports.directory.owner(url);
    if (owner === undefined) return undefined;
    try {
      const { status, body } = await this.#clientOf(owner.peer).fetch(
        { url: peerUrl(path, { url, ...parameters }), timeoutMs: ANSWER_MS_MAX, redirectsMax: 0 },
        VALUE_SIZE_MAX,
      );
      return status === 200 ? JSON.parse(new TextDecoder().decode(body)) : undefined;
    } catch (error) {
      this.#failed(owner.peer, error);
      return undefined;
    }
  }

  async #fetch(peer: Peer, request: HttpRequest, sent?: Uint8Array): Promise<HttpResponse> {
    const { head, body } = await fetchStream(this.#clientOf(peer), {
      url: forwardedUrl(request),
      method: request.method,
      fields: forwardedFields(request),
      ...(sent === undefined ? {} : { body: sent }),
      timeoutMs: ANSWER_MS_MAX,
      redirectsMax: 0,
    });
    const fields = [...head.fields].filter(([name]) => !OWN_FIELDS.includes(name));
    return { status: head.status, fields, body };
  }

  #clientOf(peer: Peer): HttpClient {
    const { tcp, clock } = this.#ports;
    return new HttpClient({ tcp: connectorTo(tcp, peer), clock });
  }

  #failed(peer: Peer, error: unknown): HttpResponse {
    this.#ports.logger.warn("peer not heard", { peer: peer.name, reason: toError(error).message });
    return createErrorResponse(503, undefined, [["Retry-After", "1"]]);
  }
}
