/**
 * Tells another server regularly that this one is there, as SRS does: a POST at the start, and then
 * one each interval. What is answered does not matter, but for the log.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { ProtocolError, toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { SIGNATURE } from "../../base/version.ts";
import type { Config } from "../../config/config.ts";
import type { ServerIdentity } from "../../live/server-identity.ts";
import type { HttpClient } from "../../protocols/http/client.ts";
import { portLists } from "./port-lists.ts";

/** As long as SRS waits. */
const ANSWER_MS_MAX = 30_000;
/** An answer is a word or two. */
const ANSWER_SIZE_MAX = 64 * 1024;

export interface HeartbeatPorts {
  readonly client: Pick<HttpClient, "fetch">;
  readonly clock: Pick<Clock, "setInterval">;
  readonly logger: Logger;
  readonly identity: ServerIdentity;
  /** The address of this machine by which others may know it. */
  readonly address: () => string;
  /** The summaries of the HTTP API. */
  readonly summary: () => Promise<unknown>;
}

export class Heartbeat {
  readonly #ports: HeartbeatPorts;
  readonly #config: { readonly current: Config };
  #timer: Timer | undefined;
  readonly #stopping = new AbortController();
  #isSending = false;
  /** The latest one failed, and the log says so. */
  #isFailing = false;

  /** @param config As it is at present: what is sent, and where to, may change. */
  constructor(ports: HeartbeatPorts, config: { readonly current: Config }) {
    this.#ports = ports;
    this.#config = config;
  }

  start(): void {
    const beat = (): void => void this.#beat();
    this.#timer = this.#ports.clock.setInterval(
      this.#config.current.heartbeat.interval * 1_000,
      beat,
    );
    beat();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stopping.abort();
  }

  /** While one waits for its answer there is no other. */
  async #beat(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      await this.#send();
      if (this.#isFailing) this.#ports.logger.info("heartbeat sent again");
      this.#isFailing = false;
    } catch (error) {
      const isNews = !this.#isFailing && this.#timer !== undefined;
      this.#isFailing = true;
      if (isNews) {
        const { url } = this.#config.current.heartbeat;
        const reason = toError(error).message;
        this.#ports.logger.warn("heartbeat not sent", { url: withoutSecrets(url), reason });
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #send(): Promise<void> {
    const { status } = await this.#ports.client.fetch(
      {
        url: this.#config.current.heartbeat.url,
        method: "POST",
        fields: [
          ["Content-Type", "application/json"],
          ["User-Agent", SIGNATURE],
        ],
        body: new TextEncoder().encode(JSON.stringify(await this.#message())),
        timeoutMs: ANSWER_MS_MAX,
      },
      ANSWER_SIZE_MAX,
      { totalMs: ANSWER_MS_MAX, signal: this.#stopping.signal },
    );
    if (status >= 400) throw new ProtocolError(`Cannot use answer: its status is ${status}`);
  }

  async #message(): Promise<Readonly<Record<string, unknown>>> {
    const { identity, address, summary } = this.#ports;
    const { deviceId, summaries, ports } = this.#config.current.heartbeat;
    return {
      device_id: deviceId,
      ip: address(),
      server: identity.serverId,
      service: identity.serviceId,
      pid: identity.pid,
      ...(summaries ? { summaries: { data: await summary() } } : {}),
      ...(ports ? portLists(this.#config.current) : {}),
    };
  }
}

/** Tokens are in the query, passwords before the host. */
function withoutSecrets(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? "" : `${parsed.origin}${parsed.pathname}`;
}
