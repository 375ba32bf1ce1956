/**
 * Offers of real clients.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { parseSdp } from "../../src/codec/sdp/parse-sdp.ts";
import type { SessionDescription } from "../../src/codec/sdp/session-description.ts";

const FOLDER = new URL("../fixtures/sdp/", import.meta.url);

/** All of them, without the end of their names. */
export const SDP_FIXTURES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".sdp"))
  .map((name) => name.slice(0, -4))
  .toSorted();

/** With CR and LF, as they are sent; the files have LF. */
export function readSdpFixture(name: string): string {
  const text = readFileSync(new URL(`${name}.sdp`, FOLDER), "utf8");
  return text.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n");
}

export function parseSdpFixture(name: string): SessionDescription {
  return parseSdp(readSdpFixture(name));
}
