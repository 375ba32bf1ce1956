/**
 * Faults of the operating system as the port's errors.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";

/** What the usual codes mean, in words for an operator. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "no such address on this machine",
  EEXIST: "exists already",
  EISDIR: "is a folder",
  EMFILE: "too many open files",
  ENOENT: "no such file or folder",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "not a folder",
  ENOTEMPTY: "folder not empty",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
  EXDEV: "on another file system",
};

/** The system's own name of a fault, such as `ENOENT`, if `error` has one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** @param action What could not be done, such as `read "/etc/sluice.yaml"`. */
export function toSystemError(error: unknown, action: string): SystemError {
  const code = errorCode(error) ?? "UNKNOWN";
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new SystemError(code, `Cannot ${action}: ${reason}`, { cause: error });
}

/** An error as an `Error`, whatever was thrown. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
