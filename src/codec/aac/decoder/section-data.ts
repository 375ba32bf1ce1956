/**
 * Sections: runs of bands that share a codebook.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.2 (section_data, table 4.52), 4.6.3.2.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import { SectionCodebook } from "../spectrum/spectral-codebooks.ts";
import { WindowSequence } from "../spectrum/window-shape.ts";
import type { AccessUnitBits } from "./access-unit-bits.ts";

/**
 * Writes the number of each band's codebook into `codebooks`.
 *
 * @throws {MalformedError} If sections are cut off, go past the last band, or use codebook 12.
 */
export function readSections(
  bits: AccessUnitBits,
  windows: ChannelWindows,
  codebooks: Uint8Array,
): void {
  const lengthBits = windows.sequence === WindowSequence.EightShort ? 3 : 5;
  const partMax = (1 << lengthBits) - 1;
  const { bandCount } = windows;
  for (let group = 0; group < windows.groupLengths.length; group++) {
    let band = 0;
    while (band < bandCount) {
      const codebook = bits.read(4);
      let end = band;
      let part = 0;
      do {
        part = bits.read(lengthBits);
        end += part;
      } while (part === partMax);
      if (end > bandCount || codebook === SectionCodebook.Reserved) {
        throw new MalformedError(`Cannot decode section of codebook ${codebook}`, bits.offset);
      }
      codebooks.fill(codebook, group * bandCount + band, group * bandCount + end);
      band = end;
    }
  }
}
