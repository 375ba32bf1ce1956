/**
 * How much noise a sound hides: by its energy in each band, in the bands beside it, by what was
 * heard just before, and by the threshold of hearing.
 *
 * Spec: ISO/IEC 14496-3, 4.B.2.1 (psychoacoustic model, informative); 3GPP TS 26.403, 5.1.4 and
 * 5.4.2 (a model on the transform's own bands); E. Terhardt, "Calculating virtual pitch" (1979), for
 * the threshold in quiet.
 *
 * @module
 */

import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import type { ScaleFactorBands } from "../spectrum/scale-factor-bands.ts";
import { LONG_SIZE, SHORT_SIZE, WindowSequence } from "../spectrum/window-shape.ts";
import { BAND_COUNT_MAX, type CodedChannel } from "./coded-channel.ts";

/** How far noise must be below a sound to be hidden for certain: 29 dB. */
const SIGNAL_TO_MASK = 10 ** -2.9;
/** Masking falls so many dB a Bark towards higher and lower frequencies. */
const FALL_UPWARDS = 15;
const FALL_DOWNWARDS = 30;
/** A threshold rises by no more than this from one access unit to the next: there is no echo in advance. */
const RISE_MAX = 2;
/** But never falls below this part of what it would be. */
const RISE_FLOOR = 0.01;
/** How loud full scale is thought to be played, in dB of sound pressure. */
const FULL_SCALE_DB = 100;
/** Energy of a tone at full scale in the spectrum of a long window, and of a short one. */
const FULL_SCALE_LONG: number = (LONG_SIZE / 2) ** 2 * 65_536 ** 2;
const FULL_SCALE_SHORT: number = (SHORT_SIZE / 2) ** 2 * 65_536 ** 2;

/** What depends on bands alone. */
interface BandTables {
  /** By band: the threshold in quiet. */
  readonly quiet: Float64Array;
  /** By band: what is left in it of the masking of the one below, and of the one above. */
  readonly fromBelow: Float64Array;
  readonly fromAbove: Float64Array;
}

/** The model for one channel. */
export class PsychoacousticModel {
  readonly #long: BandTables;
  readonly #short: BandTables;
  readonly #before = new Float64Array(BAND_COUNT_MAX);
  #wasLong = false;

  constructor(bands: ScaleFactorBands, sampleRate: number) {
    this.#long = createTables(bands.long, sampleRate, FULL_SCALE_LONG);
    this.#short = createTables(bands.short, sampleRate, FULL_SCALE_SHORT);
  }

  /** Writes the thresholds of a channel whose energies are known. */
  run(channel: CodedChannel, windows: ChannelWindows): void {
    const { sequence, groupLengths, bandCount } = windows;
    const isShort = sequence === WindowSequence.EightShort;
    for (const [group, groupLength] of groupLengths.entries()) {
      const begin = group * bandCount;
      const energies = channel.energies.subarray(begin, begin + bandCount);
      const thresholds = channel.thresholds.subarray(begin, begin + bandCount);
      spread(energies, thresholds, isShort ? this.#short : this.#long, groupLength);
    }
    if (!isShort) this.#limitRise(channel.thresholds, bandCount);
    this.#wasLong = !isShort;
  }

  #limitRise(thresholds: Float64Array, bandCount: number): void {
    for (let band = 0; band < bandCount; band++) {
      const threshold = thresholds[band] ?? 0;
      const limit = RISE_MAX * (this.#before[band] ?? 0);
      this.#before[band] = threshold;
      if (!this.#wasLong) continue;
      thresholds[band] = Math.max(RISE_FLOOR * threshold, Math.min(threshold, limit));
    }
  }
}

function spread(
  energies: Float64Array,
  thresholds: Float64Array,
  tables: BandTables,
  windowCount: number,
): void {
  const { quiet, fromBelow, fromAbove } = tables;
  const count = energies.length;
  let below = 0;
  for (let band = 0; band < count; band++) {
    below = Math.max((energies[band] ?? 0) * SIGNAL_TO_MASK, below * (fromBelow[band] ?? 0));
    thresholds[band] = below;
  }
  let above = 0;
  for (let band = count - 1; band >= 0; band--) {
    above = Math.max(thresholds[band] ?? 0, above * (fromAbove[band] ?? 0));
    thresholds[band] = Math.max(above, (quiet[band] ?? 0) * windowCount);
  }
}

function createTables(offsets: Uint16Array, sampleRate: number, fullScale: number): BandTables {
  const count = offsets.length - 1;
  const size = offsets[count] ?? 1;
  const hertz = (coefficient: number): number => (coefficient * sampleRate) / (2 * size);
  const centers = Array.from({ length: count }, (_, band) =>
    hertz(((offsets[band] ?? 0) + (offsets[band + 1] ?? 0)) / 2),
  );
  const step = (band: number): number =>
    toBark(centers[band + 1] ?? 0) - toBark(centers[band] ?? 0);
  return {
    quiet: Float64Array.from(
      centers,
      (center) => fullScale * 10 ** ((quietThresholdDb(center) - FULL_SCALE_DB) / 10),
    ),
    fromBelow: Float64Array.from(centers, (_, band) =>
      band === 0 ? 0 : 10 ** ((-FALL_UPWARDS * step(band - 1)) / 10),
    ),
    fromAbove: Float64Array.from(centers, (_, band) =>
      band === count - 1 ? 0 : 10 ** ((-FALL_DOWNWARDS * step(band)) / 10),
    ),
  };
}

/** The scale on which bands are equally wide to the ear. */
function toBark(hertz: number): number {
  return 13 * Math.atan(0.000_76 * hertz) + 3.5 * Math.atan((hertz / 7500) ** 2);
}

/** In dB of sound pressure; bounded where nobody agrees. */
function quietThresholdDb(hertz: number): number {
  const kilohertz = Math.max(hertz, 50) / 1000;
  const threshold =
    3.64 * kilohertz ** -0.8 -
    6.5 * Math.exp(-0.6 * (kilohertz - 3.3) ** 2) +
    0.001 * kilohertz ** 4;
  return Math.min(threshold, 40);
}
