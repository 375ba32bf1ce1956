/**
 * How many programs there may be: what runs once, as for each viewer, does not take the room of what is to
 * keep running.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** Refusals with less time between them are one run of them, with one line in the log. */
const QUIET_MS = 60_000;

export interface Refusal {
  readonly reason: string;
  /** The log has it already, as others were refused just before for the same reason. */
  readonly isTold: boolean;
}

export interface ProgramRoomPorts {
  readonly clock: Pick<Clock, "monotonicMs">;
  /** How many may run at once, at present. */
  readonly countMax: () => number;
}

export class ProgramRoom {
  readonly #ports: ProgramRoomPorts;
  #lastingCount = 0;
  #onceCount = 0;
  #refusalCount = 0;
  /** On the monotonic clock. */
  #refusedMs = Number.NEGATIVE_INFINITY;

  constructor(ports: ProgramRoomPorts) {
    this.#ports = ports;
  }

  /** Those that are in. */
  get count(): number {
    return this.#lastingCount + this.#onceCount;
  }

  /** How many of what was to run once have been left out. */
  get refusalCount(): number {
    return this.#refusalCount;
  }

  /** Lets one in, unless it returns why not. Who is let in must leave. */
  enter(isLasting: boolean): Refusal | undefined {
    const countMax = this.#ports.countMax();
    const onceMax = Math.max(1, Math.floor(countMax / 2));
    if (this.count >= countMax) {
      return this.#refuse(isLasting, `${countMax} run already`);
    }
    if (!isLasting && this.#onceCount >= onceMax) {
      return this.#refuse(isLasting, `${onceMax} that run once do already`);
    }
    if (isLasting) this.#lastingCount += 1;
    else this.#onceCount += 1;
    return undefined;
  }

  leave(isLasting: boolean): void {
    if (isLasting) this.#lastingCount -= 1;
    else this.#onceCount -= 1;
  }

  #refuse(isLasting: boolean, why: string): Refusal {
    const reason = `Cannot start a program: ${why}`;
    if (isLasting) return { reason, isTold: false }; // It is tried again, ever more rarely.
    const nowMs = this.#ports.clock.monotonicMs();
    const isTold = nowMs - this.#refusedMs < QUIET_MS;
    this.#refusedMs = nowMs;
    this.#refusalCount += 1;
    return { reason, isTold };
  }
}
