/**
 * One server that callbacks go to, of however many addresses: its connections, and what it is to be
 * told.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { HttpHooksConfig } from "../../config/vhost-config.ts";
import { ClientPool } from "../../protocols/http/client-pool.ts";
import type { Files, Tcp, TlsConnectOptions } from "../../runtime/runtime.ts";
import { type Notice, NoticeQueue } from "./notice-queue.ts";

export interface BackendPorts {
  readonly tcp: Pick<Tcp, "connect">;
  readonly files: Pick<Files, "readText">;
  readonly clock: Clock;
  /** What it was to be told has been given up. */
  readonly onLost: (notice: Notice, why: string) => void;
}

/** What of a vhost's settings makes one backend of an address and another one of the next. */
type BackendSettings = Pick<HttpHooksConfig, "connections" | "tlsVerify" | "tlsCa">;

/** As many as publishers may come at once while the backend stands still. */
const WAITING_MAX = 10_000;
/** Less than any usual server keeps them. */
const IDLE_MS = 4_000;
/** How long one that is not called any more is remembered. */
const FORGET_MS = 60_000;

export class Backend {
  readonly pool: ClientPool;
  readonly queue: NoticeQueue;
  /** When it was last called, on the monotonic clock. */
  usedMs: number;
  readonly #clock: Clock;

  constructor(url: URL, settings: BackendSettings, ports: BackendPorts) {
    const { clock, tcp, onLost } = ports;
    const { connections } = settings;
    this.#clock = clock;
    this.usedMs = clock.monotonicMs();
    const isTls = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
    this.pool = new ClientPool({
      clock,
      connectionsMax: connections,
      waitingMax: WAITING_MAX,
      idleMs: IDLE_MS,
      connect: async (timeoutMs, handler) => {
        const tls = isTls ? { tls: await tlsOptions(settings, ports.files) } : {};
        return tcp.connect({ host, port, timeoutMs, ...tls }, handler);
      },
    });
    const concurrency = Math.max(1, Math.floor(connections / 2));
    this.queue = new NoticeQueue({ clock, concurrency, onLost });
  }

  get isForgotten(): boolean {
    const isUnused = this.#clock.monotonicMs() - this.usedMs > FORGET_MS;
    return isUnused && this.pool.size === 0 && this.queue.length === 0;
  }

  sweep(nowMs: number): void {
    this.pool.sweep(nowMs);
    this.queue.sweep(nowMs);
  }

  close(): void {
    this.queue.close();
    this.pool.close();
  }
}

/** Backends by address. */
export class Backends {
  readonly #ports: BackendPorts;
  readonly #backends = new Map<string, Backend>();

  constructor(ports: BackendPorts) {
    this.#ports = ports;
  }

  get all(): readonly Backend[] {
    return [...this.#backends.values()];
  }

  find(url: URL, settings: BackendSettings): Backend {
    const { connections, tlsVerify, tlsCa } = settings;
    const key = [url.origin, connections, tlsVerify, tlsCa].join(" ");
    let backend = this.#backends.get(key);
    if (backend === undefined) {
      backend = new Backend(url, settings, this.#ports);
      this.#backends.set(key, backend);
    }
    backend.usedMs = this.#ports.clock.monotonicMs();
    return backend;
  }

  sweep(nowMs: number): void {
    for (const [key, backend] of this.#backends) {
      backend.sweep(nowMs);
      if (backend.isForgotten) this.#backends.delete(key);
    }
  }

  close(): void {
    for (const backend of this.#backends.values()) backend.close();
  }
}

async function tlsOptions(
  { tlsVerify: isVerified, tlsCa }: BackendSettings,
  files: Pick<Files, "readText">,
): Promise<TlsConnectOptions> {
  return tlsCa === "" ? { isVerified } : { isVerified, authorities: await files.readText(tlsCa) };
}
