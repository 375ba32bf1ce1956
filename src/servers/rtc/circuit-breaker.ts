/**
 * Gives up what costs processor time and is not media, and in the end media too, when there is no more
 * time: SRS's `circuit_breaker`.
 *
 * @module
 */

import type { CircuitBreakerSettings, LoadThreshold } from "./ports.ts";

/** Each is the one before, and more: no NACK; no reports of arrivals; packets to players are lost. */
export type LoadLevel = "normal" | "high" | "critical" | "dying";

/** One state: entered after so many samples above its threshold, left after as many below. */
class Breaker {
  isOn = false;
  #runLength = 0;

  sample(percent: number, { percent: threshold, samples }: LoadThreshold): boolean {
    if (samples === 0) {
      this.isOn = false;
      return false;
    }
    const isAbove = percent >= threshold;
    this.#runLength = isAbove === this.isOn ? 0 : this.#runLength + 1;
    if (this.#runLength >= samples) {
      this.isOn = isAbove;
      this.#runLength = 0;
    }
    return this.isOn;
  }
}

export class CircuitBreaker {
  readonly #cpuMs: () => { readonly user: number; readonly system: number };
  readonly #high = new Breaker();
  readonly #critical = new Breaker();
  readonly #dying = new Breaker();
  #lastMs: number;
  #lastCpuMs: number;
  level: LoadLevel = "normal";

  /** @param cpuMs Processor time of this process, whose media one thread handles. */
  constructor(cpuMs: () => { readonly user: number; readonly system: number }, nowMs: number) {
    this.#cpuMs = cpuMs;
    this.#lastMs = nowMs;
    this.#lastCpuMs = this.#cpu();
  }

  /** Call every second or so. @returns Whether the level is another one now. */
  sample(nowMs: number, settings: CircuitBreakerSettings): boolean {
    const cpuMs = this.#cpu();
    const passedMs = Math.max(1, nowMs - this.#lastMs);
    const percent = (100 * (cpuMs - this.#lastCpuMs)) / passedMs;
    this.#lastMs = nowMs;
    this.#lastCpuMs = cpuMs;
    const before = this.level;
    const isHigh = this.#high.sample(percent, settings.high);
    const isCritical = this.#critical.sample(percent, settings.critical);
    const isDying = this.#dying.sample(percent, settings.dying);
    this.level = "normal";
    if (settings.isEnabled) {
      if (isHigh) this.level = "high";
      if (isCritical) this.level = "critical";
      if (isDying) this.level = "dying";
    }
    return this.level !== before;
  }

  #cpu(): number {
    const { user, system } = this.#cpuMs();
    return user + system;
  }
}
