/**
 * How an access unit's samples are cut into windows, windows into groups, and groups into bands.
 *
 * Spec: ISO/IEC 14496-3, 4.5.2.3.4 (grouping), 4.5.2.3.5 (order of spectral coefficients).
 *
 * @module
 */

import { SHORT_SIZE, type WindowSequence, type WindowShape } from "./window-shape.ts";

export interface ChannelWindows {
  readonly sequence: WindowSequence;
  readonly shape: WindowShape;
  /** 1, or 8 short ones. */
  readonly windowCount: number;
  /** Windows of each group, whose bands have their scale factors in common. */
  readonly groupLengths: readonly number[];
  /** max_sfb: bands of a window that are coded. */
  readonly bandCount: number;
  /** Where the bands of a window begin, coded or not, and where the last one ends. */
  readonly bandOffsets: Uint16Array;
  /** Bands that TNS may reach. */
  readonly tnsBandCount: number;
}

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
