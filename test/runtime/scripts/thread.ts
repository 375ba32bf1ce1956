/**
 * The thread module of test/runtime/threads.test.ts.
 *
 * @module
 */

import { serveThread } from "../../../src/runtime/node-compat/serve-thread.ts";
import { threadMain } from "./thread-main.ts";

serveThread(threadMain);
