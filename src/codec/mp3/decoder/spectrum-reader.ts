/**
 * Quantized values of layer III.
 *
 * Spec: ISO/IEC 11172-3, 2.4.1.7 and 2.4.2.7 (Huffmancodebits), 2.4.3.4.6.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { FrameBits } from "./frame-bits.ts";
import { HuffmanLookup } from "./huffman-lookup.ts";
import { escapeBits, pairLeaves, pairTable, quadrupleLeaves } from "./huffman-tables.ts";
import { type LayerThreeBands, SPECTRUM_SIZE } from "./scale-factor-bands.ts";
import { BlockType, type GranuleChannel } from "./side-information.ts";

const TABLE_COUNT = 32;
const ESCAPE = 15;

/** A table of pairs made ready for reading. */
interface PairTable {
  readonly lookup: HuffmanLookup;
  /** Bits that follow on a value of 15. */
  readonly escapeBits: number;
}

export class SpectrumReader {
  readonly #pairs: readonly (PairTable | undefined)[];
  readonly #quadruples = [
    new HuffmanLookup(quadrupleLeaves(0)),
    new HuffmanLookup(quadrupleLeaves(1)),
  ] as const;

  constructor() {
    const lookups = new Map<number, HuffmanLookup>();
    this.#pairs = Array.from({ length: TABLE_COUNT }, (_, tableSelect) => {
      const leaves = pairLeaves(tableSelect);
      if (leaves === undefined) return undefined;
      const table = pairTable(tableSelect);
      const lookup = lookups.get(table) ?? new HuffmanLookup(leaves);
      lookups.set(table, lookup);
      return { lookup, escapeBits: escapeBits(tableSelect) };
    });
  }

  /**
   * Reads up to 576 values, 0 where none is coded.
   *
   * @throws {MalformedError} If they are cut off, or of a table that there is not.
   */
  read(bits: FrameBits, granule: GranuleChannel, bands: LayerThreeBands, values: Int16Array): void {
    const pairsEnd = 2 * granule.bigValues;
    const [firstEnd, secondEnd] = regionEnds(granule, bands);
    let position = 0;
    for (const [region, end] of [firstEnd, secondEnd, SPECTRUM_SIZE].entries()) {
      const regionEnd = Math.min(end, pairsEnd);
      if (position >= regionEnd) continue;
      this.#readPairs(bits, granule.tableSelect[region] ?? 0, values.subarray(position, regionEnd));
      bits.check();
      position = regionEnd;
    }
    this.#readQuadruples(bits, granule.countOneTable, values, position);
  }

  #readPairs(bits: FrameBits, tableSelect: number, values: Int16Array): void {
    if (tableSelect === 0) {
      values.fill(0);
      return;
    }
    const table = this.#pairs[tableSelect];
    if (table === undefined) {
      throw new MalformedError(`Cannot decode values of table ${tableSelect}`, bits.position >>> 3);
    }
    for (let position = 0; position < values.length; position += 2) {
      const symbol = bits.readSymbol(table.lookup);
      values[position] = readValue(bits, symbol >>> 4, table.escapeBits);
      values[position + 1] = readValue(bits, symbol & 0xf, table.escapeBits);
    }
  }

  /** What is left of the bits: values up to 1, as many as there are. */
  #readQuadruples(bits: FrameBits, countOneTable: 0 | 1, values: Int16Array, begin: number): void {
    const lookup = this.#quadruples[countOneTable];
    let position = begin;
    while (position <= SPECTRUM_SIZE - 4 && bits.bitsLeft > 0) {
      const symbol = bits.readSymbol(lookup);
      for (let at = 0; at < 4; at++) {
        values[position + at] = readValue(bits, (symbol >>> (3 - at)) & 1, 0);
      }
      // Padding may look like the beginning of one more.
      if (bits.bitsLeft < 0) break;
      position += 4;
    }
    values.fill(0, position);
  }
}

function readValue(bits: FrameBits, coded: number, escapeBitCount: number): number {
  if (coded === 0) return 0;
  const magnitude = coded === ESCAPE ? coded + bits.readAhead(escapeBitCount) : coded;
  return bits.readAhead(1) === 1 ? -magnitude : magnitude;
}

/** Where the second and the third region begin. */
function regionEnds(
  { blockType, regionBandCounts }: GranuleChannel,
  bands: LayerThreeBands,
): readonly [number, number] {
  if (regionBandCounts === undefined) {
    const isShort = blockType === BlockType.Short;
    return [isShort ? bands.shortRegionEnd : bands.switchedRegionEnd, SPECTRUM_SIZE];
  }
  const [first, second] = regionBandCounts;
  const { begins } = bands.long;
  return [begins[first] ?? SPECTRUM_SIZE, begins[first + second] ?? SPECTRUM_SIZE];
}
