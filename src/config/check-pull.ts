/**
 * Whether streams can be fetched from where they are said to be.
 *
 * @module
 */

import { splitStreamPath } from "../base/stream-name.ts";
import { quote } from "./quote.ts";
import type { PullConfig } from "./vhost-config.ts";

type Fault = (steps: readonly string[], message: string) => void;

const SOURCE = /^(?:rtmps?:\/\/[^\s/?#]+\/[^\s?#]*[^\s/?#]\/\S+|https?:\/\/[^\s/?#]+\/\S*)$/iu;

export function checkPulls(
  pulls: Readonly<Record<string, PullConfig>>,
  steps: readonly string[],
  fault: Fault,
): void {
  const names = new Map<string, string>();
  for (const [id, { enabled, url, stream }] of Object.entries(pulls)) {
    if (!enabled) continue;
    // It may hold a password.
    if (!SOURCE.test(url)) {
      fault([...steps, id, "url"], "Expected rtmp://host/app/stream, rtmps too, or an http URL");
    }
    if (splitStreamPath(stream) === undefined) {
      fault([...steps, id, "stream"], `Expected app/stream, found ${quote(stream)}`);
    }
    const other = names.get(stream);
    if (other !== undefined) {
      fault([...steps, id, "stream"], `Cannot be called ${quote(stream)}: ${quote(other)} is`);
    }
    names.set(stream, id);
  }
}
