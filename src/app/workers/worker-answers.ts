/**
 * Answers that workers owe to what they have been asked.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Channel } from "./channel.ts";
import type { SupervisorMessage, WorkerMessage } from "./messages.ts";

/**
 * How long an answer may take: ports are opened and closed at once, and a worker that has hung is ended
 * before that.
 */
const ANSWER_MS_MAX = 20_000;

/** Who can be asked. */
export interface Asked {
  readonly worker: number;
  readonly channel: Pick<Channel<WorkerMessage>, "send">;
}

export interface WorkerAnswer {
  readonly state: "done" | "failed" | "gone";
  /** Why it has failed. */
  readonly problem: string;
}

const DONE: WorkerAnswer = { state: "done", problem: "" };
const GONE: WorkerAnswer = { state: "gone", problem: "" };

interface Awaited {
  readonly request: number;
  readonly resolve: (answer: WorkerAnswer) => void;
}

export class WorkerAnswers {
  readonly #clock: Pick<Clock, "setTimer">;
  /** By worker, who is asked one thing at a time. */
  readonly #awaited = new Map<number, Awaited>();
  #latest = 0;

  constructor(clock: Pick<Clock, "setTimer">) {
    this.#clock = clock;
  }

  /**
   * Asks workers, and waits until each has answered, or is gone, or has taken too long.
   *
   * @param messageOf The question; its number is to come back with the answer.
   * @param answered Called with each answer as it comes.
   */
  async ask<One extends Asked>(
    workers: readonly One[],
    messageOf: (request: number) => SupervisorMessage,
    answered: (worker: One, answer: WorkerAnswer) => void = () => undefined,
  ): Promise<void> {
    const asking = workers.map(async (asked) => {
      answered(asked, await this.#askOne(asked, messageOf));
    });
    await Promise.all(asking);
  }

  /** A worker has answered. @param problem What it could not do, `null` if it could. */
  take(worker: number, request: number, problem: string | null): void {
    const awaited = this.#awaited.get(worker);
    if (awaited?.request !== request) return;
    awaited.resolve(problem === null ? DONE : { state: "failed", problem });
  }

  /** A worker is gone. */
  remove(worker: number): void {
    this.#awaited.get(worker)?.resolve(GONE);
  }

  async #askOne(
    { worker, channel }: Asked,
    messageOf: (request: number) => SupervisorMessage,
  ): Promise<WorkerAnswer> {
    const { promise, resolve } = Promise.withResolvers<WorkerAnswer>();
    this.#latest += 1;
    const awaited = { request: this.#latest, resolve };
    this.#awaited.set(worker, awaited);
    const timer = this.#clock.setTimer(ANSWER_MS_MAX, () => {
      resolve({ state: "failed", problem: "no answer" });
    });
    channel.send(messageOf(awaited.request));
    const answer = await promise;
    timer.cancel();
    if (this.#awaited.get(worker) === awaited) this.#awaited.delete(worker);
    return answer;
  }
}
