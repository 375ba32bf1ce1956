/**
 * The bands of a channel in the order in which they are coded.
 *
 * Spec: ISO/IEC 14496-3, 4.5.2.3.5 (order of spectral coefficients).
 *
 * @module
 */

import { SHORT_SIZE } from "../spectrum/window-shape.ts";
import type { ChannelWindows } from "./ics-info.ts";

/**
 * Visits each band of each window: group by group, band by band, window by window.
 *
 * @param visit Is given the band's index (`group * bandCount + band`), and where its coefficients
 * begin and end.
 */
export function visitBands(
  windows: ChannelWindows,
  visit: (index: number, begin: number, end: number) => void,
): void {
  const { groupLengths, bandCount, bandOffsets } = windows;
  let groupStart = 0;
  for (const [group, groupLength] of groupLengths.entries()) {
    for (let band = 0; band < bandCount; band++) {
      const begin = groupStart + (bandOffsets[band] ?? 0);
      const end = groupStart + (bandOffsets[band + 1] ?? 0);
      for (let window = 0; window < groupLength; window++) {
        const offset = window * SHORT_SIZE;
        visit(group * bandCount + band, begin + offset, end + offset);
      }
    }
    groupStart += groupLength * SHORT_SIZE;
  }
}
