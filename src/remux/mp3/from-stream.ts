/**
 * The MP3 of a stream, for `.mp3` over HTTP.
 *
 * @module
 */

import type { BroadcastFormat } from "../../live/broadcast-format.ts";
import { createAudioFormat } from "../audio/from-stream.ts";

/**
 * An ID3v2.3 tag of 10 bytes, all of them padding, as SRS sends it: players take what begins with
 * `ID3` for MP3 without a look at the frames.
 */
const EMPTY_ID3 = Uint8Array.of(
  ...[0x49, 0x44, 0x33], // ID3
  ...[3, 0], // Version 2.3.0.
  0, // No flags.
  ...[0, 0, 0, 10], // Size, of which seven bits of each byte count.
  ...new Array<number>(10).fill(0),
);

/** @param backlogMs How much a listener is first given of what was before, in milliseconds. */
export function createMp3Format(backlogMs: number): BroadcastFormat {
  return createAudioFormat({
    name: "mp3",
    codec: "mp3",
    head: EMPTY_ID3,
    backlogMs,
    createFrameWriter: () => (writer, payload) => writer.writeBytes(payload),
  });
}
