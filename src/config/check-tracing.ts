/**
 * Whether traces can be sent as they are set to be.
 *
 * @module
 */

import type { Config } from "./config.ts";

type Fault = (steps: readonly string[], message: string) => void;

/** A name (RFC 9110, section 5.6.2), and a value without control characters, written or encoded. */
const FIELD = /^[\w!#$&'*+.^`|~-]+=(?:[\x20-\x24\x26-\x7e]|%[2-6][\da-f]|%7[\da-e])*$/i;
/** Those that the request has itself. */
const OWN_FIELD = /^(?:host|connection|content-length|content-type|transfer-encoding)=/i;

/** Values may be secrets, so they stay untold. */
export function checkTracing({ tracing }: Config, fault: Fault): void {
  const url = URL.parse(tracing.endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    fault(["tracing", "endpoint"], "Expected a URL of http or https");
  } else if (url.username !== "" || url.password !== "") {
    fault(["tracing", "endpoint"], "Expected no password in the URL: use tracing.headers");
  }
  if (tracing.headers.some((line) => !FIELD.test(line) || OWN_FIELD.test(line))) {
    fault(["tracing", "headers"], "Expected header fields such as `Authorization=Bearer%20...`");
  }
}
