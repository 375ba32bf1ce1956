/**
 * AAC-LC to samples. Of HE-AAC the core alone is decoded: half the rate, and one channel where
 * parametric stereo would make two of it.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.1 (raw_data_block, tables 4.3 to 4.5, 4.10, 4.11), 4.5.2.1.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import { MalformedError } from "../../../base/errors.ts";
import { AudioObjectType, type AudioSpecificConfig } from "../audio-specific-config.ts";
import { scaleFactorBandsOf } from "../spectrum/scale-factor-bands.ts";
import { SectionCodebook } from "../spectrum/spectral-codebooks.ts";
import { LONG_SIZE } from "../spectrum/window-shape.ts";
import { AccessUnitBits } from "./access-unit-bits.ts";
import { toWaveOrder } from "./channel-order.ts";
import { ChannelStream, type ChannelTables } from "./channel-stream.ts";
import { Dequantizer } from "./dequantizer.ts";
import { skipDataStream, skipFill, skipProgramConfig } from "./element-skipping.ts";
import { FilterBank, FilterBankTransforms } from "./filter-bank.ts";
import { readIcsInfo, silentWindows } from "./ics-info.ts";
import { applyJointStereo, StereoMask } from "./joint-stereo.ts";
import { NoiseSubstitution } from "./noise-substitution.ts";
import { createScaleFactorLookup } from "./scale-factor-data.ts";
import { createSpectralLookups } from "./spectral-data.ts";
import { applyTns } from "./tns-filter.ts";

/** id_syn_ele (table 4.85). */
const Element = {
  SingleChannel: 0,
  ChannelPair: 1,
  CouplingChannel: 2,
  LowFrequency: 3,
  DataStream: 4,
  ProgramConfig: 5,
  Fill: 6,
  End: 7,
} as const;

const CHANNEL_COUNT_MAX = 8;
/** Spectral values are below 2^25 in any sound that fits in 16 bits; this is 40 dB above. */
const MAGNITUDE_MAX = 2 ** 32;

/** Whether `AacDecoder` decodes access units of this configuration. */
export function canDecodeAac(config: AudioSpecificConfig): boolean {
  return (
    config.objectType === AudioObjectType.AacLc &&
    config.samplesPerFrame === LONG_SIZE &&
    config.channelCount >= 1 &&
    config.channelCount <= CHANNEL_COUNT_MAX
  );
}

/** Decodes the access units of one stream, in order. */
export class AacDecoder {
  /** Of the samples, in Hz. */
  readonly sampleRate: number;
  readonly channelCount: number;
  readonly #bits = new AccessUnitBits();
  readonly #tables: ChannelTables;
  readonly #dequantizer = new Dequantizer();
  readonly #noise = new NoiseSubstitution();
  readonly #mask = new StereoMask();
  readonly #channels: readonly ChannelStream[];
  readonly #filterBanks: readonly FilterBank[];
  /** In the order in which channels are coded. */
  readonly #outputs: readonly Float32Array[];
  readonly #ordered: readonly Float32Array[];
  #hasBandReplication: boolean;

  /** @param config One of those that `canDecodeAac` takes. */
  constructor(config: AudioSpecificConfig) {
    assert(canDecodeAac(config), "the configuration is one that the decoder knows");
    this.sampleRate = config.sampleRate;
    this.channelCount = config.channelCount;
    this.#hasBandReplication = config.extensionSampleRate !== undefined;
    const bands = scaleFactorBandsOf(config.sampleRate);
    const scaleFactors = createScaleFactorLookup();
    this.#tables = { bands, scaleFactors, spectra: createSpectralLookups() };
    const transforms = new FilterBankTransforms();
    const each = <Value>(create: () => Value): Value[] =>
      Array.from({ length: config.channelCount }, create);
    this.#channels = each(() => new ChannelStream(this.#tables, silentWindows(bands)));
    this.#filterBanks = each(() => new FilterBank(transforms));
    this.#outputs = each(() => new Float32Array(LONG_SIZE));
    this.#ordered = toWaveOrder(this.#outputs);
  }

  /**
   * The stream has spectral band replication, which is left out: what is decoded has the rate of the
   * core. Where the configuration does not say so, it is known from the first access unit on.
   */
  get hasBandReplication(): boolean {
    return this.#hasBandReplication;
  }

  /**
   * Decodes an access unit (a raw_data_block).
   *
   * @returns 1,024 samples of each channel, -1 to 1 at full scale and beyond where the sound was
   * louder; in the order of WAVE files (left, right, center, low frequency, others). They are
   * overwritten by the next call. The first access unit only begins to sound: all comes 1,024
   * samples late.
   * @throws {MalformedError} If it is cut off or breaks the specification. The next one is decoded
   * as if it were the first.
   */
  decode(accessUnit: Uint8Array): readonly Float32Array[] {
    try {
      this.#read(accessUnit);
      return this.#ordered;
    } catch (error) {
      for (const filterBank of this.#filterBanks) filterBank.reset();
      throw error;
    }
  }

  #read(accessUnit: Uint8Array): void {
    const bits = this.#bits;
    bits.load(accessUnit);
    let channelCount = 0;
    for (;;) {
      const element = bits.read(3);
      switch (element) {
        case Element.SingleChannel:
        case Element.LowFrequency:
          this.#readSingle(channelCount);
          channelCount += 1;
          break;
        case Element.ChannelPair:
          this.#readPair(channelCount);
          channelCount += 2;
          break;
        case Element.DataStream:
          skipDataStream(bits);
          break;
        case Element.ProgramConfig:
          skipProgramConfig(bits);
          break;
        case Element.Fill:
          if (skipFill(bits)) this.#hasBandReplication = true;
          break;
        case Element.End:
          this.#finish(channelCount);
          return;
        default:
          throw new MalformedError("Cannot decode coupling channel", bits.offset);
      }
    }
  }

  #readSingle(index: number): void {
    this.#bits.skip(4); // element_instance_tag
    const channel = this.#channelAt(index);
    channel.read(this.#bits, undefined);
    checkIntensity(channel, false);
    this.#dequantizer.run(channel);
    this.#noise.run(channel);
  }

  #readPair(index: number): void {
    const bits = this.#bits;
    const left = this.#channelAt(index);
    const right = this.#channelAt(index + 1);
    bits.skip(4); // element_instance_tag
    const hasCommonWindow = bits.readFlag();
    const windows = hasCommonWindow ? readIcsInfo(bits, this.#tables.bands) : undefined;
    if (windows !== undefined) this.#mask.read(bits, windows);
    left.read(bits, windows);
    right.read(bits, windows);
    checkIntensity(left, false);
    checkIntensity(right, hasCommonWindow);
    this.#dequantizer.run(left);
    this.#dequantizer.run(right);
    this.#noise.run(left);
    if (hasCommonWindow) {
      this.#noise.run(right, left, this.#mask.used);
      applyJointStereo(left, right, this.#mask);
    } else {
      this.#noise.run(right);
    }
  }

  #channelAt(index: number): ChannelStream {
    const channel = this.#channels[index];
    if (channel !== undefined) return channel;
    const message = `Cannot decode access unit of more than ${this.channelCount} channels`;
    throw new MalformedError(message, this.#bits.offset);
  }

  /** All is read: nothing of an access unit is heard unless all of it can be. */
  #finish(channelCount: number): void {
    if (channelCount !== this.channelCount) {
      const message = `Cannot decode access unit of ${channelCount} channels`;
      throw new MalformedError(message, this.#bits.offset);
    }
    for (const channel of this.#channels) {
      applyTns(channel);
      checkLevel(channel);
    }
    for (const [index, channel] of this.#channels.entries()) {
      const output = this.#outputs[index];
      if (output !== undefined) {
        this.#filterBanks[index]?.run(channel.spectrum, channel.windows, output);
      }
    }
  }
}

/** Intensity stereo takes a left channel with the same windows. @throws {MalformedError} */
function checkIntensity(channel: ChannelStream, isAllowed: boolean): void {
  const { groupLengths, bandCount } = channel.windows;
  const count = groupLengths.length * bandCount;
  for (let index = 0; index < count && !isAllowed; index++) {
    if ((channel.codebooks[index] ?? 0) >= SectionCodebook.IntensityOutOfPhase) {
      throw new MalformedError("Cannot decode intensity stereo without a left channel", 0);
    }
  }
}

/** Keeps filters that hostile input has tuned from overflowing. @throws {MalformedError} */
function checkLevel(channel: ChannelStream): void {
  for (const value of channel.spectrum) {
    if (!(Math.abs(value) < MAGNITUDE_MAX)) {
      throw new MalformedError("Cannot decode spectrum: it is louder than any sound", 0);
    }
  }
}
