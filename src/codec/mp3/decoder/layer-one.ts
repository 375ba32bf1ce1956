/**
 * Frames of layer I to samples of subbands.
 *
 * Spec: ISO/IEC 11172-3, 2.4.1.5 (syntax), 2.4.3.2 (decoding).
 *
 * @module
 */

import { createLayerOneAllocations } from "./bit-allocations.ts";
import { FrameBits } from "./frame-bits.ts";
import type { LayerDecoder, LayerFrame } from "./layer-decoder.ts";
import { readAllocation, readScale, sharedSubband, toSample } from "./subband-allocation.ts";

const SUBBAND_COUNT = 32;

export class LayerOneDecoder implements LayerDecoder {
  readonly #bits = new FrameBits();
  readonly #allocations = createLayerOneAllocations();

  reset(): void {
    // Frames stand for themselves.
  }

  decode({ bytes, header, dataOffset }: LayerFrame, subbands: readonly Float32Array[]): void {
    const bits = this.#bits;
    bits.load(bytes, dataOffset * 8, bytes.length * 8);
    const channels = readAllocation(bits, header, this.#allocations);
    const shared = sharedSubband(header);
    const scales = channels.map(() => new Float32Array(SUBBAND_COUNT));
    for (let subband = 0; subband < SUBBAND_COUNT; subband++) {
      for (const [channel, quantizations] of channels.entries()) {
        const own = scales[channel];
        if (quantizations[subband] !== undefined && own) own[subband] = readScale(bits);
      }
    }
    const size = subbands[0]?.length ?? 0;
    for (let position = 0; position < size; position++) {
      const subband = position % SUBBAND_COUNT;
      let sample = 0;
      for (const [channel, output] of subbands.entries()) {
        const quantization = channels[channel]?.[subband];
        if (quantization !== undefined && (channel === 0 || subband < shared)) {
          sample = toSample(bits.read(quantization.bits), quantization.levelCount);
        }
        const scale = scales[channel]?.[subband] ?? 0;
        output[position] = quantization === undefined ? 0 : sample * scale;
      }
    }
  }
}
