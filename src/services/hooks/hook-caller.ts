/**
 * One callback: sent, waited for, judged, counted, and logged if it did not go well.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { ClosedError, SystemError, TimeoutError, toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { parseStreamUrl, type StreamName } from "../../base/stream-name.ts";
import type { HttpHooksConfig } from "../../config/vhost-config.ts";
import type { TellEvent } from "../../live/server-event.ts";
import type { HttpClientResponse } from "../../protocols/http/client.ts";
import { UnreachableError } from "../../protocols/http/client-pool.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import type { Backends } from "./backend.ts";
import { HookError, readHookAnswer } from "./hook-answer.ts";
import type { HookEvent } from "./hook-event.ts";
import type { HookCounts, HookOutcome } from "./hook-figures.ts";
import { encodeHookRequest, hookTarget, signHook } from "./hook-request.ts";

export interface HookCall {
  readonly event: HookEvent;
  readonly url: URL;
  readonly body: string;
  readonly timeoutMs: number;
  readonly settings: HttpHooksConfig;
  /** For the log. */
  readonly clientId: string;
  readonly streamUrl: string;
  /** Present: it is a GET, whose answer is read so far and does not matter. */
  readonly notifySize?: number;
}

export interface HookCallerPorts {
  readonly backends: Backends;
  readonly counts: HookCounts;
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "hmac">;
  readonly logger: Logger;
  readonly userAgent: string;
  readonly tell?: TellEvent | undefined;
}

/** Bytes. A yes takes some ten, a list of destinations some hundred. */
const ANSWER_SIZE_MAX = 64 * 1024;

const NO_NAME: StreamName = { vhost: "", app: "", stream: "" };

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

export class HookCaller {
  readonly #ports: HookCallerPorts;

  constructor(ports: HookCallerPorts) {
    this.#ports = ports;
  }

  /**
   * @returns The fields of the answer.
   * @throws {HookError} If the answer is not a yes.
   */
  async call(call: HookCall): Promise<Readonly<Record<string, unknown>>> {
    const { clock, counts } = this.#ports;
    const startMs = clock.monotonicMs();
    let outcome: HookOutcome = "ok";
    try {
      const { status, body } = await this.#send(call);
      return call.notifySize === undefined ? readHookAnswer(status, DECODER.decode(body)) : {};
    } catch (error) {
      const failure = toHookError(error);
      outcome = failure.fault === "refused" ? "refused" : "failed";
      this.#log(call, failure);
      throw failure;
    } finally {
      counts.called(call.event, outcome, clock.monotonicMs() - startMs);
    }
  }

  #send(call: HookCall): Promise<HttpClientResponse> {
    const { backends, clock, crypto, userAgent } = this.#ports;
    const { url, body, timeoutMs, settings, notifySize } = call;
    const method = notifySize === undefined ? "POST" : "GET";
    const { secret } = settings;
    // A GET has nothing but its address.
    const signed = notifySize === undefined ? body : hookTarget(url);
    const signature = secret === "" ? undefined : signHook(crypto, secret, signed, clock.wallMs());
    return backends.find(url, settings).pool.fetch({
      method,
      bytes: encodeHookRequest({ method, url, body, userAgent, signature }),
      sizeMax: notifySize ?? ANSWER_SIZE_MAX,
      isCut: notifySize !== undefined,
      timeoutMs,
    });
  }

  #log({ event, url, clientId, streamUrl }: HookCall, { fault, message }: HookError): void {
    const fields = {
      hook: event,
      clientId,
      url: streamUrl,
      backend: withoutSecrets(url),
      why: message,
    };
    if (fault === "refused") {
      this.#ports.logger.info("hook refused", fields);
      return;
    }
    this.#ports.logger.warn("hook failed", fields);
    const backend = withoutSecrets(url);
    this.#ports.tell?.({
      type: "hook.failed",
      ...toHookFields(event, clientId, streamUrl),
      ...{ backend, reason: fault },
    });
  }
}

/** What an event says of a callback. @param streamUrl From `formatStreamUrl`. */
export function toHookFields(
  hook: HookEvent,
  clientId: string,
  streamUrl: string,
): StreamName & { readonly hook: HookEvent; readonly clientId: string } {
  return { hook, clientId, ...(parseStreamUrl(streamUrl) ?? NO_NAME) };
}

/** A backend's address as it may be logged: its query may hold a token. */
export function withoutSecrets(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function toHookError(error: unknown): HookError {
  if (error instanceof HookError) return error;
  const { message } = toError(error);
  if (error instanceof UnreachableError) {
    return new HookError("unreachable", message, { cause: error });
  }
  const isPassing = [ClosedError, TimeoutError, SystemError].some((type) => error instanceof type);
  return new HookError(isPassing ? "unsettled" : "wrong", message, { cause: error });
}
