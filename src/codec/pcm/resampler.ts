/**
 * Samples at another rate: interpolation by a windowed sinc, as a polyphase filter.
 *
 * Spec: none prescribes it. J. O. Smith, "Digital Audio Resampling" (bandlimited interpolation);
 * J. F. Kaiser and R. W. Schafer, "On the use of the I0-sinh window for spectrum analysis" (1980).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { besselI0 } from "../../base/bessel.ts";

/** Of the lower of the two rates: how many of its samples the filter spans. */
const SPAN = 32;
/** Kaiser's beta: some 90 dB between what passes and what does not. */
const BETA = 9;
/** Where the filter is at half, in cycles per sample of the lower rate: flat up to 0.38. */
const CUTOFF = 0.455;
/** Usual pairs of rates have up to 640 phases; for others the nearest one of so many is taken. */
const PHASE_COUNT_MAX = 4096;
/** Rates that can be, in Hz: the filter must not become too long. */
const RATE_MIN = 1000;
const RATE_MAX = 768_000;

export interface ResamplerOptions {
  /** In Hz. */
  readonly inputRate: number;
  /** In Hz. */
  readonly outputRate: number;
  readonly channelCount: number;
}

/**
 * Resamples one stream, piece by piece. The sample of index k in its output is the sound at index
 * k * inputRate / outputRate of its input: no delay, but the last of what is known (16 samples of
 * the lower rate) comes with the next piece or with `flush`.
 */
export class Resampler {
  readonly #channelCount: number;
  /** Output position k is k * #step / #phases input samples, both whole. */
  readonly #step: number;
  readonly #phases: number;
  /** Taps on each side of a position; the filter has twice as many. */
  readonly #reach: number;
  /** Taps of each phase, one phase after the other; undefined if the rates are the same. */
  readonly #taps: Float32Array | undefined;
  readonly #tapPhases: number;
  /** By channel: input that is still needed, and new input behind it. */
  #pending: Float32Array[];
  /** Samples in each of them. */
  #pendingLength = 0;
  /** Whole part and phase of the next output position, from the start of `#pending` + reach - 1. */
  #position = 0;
  #phase = 0;

  constructor({ inputRate, outputRate, channelCount }: ResamplerOptions) {
    for (const rate of [inputRate, outputRate]) {
      assert(Number.isInteger(rate), "a rate is a whole number");
      assert(rate >= RATE_MIN && rate <= RATE_MAX, "a rate is one of sound");
    }
    this.#channelCount = channelCount;
    const divisor = greatestCommonDivisor(inputRate, outputRate);
    this.#step = inputRate / divisor;
    this.#phases = outputRate / divisor;
    this.#tapPhases = Math.min(this.#phases, PHASE_COUNT_MAX);
    const widening = Math.max(1, inputRate / outputRate);
    this.#reach = Math.ceil((SPAN / 2) * widening);
    this.#taps =
      inputRate === outputRate ? undefined : createTaps(this.#reach, this.#tapPhases, widening);
    this.#pending = this.#createPending(this.#reach * 2);
    this.#rewind();
  }

  /**
   * Takes the next samples of each channel, as many of each.
   *
   * @returns What they complete, in arrays that are the caller's.
   */
  push(channels: readonly Float32Array[]): Float32Array[] {
    assert(channels.length === this.#channelCount, "the count of channels stays the same");
    const taps = this.#taps;
    if (taps === undefined) return channels.map((samples) => samples.slice());
    this.#append(channels);
    const count = this.#countOutput();
    const output = this.#pending.map((pending) => this.#resample(taps, pending, count));
    this.#drop(count);
    return output;
  }

  /** Gives the rest, as if silence followed. What comes next begins a stream of its own. */
  flush(): Float32Array[] {
    const silence = new Float32Array(this.#taps === undefined ? 0 : this.#reach);
    const rest = this.push(Array.from({ length: this.#channelCount }, () => silence));
    this.#rewind();
    return rest;
  }

  #createPending(size: number): Float32Array[] {
    return Array.from({ length: this.#channelCount }, () => new Float32Array(size));
  }

  /** As if silence had been before. */
  #rewind(): void {
    this.#pendingLength = this.#reach - 1;
    this.#position = 0;
    this.#phase = 0;
    for (const pending of this.#pending) pending.fill(0);
  }

  #append(channels: readonly Float32Array[]): void {
    const added = channels[0]?.length ?? 0;
    const size = this.#pendingLength + added;
    if (size > (this.#pending[0]?.length ?? 0)) {
      const grown = this.#createPending(size * 2);
      for (const [index, pending] of this.#pending.entries()) grown[index]?.set(pending);
      this.#pending = grown;
    }
    for (const [index, samples] of channels.entries()) {
      assert(samples.length === added, "all channels have as many samples");
      this.#pending[index]?.set(samples, this.#pendingLength);
    }
    this.#pendingLength = size;
  }

  /** Output samples for which all input is there. */
  #countOutput(): number {
    const positions = this.#pendingLength - 2 * this.#reach + 1 - this.#position;
    if (positions <= 0) return 0;
    return Math.ceil((positions * this.#phases - this.#phase) / this.#step);
  }

  #resample(taps: Float32Array, input: Float32Array, count: number): Float32Array {
    const output = new Float32Array(count);
    const length = 2 * this.#reach;
    const phaseScale = this.#tapPhases / this.#phases;
    let position = this.#position;
    let phase = this.#phase;
    for (let index = 0; index < count; index++) {
      // Rounded up, the last phase may become the first of the next position, which follows it.
      const first = Math.round(phase * phaseScale) * length;
      let sum = 0;
      for (let tap = 0; tap < length; tap++) {
        sum += (taps[first + tap] ?? 0) * (input[position + tap] ?? 0);
      }
      output[index] = sum;
      phase += this.#step;
      const whole = Math.floor(phase / this.#phases);
      position += whole;
      phase -= whole * this.#phases;
    }
    return output;
  }

  /** Goes on by `count` output samples, and lets go of input that no other needs. */
  #drop(count: number): void {
    const phase = this.#phase + count * this.#step;
    const position = this.#position + Math.floor(phase / this.#phases);
    this.#phase = phase % this.#phases;
    const dropped = Math.min(position, this.#pendingLength);
    for (const pending of this.#pending) pending.copyWithin(0, dropped, this.#pendingLength);
    this.#pendingLength -= dropped;
    this.#position = position - dropped;
  }
}

/**
 * Makes the taps of all phases, and of one behind the last. Those of phase p are for a position that
 * is p / `phases` behind the input sample of tap `reach` - 1.
 */
function createTaps(reach: number, phases: number, widening: number): Float32Array {
  const length = 2 * reach;
  const taps = new Float32Array((phases + 1) * length);
  const cutoff = CUTOFF / widening;
  const top = besselI0(BETA);
  for (let phase = 0; phase <= phases; phase++) {
    const values = Float64Array.from({ length }, (_, tap) => {
      const distance = tap - (reach - 1) - phase / phases;
      const relative = distance / reach;
      const window =
        Math.abs(relative) >= 1 ? 0 : besselI0(BETA * Math.sqrt(1 - relative ** 2)) / top;
      return sinc(2 * cutoff * distance) * window;
    });
    // So that a constant stays what it is in every phase.
    const total = values.reduce((sum, value) => sum + value, 0);
    for (const [tap, value] of values.entries()) taps[phase * length + tap] = value / total;
  }
  return taps;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
