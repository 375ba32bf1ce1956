/**
 * The runtime port on Deno.
 *
 * @module
 */

import process from "node:process";
import { loadSystemCalls, loadTuner } from "./deno/libc.ts";
import { DenoUdp } from "./deno/udp.ts";
import { SystemClock } from "./node-compat/clock.ts";
import { NodeCrypto } from "./node-compat/crypto.ts";
import { NodeFiles } from "./node-compat/files.ts";
import { NodeHost } from "./node-compat/host.ts";
import { NodeProcesses } from "./node-compat/processes.ts";
import { NodeTcp } from "./node-compat/tcp.ts";
import { NodeThreads } from "./node-compat/threads.ts";
import { NodeUdp } from "./node-compat/udp.ts";
import type { RuntimeOptions } from "./options.ts";
import type { Program, Runtime, Udp } from "./runtime.ts";

export function createDenoRuntime(options: RuntimeOptions = {}): Runtime {
  const clock = new SystemClock();
  return {
    name: "deno",
    version: Deno.version.deno,
    clock,
    tcp: new NodeTcp(options, { canSharePort: process.platform === "linux", loadTuner }),
    udp: createUdp(),
    files: new NodeFiles(),
    processes: new NodeProcesses({ shareDescriptors }),
    threads: new NodeThreads(options.threadModules),
    crypto: new NodeCrypto({ wrapsKeys: false }),
    host: new NodeHost({ program: ownProgram(), clock, loadSystemCalls }),
  };
}

/** Deno's own UDP is there with `--unstable-net` only; its node:dgram works, but very slowly. */
function createUdp(): Udp {
  const { listenDatagram } = Deno;
  if (listenDatagram === undefined) return new NodeUdp(false);
  return new DenoUdp(listenDatagram, process.platform === "linux");
}

/** Deno's children have what is not kept from them. */
async function shareDescriptors(
  descriptors: readonly number[],
): Promise<(isShared: boolean) => void> {
  const calls = await loadSystemCalls();
  return (isShared) => {
    for (const descriptor of descriptors) calls.share(descriptor, isShared);
  };
}

/** Deno does not tell how it was started: these are the flags that Sluice needs. */
function ownProgram(): Program {
  const flags = ["--quiet", "--allow-all", "--unstable-net", "--node-modules-dir=manual"];
  return { path: process.execPath, args: ["run", ...flags, process.argv[1] ?? ""] };
}
