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
import { NodeTcp, type TcpOptions } from "./node-compat/tcp.ts";
import { NodeUdp } from "./node-compat/udp.ts";
import type { Runtime } from "./runtime.ts";

export function createNodeRuntime(options: TcpOptions = {}): Runtime {
  return {
    name: "node",
    version: process.versions.node,
    clock: new SystemClock(),
    tcp: new NodeTcp(options),
    udp: new NodeUdp(),
    files: new NodeFiles(),
    processes: new NodeProcesses(),
    crypto: new NodeCrypto({ wrapsKeys: true }),
    host: new NodeHost(),
  };
}
