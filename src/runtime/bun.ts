/**
 * The runtime port on Bun.
 *
 * @module
 */

import process from "node:process";
import { loadSystemCalls } from "./bun/libc.ts";
import { BunTcp } from "./bun/tcp.ts";
import { BunUdp } from "./bun/udp.ts";
import { SystemClock } from "./node-compat/clock.ts";
import { NodeCrypto } from "./node-compat/crypto.ts";
import { NodeFiles } from "./node-compat/files.ts";
import { NodeHost } from "./node-compat/host.ts";
import { NodeProcesses } from "./node-compat/processes.ts";
import { NodeThreads } from "./node-compat/threads.ts";
import type { RuntimeOptions } from "./options.ts";
import type { Program, Runtime } from "./runtime.ts";

export function createBunRuntime(options: RuntimeOptions = {}): Runtime {
  const clock = new SystemClock();
  return {
    name: "bun",
    version: Bun.version,
    clock,
    tcp: new BunTcp(options),
    udp: new BunUdp(),
    files: new NodeFiles(),
    processes: new NodeProcesses(),
    threads: new NodeThreads(options.threadModules),
    crypto: new NodeCrypto({ wrapsKeys: false }),
    host: new NodeHost({ program: ownProgram(), clock, loadSystemCalls }),
  };
}

/**
 * A program compiled with Bun holds its main module inside; from source Bun is told again what it was
 * told, `--no-env-file` and the like.
 */
function ownProgram(): Program {
  const isCompiled = Bun.main.startsWith("/$bunfs/");
  const args = isCompiled ? [] : [...process.execArgv, Bun.main];
  return { path: process.execPath, args };
}
