/**
 * The runtime port on Bun.
 *
 * @module
 */

import { BunTcp } from "./bun/tcp.ts";
import { BunUdp } from "./bun/udp.ts";
import { SystemClock } from "./node-compat/clock.ts";
import { NodeCrypto } from "./node-compat/crypto.ts";
import { NodeFiles } from "./node-compat/files.ts";
import { NodeHost } from "./node-compat/host.ts";
import { NodeProcesses } from "./node-compat/processes.ts";
import type { TcpOptions } from "./node-compat/tcp.ts";
import type { Runtime } from "./runtime.ts";

export function createBunRuntime(options: TcpOptions = {}): Runtime {
  return {
    name: "bun",
    version: Bun.version,
    clock: new SystemClock(),
    tcp: new BunTcp(options),
    udp: new BunUdp(),
    files: new NodeFiles(),
    processes: new NodeProcesses(),
    crypto: new NodeCrypto({ wrapsKeys: false }),
    host: new NodeHost(),
  };
}
