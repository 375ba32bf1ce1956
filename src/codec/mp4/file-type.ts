/**
 * `ftyp` and `styp`: by which rules a file or a segment was made.
 *
 * Spec: ISO/IEC 14496-12, 4.3 (`ftyp`), 8.16.2 (`styp`); ISO/IEC 23000-19, 7.2 and 7.3 (CMAF).
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { beginBox, endBox, writeFourCc } from "./box-writer.ts";

/** Brands that Sluice writes. */
export const Brand = {
  /** ISO BMFF with fragments that count from their `moof` and tell their decoding time. */
  Iso6: "iso6",
  /** ISO BMFF as most players know it: what can be played by its first version. */
  Isom: "isom",
  /** MP4, version 2. */
  Mp42: "mp42",
  /** A CMAF track. */
  CmafTrack: "cmfc",
  /** A CMAF segment. */
  CmafSegment: "cmfs",
  /** A DASH media segment. */
  DashSegment: "msdh",
  /** A file with AV1 (AV1 in ISO BMFF, 2.1). */
  Av1: "av01",
} as const;
export type Brand = (typeof Brand)[keyof typeof Brand];

/** Writes what a file starts with: `| major brand | minor version | compatible brands |`. */
export function writeFileType(writer: ByteWriter, major: Brand, others: readonly Brand[]): void {
  writeBrands(writer, "ftyp", major, others);
}

/** Writes what a segment starts with: the same for a piece of a file. */
export function writeSegmentType(writer: ByteWriter, major: Brand, others: readonly Brand[]): void {
  writeBrands(writer, "styp", major, others);
}

function writeBrands(
  writer: ByteWriter,
  type: "ftyp" | "styp",
  major: Brand,
  others: readonly Brand[],
): void {
  const start = beginBox(writer, type);
  writeFourCc(writer, major);
  writer.writeUint32(0); // minor_version
  writeFourCc(writer, major);
  for (const brand of others) writeFourCc(writer, brand);
  endBox(writer, start);
}
