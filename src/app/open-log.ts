/**
 * The log as the configuration wants it.
 *
 * @module
 */

import { SystemError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { createLogging, type Logging } from "./logging.ts";

/** @throws {SystemError} `ELOG` if the log file cannot be opened. */
export function openLog(config: Config, runtime: Runtime): Logging {
  const { host, files } = runtime;
  const isPretty = usesPrettyLog(config, runtime);
  const isFile = config.srsLogTank === "file";
  try {
    return createLogging({
      level: config.log.level,
      format: isPretty ? "pretty" : "json",
      hasColour: isPretty && !isFile && host.isTerminal(),
      target: isFile ? config.srsLogFile : (text) => host.print(text),
      // The folder may be of the user that is to be acted for, who could lead root to any file.
      isTrusted: (path, descriptor) =>
        config.user === "" || host.userId() !== 0 || files.isFileAt(path, descriptor),
    });
  } catch (error) {
    throw toLogFault(config.srsLogFile, error);
  }
}

function toLogFault(path: string, cause: unknown): SystemError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SystemError("ELOG", `Cannot open log file "${path}": ${reason}`, { cause });
}

/** By default lines are for people on a terminal, for machines elsewhere. */
export function usesPrettyLog(config: Config, { host }: Runtime): boolean {
  const { format } = config.log;
  return format === "pretty" || (format === "auto" && host.isTerminal());
}
