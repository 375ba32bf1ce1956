/**
 * How much of the spectrum the bits are enough for: better a dull sound than one full of holes.
 *
 * Spec: ISO/IEC 14496-3, 4.B (the encoder is free in this).
 *
 * @module
 */

/** In Hz: few hear more. */
const BANDWIDTH_MAX = 20_500;

/** Bit rate of a channel in bit/s, and bandwidth in Hz, between which it grows evenly. */
const STEPS: readonly (readonly [bitrate: number, bandwidth: number])[] = [
  [0, 2000],
  [8000, 3000],
  [16_000, 5500],
  [24_000, 8000],
  [32_000, 10_500],
  [48_000, 14_000],
  [64_000, 16_500],
  [80_000, 18_000],
  [96_000, 19_500],
  [128_000, BANDWIDTH_MAX],
];
/** Two channels that are alike cost little more than one. */
const STEREO_SHARE_MAX = 0.9;
/** How far the bandwidth goes above the usual one, at least. */
const GROWTH_MAX = 1.25;
/** Pressure, in dB, below which there is room for more, and above which there is too much. */
const PRESSURE_LOW = 9;
const PRESSURE_HIGH = 15;
/** Weight of the newest access unit in the pressure that counts. */
const NEWEST_WEIGHT = 0.05;
/** What it changes by from one access unit to the next: too slow to be heard. */
const CHANGE = 1.01;

/** The bandwidth of one stream, which follows what its sound needs. */
export class Bandwidth {
  readonly #min: number;
  readonly #max: number;
  #hertz: number;
  #pressure = (PRESSURE_LOW + PRESSURE_HIGH) / 2;

  constructor(bitrate: number, channelCount: number, sampleRate: number) {
    // Lower sampling rates need fewer bits for the same bandwidth.
    const worth = bitrate * Math.sqrt(Math.max(1, 44_100 / sampleRate));
    this.#hertz = toBandwidth(worth / channelCount);
    this.#min = this.#hertz;
    const alone = channelCount === 1 ? worth : worth * STEREO_SHARE_MAX;
    this.#max = Math.max(toBandwidth(alone), Math.min(this.#hertz * GROWTH_MAX, BANDWIDTH_MAX));
  }

  /** In Hz; may be above half the sampling rate. */
  get hertz(): number {
    return this.#hertz;
  }

  /** @param pressure What the newest access unit was quantized under, in dB. */
  adapt(pressure: number): void {
    this.#pressure += NEWEST_WEIGHT * (pressure - this.#pressure);
    if (this.#pressure < PRESSURE_LOW) this.#hertz = Math.min(this.#hertz * CHANGE, this.#max);
    if (this.#pressure > PRESSURE_HIGH) this.#hertz = Math.max(this.#hertz / CHANGE, this.#min);
  }
}

function toBandwidth(bitrate: number): number {
  let [lowerRate, lower] = [0, 0];
  for (const [rate, bandwidth] of STEPS) {
    if (bitrate < rate) {
      return lower + ((bitrate - lowerRate) / (rate - lowerRate)) * (bandwidth - lower);
    }
    [lowerRate, lower] = [rate, bandwidth];
  }
  return lower;
}
