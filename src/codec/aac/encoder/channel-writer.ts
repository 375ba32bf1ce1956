/**
 * Writes one channel: sections, scale factors, spectrum.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.2 (individual_channel_stream, tables 4.50 to 4.56).
 *
 * @module
 */

import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import { type HuffmanCodewords, toCodewords } from "../spectrum/huffman-code.ts";
import {
  SCALE_FACTOR_CODEBOOK,
  SCALE_FACTOR_SYMBOL_OFFSET,
  SectionCodebook,
  SPECTRAL_CODEBOOKS,
} from "../spectrum/spectral-codebooks.ts";
import { WindowSequence } from "../spectrum/window-shape.ts";
import type { AccessUnitWriter } from "./access-unit-writer.ts";
import { BAND_COUNT_MAX, type CodedChannel } from "./coded-channel.ts";
import type { CodedFrame } from "./coded-frame.ts";
import { SectionPlanner } from "./section-planner.ts";
import { CODEBOOK_COUNT, type SpectralCosts, toEscapeLength, toSymbol } from "./spectral-cost.ts";

const CODEBOOK_BITS = 4;

export class ChannelWriter {
  readonly #costCounter: SpectralCosts;
  readonly #costs = new Float64Array(BAND_COUNT_MAX * CODEBOOK_COUNT);
  readonly #planner = new SectionPlanner();
  readonly #codebooks = new Uint8Array(BAND_COUNT_MAX);
  readonly #differences = toCodewords(SCALE_FACTOR_CODEBOOK);
  readonly #spectra: readonly HuffmanCodewords[] = SPECTRAL_CODEBOOKS.map(toCodewords);

  constructor(costCounter: SpectralCosts) {
    this.#costCounter = costCounter;
  }

  /** Writes a channel whose windows are written already, or are written by `writeWindows`. */
  write(
    writer: AccessUnitWriter,
    frame: CodedFrame,
    channel: CodedChannel,
    writeWindows: () => void,
  ): void {
    const { windows, offsets } = frame;
    this.#plan(channel, windows, offsets);
    const codebooks = this.#codebooks.subarray(0, offsets.length - 1);
    const first = codebooks.findIndex((_, band) => (channel.magnitudes[band] ?? 0) > 0);
    const globalGain = first === -1 ? 0 : (channel.scaleFactors[first] ?? 0);
    writer.write(8, globalGain);
    writeWindows();
    writeSections(writer, windows, codebooks);
    this.#writeScaleFactors(writer, channel, codebooks, globalGain);
    writer.write(3, 0); // No pulses, no TNS, no gain control.
    for (const [band, codebook] of codebooks.entries()) {
      if (codebook === SectionCodebook.Zero) continue;
      const values = channel.quantized.subarray(offsets[band] ?? 0, offsets[band + 1] ?? 0);
      this.#writeValues(writer, values, codebook);
    }
  }

  #plan(channel: CodedChannel, windows: ChannelWindows, offsets: Uint16Array): void {
    const { bandCount } = windows;
    for (let band = 0; band + 1 < offsets.length; band++) {
      const costs = this.#costs.subarray(band * CODEBOOK_COUNT, (band + 1) * CODEBOOK_COUNT);
      const range = [offsets[band] ?? 0, offsets[band + 1] ?? 0] as const;
      this.#costCounter.countAll(channel.quantized, range, costs);
    }
    const sectionCost = CODEBOOK_BITS + lengthBitsOf(windows);
    for (let group = 0; group < windows.groupLengths.length; group++) {
      const begin = group * bandCount;
      const end = begin + bandCount;
      const costs = this.#costs.subarray(begin * CODEBOOK_COUNT, end * CODEBOOK_COUNT);
      this.#planner.plan(costs, sectionCost, this.#codebooks.subarray(begin, end));
    }
  }

  #writeScaleFactors(
    writer: AccessUnitWriter,
    channel: CodedChannel,
    codebooks: Uint8Array,
    globalGain: number,
  ): void {
    const { codewords, lengths } = this.#differences;
    let before = globalGain;
    for (const [band, codebook] of codebooks.entries()) {
      if (codebook === SectionCodebook.Zero) continue;
      const isZero = channel.magnitudes[band] === 0;
      const scaleFactor = isZero ? before : (channel.scaleFactors[band] ?? 0);
      const symbol = scaleFactor - before + SCALE_FACTOR_SYMBOL_OFFSET;
      writer.write(lengths[symbol] ?? 0, codewords[symbol] ?? 0);
      before = scaleFactor;
    }
  }

  #writeValues(writer: AccessUnitWriter, values: Int16Array, codebook: number): void {
    const { codewords, lengths } = this.#spectra[codebook - 1] ?? this.#differences;
    const dimension = codebook < 5 ? 4 : 2;
    const isSigned = codebook < 3 || codebook === 5 || codebook === 6;
    for (let k = 0; k < values.length; k += dimension) {
      const symbol = toSymbol(values, k, codebook);
      let bits = codewords[symbol] ?? 0;
      let count = lengths[symbol] ?? 0;
      for (let at = k; at < k + dimension && !isSigned; at++) {
        const value = values[at] ?? 0;
        if (value === 0) continue;
        bits = (bits << 1) | (value < 0 ? 1 : 0);
        count++;
      }
      writer.write(count, bits);
      if (codebook !== SectionCodebook.Escape) continue;
      writeEscape(writer, Math.abs(values[k] ?? 0));
      writeEscape(writer, Math.abs(values[k + 1] ?? 0));
    }
  }
}

/** Writes the runs of bands with the same codebook; a length's largest part says that more follows. */
function writeSections(
  writer: AccessUnitWriter,
  windows: ChannelWindows,
  codebooks: Uint8Array,
): void {
  const lengthBits = lengthBitsOf(windows);
  const partMax = (1 << lengthBits) - 1;
  for (let group = 0; group < windows.groupLengths.length; group++) {
    const ofGroup = codebooks.subarray(group * windows.bandCount, (group + 1) * windows.bandCount);
    for (let begin = 0; begin < ofGroup.length; ) {
      let end = begin + 1;
      while (end < ofGroup.length && ofGroup[end] === ofGroup[begin]) end++;
      writer.write(CODEBOOK_BITS, ofGroup[begin] ?? 0);
      let length = end - begin;
      for (; length >= partMax; length -= partMax) writer.write(lengthBits, partMax);
      writer.write(lengthBits, length);
      begin = end;
    }
  }
}

function lengthBitsOf({ sequence }: ChannelWindows): number {
  return sequence === WindowSequence.EightShort ? 3 : 5;
}

/** Writes what a value of 16 stands for, if it is one. */
function writeEscape(writer: AccessUnitWriter, magnitude: number): void {
  const length = toEscapeLength(magnitude);
  if (length === 0) return;
  const digitCount = (length + 3) / 2;
  const prefixCount = digitCount - 4;
  writer.write(prefixCount + 1, (1 << (prefixCount + 1)) - 2);
  writer.write(digitCount, magnitude - (1 << digitCount));
}
