/**
 * A worker: the server in a process of its own, under orders of the supervisor.
 *
 * @module
 */

import type { Assets } from "../../base/assets.ts";
import { ClosedError, toError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import type { Host, Runtime, UserIdentity } from "../../runtime/runtime.ts";
import type { Logging } from "../logging.ts";
import { takeSockets } from "../process/inherited-sockets.ts";
import { inheritPorts } from "../process/inheriting-ports.ts";
import { planUser } from "../process/run-as.ts";
import { Sluice } from "../sluice.ts";
import { workerName } from "./coordinator.ts";
import type { Membership } from "./membership.ts";
import { HandedOverPorts, SharedPorts } from "./ports.ts";
import { folderOf, removeDeadFolder, workerPath } from "./socket-folder.ts";
import { type WorkerAssignment, WorkerLink } from "./worker-link.ts";
import { WorkerReload } from "./worker-reload.ts";

/** The environment variables by which the supervisor tells a process that it is a worker. */
export const WORKER_VARIABLE = "SLUICE_WORKER";
export const WORKER_SOCKET_VARIABLE = "SLUICE_WORKER_SOCKET";
/** Numbers of the descriptors of ports that are open already, with blanks between them. */
export const WORKER_DESCRIPTORS_VARIABLE = "SLUICE_WORKER_DESCRIPTORS";

/** How long the last words to the supervisor may take. */
const FAREWELL_MS_MAX = 2_000;

const EXIT_FAILED = 255;
const EXIT_LOST = 1;

/**
 * Which worker this process is, `undefined` if none. The variables that say so are taken out of the
 * environment, as the programs that a worker starts are no workers.
 */
export function takeAssignment(host: Pick<Host, "takeVariable">): WorkerAssignment | undefined {
  const worker = host.takeVariable(WORKER_VARIABLE) ?? "";
  const socketPath = host.takeVariable(WORKER_SOCKET_VARIABLE) ?? "";
  const descriptors = (host.takeVariable(WORKER_DESCRIPTORS_VARIABLE) ?? "").match(/\d+/g) ?? [];
  if (!/^\d{1,3}$/.test(worker) || socketPath === "") return undefined;
  return { worker: Number(worker), socketPath, descriptors: descriptors.map(Number) };
}

export interface WorkerOptions {
  readonly runtime: Runtime;
  readonly assets: Assets;
  readonly assignment: WorkerAssignment;
  readonly openLog: (config: Config) => Logging;
}

/** Runs until the supervisor ends it, or is gone. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { runtime, assignment } = options;
  const { tcp, clock, host } = runtime;
  let link: WorkerLink;
  try {
    link = await WorkerLink.connect({ tcp, clock, pid: host.pid }, assignment);
  } catch (error) {
    const isGone = await removeDeadFolder(runtime, assignment.socketPath);
    // The server stops, most likely, while this worker was about to be started: nothing to tell.
    const isExpected = isGone || error instanceof ClosedError;
    if (!isExpected) host.print(`${toError(error).message}\n`, "stderr");
    return host.exit(EXIT_LOST);
  }
  const logging = options.openLog(link.config);
  const logger = logging.logger.child({ worker: link.worker });
  const inherited = await takeSockets(host, logger, assignment.descriptors);
  await inherited.closeUnknown(link.config);
  const inheriting = inheritPorts(runtime, inherited, logger);
  const user = await planUser(link.config, runtime);
  await new Worker({ ...options, runtime: inheriting }, link, logging, user).start();
}

class Worker {
  readonly #options: WorkerOptions;
  readonly #link: WorkerLink;
  readonly #logging: Logging;
  readonly #sluice: Sluice;
  #started: Promise<unknown> = Promise.resolve();
  #isEnding = false;

  constructor(
    options: WorkerOptions,
    link: WorkerLink,
    logging: Logging,
    user: UserIdentity | undefined,
  ) {
    const { runtime, assets, assignment } = options;
    const { config } = link;
    this.#options = options;
    this.#link = link;
    this.#logging = logging;
    const logger = logging.logger.child({ worker: link.worker });
    runtime.host.onUncaught((error) => logger.error("error was not caught", { error }));
    const membership = createMembership(link, runtime, assignment);
    this.#sluice = new Sluice({ config, runtime, logger, assets, membership, user });
  }

  async start(): Promise<void> {
    const { host } = this.#options.runtime;
    const logger = this.#logging.logger.child({ worker: this.#link.worker });
    this.#obey();
    try {
      const starting = this.#sluice.start();
      this.#started = starting.catch(() => undefined);
      await starting;
      this.#link.tell({ type: "ready" });
    } catch (error) {
      logger.warn("worker not started", { reason: toError(error).message });
      this.#link.tell({ type: "failed", message: toError(error).message });
      await this.#end();
      host.exit(EXIT_FAILED);
    }
  }

  /** The supervisor decides; signals that a terminal or a service manager sends to all are its own. */
  #obey(): void {
    const { runtime, assignment } = this.#options;
    const { host } = runtime;
    const logger = this.#logging.logger.child({ worker: this.#link.worker });
    const reopen = (): void => this.#reopenLog();
    const reload = new WorkerReload(async (config) => {
      await this.#started;
      return this.#sluice.prepare(config);
    });
    const stop = (code: number): void => void this.#end().then(() => host.exit(code));
    this.#link.follow({
      drain: () => void this.#drain(),
      stop: () => stop(0),
      reopenLog: reopen,
      prepare: (config) => reload.prepare(config),
      commit: () => reload.commit(),
      giveUp: () => reload.giveUp(),
      lost: () => {
        if (this.#isEnding) return;
        logger.warn("supervisor lost");
        // It may be there all the same, if only this conversation broke.
        const supervisorPid = Number(this.#link.identity.pid);
        const removing = removeDeadFolder(runtime, assignment.socketPath, supervisorPid);
        void removing.then(() => stop(EXIT_LOST));
      },
      failed: (error) => logger.error("message to worker failed", { error }),
    });
    host.onSignal("SIGTERM", () => {
      if (!this.#sluice.isTermGraceful) stop(0);
    });
    for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP"] as const) {
      host.onSignal(signal, () => undefined);
    }
    host.onSignal("SIGUSR1", reopen);
  }

  #reopenLog(): void {
    try {
      this.#logging.reopen();
    } catch (error) {
      this.#logging.logger.error("log not opened", { worker: this.#link.worker, error });
    }
  }

  async #drain(): Promise<void> {
    await this.#started; // What it is about to open is to be closed.
    await this.#sluice.drain();
    this.#link.tell({ type: "drained" });
  }

  async #end(): Promise<void> {
    if (this.#isEnding) return new Promise(() => undefined); // Whoever was first ends the process.
    this.#isEnding = true;
    await this.#sluice.stop();
    this.#link.tell({ type: "totals", totals: this.#sluice.totals });
    await this.#link.close(FAREWELL_MS_MAX);
  }
}

function createMembership(
  link: WorkerLink,
  { tcp, host }: Runtime,
  assignment: WorkerAssignment,
): Membership {
  const peerPath = workerPath(folderOf(assignment.socketPath), link.worker, host.pid);
  return {
    worker: link.worker,
    workerCount: link.workerCount,
    name: workerName(link.worker),
    identity: link.identity,
    claims: link,
    directory: link.directory,
    ports: link.sharing === "handOver" ? new HandedOverPorts(tcp, host) : new SharedPorts(tcp),
    peerPath,
    listening: () => link.tell({ type: "listening", path: peerPath }),
    tellTotals: (totals) => link.tell({ type: "totals", totals }),
    tellEvent: (event) => link.tellEvent(event),
    join: (connections) => link.counts.join(connections),
  };
}
