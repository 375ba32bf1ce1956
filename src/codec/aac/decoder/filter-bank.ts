/**
 * From spectra to samples: transform, windows, overlap.
 *
 * Spec: ISO/IEC 14496-3, 4.6.11 (filter bank and block switching).
 *
 * @module
 */

import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import { CosineTransform } from "../spectrum/cosine-transform.ts";
import {
  createWindowSlopes,
  fall,
  LONG_SIZE,
  rise,
  SHORT_SIZE,
  SHORT_START,
  WindowSequence,
  WindowShape,
  type WindowSlopes,
} from "../spectrum/window-shape.ts";

/** Spectra are on the scale of 16 bit samples. */
const FULL_SCALE = 32_768;

/** What all channels share. */
export class FilterBankTransforms {
  readonly long: CosineTransform = new CosineTransform(LONG_SIZE);
  readonly short: CosineTransform = new CosineTransform(SHORT_SIZE);
  readonly slopes: WindowSlopes = createWindowSlopes();
  /** What the transforms give, for one channel after the other. */
  readonly samples: Float32Array = new Float32Array(2 * LONG_SIZE);
  readonly shortSamples: Float32Array = new Float32Array(2 * SHORT_SIZE);
}

/** The filter bank of one channel. */
export class FilterBank {
  readonly #transforms: FilterBankTransforms;
  /** The second half of the access unit before, windowed. */
  readonly #overlap = new Float32Array(LONG_SIZE);
  #shapeBefore: WindowShape = WindowShape.Sine;

  constructor(transforms: FilterBankTransforms) {
    this.#transforms = transforms;
  }

  /** Forgets the access unit before. */
  reset(): void {
    this.#overlap.fill(0);
    this.#shapeBefore = WindowShape.Sine;
  }

  /** Writes the 1,024 samples that an access unit completes, -1 to 1 at full scale. */
  run(spectrum: Float32Array, windows: ChannelWindows, output: Float32Array): void {
    const { sequence, shape } = windows;
    const samples = this.#transforms.samples;
    if (sequence === WindowSequence.EightShort) {
      this.#addShortWindows(spectrum, shape);
    } else {
      this.#transforms.long.inverse(spectrum, 0, samples);
      const scale = 1 / LONG_SIZE / FULL_SCALE;
      for (let n = 0; n < samples.length; n++) samples[n] = (samples[n] ?? 0) * scale;
      this.#riseLong(sequence);
      this.#fallLong(sequence, shape);
    }
    const overlap = this.#overlap;
    for (let n = 0; n < LONG_SIZE; n++) {
      output[n] = (samples[n] ?? 0) + (overlap[n] ?? 0);
      overlap[n] = samples[LONG_SIZE + n] ?? 0;
    }
    this.#shapeBefore = shape;
  }

  #riseLong(sequence: WindowSequence): void {
    const { samples, slopes } = this.#transforms;
    if (sequence !== WindowSequence.LongStop) {
      rise(samples, 0, slopes.long[this.#shapeBefore]);
      return;
    }
    samples.fill(0, 0, SHORT_START);
    rise(samples, SHORT_START, slopes.short[this.#shapeBefore]);
  }

  #fallLong(sequence: WindowSequence, shape: WindowShape): void {
    const { samples, slopes } = this.#transforms;
    if (sequence !== WindowSequence.LongStart) {
      fall(samples, LONG_SIZE, slopes.long[shape]);
      return;
    }
    fall(samples, LONG_SIZE + SHORT_START, slopes.short[shape]);
    samples.fill(0, LONG_SIZE + SHORT_START + SHORT_SIZE);
  }

  /** Eight windows, each of which begins in the middle of the one before. */
  #addShortWindows(spectrum: Float32Array, shape: WindowShape): void {
    const { short, slopes, samples, shortSamples } = this.#transforms;
    const scale = 1 / SHORT_SIZE / FULL_SCALE;
    samples.fill(0);
    for (let window = 0; window < 8; window++) {
      short.inverse(spectrum, window * SHORT_SIZE, shortSamples);
      rise(shortSamples, 0, slopes.short[window === 0 ? this.#shapeBefore : shape]);
      fall(shortSamples, SHORT_SIZE, slopes.short[shape]);
      const offset = SHORT_START + window * SHORT_SIZE;
      for (let n = 0; n < shortSamples.length; n++) {
        samples[offset + n] = (samples[offset + n] ?? 0) + (shortSamples[n] ?? 0) * scale;
      }
    }
  }
}
