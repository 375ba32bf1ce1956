/**
 * A program that starts a thread: the module of that name as it is compiled into it.
 *
 * @module
 */

import { createRuntime } from "../../../src/runtime/detect.ts";

const { host, threads } = await createRuntime({
  threadModules: { probe: "/$bunfs/root/thread.js" },
});
const thread = threads.start("probe", {
  message: (message) => {
    host.print(`${String(message)}\n`);
    if (message === "first") thread.post({ name: "throw" });
  },
  fail: (error) => {
    host.print(`${error.message}\n`);
    host.exit(0);
  },
});
thread.post({ name: "echo", value: "first" });
