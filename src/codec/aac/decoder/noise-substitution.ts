/**
 * Perceptual noise substitution: bands of which only the energy is coded.
 *
 * Spec: ISO/IEC 14496-3, 4.6.13 (PNS).
 *
 * @module
 */

import { visitBands } from "../spectrum/channel-windows.ts";
import { SectionCodebook } from "../spectrum/spectral-codebooks.ts";
import type { ChannelStream } from "./channel-stream.ts";

/** Makes noise, which is the same each time that a stream is decoded from its start. */
export class NoiseSubstitution {
  #state = 1;

  /**
   * Fills the bands of noise.
   *
   * @param correlated By band: where the channel has the noise of `left`, though with its own energy.
   */
  run(channel: ChannelStream, left?: ChannelStream, correlated?: Uint8Array): void {
    const { codebooks, scaleFactors, spectrum } = channel;
    visitBands(channel.windows, (index, begin, end) => {
      if (codebooks[index] !== SectionCodebook.Noise) return;
      const target = spectrum.subarray(begin, end);
      const isCorrelated =
        correlated?.[index] === 1 && left?.codebooks[index] === SectionCodebook.Noise;
      if (isCorrelated) target.set(left.spectrum.subarray(begin, end));
      else this.#fill(target);
      scaleTo(2 ** ((scaleFactors[index] ?? 0) / 4), target);
    });
  }

  #fill(values: Float32Array): void {
    for (let index = 0; index < values.length; index++) {
      // A linear congruential generator (Numerical Recipes).
      this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
      values[index] = this.#state;
    }
  }
}

/** Scales values so that their energy is that of `amplitude`. */
function scaleTo(amplitude: number, values: Float32Array): void {
  let energy = 0;
  for (const value of values) energy += value * value;
  if (energy === 0) return;
  const scale = amplitude / Math.sqrt(energy);
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) * scale;
}
