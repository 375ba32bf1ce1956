/**
 * Decodes Opus packets into samples, 48,000 a second whatever was encoded.
 *
 * Spec: libopus 1.3 API reference (opus-codec.org), "Opus Decoder".
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { checkOpusResult, OPUS_PACKET_SIZE_MAX, type OpusLibrary } from "./opus-library.ts";
import { OPUS_SAMPLE_RATE } from "./packet-duration.ts";

/** The longest packet. */
const FRAME_SAMPLES_MAX = 5760;

const INT16_SCALE = 1 / 32_768;

const SET_GAIN = 4034;

export class OpusDecoder {
  readonly #library: OpusLibrary;
  readonly #channelCount: number;
  readonly #state: number;

  /**
   * @param channelCount Of the samples; packets may have one or two.
   * @param outputGain As in OpusHead, in 1/256 dB.
   */
  constructor(library: OpusLibrary, channelCount: 1 | 2, outputGain = 0) {
    const { exports } = library;
    this.#library = library;
    this.#channelCount = channelCount;
    this.#state = library.allocate(exports.opus_decoder_get_size(channelCount));
    const result = exports.opus_decoder_init(this.#state, OPUS_SAMPLE_RATE, channelCount);
    checkOpusResult(result, "make a decoder of Opus");
    const gained = exports.opus_decoder_ctl_set(this.#state, SET_GAIN, outputGain);
    checkOpusResult(gained, "set the gain of a decoder of Opus");
  }

  /**
   * Decodes a packet.
   *
   * @returns Samples from -1 to 1 for each channel.
   * @throws {MalformedError} If it is no packet of one stream of Opus.
   */
  decode(packet: Uint8Array): Float32Array[] {
    if (packet.length === 0 || packet.length > OPUS_PACKET_SIZE_MAX) {
      throw new MalformedError(`Cannot decode packet of Opus of ${packet.length} bytes`, 0);
    }
    const library = this.#library;
    library.packet.set(packet);
    return this.#run(library.packetPointer, packet.length, FRAME_SAMPLES_MAX);
  }

  /**
   * Makes up for packets that are missing, by how it went before them.
   *
   * @param sampleCount How many samples at 48 kHz: a multiple of 120, at most 5,760.
   */
  conceal(sampleCount: number): Float32Array[] {
    return this.#run(0, 0, sampleCount);
  }

  /** Frees its memory; nothing may be called afterwards. */
  close(): void {
    this.#library.free(this.#state);
  }

  #run(packetPointer: number, packetSize: number, sampleCountMax: number): Float32Array[] {
    const { exports, pcmPointer } = this.#library;
    const result = exports.opus_decode(
      this.#state,
      packetPointer,
      packetSize,
      pcmPointer,
      sampleCountMax,
      0,
    );
    const sampleCount = checkOpusResult(result, "decode Opus");
    const { samples } = this.#library;
    return Array.from({ length: this.#channelCount }, (_, channel) => {
      const planar = new Float32Array(sampleCount);
      for (let i = 0, from = channel; i < sampleCount; i++, from += this.#channelCount) {
        planar[i] = (samples[from] ?? 0) * INT16_SCALE;
      }
      return planar;
    });
  }
}
