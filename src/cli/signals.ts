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
}

/** TERM and INT stop at once, QUIT when everybody has left; any of them again forces the end. */
export function handleSignals(
  { host }: Pick<Runtime, "host">,
  server: StoppableServer,
  logging: Logging,
  reload: Reload,
): SignalState {
  const { logger } = logging;
  let isStopping = false;
  let isForced = false;
  const end = async (signal: string, stop: () => Promise<void>): Promise<void> => {
    if (isStopping) {
      logger.warn("stop forced", { signal });
      isForced = true;
      await server.kill?.();
      host.exit(1);
    }
    isStopping = true;
    logger.info("stopping", { signal });
    await stop();
    if (isForced) return; // What was begun has come to its end by force.
    logger.info("stopped");
    host.exit(0);
  };
  const onTerm = (): Promise<void> =>
    server.isTermGraceful ? server.stopGracefully() : server.stop();
  host.onSignal("SIGTERM", () => void end("SIGTERM", onTerm));
  host.onSignal("SIGINT", () => void end("SIGINT", () => server.stop()));
  host.onSignal("SIGQUIT", () => void end("SIGQUIT", () => server.stopGracefully()));
  host.onSignal("SIGUSR1", () => {
    try {
      logging.reopen();
      logger.info("log opened");
    } catch (error) {
      logger.error("log not opened", { error });
    }
    server.reopenLogs?.();
  });
  host.onSignal("SIGHUP", () => {
    if (!isStopping) reload("SIGHUP");
  });
  return {
    get isStopping(): boolean {
      return isStopping;
    },
  };
}
