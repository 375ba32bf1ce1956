/**
 * Samples to AAC-LC.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.1 (raw_data_block), 4.B (the encoder, informative).
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import {
  AudioObjectType,
  type AudioSpecificConfig,
  encodeAudioSpecificConfig,
} from "../audio-specific-config.ts";
import { SAMPLING_FREQUENCIES } from "../sampling-frequency.ts";
import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import { scaleFactorBandsOf } from "../spectrum/scale-factor-bands.ts";
import { LONG_SIZE, SHORT_SIZE, SHORT_START, WindowSequence } from "../spectrum/window-shape.ts";
import { AccessUnitWriter } from "./access-unit-writer.ts";
import { AnalysisFilterBank } from "./analysis-filter-bank.ts";
import { AttackDetector } from "./attack-detector.ts";
import { Bandwidth } from "./bandwidth.ts";
import { ChannelWriter } from "./channel-writer.ts";
import {
  BAND_COUNT_MAX,
  CodedChannel,
  measureEnergies,
  measurePowers,
  toCodedOffsets,
} from "./coded-channel.ts";
import type { CodedFrame } from "./coded-frame.ts";
import { chooseMidSide } from "./mid-side.ts";
import { toPerceptualEntropy } from "./noise-allocation.ts";
import { PsychoacousticModel } from "./psychoacoustic-model.ts";
import { QuantizationLoop } from "./quantization-loop.ts";
import { RateControl } from "./rate-control.ts";
import { SpectralCosts } from "./spectral-cost.ts";
import { WindowChooser } from "./window-chooser.ts";

/** How many samples later than it went in a sound comes out of the decoder. */
export const AAC_ENCODER_DELAY: number = LONG_SIZE;

/** Where the first of the short windows of an access unit has its middle. */
const FIRST_MIDDLE: number = SHORT_START + SHORT_SIZE;
/** Samples that must be known beyond an access unit's: attacks in the next one change its windows. */
const LOOK_AHEAD = FIRST_MIDDLE;
/**
 * Where the segments begin in which attacks of the next access unit are looked for. What is before
 * is in its first short window too, but also in the window before, and no longer to be helped.
 */
const NEXT_ATTACK_OFFSET: number = LONG_SIZE + FIRST_MIDDLE;
/** An access unit's window, and what is looked at beyond it. */
const NEEDED: number = 2 * LONG_SIZE + LOOK_AHEAD;
/** Louder samples are clipped to this many times full scale. */
const SAMPLE_MAX = 4;
/** Attempts to make an access unit smaller that is too large; each takes 4 dB away. */
const COARSENING_COUNT_MAX = 60;

/** single_channel_element, channel_pair_element and the end of an access unit (table 4.85). */
const Element = { SingleChannel: 0, ChannelPair: 1, End: 7 } as const;

export interface AacEncoderOptions {
  /** In Hz: one that has an index, 8,000 to 96,000. */
  readonly sampleRate: number;
  readonly channelCount: 1 | 2;
  /** In bit/s, of all channels: a mean, from which access units may differ. */
  readonly bitrate: number;
}

/** Encodes one stream. */
export class AacEncoder {
  /** Of the stream. */
  readonly config: AudioSpecificConfig;
  /** The same, encoded. */
  readonly audioSpecificConfig: Uint8Array;
  readonly #models: readonly PsychoacousticModel[];
  readonly #detectors: readonly AttackDetector[];
  readonly #channels: readonly CodedChannel[];
  readonly #filterBank = new AnalysisFilterBank();
  readonly #bandwidth: Bandwidth;
  readonly #windowChooser: WindowChooser;
  readonly #rateControl: RateControl;
  readonly #costs = new SpectralCosts();
  readonly #loop: QuantizationLoop = new QuantizationLoop(this.#costs);
  readonly #channelWriter: ChannelWriter = new ChannelWriter(this.#costs);
  readonly #writer = new AccessUnitWriter();
  readonly #midSide = new Uint8Array(BAND_COUNT_MAX);
  /** By channel: samples from the start of the next access unit's window on. */
  readonly #pending: readonly Float32Array[];
  #pendingLength = LONG_SIZE; // Silence before the first sample.

  constructor({ sampleRate, channelCount, bitrate }: AacEncoderOptions) {
    assert(SAMPLING_FREQUENCIES.includes(sampleRate), "the sampling rate has an index");
    assert(bitrate > 0, "the bit rate is positive");
    this.config = {
      objectType: AudioObjectType.AacLc,
      sampleRate,
      channelConfiguration: channelCount,
      channelCount,
      samplesPerFrame: LONG_SIZE,
      extensionSampleRate: undefined,
      hasParametricStereo: false,
    };
    this.audioSpecificConfig = encodeAudioSpecificConfig(this.config);
    const bands = scaleFactorBandsOf(sampleRate);
    const each = <Value>(create: () => Value): Value[] =>
      Array.from({ length: channelCount }, create);
    this.#models = each(() => new PsychoacousticModel(bands, sampleRate));
    this.#detectors = each(() => new AttackDetector());
    this.#channels = each(() => new CodedChannel());
    this.#pending = each(() => new Float32Array(NEEDED));
    this.#bandwidth = new Bandwidth(bitrate, channelCount, sampleRate);
    this.#windowChooser = new WindowChooser(bands, sampleRate);
    this.#rateControl = new RateControl(bitrate, sampleRate, channelCount);
  }

  /**
   * Takes any number of samples of each channel, as many of each; -1 to 1 is full scale.
   *
   * @returns The access units that they complete. The first one of a stream decodes to what was
   * before it: access unit k, from 0 on, to the samples from (k - 1) * 1,024 on.
   */
  encode(channels: readonly Float32Array[]): Uint8Array[] {
    assert(channels.length === this.#channels.length, "the count of channels stays the same");
    const length = channels[0]?.length ?? 0;
    assert(
      channels.every((samples) => samples.length === length),
      "all are equally long",
    );
    const accessUnits: Uint8Array[] = [];
    for (let taken = 0; taken < length; ) {
      const count = Math.min(length - taken, NEEDED - this.#pendingLength);
      for (const [index, samples] of channels.entries()) {
        const pending = this.#pending[index]?.subarray(this.#pendingLength);
        if (pending !== undefined) copyBounded(samples.subarray(taken, taken + count), pending);
      }
      taken += count;
      this.#pendingLength += count;
      if (this.#pendingLength < NEEDED) continue;
      accessUnits.push(this.#encodeFrame());
      for (const pending of this.#pending) pending.copyWithin(0, LONG_SIZE);
      this.#pendingLength -= LONG_SIZE;
    }
    return accessUnits;
  }

  /** Ends the stream: gives the access units in which the last samples are, silence behind them. */
  flush(): Uint8Array[] {
    // Whole until the last sample is in the first half of a window.
    const known = this.#pendingLength - LONG_SIZE;
    const missing = Math.ceil(known / LONG_SIZE) * LONG_SIZE - known;
    const silence = new Float32Array(missing + LONG_SIZE + LOOK_AHEAD);
    const wanted = silence.subarray(0, known <= 0 ? 0 : silence.length);
    return this.encode(this.#channels.map(() => wanted));
  }

  #encodeFrame(): Uint8Array {
    const windows = this.#windowChooser.choose(this.#findNextAttack(), this.#bandwidth.hertz);
    const frame = this.#analyze(windows);
    const { wanted, max } = this.#rateControl.grant(toPerceptualEntropy(frame));
    this.#loop.fit(frame, wanted);
    this.#bandwidth.adapt(this.#loop.pressure);
    let accessUnit = this.#write(frame);
    for (let count = 0; accessUnit.length * 8 > max && count < COARSENING_COUNT_MAX; count++) {
      this.#loop.coarsen(frame);
      accessUnit = this.#write(frame);
    }
    this.#rateControl.account(accessUnit.length * 8);
    return accessUnit;
  }

  /** The earliest of all channels: they have the same windows. */
  #findNextAttack(): number | undefined {
    let earliest: number | undefined;
    for (const [index, detector] of this.#detectors.entries()) {
      const pending = this.#pending[index];
      const attack = pending && detector.find(pending, NEXT_ATTACK_OFFSET);
      if (attack !== undefined) earliest = Math.min(attack, earliest ?? attack);
    }
    return earliest;
  }

  #analyze(windows: ChannelWindows): CodedFrame {
    const offsets = toCodedOffsets(windows);
    for (const [index, channel] of this.#channels.entries()) {
      const pending = this.#pending[index];
      if (pending !== undefined) {
        this.#filterBank.run(pending, 0, windows, channel.coefficients);
      }
      measureEnergies(channel, offsets);
      this.#models[index]?.run(channel, windows);
    }
    const [left, right] = this.#channels;
    const hasMidSide =
      left !== undefined &&
      right !== undefined &&
      chooseMidSide(left, right, offsets, this.#midSide);
    for (const channel of this.#channels) measurePowers(channel, offsets);
    const midSide = hasMidSide ? this.#midSide : undefined;
    return { windows, offsets, channels: this.#channels, midSide };
  }

  #write(frame: CodedFrame): Uint8Array {
    const writer = this.#writer;
    const [left, right] = frame.channels;
    if (left !== undefined && right === undefined) {
      writer.write(3, Element.SingleChannel);
      writer.write(4, 0); // element_instance_tag
      this.#channelWriter.write(writer, frame, left, () => writeIcsInfo(writer, frame.windows));
    } else if (left !== undefined && right !== undefined) {
      writer.write(3, Element.ChannelPair);
      writer.write(4, 0); // element_instance_tag
      writer.write(1, 1); // common_window
      writeIcsInfo(writer, frame.windows);
      writeMidSide(writer, frame);
      for (const channel of [left, right]) {
        this.#channelWriter.write(writer, frame, channel, () => undefined);
      }
    }
    writer.write(3, Element.End);
    return writer.take();
  }
}

/** Writes an ics_info (table 4.6). */
function writeIcsInfo(writer: AccessUnitWriter, windows: ChannelWindows): void {
  const { sequence, shape, bandCount, groupLengths } = windows;
  writer.write(1, 0);
  writer.write(2, sequence);
  writer.write(1, shape);
  if (sequence !== WindowSequence.EightShort) {
    writer.write(6, bandCount);
    writer.write(1, 0); // No prediction.
    return;
  }
  writer.write(4, bandCount);
  // scale_factor_grouping: a bit for each window but the first, set if it is of the group before.
  const bits = groupLengths.map((length) => `0${"1".repeat(length - 1)}`).join("");
  writer.write(7, Number.parseInt(bits.slice(1), 2));
}

/** Writes ms_mask_present and ms_used (table 4.5). */
function writeMidSide(writer: AccessUnitWriter, { midSide, offsets }: CodedFrame): void {
  const used = midSide?.subarray(0, offsets.length - 1);
  if (used === undefined) {
    writer.write(2, 0);
  } else if (used.every((isUsed) => isUsed === 1)) {
    writer.write(2, 2);
  } else {
    writer.write(2, 1);
    for (const isUsed of used) writer.write(1, isUsed);
  }
}

/** Copies samples; what is no number becomes silence. */
function copyBounded(source: Float32Array, target: Float32Array): void {
  for (let n = 0; n < source.length; n++) {
    const sample = source[n] ?? 0;
    target[n] = Number.isNaN(sample) ? 0 : Math.max(-SAMPLE_MAX, Math.min(SAMPLE_MAX, sample));
  }
}
