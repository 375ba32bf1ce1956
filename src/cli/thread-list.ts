/**
 * The modules that the program runs in threads, and the files that they read. A checkout has them on
 * disk, scripts/build.ts puts them into the compiled program as further entry points.
 *
 * @module
 */

import type { ThreadModules } from "../runtime/node-compat/threads.ts";

/** The name is that by which services start it. */
export const TRANSCODER_NAME = "audio-transcoder";

/** libopus, seen from the top of the checkout. */
export const OPUS_FILES = {
  simd: "node_modules/@evan/opus/wasm/simd.wasm",
  plain: "node_modules/@evan/opus/wasm/opus.wasm",
} as const;

/** The path of a file of the checkout that this module is part of. */
export function inCheckout(file: string): string {
  return decodeURIComponent(new URL(`../../${file}`, import.meta.url).pathname);
}

export const THREAD_MODULES: ThreadModules = {
  [TRANSCODER_NAME]: inCheckout("src/cli/threads/audio-transcoder.ts"),
};
