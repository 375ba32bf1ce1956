/**
 * A runtime that exists in memory only, for tests: nothing listens, nothing is written, no time
 * passes, and what happened can be read off its fields.
 *
 * @module
 */

import { ManualClock } from "../memory.ts";
import type { Runtime } from "../runtime.ts";
import { MemoryCrypto } from "./memory-crypto.ts";
import { MemoryFiles } from "./memory-files.ts";
import { MemoryHost, type MemoryHostOptions } from "./memory-host.ts";
import { MemoryProcesses } from "./memory-processes.ts";
import { MemoryTcp } from "./memory-tcp.ts";
import { MemoryThreads } from "./memory-threads.ts";
import { MemoryUdp } from "./memory-udp.ts";

export class MemoryRuntime implements Runtime {
  readonly name = "memory";
  readonly version = "1.0.0";
  readonly clock: ManualClock = new ManualClock();
  readonly tcp: MemoryTcp = new MemoryTcp();
  readonly udp: MemoryUdp = new MemoryUdp();
  readonly files: MemoryFiles = new MemoryFiles(this.clock);
  readonly processes: MemoryProcesses = new MemoryProcesses();
  readonly threads: MemoryThreads = new MemoryThreads();
  readonly crypto: MemoryCrypto = new MemoryCrypto();
  readonly host: MemoryHost;

  constructor(options: MemoryHostOptions = {}) {
    this.host = new MemoryHost({ clock: this.clock, ...options });
  }
}
