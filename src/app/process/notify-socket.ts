/**
 * The socket by which a service manager is told how the service is.
 *
 * Spec: sd_notify(3)
 *
 * @module
 */

import { sleep } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** For runtimes that cannot send to such a socket themselves. */
const HELPER = "systemd-notify";

/** The manager reads within milliseconds; a full socket means that the machine is busy. */
const ATTEMPT_COUNT_MAX = 20;
const ATTEMPT_PAUSE_MS = 250;

export class NotifySocket {
  readonly #runtime: Pick<Runtime, "host" | "processes" | "clock">;
  readonly #path: string;

  constructor(runtime: Pick<Runtime, "host" | "processes" | "clock">, path: string) {
    this.#runtime = runtime;
    this.#path = path;
  }

  /**
   * Tells some variables, such as `READY=1`.
   *
   * @throws {SystemError} If nobody takes it.
   */
  async send(variables: readonly string[]): Promise<void> {
    const { host, clock } = this.#runtime;
    const bytes = new TextEncoder().encode(variables.join("\n"));
    for (let attempt = 1; ; attempt++) {
      try {
        return await host.sendLocalDatagram(this.#path, bytes);
      } catch (error) {
        if (error instanceof SystemError && error.code === "ENOTSUP") {
          return await this.#sendByHelper(variables);
        }
        if (attempt === ATTEMPT_COUNT_MAX) throw error;
      }
      await sleep(clock, ATTEMPT_PAUSE_MS);
    }
  }

  async #sendByHelper(variables: readonly string[]): Promise<void> {
    const { host, processes } = this.#runtime;
    const environment = { PATH: host.environment["PATH"] ?? "", NOTIFY_SOCKET: this.#path };
    // It waits until the manager has read that, and must: of whom the manager cannot find any more, as
    // it has ended meanwhile, it takes nothing.
    const child = await processes.spawn(HELPER, variables, { environment });
    const { code } = await child.exited;
    if (code === 0) return;
    throw new SystemError("ENOTIFY", `Cannot tell the service manager: ${HELPER} has failed`);
  }
}
