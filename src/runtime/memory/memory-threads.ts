/**
 * Threads that run in the test's own, a message each microtask or so.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { toError } from "../../base/errors.ts";
import type { Thread, ThreadHandler, ThreadMain, Threads } from "../runtime.ts";

export class MemoryThreads implements Threads {
  /** Thread modules by their names. */
  readonly mains: Map<string, ThreadMain> = new Map();
  /** Every thread started, in order. */
  readonly threads: MemoryThread[] = [];

  get runningCount(): number {
    return this.threads.filter((thread) => thread.isRunning).length;
  }

  start(name: string, handler: ThreadHandler): MemoryThread {
    const main = this.mains.get(name);
    assert(main !== undefined, `the test has a thread module "${name}"`);
    const thread = new MemoryThread(main, handler);
    this.threads.push(thread);
    return thread;
  }
}

export class MemoryThread implements Thread {
  isRunning = true;
  readonly #handler: ThreadHandler;
  #take: ((message: unknown) => void | Promise<void>) | undefined;
  /** Everything before it has been done. */
  #done: Promise<void>;
  #release: (() => void) | undefined;

  constructor(main: ThreadMain, handler: ThreadHandler) {
    this.#handler = handler;
    this.#done = this.#attempt(() => {
      this.#take = main((message, transfer = []) => {
        const copy = structuredClone(message, { transfer: [...transfer] });
        queueMicrotask(() => {
          if (this.isRunning) handler.message(copy);
        });
      });
    });
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    if (!this.isRunning) return;
    const copy = structuredClone(message, { transfer: [...transfer] });
    this.#done = this.#done.then(() => this.#attempt(() => this.#take?.(copy)));
  }

  async end(): Promise<void> {
    this.isRunning = false;
  }

  /** Plays the thread dying. */
  fail(error: Error): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.#handler.fail(error);
  }

  /** Plays the thread standing still, until `resume`. */
  pause(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#release = resolve;
    this.#done = this.#done.then(() => promise);
  }

  resume(): void {
    this.#release?.();
  }

  /** Resolves when all that has been posted to it has been done. */
  async settle(): Promise<void> {
    for (let done: Promise<void> | undefined; done !== this.#done; ) {
      done = this.#done;
      await done;
    }
    await Promise.resolve();
  }

  async #attempt(action: () => void | Promise<void>): Promise<void> {
    try {
      if (this.isRunning) await action();
    } catch (error) {
      this.fail(toError(error));
    }
  }
}
