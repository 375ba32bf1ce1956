/**
 * Has the configuration reloaded when one of its files changes.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import type { Config } from "../../config/config.ts";
import type { Files, FileWatch } from "../../runtime/runtime.ts";
import { isInContainer } from "../process/container.ts";

/** An editor, or a tool that changes several files, is done by then. As in SRS. */
const SETTLE_MS = 3_000;

export interface ConfigWatchPorts {
  readonly files: Pick<Files, "watch">;
  readonly clock: Pick<Clock, "setTimer">;
  /** Those that make up the configuration, which may be others after a reload. */
  readonly paths: () => readonly string[];
  /** Reloads. */
  readonly reload: () => Promise<unknown>;
}

export class ConfigWatch {
  readonly #ports: ConfigWatchPorts;
  readonly #watches = new Map<string, FileWatch>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(ports: ConfigWatchPorts) {
    this.#ports = ports;
    this.#watch();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  #watch(): void {
    const { files, paths } = this.#ports;
    const wanted = new Set(paths());
    for (const [path, watch] of this.#watches) {
      if (wanted.has(path)) continue;
      watch.close();
      this.#watches.delete(path);
    }
    for (const path of wanted) {
      if (this.#watches.has(path)) continue;
      this.#watches.set(
        path,
        files.watch(path, () => this.#changed()),
      );
    }
  }

  #changed(): void {
    this.#timer?.cancel();
    this.#timer = this.#ports.clock.setTimer(SETTLE_MS, () => void this.#reload());
  }

  async #reload(): Promise<void> {
    await this.#ports.reload();
    if (!this.#isClosed) this.#watch();
  }
}

/** Whether the operator wants that, who in a container cannot well send a signal. */
export async function isWatchWanted(
  { inotifyAutoReload, autoReloadForDocker, inDocker }: Config,
  files: Pick<Files, "stat" | "readText">,
): Promise<boolean> {
  if (inotifyAutoReload) return true;
  return autoReloadForDocker && (inDocker || (await isInContainer(files)));
}
