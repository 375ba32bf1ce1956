/**
 * G.711 as the source of a transcoding.
 *
 * @module
 */

import { decodeALaw } from "../../codec/g711/a-law.ts";
import { decodeMuLaw } from "../../codec/g711/mu-law.ts";
import { fromInt16 } from "../../codec/pcm/sample-format.ts";
import type { AudioDecoder } from "./audio-samples.ts";

/** In Hz; FLV and RTP know no other for it. */
const SAMPLE_RATE = 8_000;

export function createG711Decoder(law: "a" | "mu"): AudioDecoder {
  const decode = law === "a" ? decodeALaw : decodeMuLaw;
  return {
    isTimeExact: false,
    decode: (payload) => ({ sampleRate: SAMPLE_RATE, channels: [fromInt16(decode(payload))] }),
    conceal: () => undefined,
    close: () => undefined,
  };
}
