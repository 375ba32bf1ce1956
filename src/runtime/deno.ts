/**
 * The runtime port on Deno.
 *
 * @module
 */

import { DenoUdp } from "./deno/udp.ts";
import { SystemClock } from "./node-compat/clock.ts";
import { NodeCrypto } from "./node-compat/crypto.ts";
import { NodeFiles } from "./node-compat/files.ts";
import { NodeHost } from "./node-compat/host.ts";
import { NodeProcesses } from "./node-compat/processes.ts";
import { NodeTcp, type TcpOptions } from "./node-compat/tcp.ts";
import { NodeUdp } from "./node-compat/udp.ts";
import type { Runtime, Udp } from "./runtime.ts";

export function createDenoRuntime(options: TcpOptions = {}): Runtime {
  return {
    name: "deno",
    version: Deno.version.deno,
    clock: new SystemClock(),
    tcp: new NodeTcp(options),
    udp: createUdp(),
    files: new NodeFiles(),
    processes: new NodeProcesses(),
    crypto: new NodeCrypto({ wrapsKeys: false }),
    host: new NodeHost(),
  };
}

/** Deno's own UDP is there with `--unstable-net` only; its node:dgram works, but very slowly. */
function createUdp(): Udp {
  return Deno.listenDatagram === undefined ? new NodeUdp() : new DenoUdp(Deno.listenDatagram);
}
