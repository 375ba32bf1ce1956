/**
 * `sluice sign-url`: prints a signed URL.
 *
 * @module
 */

import { type SignUrlOptions, signUrl } from "../app/sign-url.ts";
import { isIpv4, isIpv6 } from "../base/ip-address.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { UsageError } from "./arguments.ts";

/** Where the secret is, as arguments can be seen by everybody on the machine. */
const SECRET_VARIABLE = "SLUICE_SIGN_SECRET";
const SECONDS_DEFAULT = 3_600;
const NAMES = ["--action", "--seconds", "--address", "--vhost"];

export const SIGN_URL_HELP: string = `Usage: ${SECRET_VARIABLE}=... sluice sign-url [options] URL

Prints URL with a signature: whoever has it may publish or play that stream until it expires, where
vhost.token.sign_secrets has the secret.

Options:
  --action ACTION     play (default) or publish.
  --seconds N         Good for so long; default ${SECONDS_DEFAULT}.
  --address ADDRESS   Good for a client at this address alone.
  --vhost NAME        The vhost that serves the stream; default that of the query, else the default one.
`;

export function runSignUrl(typed: readonly string[], { host, crypto, clock }: Runtime): void {
  if (typed.length === 0 || typed.includes("-h") || typed.includes("--help")) {
    host.print(SIGN_URL_HELP);
    return;
  }
  const secret = host.environment[SECRET_VARIABLE] ?? "";
  if (secret === "") throw new UsageError(`Cannot sign: ${SECRET_VARIABLE} is not set`);
  const nowSeconds = Math.floor(clock.wallMs() / 1_000);
  const signed = signUrl({ ...parseSignUrl(typed, nowSeconds), secret }, crypto);
  if (signed === undefined) throw new UsageError("Cannot sign: expected a URL with app and stream");
  host.print(`${signed}\n`);
}

/** @throws {UsageError} */
export function parseSignUrl(
  typed: readonly string[],
  nowSeconds: number,
): Omit<SignUrlOptions, "secret"> {
  const given = new Map<string, string>();
  const urls: string[] = [];
  for (let i = 0; i < typed.length; i++) {
    const word = typed[i] ?? "";
    if (!word.startsWith("-")) {
      urls.push(word);
      continue;
    }
    if (!NAMES.includes(word)) throw new UsageError(`Cannot understand option "${word}"`);
    i += 1;
    const value = typed[i];
    if (value === undefined) throw new UsageError(`Cannot use option ${word}: it needs a value`);
    given.set(word, value);
  }
  const [url] = urls;
  if (url === undefined || urls.length > 1) throw new UsageError("Cannot sign: expected one URL");
  const action = given.get("--action") ?? "play";
  if (action !== "play" && action !== "publish") {
    throw new UsageError("Cannot use option --action: expected play or publish");
  }
  const seconds = given.get("--seconds") ?? String(SECONDS_DEFAULT);
  if (!/^[1-9]\d{0,8}$/.test(seconds)) {
    throw new UsageError("Cannot use option --seconds: expected a number from 1 on");
  }
  const address = given.get("--address");
  if (address !== undefined && !isIpv4(address) && !isIpv6(address)) {
    throw new UsageError("Cannot use option --address: expected an IP address");
  }
  const expires = nowSeconds + Number(seconds);
  return { url, action, expires, address, vhost: given.get("--vhost") };
}
