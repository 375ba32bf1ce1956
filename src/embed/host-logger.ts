/**
 * The logger port on what the program around the server logs by.
 *
 * @module
 */

import type { LogFields, Logger } from "../base/logger.ts";
import type { ServerLogger } from "./server-options.ts";

type Level = "debug" | "info" | "warn" | "error";

/** @param target Absent: nobody is told. */
export function createHostLogger(target: ServerLogger | undefined): Logger {
  return new HostLogger(target, {});
}

class HostLogger implements Logger {
  readonly #target: ServerLogger | undefined;
  readonly #fields: LogFields;

  constructor(target: ServerLogger | undefined, fields: LogFields) {
    this.#target = target;
    this.#fields = fields;
  }

  debug(event: string, fields?: LogFields): void {
    this.#log("debug", event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#log("info", event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#log("warn", event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#log("error", event, fields);
  }

  child(fields: LogFields): Logger {
    return new HostLogger(this.#target, { ...this.#fields, ...fields });
  }

  #log(level: Level, event: string, fields: LogFields | undefined): void {
    if (this.#target === undefined) return;
    try {
      this.#target[level](event, { ...this.#fields, ...fields });
    } catch {
      // There is nowhere to say that the log is broken, and no session is to end by it.
    }
  }
}

/** What of a logger of pino is used, and of others that take the fields first. */
export interface PinoLike {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

/** A logger for `createServer` of one of pino's, which takes the fields before the text. */
export function fromPino(pino: PinoLike): ServerLogger {
  return {
    debug: (event, fields) => pino.debug(fields, event),
    info: (event, fields) => pino.info(fields, event),
    warn: (event, fields) => pino.warn(fields, event),
    error: (event, fields) => pino.error(fields, event),
  };
}
