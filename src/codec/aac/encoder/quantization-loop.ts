/**
 * Quantizes an access unit as finely as its bits allow.
 *
 * Spec: ISO/IEC 14496-3, 4.B.12 (rate and distortion control, informative).
 *
 * @module
 */

import { toCodewords } from "../spectrum/huffman-code.ts";
import {
  SCALE_FACTOR_CODEBOOK,
  SCALE_FACTOR_SYMBOL_OFFSET,
} from "../spectrum/spectral-codebooks.ts";
import { BAND_COUNT_MAX, type CodedChannel } from "./coded-channel.ts";
import type { CodedFrame } from "./coded-frame.ts";
import { allocateNoise } from "./noise-allocation.ts";
import { Quantizer } from "./quantizer.ts";
import type { SpectralCosts } from "./spectral-cost.ts";

/** In dB. Below this, noise is too far from anybody's ears to spend bits on it. */
const PRESSURE_MIN = -25;
/** At this pressure nothing but silence is left. */
const PRESSURE_MAX = 200;
/** Each trial costs as much as the rest of the encoder. */
const TRIAL_COUNT_MAX = 4;
/** A trial that comes so near is good enough; others make up for it. */
const TOLERANCE = 0.04;
/** What takes so much less than it might is silence, and says nothing of the sound after it. */
const SILENCE_MISS = -0.6;
/** Bits of element, windows and tools, for each channel. */
const HEADER_COST = 30;
/** Bits of a section more, as it is when sections are planned well. */
const SECTION_COST = 6;

export class QuantizationLoop {
  readonly #quantizer = new Quantizer();
  readonly #costs: SpectralCosts;
  readonly #differenceLengths = toCodewords(SCALE_FACTOR_CODEBOOK).lengths;
  readonly #allowed = [new Float64Array(BAND_COUNT_MAX), new Float64Array(BAND_COUNT_MAX)];
  /** What the latest access unit with sound was quantized under: the best guess for the next. */
  #pressure = 10;

  constructor(costs: SpectralCosts) {
    this.#costs = costs;
  }

  /** In dB: see `allocateNoise`. */
  get pressure(): number {
    return this.#pressure;
  }

  /** Quantizes a frame so that it takes about `wanted` bits. */
  fit(frame: CodedFrame, wanted: number): void {
    let [low, high] = [PRESSURE_MIN, PRESSURE_MAX];
    let pressure = this.#pressure;
    let miss = 0;
    for (let trial = 1; ; trial++) {
      const bits = this.#quantize(frame, pressure);
      miss = bits / wanted - 1;
      if (Math.abs(miss) <= TOLERANCE || trial === TRIAL_COUNT_MAX) break;
      if (miss < 0 && pressure <= PRESSURE_MIN) break;
      if (miss > 0) low = pressure;
      else high = pressure;
      // A dB is a sixth of a bit of each value that is not 0.
      const slope = Math.max(countValues(frame) / 6, wanted / 100);
      const next = pressure + (bits - wanted) / slope;
      pressure = next > low && next < high ? next : toward(pressure, miss > 0 ? high : low);
    }
    if (miss > SILENCE_MISS) this.#pressure = pressure;
  }

  /** Quantizes a frame that has come out too large, more coarsely. */
  coarsen(frame: CodedFrame): void {
    this.#pressure = Math.min(this.#pressure + 4, PRESSURE_MAX);
    this.#quantize(frame, this.#pressure);
  }

  /** Returns the bits that it takes, roughly. */
  #quantize(frame: CodedFrame, pressure: number): number {
    allocateNoise(frame, pressure, this.#allowed);
    let bits = 0;
    for (const [index, channel] of frame.channels.entries()) {
      const allowed = this.#allowed[index];
      if (allowed === undefined) continue;
      this.#quantizer.run(channel, frame.offsets, allowed);
      bits += HEADER_COST + this.#estimate(channel, frame.offsets);
    }
    return bits;
  }

  #estimate(channel: CodedChannel, offsets: Uint16Array): number {
    const { quantized, magnitudes, scaleFactors } = channel;
    let bits = 0;
    let magnitudeBefore = 0;
    let scaleFactorBefore: number | undefined;
    for (let band = 0; band + 1 < offsets.length; band++) {
      const magnitude = magnitudes[band] ?? 0;
      if (magnitude !== magnitudeBefore && Math.min(magnitude, magnitudeBefore) < 13) {
        bits += SECTION_COST;
      }
      magnitudeBefore = magnitude;
      if (magnitude === 0) continue;
      bits += this.#costs.countBest(
        quantized,
        offsets[band] ?? 0,
        offsets[band + 1] ?? 0,
        magnitude,
      );
      const scaleFactor = scaleFactors[band] ?? 0;
      const difference = scaleFactor - (scaleFactorBefore ?? scaleFactor);
      bits += this.#differenceLengths[difference + SCALE_FACTOR_SYMBOL_OFFSET] ?? 0;
      scaleFactorBefore = scaleFactor;
    }
    return bits;
  }
}

function countValues(frame: CodedFrame): number {
  const end = frame.offsets[frame.offsets.length - 1] ?? 0;
  let count = 0;
  for (const { quantized } of frame.channels) {
    for (let k = 0; k < end; k++) if (quantized[k] !== 0) count++;
  }
  return count;
}

/** Half the way, but no more than 12 dB. */
function toward(from: number, to: number): number {
  return from + Math.max(-12, Math.min((to - from) / 2, 12));
}
