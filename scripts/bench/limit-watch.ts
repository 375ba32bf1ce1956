/**
 * What Sluice's own metrics say of its limits while a scenario runs.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { sumOf } from "../../src/bench/server-watch.ts";
import { sleep } from "./processes.ts";

export interface LimitFigures {
  /** How often a subscriber skipped to a key frame, and how many were closed. */
  readonly skips: number;
  readonly writeTimeouts: number;
  /** Bytes held for subscribers, once for all of them: the most that was seen. */
  readonly chainSizeMax: number;
  /** Kernel memory of all TCP sockets of the machine, both ends: the most that was seen. */
  readonly kernelSizeMax: number;
}

const PERIOD_MS = 2_000;
const PAGE_SIZE = 4_096;

export class LimitWatch {
  readonly #url: string;
  readonly #running: Promise<void>;
  #isStopped = false;
  #figures: LimitFigures = { skips: 0, writeTimeouts: 0, chainSizeMax: 0, kernelSizeMax: 0 };

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#run();
  }

  async stop(): Promise<LimitFigures> {
    this.#isStopped = true;
    await this.#running;
    await this.#look();
    return this.#figures;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#look();
      await sleep(PERIOD_MS);
    }
  }

  async #look(): Promise<void> {
    const response = await fetch(this.#url);
    const text = await response.text();
    const { chainSizeMax, kernelSizeMax } = this.#figures;
    this.#figures = {
      skips: sumOf(text, "sluice_skips_total") ?? 0,
      writeTimeouts: sumOf(text, "sluice_write_timeouts_total") ?? 0,
      chainSizeMax: Math.max(chainSizeMax, sumOf(text, "sluice_chain_bytes") ?? 0),
      kernelSizeMax: Math.max(kernelSizeMax, kernelSize()),
    };
  }
}

function kernelSize(): number {
  const pages = /^TCP:.* mem (\d+)/m.exec(readFileSync("/proc/net/sockstat", "utf8"))?.[1];
  return Number(pages ?? 0) * PAGE_SIZE;
}
