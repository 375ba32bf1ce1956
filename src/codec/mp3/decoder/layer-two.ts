/**
 * Frames of layer II to samples of subbands.
 *
 * Spec: ISO/IEC 11172-3, 2.4.1.6 (syntax), 2.4.3.3 (decoding).
 *
 * @module
 */

import { LayerTwoAllocations, type Quantization } from "./bit-allocations.ts";
import { FrameBits } from "./frame-bits.ts";
import type { LayerDecoder, LayerFrame } from "./layer-decoder.ts";
import {
  readAllocation,
  readScale,
  type SubbandQuantizations,
  sharedSubband,
  toSample,
} from "./subband-allocation.ts";

const SUBBAND_COUNT = 32;
/** Parts of a frame that may have scale factors of their own, and groups of three samples in each. */
const PART_COUNT = 3;
const PART_GROUP_COUNT = 4;
const GROUP_SIZE = 3;
/** By scfsi: which of the scale factors that are coded each part has. */
const PATTERNS: readonly (readonly number[])[] = [
  [0, 1, 2],
  [0, 0, 1],
  [0, 0, 0],
  [0, 1, 1],
];

export class LayerTwoDecoder implements LayerDecoder {
  readonly #bits = new FrameBits();
  readonly #allocations = new LayerTwoAllocations();
  /** By channel: three for each subband. */
  readonly #scales: readonly Float32Array[] = [
    new Float32Array(PART_COUNT * SUBBAND_COUNT),
    new Float32Array(PART_COUNT * SUBBAND_COUNT),
  ];
  readonly #group = new Float32Array(GROUP_SIZE);

  reset(): void {
    // Frames stand for themselves.
  }

  decode({ bytes, header, dataOffset }: LayerFrame, subbands: readonly Float32Array[]): void {
    const bits = this.#bits;
    bits.load(bytes, dataOffset * 8, bytes.length * 8);
    const channels = readAllocation(bits, header, this.#allocations.of(header));
    this.#readScales(channels);
    for (const output of subbands) output.fill(0);
    const shared = sharedSubband(header);
    const subbandCount = channels[0]?.length ?? 0;
    for (let group = 0; group < PART_COUNT * PART_GROUP_COUNT; group++) {
      const part = Math.floor(group / PART_GROUP_COUNT);
      for (let subband = 0; subband < subbandCount; subband++) {
        for (const [channel, output] of subbands.entries()) {
          const quantization = channels[channel]?.[subband];
          if (quantization === undefined) continue;
          if (channel === 0 || subband < shared) this.#readGroup(quantization);
          const scale = this.#scales[channel]?.[PART_COUNT * subband + part] ?? 0;
          this.#write(output, group * GROUP_SIZE * SUBBAND_COUNT + subband, scale);
        }
      }
    }
  }

  /** First the patterns of all, then the scale factors. */
  #readScales(channels: SubbandQuantizations): void {
    const patterns: (readonly number[])[] = [];
    const visit = (callback: (scales: Float32Array, subband: number) => void): void => {
      for (let subband = 0; subband < (channels[0]?.length ?? 0); subband++) {
        for (const [channel, quantizations] of channels.entries()) {
          const scales = this.#scales[channel];
          if (quantizations[subband] !== undefined && scales) callback(scales, subband);
        }
      }
    };
    visit(() => patterns.push(PATTERNS[this.#bits.read(2)] ?? []));
    let index = 0;
    visit((scales, subband) => {
      const pattern = patterns[index++] ?? [];
      const coded = pattern.filter((at, part) => at !== pattern[part - 1]);
      const values = coded.map(() => readScale(this.#bits));
      for (const [part, at] of pattern.entries()) {
        scales[PART_COUNT * subband + part] = values[at] ?? 0;
      }
    });
  }

  #readGroup({ bits: bitCount, levelCount, isGrouped }: Quantization): void {
    const bits = this.#bits;
    let coded = isGrouped ? bits.read(bitCount) : 0;
    for (let at = 0; at < GROUP_SIZE; at++) {
      const value = isGrouped ? coded % levelCount : bits.read(bitCount);
      this.#group[at] = toSample(value, levelCount);
      coded = Math.floor(coded / levelCount);
    }
  }

  /** Scales the group for one channel. */
  #write(output: Float32Array, position: number, scale: number): void {
    for (let at = 0; at < GROUP_SIZE; at++) {
      output[position + at * SUBBAND_COUNT] = (this.#group[at] ?? 0) * scale;
    }
  }
}
