/**
 * A supervisor on a machine in memory, whose workers the test plays: they report to it over local
 * sockets as real ones do.
 *
 * @module
 */

import { InheritedSockets } from "../../src/app/process/inherited-sockets.ts";
import type { ReloadReport } from "../../src/app/reload/reloader.ts";
import { Supervisor } from "../../src/app/workers/supervisor.ts";
import { takeAssignment } from "../../src/app/workers/worker.ts";
import { type WorkerAssignment, WorkerLink } from "../../src/app/workers/worker-link.ts";
import { WorkerReload } from "../../src/app/workers/worker-reload.ts";
import type { Config } from "../../src/config/config.ts";
import type { MemoryChild } from "../../src/runtime/memory/memory-processes.ts";
import type { InheritedSocket } from "../../src/runtime/runtime.ts";
import { MemoryNetwork, settle } from "./memory-network.ts";
import { type ConfigValue, memoryConfig } from "./memory-server.ts";

const NEVER: ReloadReport = { id: "", state: 0, problem: undefined, changes: [] };

export const PID_FILE: string = "/run/sluice.pid";

export function assignmentOf(child: MemoryChild): WorkerAssignment | undefined {
  const { environment } = child.options;
  return takeAssignment(new MemoryNetwork({ environment }).runtime.host);
}

export class PlayedServer extends MemoryNetwork {
  readonly supervisor: Supervisor;
  readonly links: WorkerLink[] = [];
  readonly orders: string[] = [];
  /** What workers do to get ready for another configuration, and to take it on. */
  prepare: (worker: number, config: Config) => Promise<void> = () => Promise.resolve();
  commit: (worker: number) => Promise<void> = () => Promise.resolve();
  giveUp: (worker: number) => Promise<void> = () => Promise.resolve();
  /** Workers stop when they are told to. */
  isObedient = true;

  /** @param inherited Ports that are open already. */
  constructor(
    config: ConfigValue = {},
    sharing: "reusePort" | "handOver" = "reusePort",
    inherited: readonly InheritedSocket[] = [],
  ) {
    super({
      arguments: ["-c", "/etc/sluice.yaml"],
      environment: { PATH: "/usr/bin", SLUICE_HTTP_API_ENABLED: "on" },
    });
    this.supervisor = new Supervisor({
      config: memoryConfig({ pid: PID_FILE, ...config }),
      runtime: this.runtime,
      logger: this.logging.logger,
      workerCount: 2,
      sharing,
      inherited: new InheritedSockets(
        this.runtime.host,
        this.logging.logger,
        inherited.map((socket) => ({ ...socket, name: "" })),
      ),
      reloads: {
        reload: (cause) => Promise.resolve({ ...NEVER, id: cause }),
        latest: () => Promise.resolve(NEVER),
      },
    });
  }

  get children(): readonly MemoryChild[] {
    return this.runtime.processes.children;
  }

  child(index: number): MemoryChild {
    const child = this.children[index];
    if (child === undefined) throw new Error(`No child ${index} has been started`);
    return child;
  }

  /** Plays that child up to its report. */
  async report(child: MemoryChild): Promise<WorkerLink> {
    const { clock, tcp } = this.runtime;
    const assignment = assignmentOf(child);
    if (assignment === undefined) throw new Error("The child is no worker");
    const link = await WorkerLink.connect({ tcp, clock, pid: child.pid }, assignment);
    this.links.push(link);
    const { worker } = assignment;
    const reload = new WorkerReload(async (config) => {
      this.orders.push(`${worker} prepare`);
      await this.prepare(worker, config);
      return {
        commit: () => {
          this.orders.push(`${worker} commit`);
          return this.commit(worker);
        },
        giveUp: () => {
          this.orders.push(`${worker} give up`);
          return this.giveUp(worker);
        },
      };
    });
    link.follow({
      drain: () => this.orders.push(`${worker} drain`),
      stop: () => {
        this.orders.push(`${worker} stop`);
        if (!this.isObedient) return;
        void link.close(100);
        child.finish({ code: 0, signal: undefined });
      },
      reopenLog: () => this.orders.push(`${worker} reopen`),
      prepare: (config) => reload.prepare(config),
      commit: () => reload.commit(),
      giveUp: () => reload.giveUp(),
      lost: () => undefined,
      failed: () => undefined,
    });
    return link;
  }

  /** Starts it with workers that do what they are told. */
  async start(): Promise<void> {
    const starting = this.supervisor.start();
    await settle();
    for (const child of this.children) (await this.report(child)).tell({ type: "ready" });
    await starting;
  }

  async leftovers(): Promise<unknown> {
    await settle();
    const { files } = this.runtime;
    return {
      timers: this.timerCount,
      sockets: this.openSockets.length,
      folders: (await files.stat("/tmp")) === undefined ? [] : await files.list("/tmp"),
      hasPidFile: (await files.stat(PID_FILE)) !== undefined,
      running: this.children.filter(({ isRunning }) => isRunning).length,
    };
  }
}

/** What is left over when all is well. */
export const NOTHING: Record<string, unknown> = {
  timers: 0,
  sockets: 0,
  folders: [],
  hasPidFile: false,
  running: 0,
};
