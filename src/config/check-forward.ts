/**
 * Whether destinations of streams are such.
 *
 * @module
 */

import { quote } from "./quote.ts";
import type { ForwardConfig } from "./vhost-config.ts";

type Fault = (steps: readonly string[], message: string) => void;

/** `host`, `host:port`, or an address with application and stream. */
const DESTINATION =
  /^(?:rtmps?:\/\/[^\s/?#]+\/[^\s?#]*[^\s/?#]\/\S+|(?:\[[0-9a-f:.]+\]|[^\s:/?#[\]@]+)(?::\d{1,5})?)$/iu;

export function checkForward(forward: ForwardConfig, steps: readonly string[], fault: Fault): void {
  const wrong = forward.destination.find((text) => !DESTINATION.test(text));
  if (wrong !== undefined) {
    const expected = "Expected host, host:port, or rtmp://host/app/stream";
    // An address may hold a key.
    const found = wrong.includes("://") ? "an address that is not like that" : quote(wrong);
    fault([...steps, "destination"], `${expected}, found ${found}`);
  }
  if (forward.backend !== "" && !/^https?:\/\/[^\s/]+/iu.test(forward.backend)) {
    fault([...steps, "backend"], `Expected an http URL, found ${quote(forward.backend)}`);
  }
}
