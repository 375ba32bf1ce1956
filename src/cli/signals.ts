/**
 * What signals do.
 *
 * @module
 */

import type { Logging } from "../app/logging.ts";
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
  /** Told when an end begins; `graceMs` is 0 if it does not wait, or has no limit. */
  readonly stopping: (graceMs: number) => void;
  /** Called when the log has been opened anew, before others open theirs. */
  readonly logOpened?: () => Promise<void>;
}

/** TERM and INT stop at once, QUIT when everybody has left; any of them again forces the end. */
export function handleSignals(ports: SignalPorts): SignalState {
  const { runtime, server, logging, reload, stopping } = ports;
  const { host } = runtime;
  const { logger } = logging;
  let isStopping = false;
  let isForced = false;
  const end = async (signal: string, isGraceful: boolean): Promise<void> => {
    if (isStopping) {
      logger.warn("stop forced", { signal });
      isForced = true;
      await server.kill?.();
      host.exit(1);
    }
    isStopping = true;
    logger.info("stopping", { signal });
    const graceMs = isGraceful ? server.graceMs : 0;
    stopping(graceMs);
    await (isGraceful ? stopWithin(graceMs, ports) : server.stop());
    if (isForced) return; // What was begun has come to its end by force.
    logger.info("stopped");
    host.exit(0);
  };
  host.onSignal("SIGTERM", () => void end("SIGTERM", server.isTermGraceful));
  host.onSignal("SIGINT", () => void end("SIGINT", false));
  host.onSignal("SIGQUIT", () => void end("SIGQUIT", true));
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
    if (!isStopping) reload("SIGHUP");
  });
  return {
    get isStopping(): boolean {
      return isStopping;
    },
    stop: (cause) => void end(cause, false),
  };
}

/** @param graceMs 0: for as long as it takes. */
async function stopWithin(
  graceMs: number,
  { runtime, server, logging }: SignalPorts,
): Promise<void> {
  const stopped = server.stopGracefully();
  if (graceMs === 0) return stopped;
  const over = Promise.withResolvers<void>();
  const timer = runtime.clock.setTimer(graceMs, () => {
    logging.logger.warn("graceful stop cut short", { graceMs });
    over.resolve(server.stop());
  });
  await Promise.race([stopped, over.promise]);
  timer.cancel();
}
