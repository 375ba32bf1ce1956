/**
 * What signals do.
 *
 * @module
 */

import type { Logging } from "../app/logging.ts";
import type { Sluice } from "../app/sluice.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** TERM and INT stop at once, QUIT when everybody has left; any of them again forces the end. */
export function handleSignals({ host }: Runtime, sluice: Sluice, logging: Logging): void {
  const { logger } = logging;
  let isStopping = false;
  const end = async (signal: string, stop: () => Promise<void>): Promise<void> => {
    if (isStopping) {
      logger.warn("stop forced", { signal });
      host.exit(1);
    }
    isStopping = true;
    logger.info("stopping", { signal });
    await stop();
    logger.info("stopped");
    host.exit(0);
  };
  const onTerm = sluice.isTermGraceful ? () => sluice.stopGracefully() : () => sluice.stop();
  host.onSignal("SIGTERM", () => void end("SIGTERM", onTerm));
  host.onSignal("SIGINT", () => void end("SIGINT", () => sluice.stop()));
  host.onSignal("SIGQUIT", () => void end("SIGQUIT", () => sluice.stopGracefully()));
  host.onSignal("SIGUSR1", () => {
    logging.reopen();
    logger.info("log opened");
  });
  host.onSignal("SIGHUP", () => {
    logger.warn("configuration not reloaded: restart to apply a change");
  });
}
