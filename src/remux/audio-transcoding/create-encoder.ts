/**
 * The encoder for a target.
 *
 * @module
 */

import type { OpusLibrary } from "../../codec/opus/opus-library.ts";
import { createAacEncoder } from "./aac.ts";
import type { AudioEncoder } from "./audio-samples.ts";
import { createOpusEncoder } from "./opus.ts";
import type { TargetCodec } from "./transcoding-target.ts";

/** @param bitrate In bit/s. */
export function createAudioEncoder(
  to: TargetCodec,
  bitrate: number,
  opus: OpusLibrary,
): AudioEncoder {
  switch (to) {
    case "aac":
      return createAacEncoder(bitrate);
    case "opus":
      return createOpusEncoder(opus, bitrate);
  }
}
