/**
 * Tells of a server's begin and of its end.
 *
 * @module
 */

import { VERSION } from "../base/version.ts";
import type { TellEvent } from "../live/server-event.ts";
import type { Runtime } from "../runtime/runtime.ts";

export class ServerNews {
  readonly #runtime: Pick<Runtime, "name" | "version" | "host">;
  readonly #tell: TellEvent;
  #isStopping = false;

  constructor(runtime: Pick<Runtime, "name" | "version" | "host">, tell: TellEvent) {
    this.#runtime = runtime;
    this.#tell = tell;
  }

  /** @param workers How many processes serve. */
  started(workers: number): void {
    const { name, version, host } = this.#runtime;
    const runtime = `${name} ${version}`;
    this.#tell({ type: "server.started", version: VERSION, runtime, pid: host.pid, workers });
  }

  /** It takes nobody new; told once, however often it is stopped. */
  stopping(isGraceful: boolean): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#tell({ type: "server.stopping", isGraceful });
  }
}
