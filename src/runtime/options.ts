/**
 * What an adapter may be told when it is made.
 *
 * @module
 */

import type { TcpOptions } from "./node-compat/tcp.ts";
import type { ThreadModules } from "./node-compat/threads.ts";

export interface RuntimeOptions extends TcpOptions {
  /** Default: none, and no thread can be started. */
  readonly threadModules?: ThreadModules;
  /** On Node: the executable holds the program, and starts it without being told where it is. */
  readonly isSingleExecutable?: boolean;
}
