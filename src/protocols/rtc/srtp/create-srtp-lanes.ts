/**
 * Which lanes a runtime gets.
 *
 * @module
 */

import { PlainSrtpLanes } from "./plain-srtp-lanes.ts";
import type { SrtpLanes } from "./srtp-lanes.ts";
import { WasmSrtpLanes } from "./wasm-srtp-lanes.ts";

/** Those by vectors, where it has them. */
export function createSrtpLanes(): SrtpLanes {
  return WasmSrtpLanes.create() ?? new PlainSrtpLanes();
}
