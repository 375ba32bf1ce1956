/**
 * `sluice hash-password`: reads a password and prints what to write into the configuration.
 *
 * @module
 */

import { hashForUsers } from "../app/hash-password.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { UsageError } from "./arguments.ts";

/** Arguments can be seen by everybody on the machine, so it is read from here. */
const STANDARD_INPUT = "/dev/stdin";

export const HASH_PASSWORD_HELP = `Usage: sluice hash-password < FILE

Reads a password, the first line of standard input, and prints the text for users.NAME.password.
`;

export async function runHashPassword(
  typed: readonly string[],
  { host, files, crypto }: Runtime,
): Promise<void> {
  if (typed.length > 0) {
    host.print(HASH_PASSWORD_HELP);
    return;
  }
  if (host.isTerminal()) host.print("Password, then Enter and Ctrl-D: ", "stderr");
  const [line = ""] = (await files.readText(STANDARD_INPUT)).split(/\r?\n/, 1);
  const hash = await hashForUsers(line, crypto);
  if (hash === undefined) throw new UsageError("Cannot hash: expected a password of a line");
  host.print(`${hash}\n`);
}
