/**
 * The thread that transcodes sound, as the program starts it.
 *
 * @module
 */

import type { Files, ThreadMain } from "../runtime/runtime.ts";
import { createTranscoderThread } from "../services/rtc-bridge/transcoder/transcoder-thread.ts";

/** @param opusPath Where the module of libopus is, in a checkout or in the compiled program. */
export function transcoderThread(files: Pick<Files, "read">, opusPath: string): ThreadMain {
  return createTranscoderThread(async () => new Uint8Array(await files.read(opusPath)));
}
