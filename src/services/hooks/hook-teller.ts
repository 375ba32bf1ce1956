/**
 * The news: what backends are told without anybody waiting for it.
 *
 * @module
 */

import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { HttpHooksConfig } from "../../config/vhost-config.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { TellEvent } from "../../live/server-event.ts";
import type { Backends } from "./backend.ts";
import { type HookCaller, toHookFields } from "./hook-caller.ts";
import type { NewsEvent } from "./hook-event.ts";
import type { HookCounts } from "./hook-figures.ts";
import type { Notice } from "./notice-queue.ts";

export interface HookTellerPorts {
  readonly backends: Backends;
  readonly caller: HookCaller;
  readonly counts: HookCounts;
  readonly logger: Logger;
  readonly tell?: TellEvent | undefined;
}

export interface HookNews {
  readonly event: NewsEvent;
  readonly address: string;
  readonly settings: HttpHooksConfig;
  readonly body: string;
  /** See HookCall. */
  readonly notifySize?: number;
  /** See Notice. */
  readonly isDue?: Promise<boolean> | undefined;
}

const SECOND_MS = 1_000;

export class HookTeller {
  readonly #ports: HookTellerPorts;
  #isClosed = false;

  constructor(ports: HookTellerPorts) {
    this.#ports = ports;
  }

  /** Whether it is told, or lost, is seen to later. */
  tell(news: HookNews, request: SessionRequest): void {
    const { address, settings } = news;
    const url = URL.parse(address);
    const notice = this.#toNotice(news, request, url);
    if (url === null) this.lost(notice, "The address is no URL");
    else if (this.#isClosed) this.lost(notice, "server_stopped");
    else {
      const limits = { lengthMax: settings.queueMax, sizeMax: settings.queueBytes };
      this.#ports.backends.find(url, settings).queue.add(notice, limits);
    }
  }

  /** What is told from now on is lost. */
  close(): void {
    this.#isClosed = true;
  }

  lost({ event, clientId, streamUrl }: Notice, why: string): void {
    this.#ports.counts.lost(event);
    this.#ports.logger.warn("hook lost", { hook: event, clientId, url: streamUrl, why });
    const reason = why === "queue_full" || why === "server_stopped" ? why : "failed";
    const fields = toHookFields(event, clientId, streamUrl);
    this.#ports.tell?.({ type: "hook.lost", ...fields, reason });
  }

  #toNotice(news: HookNews, request: SessionRequest, url: URL | null): Notice {
    const { event, address, settings, isDue, ...content } = news;
    const { clientId } = request;
    const streamUrl = formatStreamUrl(request);
    const timeoutMs = settings.notifyTimeout * SECOND_MS;
    return {
      event,
      clientId,
      streamUrl,
      size: address.length + content.body.length,
      retriesMax: settings.keepUndelivered ? Number.POSITIVE_INFINITY : settings.retries,
      isInOrder: settings.notifyInOrder,
      isDue,
      tell: async () => {
        if (url === null) return;
        const call = { event, url, timeoutMs, settings, clientId, streamUrl, ...content };
        await this.#ports.caller.call(call);
      },
    };
  }
}
