/**
 * What the thread module of the transcoder does, wherever its files are.
 *
 * @module
 */

import { transcoderThread } from "../../app/transcoder-thread.ts";
import { NodeFiles } from "../../runtime/node-compat/files.ts";
import { serveThread } from "../../runtime/node-compat/serve-thread.ts";

/** @param opusPath Absolute. */
export function serveAudioTranscoder(opusPath: string): void {
  serveThread(transcoderThread(new NodeFiles(), opusPath));
}
