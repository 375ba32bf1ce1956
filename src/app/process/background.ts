/**
 * A server in the background: a process of its own, which tells the one that started it when all ports
 * are open, or why they are not, so that a shell or a script knows.
 *
 * @module
 */

import { sleep } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import type { Runtime, TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import { isInContainer } from "./container.ts";

/** Tells the server where to report. */
const REPORT_VARIABLE = "SLUICE_BACKGROUND_SOCKET";
const FOLDER_PREFIX = "sluice-background-";
const CONNECT_MS_MAX = 5_000;
/** A report of thousands of characters is a mistake. */
const REPORT_SIZE_MAX = 65_536;
/** The report of a server that serves; any other says what is wrong. */
const READY = "ready";
/** The last words of a process may be heard after its end. */
const LAST_WORDS_MS = 250;

/** How the start went: nothing, or what went wrong. */
type Problem = string | undefined;

// In the process that was started ------------------------------------------------------------------

/**
 * Why the server is to stay where it is, although `daemon` is on; `undefined`: it may go.
 *
 * @param isForeground The command line says so.
 */
export async function reasonToStay(
  { disableDaemonForDocker }: Pick<Config, "disableDaemonForDocker">,
  { host, files }: Pick<Runtime, "host" | "files">,
  isForeground: boolean,
): Promise<string | undefined> {
  if (isForeground) return "the command line says so";
  if (host.environment["NOTIFY_SOCKET"]) return "a service manager waits for this process";
  if (host.environment["LISTEN_PID"] === String(host.pid)) return "this process was given sockets";
  if (host.pid === 1) return "this is the first process of a container";
  const isKept = disableDaemonForDocker && (await isInContainer(files));
  return isKept ? "this is a container, and disable_daemon_for_docker is on" : undefined;
}

/**
 * Starts this program again, in the background, and waits until it serves.
 *
 * @returns Its process.
 * @throws {SystemError} If it cannot start; it has ended then.
 */
export async function startInBackground(runtime: Runtime): Promise<number> {
  const { host, files, tcp, processes, clock } = runtime;
  const folder = await files.makePrivateFolder(FOLDER_PREFIX);
  const path = `${folder}/report`;
  const report = Promise.withResolvers<Problem>();
  const listener = await tcp.listenLocal(path, (socket) => {
    socket.handler = new ReportReader((problem) => report.resolve(problem));
  });
  try {
    const { path: program, args } = host.program;
    const child = await processes.spawn(program, [...args, ...host.arguments], {
      environment: { ...host.environment, [REPORT_VARIABLE]: path },
      isDaemon: true,
    });
    // Whoever gives up waiting does not want the server.
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      host.onSignal(signal, () => child.kill(signal));
    }
    void child.exited.then(async ({ code, signal }) => {
      await sleep(clock, LAST_WORDS_MS);
      const how = code === undefined ? `by ${signal}` : `with exit status ${code}`;
      report.resolve(`Cannot start in the background: the server ended ${how}, see its log`);
    });
    const problem = await report.promise;
    if (problem !== undefined) throw new SystemError("EDAEMON", problem);
    return child.pid;
  } finally {
    await listener.close();
    await files.removeAll(folder);
  }
}

/** Reads what the server has to say, which ends with the connection. */
class ReportReader implements TcpHandler {
  readonly #done: (problem: Problem) => void;
  readonly #decoder = new TextDecoder();
  #text = "";

  /** @param done Called if it has said how the start went, and not if it just ends. */
  constructor(done: (problem: Problem) => void) {
    this.#done = done;
  }

  data(bytes: Uint8Array): void {
    if (this.#text.length < REPORT_SIZE_MAX) {
      this.#text += this.#decoder.decode(bytes, { stream: true });
    }
  }

  drain(): void {
    // Nothing is sent.
  }

  close(): void {
    if (this.#text === READY) this.#done(undefined);
    else if (this.#text !== "") this.#done(this.#text);
  }
}

// In the background --------------------------------------------------------------------------------

/** Reports to who has started the server in the background; does nothing if nobody has. */
export class StartReport {
  /** Whether this is the server in the background. */
  readonly isAwaited: boolean;
  readonly #closed = Promise.withResolvers<void>();
  /** Absent: nobody waits for it, or not any more. */
  #socket: TcpSocket | undefined;

  private constructor(isAwaited: boolean) {
    this.isAwaited = isAwaited;
  }

  /**
   * Connects at once, as another user could not any more. Takes the variable that says where out of the
   * environment.
   */
  static async open({ tcp, host }: Pick<Runtime, "tcp" | "host">): Promise<StartReport> {
    const path = host.takeVariable(REPORT_VARIABLE);
    const report = new StartReport(path !== undefined);
    if (path === undefined) return report;
    const handler: TcpHandler = {
      data: () => undefined,
      drain: () => undefined,
      close: () => report.#closed.resolve(),
    };
    try {
      report.#socket = await tcp.connectLocal(path, CONNECT_MS_MAX, handler);
    } catch {
      // It was ended meanwhile, and the server serves all the same.
    }
    return report;
  }

  /** Once: how the start went. */
  async tell(problem: Problem): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.write(new TextEncoder().encode((problem ?? READY).slice(0, REPORT_SIZE_MAX)));
    socket.end();
    await this.#closed.promise;
  }
}
