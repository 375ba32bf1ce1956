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

interface Awaited {
  readonly request: number;
  readonly resolve: (problem: string | null) => void;
}

/** Who can be asked. */
export interface Asked {
  readonly worker: number;
  readonly channel: Pick<Channel<WorkerMessage>, "send">;
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
   * Asks workers, and waits until each has answered, or is gone.
   *
   * @param messageOf The question; its number is to come back with the answer.
   * @returns What those could not do, by worker, who could not do as they were told.
   */
  async ask(
    workers: readonly Asked[],
    messageOf: (request: number) => SupervisorMessage,
  ): Promise<ReadonlyMap<number, string>> {
    const problems = new Map<number, string>();
    const asking = workers.map(async (asked) => {
      const problem = await this.#askOne(asked, messageOf);
      if (problem !== null) problems.set(asked.worker, problem);
    });
    await Promise.all(asking);
    return problems;
  }

  /** A worker has answered. */
  take(worker: number, request: number, problem: string | null): void {
    const awaited = this.#awaited.get(worker);
    if (awaited?.request === request) awaited.resolve(problem);
  }

  /** A worker is gone. */
  remove(worker: number): void {
    this.#awaited.get(worker)?.resolve(null);
  }

  async #askOne(
    { worker, channel }: Asked,
    messageOf: (request: number) => SupervisorMessage,
  ): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#latest += 1;
    const awaited = { request: this.#latest, resolve };
    this.#awaited.set(worker, awaited);
    const timer = this.#clock.setTimer(ANSWER_MS_MAX, () => resolve("no answer"));
    channel.send(messageOf(awaited.request));
    const problem = await promise;
    timer.cancel();
    if (this.#awaited.get(worker) === awaited) this.#awaited.delete(worker);
    return problem;
  }
}
