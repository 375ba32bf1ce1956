/**
 * From samples to spectra: windows and transform.
 *
 * Spec: ISO/IEC 14496-3, 4.6.11 (filter bank and block switching), 4.B.15 (of the encoder).
 *
 * @module
 */

import { type ChannelWindows, visitBands } from "../spectrum/channel-windows.ts";
import { CosineTransform } from "../spectrum/cosine-transform.ts";
import {
  createWindowSlopes,
  fall,
  LONG_SIZE,
  rise,
  SHORT_SIZE,
  SHORT_START,
  WindowSequence,
} from "../spectrum/window-shape.ts";

/**
 * Spectra are on the scale of 16 bit samples. The decoder divides by the size of the transform, of
 * which there and back makes only half.
 */
const SCALE = 2 * 32_768;

/** The filter bank of all channels: they have the same windows, and nothing is kept. */
export class AnalysisFilterBank {
  readonly #long = new CosineTransform(LONG_SIZE);
  readonly #short = new CosineTransform(SHORT_SIZE);
  readonly #slopes = createWindowSlopes();
  readonly #windowed = new Float32Array(2 * LONG_SIZE);
  readonly #windowedShort = new Float32Array(2 * SHORT_SIZE);
  readonly #natural = new Float32Array(LONG_SIZE);

  /**
   * Reads 2,048 samples from `offset` on, of which an access unit adds the second half, and writes
   * the coefficients of all coded bands, in the order in which they are coded.
   */
  run(
    samples: Float32Array,
    offset: number,
    windows: ChannelWindows,
    coefficients: Float32Array,
  ): void {
    if (windows.sequence === WindowSequence.EightShort) this.#runShort(samples, offset, windows);
    else this.#runLong(samples, offset, windows);
    let position = 0;
    visitBands(windows, (_, begin, end) => {
      for (let k = begin; k < end; k++) {
        coefficients[position] = (this.#natural[k] ?? 0) * SCALE;
        position++;
      }
    });
    coefficients.fill(0, position);
  }

  #runLong(samples: Float32Array, offset: number, { sequence, shape }: ChannelWindows): void {
    const windowed = this.#windowed;
    const long = this.#slopes.long[shape];
    const short = this.#slopes.short[shape];
    windowed.set(samples.subarray(offset, offset + 2 * LONG_SIZE));
    if (sequence === WindowSequence.LongStop) {
      windowed.fill(0, 0, SHORT_START);
      rise(windowed, SHORT_START, short);
    } else {
      rise(windowed, 0, long);
    }
    if (sequence === WindowSequence.LongStart) {
      fall(windowed, LONG_SIZE + SHORT_START, short);
      windowed.fill(0, LONG_SIZE + SHORT_START + SHORT_SIZE);
    } else {
      fall(windowed, LONG_SIZE, long);
    }
    this.#long.forward(windowed, 0, this.#natural, 0);
  }

  #runShort(samples: Float32Array, offset: number, { shape }: ChannelWindows): void {
    const windowed = this.#windowedShort;
    const slope = this.#slopes.short[shape];
    for (let window = 0; window < 8; window++) {
      const start = offset + SHORT_START + window * SHORT_SIZE;
      windowed.set(samples.subarray(start, start + 2 * SHORT_SIZE));
      rise(windowed, 0, slope);
      fall(windowed, SHORT_SIZE, slope);
      this.#short.forward(windowed, 0, this.#natural, window * SHORT_SIZE);
    }
  }
}
