/**
 * MPEG audio of all layers, "MP3" as a rule, as the source of a transcoding.
 *
 * @module
 */

import { Mp3Decoder } from "../../codec/mp3/decoder/mp3-decoder.ts";
import type { AudioDecoder } from "./audio-samples.ts";

/** Its rate and its channels are those of the frames, and may change with them. */
export function createMp3Decoder(): AudioDecoder {
  const decoder = new Mp3Decoder();
  return {
    isTimeExact: false,
    decode: (payload) => decoder.decode(payload),
    conceal: () => undefined,
    close: () => undefined,
  };
}
