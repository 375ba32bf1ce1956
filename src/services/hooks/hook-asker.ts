/**
 * The questions: backends whose yes a session waits for.
 *
 * @module
 */

import { RefusedError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { HttpHooksConfig } from "../../config/vhost-config.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { TellEvent } from "../../live/server-event.ts";
import type { Backends } from "./backend.ts";
import { HookError } from "./hook-answer.ts";
import { type HookCaller, toHookFields } from "./hook-caller.ts";
import type { QuestionEvent } from "./hook-event.ts";

export interface HookAskerPorts {
  readonly backends: Backends;
  readonly caller: HookCaller;
  readonly logger: Logger;
  readonly tell?: TellEvent | undefined;
}

export interface HookQuestion {
  readonly event: QuestionEvent;
  readonly address: string;
  readonly settings: HttpHooksConfig;
  readonly body: string;
}

const SECOND_MS = 1_000;

export class HookAsker {
  readonly #ports: HookAskerPorts;
  #pendingCount = 0;

  constructor(ports: HookAskerPorts) {
    this.#ports = ports;
  }

  /** Questions that have not been answered. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /**
   * Asks, behind what the backend is still to be told of the client.
   *
   * @returns The fields of the answer.
   * @throws {RefusedError} If it is not a yes.
   */
  async ask(
    question: HookQuestion,
    request: SessionRequest,
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#pendingCount += 1;
    try {
      return await this.#ask(question, request);
    } catch (error) {
      throw error instanceof HookError ? toRefusal(question, request, error) : error;
    } finally {
      this.#pendingCount -= 1;
    }
  }

  async #ask(
    { event, address, settings, body }: HookQuestion,
    request: SessionRequest,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { backends, caller, logger, tell } = this.#ports;
    const { clientId } = request;
    const streamUrl = formatStreamUrl(request);
    const url = URL.parse(address);
    if (url === null) {
      const why = "The address is no URL";
      logger.warn("hook failed", { hook: event, clientId, url: streamUrl, why });
      const fields = toHookFields(event, clientId, streamUrl);
      tell?.({ type: "hook.failed", ...fields, backend: null, reason: "wrong" });
      throw new HookError("wrong", why);
    }
    const timeoutMs = settings.timeout * SECOND_MS;
    await backends.find(url, settings).queue.toldOf(clientId, timeoutMs);
    return caller.call({ event, url, body, timeoutMs, settings, clientId, streamUrl });
  }
}

/** What the client is told; the log says more. */
function toRefusal(
  { event }: HookQuestion,
  request: SessionRequest,
  cause: HookError,
): RefusedError {
  const why = cause.fault === "refused" ? "the backend says no" : "no backend says yes";
  const message = `Cannot ${event.slice("on_".length)} "${formatStreamUrl(request)}": ${why}`;
  return new RefusedError("forbidden", message, { cause });
}
