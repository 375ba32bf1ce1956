/**
 * Temporal noise shaping undone: an all-pole filter along the coefficients of a window, which gives
 * the quantization noise the temporal envelope of the sound.
 *
 * Spec: ISO/IEC 14496-3, 4.6.9.3 (tns_decode_frame, tns_ar_filter).
 *
 * @module
 */

import { SHORT_SIZE } from "../spectrum/window-shape.ts";
import type { ChannelStream } from "./channel-stream.ts";
import type { TnsFilter } from "./tns-data.ts";

/** Filters the channel's spectrum in place. */
export function applyTns(channel: ChannelStream): void {
  const { bandOffsets, bandCount, tnsBandCount } = channel.windows;
  const bandMax = Math.min(bandCount, tnsBandCount);
  for (const [window, filters] of channel.tnsFilters.entries()) {
    let bottom = bandOffsets.length - 1;
    for (const filter of filters) {
      const top = bottom;
      bottom = Math.max(top - filter.bandCount, 0);
      const begin = window * SHORT_SIZE + (bandOffsets[Math.min(bottom, bandMax)] ?? 0);
      const end = window * SHORT_SIZE + (bandOffsets[Math.min(top, bandMax)] ?? 0);
      applyFilter(filter, channel.spectrum.subarray(begin, end));
    }
  }
}

function applyFilter(filter: TnsFilter, spectrum: Float32Array): void {
  const { coefficients, isDownward } = filter;
  const step = isDownward ? -1 : 1;
  let position = isDownward ? spectrum.length - 1 : 0;
  for (let index = 0; index < spectrum.length; index++) {
    let value = spectrum[position] ?? 0;
    const reach = Math.min(index, coefficients.length);
    for (let k = 1; k <= reach; k++) {
      value -= (coefficients[k - 1] ?? 0) * (spectrum[position - k * step] ?? 0);
    }
    spectrum[position] = value;
    position += step;
  }
}
