/**
 * Which bands share a codebook: the cheapest way through all of them.
 *
 * Spec: ISO/IEC 14496-3, 4.6.3.2 (sectioning), 4.B.13 (noiseless coding, informative).
 *
 * @module
 */

import { SectionCodebook } from "../spectrum/spectral-codebooks.ts";
import { BAND_COUNT_MAX } from "./coded-channel.ts";
import { CODEBOOK_COUNT } from "./spectral-cost.ts";

/** A band of zeros in a codebook of values has a scale factor, the same as the one before. */
const REPEATED_SCALE_FACTOR_COST = 1;

/** Plans the sections of one group after the other. */
export class SectionPlanner {
  /** By band and codebook: the codebook of the band before on the cheapest way. */
  readonly #before = new Uint8Array(BAND_COUNT_MAX * CODEBOOK_COUNT);
  #totals = new Float64Array(CODEBOOK_COUNT);
  #totalsBefore = new Float64Array(CODEBOOK_COUNT);

  /**
   * @param costs 12 for each band of the group, as `SpectralCosts` counts them.
   * @param sectionCost Bits of a section's codebook number and length.
   * @param codebooks Is told the codebook of each band.
   */
  plan(costs: Float64Array, sectionCost: number, codebooks: Uint8Array): void {
    const bandCount = codebooks.length;
    this.#totals.fill(0);
    for (let band = 0; band < bandCount; band++) this.#addBand(costs, sectionCost, band);
    let codebook = indexOfSmallest(this.#totals);
    for (let band = bandCount - 1; band >= 0; band--) {
      codebooks[band] = codebook;
      codebook = this.#before[band * CODEBOOK_COUNT + codebook] ?? 0;
    }
  }

  #addBand(costs: Float64Array, sectionCost: number, band: number): void {
    const totals = this.#totalsBefore;
    this.#totalsBefore = this.#totals;
    this.#totals = totals;
    const cheapest = indexOfSmallest(this.#totalsBefore);
    const changed = (this.#totalsBefore[cheapest] ?? 0) + sectionCost;
    const isZero = costs[band * CODEBOOK_COUNT + SectionCodebook.Zero] === 0;
    for (let codebook = 0; codebook < CODEBOOK_COUNT; codebook++) {
      const kept = this.#totalsBefore[codebook] ?? 0;
      const isKept = band > 0 && kept <= changed;
      const repeated = isZero && codebook > 0 ? REPEATED_SCALE_FACTOR_COST : 0;
      const cost = (costs[band * CODEBOOK_COUNT + codebook] ?? 0) + repeated;
      totals[codebook] = (isKept ? kept : changed) + cost;
      this.#before[band * CODEBOOK_COUNT + codebook] = isKept ? codebook : cheapest;
    }
  }
}

function indexOfSmallest(values: Float64Array): number {
  let smallest = 0;
  for (let index = 1; index < values.length; index++) {
    if ((values[index] ?? 0) < (values[smallest] ?? 0)) smallest = index;
  }
  return smallest;
}
