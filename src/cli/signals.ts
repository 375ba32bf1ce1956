/**
 * What signals do.
 *
 * @module
 */

import type { Logging } from "../app/logging.ts";
import type { Sluice } from "../app/sluice.ts";
import type { Supervisor } from "../app/workers/supervisor.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** TERM and INT stop at once, QUIT when everybody has left; any of them again forces the end. */
export function handleSignals(
  { host }: Runtime,
  server: Sluice | Supervisor,
  logging: Logging,
): void {
  const { logger } = logging;
  let isStopping = false;
  let isForced = false;
  const end = async (signal: string, stop: () => Promise<void>): Promise<void> => {
    if (isStopping) {
      logger.warn("stop forced", { signal });
      isForced = true;
      if ("kill" in server) await server.kill();
      host.exit(1);
    }
    isStopping = true;
    logger.info("stopping", { signal });
    await stop();
    if (isForced) return; // What was begun has come to its end by force.
    logger.info("stopped");
    host.exit(0);
  };
  const onTerm = server.isTermGraceful ? () => server.stopGracefully() : () => server.stop();
  host.onSignal("SIGTERM", () => void end("SIGTERM", onTerm));
  host.onSignal("SIGINT", () => void end("SIGINT", () => server.stop()));
  host.onSignal("SIGQUIT", () => void end("SIGQUIT", () => server.stopGracefully()));
  host.onSignal("SIGUSR1", () => {
    logging.reopen();
    if ("reopenLogs" in server) server.reopenLogs();
    logger.info("log opened");
  });
  host.onSignal("SIGHUP", () => {
    logger.warn("configuration not reloaded: restart to apply a change");
  });
}
