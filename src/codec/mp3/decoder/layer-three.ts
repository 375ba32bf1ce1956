/**
 * Frames of layer III to samples of subbands.
 *
 * Spec: ISO/IEC 11172-3, 2.4.1.7 (syntax), 2.4.3.4 (decoding); ISO/IEC 13818-3, 2.4.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { type Mp3FrameHeader, MpegAudioMode, MpegAudioVersion } from "../frame-header.ts";
import { BitReservoir } from "./bit-reservoir.ts";
import { FrameBits } from "./frame-bits.ts";
import {
  HybridFilterBank,
  HybridTables,
  SUBBAND_COUNT,
  SUBBAND_SIZE,
} from "./hybrid-filter-bank.ts";
import {
  applyJointStereo,
  hasIntensity,
  intensityGains,
  lowFrequencyIntensityGains,
} from "./joint-stereo.ts";
import type { LayerDecoder, LayerFrame } from "./layer-decoder.ts";
import { Requantizer } from "./requantizer.ts";
import {
  createLayerThreeBands,
  type LayerThreeBands,
  planOf,
  SPECTRUM_SIZE,
} from "./scale-factor-bands.ts";
import { ScaleFactors } from "./scale-factors.ts";
import {
  BlockType,
  type GranuleChannel,
  readSideInformation,
  type SideInformation,
  sideInformationSize,
} from "./side-information.ts";
import { SpectrumReader } from "./spectrum-reader.ts";

/** One channel of a granule, as it is made. */
class GranuleSpectrum {
  readonly scaleFactors: ScaleFactors = new ScaleFactors();
  readonly spectrum: Float32Array = new Float32Array(SPECTRUM_SIZE);
}

/** Granules whose main data is missing sound on from those before. */
const SILENT = { blockType: BlockType.Normal, isMixed: false } as const;

/** What depends on nothing, and takes a while to make. */
export class LayerThreeTables {
  readonly spectrumReader: SpectrumReader = new SpectrumReader();
  readonly requantizer: Requantizer = new Requantizer();
  readonly hybrid: HybridTables = new HybridTables();
}

export class LayerThreeDecoder implements LayerDecoder {
  readonly #tables: LayerThreeTables;
  readonly #bands: LayerThreeBands;
  readonly #isMpeg1: boolean;
  readonly #bits = new FrameBits();
  readonly #reservoir = new BitReservoir();
  readonly #values = new Int16Array(SPECTRUM_SIZE);
  /** By granule, then by channel. */
  readonly #granules: readonly (readonly GranuleSpectrum[])[];
  readonly #filterBanks: readonly HybridFilterBank[];

  constructor(tables: LayerThreeTables, { version, sampleRate, channelCount }: Mp3FrameHeader) {
    this.#tables = tables;
    this.#bands = createLayerThreeBands(sampleRate);
    this.#isMpeg1 = version === MpegAudioVersion.Mpeg1;
    const each = <Value>(length: number, create: () => Value): Value[] =>
      Array.from({ length }, create);
    this.#granules = each(this.#isMpeg1 ? 2 : 1, () =>
      each(channelCount, () => new GranuleSpectrum()),
    );
    this.#filterBanks = each(channelCount, () => new HybridFilterBank(tables.hybrid));
  }

  reset(): void {
    for (const filterBank of this.#filterBanks) filterBank.reset();
  }

  decode({ bytes, header, dataOffset }: LayerFrame, subbands: readonly Float32Array[]): void {
    const mainDataOffset = dataOffset + sideInformationSize(header);
    this.#bits.load(bytes, dataOffset * 8, Math.min(mainDataOffset, bytes.length) * 8);
    const information = readSideInformation(this.#bits, header);
    this.#reservoir.push(bytes.subarray(mainDataOffset));
    const begin = this.#reservoir.find(information.mainDataBegin);
    if (begin === undefined) {
      for (const granule of this.#granules) for (const { spectrum } of granule) spectrum.fill(0);
    } else {
      this.#readMainData(begin * 8, information, header);
    }
    // Nothing of a frame is heard unless all of it can be.
    for (const [index, channels] of this.#granules.entries()) {
      const offset = index * SUBBAND_COUNT * SUBBAND_SIZE;
      for (const [channel, { spectrum }] of channels.entries()) {
        const output = subbands[channel];
        const coded = begin === undefined ? undefined : information.granules[index]?.[channel];
        if (output === undefined) continue;
        this.#filterBanks[channel]?.run(spectrum, coded ?? SILENT, output, offset);
      }
    }
  }

  #readMainData(
    begin: number,
    { granules, sharedScaleFactors }: SideInformation,
    header: Mp3FrameHeader,
  ): void {
    const modeExtension = header.mode === MpegAudioMode.JointStereo ? header.modeExtension : 0;
    let position = begin;
    for (const [index, channels] of granules.entries()) {
      for (const [channel, coded] of channels.entries()) {
        const end = position + coded.part23Length;
        if (end > this.#reservoir.size * 8) {
          throw new MalformedError("Cannot decode granule: its main data is cut off", 0);
        }
        this.#bits.load(this.#reservoir.bytes, position, end);
        this.#readScaleFactors(coded, index, channel, {
          shared: index === 0 ? [] : (sharedScaleFactors[channel] ?? []),
          hasPositions: channel === 1 && hasIntensity(modeExtension),
        });
        this.#readSpectrum(coded, index, channel);
        position = end;
      }
      this.#applyJointStereo(index, channels, modeExtension);
    }
  }

  #readScaleFactors(
    coded: GranuleChannel,
    index: number,
    channel: number,
    { shared, hasPositions }: { shared: readonly boolean[]; hasPositions: boolean },
  ): void {
    const scaleFactors = this.#granules[index]?.[channel]?.scaleFactors;
    const first = this.#granules[0]?.[channel]?.scaleFactors;
    if (scaleFactors === undefined || first === undefined) return;
    if (this.#isMpeg1) scaleFactors.readMpeg1(this.#bits, coded, first, shared);
    else scaleFactors.readLowFrequency(this.#bits, coded, hasPositions);
  }

  #readSpectrum(coded: GranuleChannel, index: number, channel: number): void {
    const granule = this.#granules[index]?.[channel];
    if (granule === undefined) return;
    const { spectrumReader, requantizer } = this.#tables;
    const values = this.#values;
    spectrumReader.read(this.#bits, coded, this.#bands, values);
    const { scaleFactors, spectrum } = granule;
    requantizer.run(coded, planOf(this.#bands, coded), scaleFactors, { values, spectrum });
  }

  #applyJointStereo(
    index: number,
    channels: readonly GranuleChannel[],
    modeExtension: number,
  ): void {
    const [left, right] = this.#granules[index] ?? [];
    const coded = channels[1];
    if (left === undefined || right === undefined || coded === undefined) return;
    const hasCoarseSteps = coded.scaleFactorCompress % 2 === 1;
    applyJointStereo({
      modeExtension,
      left: left.spectrum,
      right: right.spectrum,
      plan: planOf(this.#bands, coded),
      scaleFactors: right.scaleFactors,
      gainsOf: this.#isMpeg1 ? intensityGains : lowFrequencyIntensityGains(hasCoarseSteps),
    });
  }
}
