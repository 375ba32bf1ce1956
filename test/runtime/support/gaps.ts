/**
 * Where a runtime falls short of the contract. docs/runtimes.md explains each of these, and each is
 * tested to be a gap still: the list may only shrink.
 *
 * @module
 */

import { test } from "vitest";
import type { Runtime, RuntimeName } from "../../../src/runtime/runtime.ts";

export type Gap =
  | "accepting after EMFILE"
  | "EADDRNOTAVAIL"
  | "TCP send buffer size"
  | "TLS end behind a pause"
  | "TLS pause"
  | "UDP buffer sizes"
  | "UDP order";

/** Without `--unstable-net`, where Deno's node:dgram stands in for its own UDP. */
const lacksDenoUdp =
  "Deno" in globalThis && !("listenDatagram" in (globalThis.Deno as Record<string, unknown>));

export const GAPS: Readonly<Record<RuntimeName, readonly Gap[]>> = {
  bun: [],
  deno: [
    "accepting after EMFILE",
    "EADDRNOTAVAIL",
    "TLS end behind a pause",
    "TLS pause",
    ...(lacksDenoUdp ? (["UDP buffer sizes", "UDP order"] as const) : []),
  ],
  node: ["TCP send buffer size"],
  memory: [],
};

/** A test that a runtime with the named gap is known to fail. */
export function testUnlessGap(
  runtime: Runtime,
  gap: Gap,
  name: string,
  body: () => Promise<void>,
): void {
  if (GAPS[runtime.name].includes(gap)) test.fails(`${name} (known gap: ${gap})`, body);
  else test(name, body);
}
