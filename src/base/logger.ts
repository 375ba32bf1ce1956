/**
 * The logger port. A line is an event in the past tense plus fields, never an interpolated sentence.
 *
 * @module
 */

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger whose every line carries `fields` too, such as a session's `clientId`. */
  child(fields: LogFields): Logger;
}
