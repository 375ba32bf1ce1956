/**
 * Encodes samples into Opus packets.
 *
 * Spec: libopus 1.3 API reference (opus-codec.org), "Opus Encoder", "Encoder related CTLs".
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { checkOpusResult, OPUS_PACKET_SIZE_MAX, type OpusLibrary } from "./opus-library.ts";
import { OPUS_SAMPLE_RATE } from "./packet-duration.ts";

/** Samples of a packet for each channel: 20 ms. */
export const OPUS_FRAME_SAMPLES = 960;

/** OPUS_APPLICATION_AUDIO. */
const APPLICATION_AUDIO = 2049;
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;
const GET_LOOKAHEAD = 4027;

/** Of 10; from here on more work is not heard at the rates of broadcasts, and it halves the time. */
const COMPLEXITY = 5;

const INT16_MAX = 32_767;
const INT16_MIN = -32_768;

export interface OpusEncoderOptions {
  readonly channelCount: 1 | 2;
  /** In bit/s. */
  readonly bitrate: number;
}

export class OpusEncoder {
  /** How many samples at 48 kHz what is decoded lags behind what was encoded: the pre-skip. */
  readonly lookahead: number;
  readonly #library: OpusLibrary;
  readonly #channelCount: number;
  readonly #state: number;

  constructor(library: OpusLibrary, { channelCount, bitrate }: OpusEncoderOptions) {
    const { exports } = library;
    this.#library = library;
    this.#channelCount = channelCount;
    this.#state = library.allocate(exports.opus_encoder_get_size(channelCount));
    const { opus_encoder_init: initialize } = exports;
    const result = initialize(this.#state, OPUS_SAMPLE_RATE, channelCount, APPLICATION_AUDIO);
    checkOpusResult(result, "make an encoder of Opus");
    this.#set(SET_BITRATE, bitrate);
    this.#set(SET_COMPLEXITY, COMPLEXITY);
    this.lookahead = exports.opus_encoder_ctl_get(this.#state, GET_LOOKAHEAD);
  }

  /**
   * Encodes a frame.
   *
   * @param planar OPUS_FRAME_SAMPLES samples at 48 kHz for each channel, from -1 to 1.
   */
  encode(planar: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
    assert(planar.length === this.#channelCount, "the samples are of the encoder's channels");
    const library = this.#library;
    const { samples } = library;
    for (const [channel, from] of planar.entries()) {
      assert(from.length === OPUS_FRAME_SAMPLES, "the samples are of one frame");
      for (let i = 0, to = channel; i < OPUS_FRAME_SAMPLES; i++, to += planar.length) {
        const sample = Math.round((from[i] ?? 0) * -INT16_MIN);
        samples[to] = Math.min(Math.max(sample, INT16_MIN), INT16_MAX);
      }
    }
    const size = library.exports.opus_encode(
      this.#state,
      library.pcmPointer,
      OPUS_FRAME_SAMPLES,
      library.packetPointer,
      OPUS_PACKET_SIZE_MAX,
    );
    return library.packet.slice(0, checkOpusResult(size, "encode Opus"));
  }

  /** Frees its memory; nothing may be called afterwards. */
  close(): void {
    this.#library.free(this.#state);
  }

  #set(request: number, value: number): void {
    const result = this.#library.exports.opus_encoder_ctl_set(this.#state, request, value);
    checkOpusResult(result, `set ${request} of the encoder of Opus to ${value}`);
  }
}
