/**
 * Errors that cross folder borders. A caller chooses what to do by class, never by message.
 *
 * @module
 */

/** Bytes that break their specification: the peer's fault, so drop the peer and carry on. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
  /** Where the offending field starts, in bytes from the start of the decoder's input. */
  readonly offset: number;

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(message, options);
    this.offset = offset;
  }
}

/** What `read` gives; `undefined` if what it reads is malformed. */
export function unlessMalformed<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** Something legal at the wrong time: the peer's fault; tell it where the protocol can, and close. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** Why policy said no. The names go into logs, HTTP bodies and RTMP status objects. */
export type RefusalReason =
  | "stream_busy"
  | "vhost_disabled"
  | "bad_name"
  | "forbidden"
  | "unauthorized"
  | "too_many_attempts"
  | "too_many_connections"
  | "not_found"
  | "shutting_down"
  | "forward_loop"
  | "unavailable"
  | "kicked";

/** Policy said no (hook, token, limit, stream busy): answer in the protocol's way, and close. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The other end is gone. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
}

/** The other end took too long. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

/** A resource of this machine refused: port in use, file missing, no permission. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** The system's own name of the fault, such as `EADDRINUSE` or `ENOENT`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The operator's configuration cannot be used. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Every fault found, so that one run of `-t` shows them all. Never empty. */
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[], options?: ErrorOptions) {
    super(issues.map(formatConfigIssue).join("\n"), options);
    this.issues = issues;
  }
}

/** One fault in a configuration. */
export interface ConfigIssue {
  /** The file, the name of the environment variable, or `config` for a value of a program. */
  readonly source: string;
  /** Line in the file, from 1; `undefined` where there is no file. */
  readonly line: number | undefined;
  /** Column in the line, from 1, where it is known. */
  readonly column?: number;
  /** Dotted path of the setting, such as `vhosts.__defaultVhost__.play.gop_cache`. */
  readonly path: string;
  readonly message: string;
}

/** `FILE:LINE: PATH: MESSAGE`, or `FILE:LINE:COLUMN: PATH: MESSAGE`. */
export function formatConfigIssue(issue: ConfigIssue): string {
  const place = [issue.source, issue.line, issue.column].filter((part) => part !== undefined);
  return issue.path === ""
    ? `${place.join(":")}: ${issue.message}`
    : `${place.join(":")}: ${issue.path}: ${issue.message}`;
}

/** Makes an Error of what was thrown, which the language lets be anything. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
