/**
 * The logger port on pino: lines for people on a terminal, JSON for machines.
 *
 * @module
 */

import { type Logger as PinoLogger, pino } from "pino";
import type { LogFields, Logger } from "../base/logger.ts";
import { prettyLine } from "./pretty-line.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

type LogFile = ReturnType<typeof pino.destination>;

export interface LoggingOptions {
  readonly level: LogLevel;
  readonly format: "pretty" | "json";
  /** Colour the levels. Pretty only. */
  readonly hasColour: boolean;
  /** Where to: a file's path, or what prints a text to the console. */
  readonly target: string | ((text: string) => void);
  /** Whether a file that has been opened may be written to. Absent: any. */
  readonly isTrusted?: (path: string, descriptor: number) => boolean;
}

export interface Logging {
  readonly logger: Logger;
  /** Opens the file anew, after it has been moved away. */
  reopen(): void;
}

/** @throws {Error} If the file cannot be opened. */
export function createLogging(options: LoggingOptions): Logging {
  const { target } = options;
  let file = typeof target === "string" ? openFile(target, options) : undefined;
  const print = typeof target === "string" ? (text: string) => void file?.write(text) : target;
  const write = options.format === "json" ? print : (line: string) => print(pretty(line));
  const pretty = (line: string): string => prettyLine(line, options.hasColour);
  const root = pino(
    {
      level: options.level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "event",
      errorKey: "error",
    },
    { write },
  );
  const reopen = (): void => {
    if (typeof target !== "string") return;
    const old = file;
    file = openFile(target, options);
    old?.end();
  };
  return { logger: new FieldLogger(root, {}), reopen };
}

/** @throws {Error} If it cannot be opened, or is not to be trusted. */
function openFile(path: string, { isTrusted }: LoggingOptions): LogFile {
  // Synchronous: no line is lost when the process ends, and pino's worker threads do not survive
  // compilation into one binary.
  const file = pino.destination({ dest: path, sync: true, append: true, mkdir: true });
  const descriptor = "fd" in file && typeof file.fd === "number" ? file.fd : -1;
  if (isTrusted === undefined || isTrusted(path, descriptor)) return file;
  file.end();
  throw new Error("a link leads there that root has not made");
}

/** Children share one pino logger, so that a session's logger is nothing but its fields. */
class FieldLogger implements Logger {
  readonly #pino: PinoLogger;
  readonly #fields: LogFields;

  constructor(root: PinoLogger, fields: LogFields) {
    this.#pino = root;
    this.#fields = fields;
  }

  debug(event: string, fields?: LogFields): void {
    if (this.#pino.isLevelEnabled("debug")) this.#pino.debug({ ...this.#fields, ...fields }, event);
  }

  info(event: string, fields?: LogFields): void {
    this.#pino.info({ ...this.#fields, ...fields }, event);
  }

  warn(event: string, fields?: LogFields): void {
    this.#pino.warn({ ...this.#fields, ...fields }, event);
  }

  error(event: string, fields?: LogFields): void {
    this.#pino.error({ ...this.#fields, ...fields }, event);
  }

  child(fields: LogFields): Logger {
    return new FieldLogger(this.#pino, { ...this.#fields, ...fields });
  }
}
