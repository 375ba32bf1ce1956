/**
 * The decoder for a track.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { OpusLibrary } from "../../codec/opus/opus-library.ts";
import type { Track } from "../../live/track.ts";
import { createAacDecoder } from "./aac.ts";
import type { AudioDecoder } from "./audio-samples.ts";
import { createG711Decoder } from "./g711.ts";
import { createMp3Decoder } from "./mp3.ts";
import { createOpusDecoder } from "./opus.ts";

export type SourceTrack = Pick<Track, "codec" | "decoderConfigurationRecord">;

/**
 * Makes the decoder for a track.
 *
 * @param opus For Opus alone.
 * @throws {MalformedError} If its configuration is malformed, or there is no decoder for it.
 */
export function createAudioDecoder(
  { codec, decoderConfigurationRecord: record }: SourceTrack,
  opus: OpusLibrary,
): AudioDecoder {
  const decoder = create(codec, record, opus);
  if (decoder === undefined) throw new MalformedError(`Cannot decode this kind of ${codec}`, 0);
  return decoder;
}

const DECODED: ReadonlySet<Track["codec"]> = new Set([
  "aac",
  "mp3",
  "opus",
  "g711a",
  "g711u",
] as const);

/** Whether there is a decoder for the codec, if not for all that it can be. */
export function isDecoded(codec: Track["codec"]): boolean {
  return DECODED.has(codec);
}

function create(
  codec: Track["codec"],
  record: Uint8Array | undefined,
  opus: OpusLibrary,
): AudioDecoder | undefined {
  switch (codec) {
    case "aac":
      return createAacDecoder(record);
    case "mp3":
      return createMp3Decoder();
    case "opus":
      return createOpusDecoder(opus, record);
    case "g711a":
      return createG711Decoder("a");
    case "g711u":
      return createG711Decoder("mu");
    default:
      return undefined;
  }
}
