/**
 * What the thread module of the transcoder does, wherever its files are.
 *
 * @module
 */

import { type OpusPaths, transcoderThread } from "../../app/transcoder-thread.ts";
import { NodeFiles } from "../../runtime/node-compat/files.ts";
import { serveThread } from "../../runtime/node-compat/serve-thread.ts";

/** @param opus Absolute paths. */
export function serveAudioTranscoder(opus: OpusPaths): void {
  serveThread(transcoderThread(new NodeFiles(), opus));
}
