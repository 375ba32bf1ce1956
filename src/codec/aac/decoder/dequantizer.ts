/**
 * Spectra from quantized values and scale factors.
 *
 * Spec: ISO/IEC 14496-3, 4.6.1.3 (inverse quantization), 4.6.2.3.3 (applying scale factors).
 *
 * @module
 */

import { visitBands } from "../spectrum/channel-windows.ts";
import type { ChannelStream } from "./channel-stream.ts";
import { isSpectral } from "./spectral-data.ts";

/** Escapes end at 8,191; pulses may add to it. */
const POWER_COUNT = 8192 + 64;
/** SF_OFFSET: this scale factor multiplies by 1. */
const UNIT_SCALE_FACTOR = 100;

export class Dequantizer {
  /** n^(4/3). */
  readonly #powers = Float32Array.from({ length: POWER_COUNT }, (_, n) => n ** (4 / 3));
  readonly #scales = Float32Array.from(
    { length: 256 },
    (_, scaleFactor) => 2 ** ((scaleFactor - UNIT_SCALE_FACTOR) / 4),
  );

  /** Writes the channel's spectrum: 0 in bands without values of their own. */
  run(channel: ChannelStream): void {
    const { codebooks, scaleFactors, quantized, spectrum } = channel;
    const powers = this.#powers;
    spectrum.fill(0);
    visitBands(channel.windows, (index, begin, end) => {
      if (!isSpectral(codebooks[index])) return;
      const scale = this.#scales[scaleFactors[index] ?? 0] ?? 0;
      for (let position = begin; position < end; position++) {
        const value = quantized[position] ?? 0;
        const magnitude = (powers[Math.abs(value)] ?? 0) * scale;
        spectrum[position] = value < 0 ? -magnitude : magnitude;
      }
    });
  }
}
