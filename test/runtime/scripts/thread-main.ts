/**
 * What the thread of test/runtime/threads.test.ts does: a command a message.
 *
 * @module
 */

import type { PostMessage } from "../../../src/runtime/runtime.ts";

export interface Command {
  readonly name: "echo" | "take" | "later" | "throw" | "reject" | "stray" | "spin";
  readonly value?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

export function threadMain(post: PostMessage): (message: unknown) => void | Promise<void> {
  return (message) => {
    const { name, value, bytes } = message as Command;
    switch (name) {
      case "echo":
        return post(value);
      case "take": {
        const reply = Uint8Array.from(bytes ?? [], (byte) => byte + 1);
        post({ reply }, [reply.buffer]);
        return post(reply.byteLength);
      }
      case "later":
        return postLater(post, value);
      case "throw":
        throw new Error("thrown inside");
      case "reject":
        return Promise.reject(new Error("rejected inside"));
      case "stray":
        queueMicrotask(() => {
          throw new Error("nobody catches this");
        });
        return undefined;
      case "spin":
        post("spinning");
        for (;;);
    }
  };
}

/** A message that comes meanwhile has to wait. */
async function postLater(post: PostMessage, value: unknown): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
  post(value);
}
