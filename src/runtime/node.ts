/**
 * The runtime port on Node.
 *
 * @module
 */

import process from "node:process";
import { SystemClock } from "./node-compat/clock.ts";
import { NodeCrypto } from "./node-compat/crypto.ts";
import { NodeFiles } from "./node-compat/files.ts";
import { NodeHost } from "./node-compat/host.ts";
import { NodeProcesses } from "./node-compat/processes.ts";
import { NodeTcp } from "./node-compat/tcp.ts";
import { NodeThreads } from "./node-compat/threads.ts";
import { NodeUdp } from "./node-compat/udp.ts";
import type { RuntimeOptions } from "./options.ts";
import type { Program, Runtime } from "./runtime.ts";

export function createNodeRuntime(options: RuntimeOptions = {}): Runtime {
  const clock = new SystemClock();
  return {
    name: "node",
    version: process.versions.node,
    clock,
    tcp: new NodeTcp(options, { canSharePort: canSharePort() }),
    udp: new NodeUdp(canSharePort()),
    files: new NodeFiles(),
    processes: new NodeProcesses(),
    threads: new NodeThreads(options.threadModules),
    crypto: new NodeCrypto({ wrapsKeys: true }),
    host: new NodeHost({
      ...{ program: ownProgram(options.isSingleExecutable), clock },
      hasMachineClock: true,
    }),
  };
}

/** `reusePort` came with 22.12 and 23.1; only Linux shares the connections out among the listeners. */
function canSharePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const hasOption = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return hasOption && process.platform === "linux";
}

/** Node is told again what it was told, `--disable-warning` and the like. */
function ownProgram(isSingleExecutable = false): Program {
  const args = isSingleExecutable ? [] : [...process.execArgv, process.argv[1] ?? ""];
  return { path: process.execPath, args };
}
