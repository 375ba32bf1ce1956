/**
 * The admission's questions, answered by functions of the program around the server in place of HTTP
 * callbacks.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { RefusedError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { formatStreamUrl } from "../base/stream-name.ts";
import type { Admission, SessionRequest } from "../live/admission.ts";
import type { HookAnswer, HookRequest, Refusal, SessionHook } from "./server-options.ts";

export interface HostAdmissionPorts {
  readonly onPublish: SessionHook | undefined;
  readonly onPlay: SessionHook | undefined;
  readonly clock: Pick<Clock, "setTimer">;
  readonly logger: Logger;
  /** How long an answer may take, as it is set for the vhost at that moment. */
  readonly timeoutMs: (vhost: string) => number;
}

type Question = "publish" | "play";

type Outcome = { readonly answer: HookAnswer } | { readonly error: unknown };

export class HostAdmission implements Admission {
  readonly #ports: HostAdmissionPorts;

  constructor(ports: HostAdmissionPorts) {
    this.#ports = ports;
  }

  async connect(): Promise<void> {}

  publish(request: SessionRequest): Promise<void> {
    return this.#ask("publish", this.#ports.onPublish, request);
  }

  play(request: SessionRequest): Promise<void> {
    return this.#ask("play", this.#ports.onPlay, request);
  }

  unpublished(): void {}

  stopped(): void {}

  closed(): void {}

  async #ask(
    question: Question,
    hook: SessionHook | undefined,
    request: SessionRequest,
  ): Promise<void> {
    if (hook === undefined) return;
    const head = `Cannot ${question} "${formatStreamUrl(request)}"`;
    const outcome = await this.#call(hook, request);
    if ("answer" in outcome) {
      const { answer } = outcome;
      if (answer === true) return;
      if (answer === false) throw new RefusedError("forbidden", `${head}: the program says no`);
      throw new RefusedError(answer.as ?? "forbidden", `${head}: ${answer.refuse}`);
    }
    this.#failed(question, request, outcome.error);
    const message = `${head}: the program does not say yes`;
    throw new RefusedError("forbidden", message, { cause: outcome.error });
  }

  /** Whatever the hook does, and however long it takes. */
  async #call(hook: SessionHook, request: SessionRequest): Promise<Outcome> {
    const { clock, timeoutMs } = this.#ports;
    const ms = timeoutMs(request.vhost);
    const late = Promise.withResolvers<never>();
    const timer = clock.setTimer(ms, () =>
      late.reject(new Error(`The hook has not answered within ${ms} ms`)),
    );
    try {
      const answer: unknown = await Promise.race([hook(toHookRequest(request)), late.promise]);
      if (isAnswer(answer)) return { answer };
      return { error: new TypeError("The hook's answer is neither yes nor no") };
    } catch (error) {
      return { error };
    } finally {
      timer.cancel();
    }
  }

  #failed(question: Question, request: SessionRequest, error: unknown): void {
    const { clientId } = request;
    const url = formatStreamUrl(request);
    this.#ports.logger.error("hook failed", { hook: `on_${question}`, clientId, url, error });
  }
}

/** It may come from a program without types. */
function isAnswer(answer: unknown): answer is HookAnswer {
  if (typeof answer === "boolean") return true;
  if (typeof answer !== "object" || answer === null) return false;
  const { refuse, as: reason = "forbidden" } = answer as Partial<Refusal>;
  return typeof refuse === "string" && /^(forbidden|unauthorized|not_found)$/.test(String(reason));
}

function toHookRequest(request: SessionRequest): HookRequest {
  const { clientId, clientType, vhost, app, stream, tcUrl, pageUrl } = request;
  return {
    ...{ clientId, clientType, address: request.remoteAddress, vhost, app, stream },
    query: request.param.replace(/^\?/, ""),
    ...{ tcUrl, pageUrl, authorization: request.authorization ?? "" },
  };
}
