/**
 * What signals do.
 *
 * @module
 */

import type { Logging } from "../app/logging.ts";
import { within } from "../base/clock.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** What can be stopped: a server of one process, or the supervisor of several. */
export interface StoppableServer {
  /** SIGTERM is to be taken as SIGQUIT. */
  readonly isTermGraceful: boolean;
  /** How long a graceful stop may wait, in milliseconds; 0: for as long as anybody stays. */
  readonly graceMs: number;
  stop(): Promise<void>;
  /** Waits until everybody has left. */
  stopGracefully(): Promise<void>;
  /** Ends its other processes by force. */
  kill?(): Promise<void>;
  /** Has its other processes open their logs anew. */
  reopenLogs?(): void;
}

/** Has the configuration read anew. */
export type Reload = (cause: string) => void;

/** What has come of the signals so far. */
export interface SignalState {
  /** One of them has begun to end the program. */
  readonly isStopping: boolean;
  /** Ends the program at once, as SIGTERM would. */
  stop(cause: string): void;
}

export interface SignalPorts {
  readonly runtime: Pick<Runtime, "host" | "clock">;
  readonly server: StoppableServer;
  readonly logging: Logging;
  readonly reload: Reload;
  /**
   * Told when an end begins; `graceMs` is 0 if it does not wait, or has no limit. The program ends when
   * that has been passed on, or has taken too long.
   */
  readonly stopping: (graceMs: number) => Promise<void>;
  /** Called when the log has been opened anew, before others open theirs. */
  readonly logOpened?: () => Promise<void>;
}

type Way = "gracefully" | "at once" | "by force";

/** How long the end may wait for those who are told of it. */
const TELL_MS = 1_000;

/**
 * TERM and INT stop at once, QUIT when everybody has left. Who has begun with QUIT, and will not wait
 * any more, goes on with TERM or INT; any other signal during a stop forces the end.
 */
export function handleSignals(ports: SignalPorts): SignalState {
  const { runtime, server, logging, reload } = ports;
  const { host } = runtime;
  const { logger } = logging;
  /** What ends the program; another signal may take that over. */
  let stopping: Way | undefined;
  const end = async (signal: string, way: Way): Promise<void> => {
    if (stopping !== undefined && !(stopping === "gracefully" && signal !== "SIGQUIT")) {
      logger.warn("stop forced", { signal });
      stopping = "by force";
      await server.kill?.();
      host.exit(1);
    }
    // A second TERM means that it is to be at once, also where the first one did not.
    const chosen = stopping === undefined ? way : "at once";
    stopping = chosen;
    logger.info("stopping", { signal });
    const graceMs = chosen === "gracefully" ? server.graceMs : 0;
    const told = ports.stopping(graceMs);
    const isWaiting = (): boolean => stopping === "gracefully";
    await (isWaiting() ? stopWithin(graceMs, ports, isWaiting) : server.stop());
    if (stopping !== chosen) return; // Another signal has taken it over.
    await within(runtime.clock, TELL_MS, told);
    logger.info("stopped");
    host.exit(0);
  };
  host.onSignal(
    "SIGTERM",
    () => void end("SIGTERM", server.isTermGraceful ? "gracefully" : "at once"),
  );
  host.onSignal("SIGINT", () => void end("SIGINT", "at once"));
  host.onSignal("SIGQUIT", () => void end("SIGQUIT", "gracefully"));
  const reopenLogs = async (): Promise<void> => {
    try {
      logging.reopen();
      logger.info("log opened");
      if (ports.logOpened !== undefined) await ports.logOpened();
    } catch (error) {
      logger.error("log not opened", { error });
    }
    server.reopenLogs?.();
  };
  host.onSignal("SIGUSR1", () => void reopenLogs());
  host.onSignal("SIGHUP", () => {
    if (stopping === undefined) reload("SIGHUP");
  });
  return {
    get isStopping(): boolean {
      return stopping !== undefined;
    },
    stop: (cause) => void end(cause, "at once"),
  };
}

/**
 * @param graceMs 0: for as long as it takes.
 * @param isWaiting Whether nothing else ends the server meanwhile.
 */
async function stopWithin(
  graceMs: number,
  { runtime, server, logging }: SignalPorts,
  isWaiting: () => boolean,
): Promise<void> {
  const stopped = server.stopGracefully();
  if (graceMs === 0) return stopped;
  const over = Promise.withResolvers<void>();
  const timer = runtime.clock.setTimer(graceMs, () => {
    if (!isWaiting()) return;
    logging.logger.warn("graceful stop cut short", { graceMs });
    over.resolve(server.stop());
  });
  await Promise.race([stopped, over.promise]);
  timer.cancel();
}
