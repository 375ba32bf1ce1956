/**
 * The thread that transcodes sound, as the program starts it.
 *
 * @module
 */

import type { Files, ThreadMain } from "../runtime/runtime.ts";
import { createTranscoderThread } from "../services/rtc-bridge/transcoder/transcoder-thread.ts";

/** Where the modules of libopus are, in a checkout or in what was built. */
export interface OpusPaths {
  /** With instructions for vectors, which some runtimes have on newer processors alone. */
  readonly simd: string;
  readonly plain: string;
}

export function transcoderThread(files: Pick<Files, "read">, paths: OpusPaths): ThreadMain {
  return createTranscoderThread(async () => {
    const simd = new Uint8Array(await files.read(paths.simd));
    return WebAssembly.validate(simd) ? simd : new Uint8Array(await files.read(paths.plain));
  });
}
