/**
 * One channel of an access unit, as it is coded: windows, sections, scale factors, tools, spectrum.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.2 (individual_channel_stream, table 4.50), 4.5.2.3.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import type { ScaleFactorBands } from "../spectrum/scale-factor-bands.ts";
import { LONG_SIZE, WindowSequence } from "../spectrum/window-shape.ts";
import type { AccessUnitBits } from "./access-unit-bits.ts";
import { readIcsInfo } from "./ics-info.ts";
import { type Pulse, readPulses } from "./pulse-data.ts";
import { readScaleFactors, type ScaleFactorLookup } from "./scale-factor-data.ts";
import { readSections } from "./section-data.ts";
import { readSpectrum, type SpectralLookups } from "./spectral-data.ts";
import { readTnsData, type TnsFilter } from "./tns-data.ts";

/** Bands of all groups: eight short windows of 15 bands; 51 of a long window. */
const BAND_COUNT_MAX = 8 * 15;

/** What decoders of all channels share. */
export interface ChannelTables {
  readonly bands: ScaleFactorBands;
  readonly scaleFactors: ScaleFactorLookup;
  readonly spectra: SpectralLookups;
}

/**
 * One channel of the access unit that was read last. Values of bands have the index
 * `group * bandCount + band`; coefficients of a short window begin at 128 times its number.
 */
export class ChannelStream {
  readonly #tables: ChannelTables;
  windows: ChannelWindows;
  /** By band: numbers of codebooks, see `SectionCodebook`. */
  readonly codebooks: Uint8Array = new Uint8Array(BAND_COUNT_MAX);
  /** By band: a scale factor, a position of intensity stereo, or the energy of noise. */
  readonly scaleFactors: Int16Array = new Int16Array(BAND_COUNT_MAX);
  /** As coded, pulses included. */
  readonly quantized: Int16Array = new Int16Array(LONG_SIZE);
  /** What is made of it, on the scale of 16 bit samples. */
  readonly spectrum: Float32Array = new Float32Array(LONG_SIZE);
  /** By window. */
  tnsFilters: readonly (readonly TnsFilter[])[] = [];

  constructor(tables: ChannelTables, windows: ChannelWindows) {
    this.#tables = tables;
    this.windows = windows;
  }

  /**
   * Reads the channel.
   *
   * @param common The windows of both channels of a pair, where they have the same.
   * @throws {MalformedError} If it is cut off, or has what AAC-LC does not.
   */
  read(bits: AccessUnitBits, common: ChannelWindows | undefined): void {
    const globalGain = bits.read(8);
    const windows = common ?? readIcsInfo(bits, this.#tables.bands);
    this.windows = windows;
    readSections(bits, windows, this.codebooks);
    readScaleFactors(bits, this.#tables.scaleFactors, globalGain, this);
    let pulses: readonly Pulse[] = [];
    if (bits.readFlag()) {
      if (windows.sequence === WindowSequence.EightShort) {
        throw new MalformedError("Cannot decode pulses in short windows", bits.offset);
      }
      pulses = readPulses(bits, windows);
    }
    this.tnsFilters = bits.readFlag() ? readTnsData(bits, windows) : [];
    if (bits.readFlag()) {
      throw new MalformedError("Cannot decode gain control in AAC-LC", bits.offset);
    }
    readSpectrum(bits, this.#tables.spectra, this);
    for (const { position, amplitude } of pulses) {
      const value = this.quantized[position] ?? 0;
      this.quantized[position] = value > 0 ? value + amplitude : value - amplitude;
    }
  }
}
