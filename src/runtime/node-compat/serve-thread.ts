/**
 * The inside of a thread that node:worker_threads has started. A thread module calls it, and does
 * nothing else.
 *
 * @module
 */

import { parentPort, type Transferable } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { toError } from "../../base/errors.ts";
import type { ThreadMain } from "../runtime.ts";

/** What goes from the thread to who has started it. */
export interface ThreadPosting {
  readonly message?: unknown;
  /** What ends it. Told by a message, as Deno prints errors that reach the end of a thread. */
  readonly failure?: Error;
}

export function serveThread(main: ThreadMain): void {
  const port = parentPort;
  assert(port !== null, "this is a thread");
  const post = (posting: ThreadPosting, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(posting, transfer as Transferable[]);
  let isOver = false;
  const fail = (thrown: unknown): void => {
    isOver = true;
    post({ failure: toError(thrown) });
  };
  try {
    const take = main((message, transfer) => post({ message }, transfer));
    let done: Promise<void> = Promise.resolve();
    port.on("message", (message) => {
      done = done.then(async () => {
        if (!isOver) await take(message);
      });
      done = done.catch(fail);
    });
  } catch (error) {
    fail(error);
  }
}
