/**
 * Files that another process may take away at any time.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";

/** What has been done to a file; `undefined` if it is not there. @throws {SystemError} Any other fault. */
export async function ifThere<T>(task: Promise<T>): Promise<T | undefined> {
  try {
    return await task;
  } catch (error) {
    if (error instanceof SystemError && error.code === "ENOENT") return undefined;
    throw error;
  }
}
