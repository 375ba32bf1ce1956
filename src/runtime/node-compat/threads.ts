/**
 * Threads by node:worker_threads.
 *
 * @module
 */

import { type Transferable, Worker } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { toError } from "../../base/errors.ts";
import type { Thread, ThreadHandler, Threads } from "../runtime.ts";
import type { ThreadPosting } from "./serve-thread.ts";

/** The program's thread modules, by their names. */
export type ThreadModules = Readonly<Record<string, ThreadModule>>;

/** An absolute path; or the text of the module, which is CommonJS, where there is no file. */
export type ThreadModule = string | { readonly code: string };

export class NodeThreads implements Threads {
  readonly #modules: ThreadModules;

  constructor(modules: ThreadModules = {}) {
    this.#modules = modules;
  }

  start(name: string, handler: ThreadHandler): Thread {
    const module = this.#modules[name];
    assert(module !== undefined, `the program has a thread module "${name}"`);
    // A program in one file tells by it which of its threads it is.
    const options = { name, workerData: name };
    const worker =
      typeof module === "string"
        ? new Worker(module, options)
        : new Worker(module.code, { ...options, eval: true });
    return new NodeThread(worker, name, handler);
  }
}

class NodeThread implements Thread {
  readonly #worker: Worker;
  readonly #handler: ThreadHandler;
  readonly #exited: Promise<void>;
  #isOver = false;

  constructor(worker: Worker, name: string, handler: ThreadHandler) {
    this.#worker = worker;
    this.#handler = handler;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    worker.on("message", (posting: ThreadPosting) => this.#take(posting));
    worker.on("messageerror", (error) => this.#fail(toError(error)));
    worker.on("error", (error) => this.#fail(toError(error)));
    worker.on("exit", (code) => {
      this.#fail(new Error(`Thread "${name}" ended by itself: ${code}`));
      resolve();
    });
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    if (!this.#isOver) this.#worker.postMessage(message, transfer as Transferable[]);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#worker.terminate();
    await this.#exited;
  }

  #take(posting: ThreadPosting): void {
    if (this.#isOver) return;
    if (posting.failure === undefined) this.#handler.message(posting.message);
    else this.#fail(posting.failure);
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#worker.terminate();
    this.#handler.fail(error);
  }
}
