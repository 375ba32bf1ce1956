/**
 * Elements of an access unit that are no sound of AAC-LC: data, fill bits, and what says again how
 * the channels are laid out.
 *
 * Spec: ISO/IEC 14496-3, 4.4.1.1 (program_config_element), 4.4.2.1 (tables 4.10, data_stream_element,
 * and 4.11, fill_element), 4.5.2.8 (extension_payload, table 4.121).
 *
 * @module
 */

import type { AccessUnitBits } from "./access-unit-bits.ts";

/** extension_type of spectral band replication, without and with a CRC. */
const EXTENSION_SBR = 13;
const EXTENSION_SBR_CRC = 14;

/** Skips a data_stream_element, whose number is read. @throws {MalformedError} */
export function skipDataStream(bits: AccessUnitBits): void {
  bits.skip(4); // element_instance_tag
  const isAligned = bits.readFlag();
  const count = bits.read(8);
  const size = count === 255 ? 255 + bits.read(8) : count;
  if (isAligned) bits.align();
  bits.skip(size * 8);
}

/** Skips a fill_element, whose number is read; says whether it has SBR. @throws {MalformedError} */
export function skipFill(bits: AccessUnitBits): boolean {
  const count = bits.read(4);
  const size = count === 15 ? 14 + bits.read(8) : count;
  if (size === 0) return false;
  const extensionType = bits.read(4);
  bits.skip(size * 8 - 4);
  return extensionType === EXTENSION_SBR || extensionType === EXTENSION_SBR_CRC;
}

/** Skips a program_config_element, whose number is read: the layout is known. @throws {MalformedError} */
export function skipProgramConfig(bits: AccessUnitBits): void {
  bits.skip(4 + 2 + 4);
  const elementCount = bits.read(4) + bits.read(4) + bits.read(4);
  const tagCount = bits.read(2) + bits.read(3);
  const couplingCount = bits.read(4);
  if (bits.readFlag()) bits.skip(4); // mono_mixdown_element_number
  if (bits.readFlag()) bits.skip(4); // stereo_mixdown_element_number
  if (bits.readFlag()) bits.skip(3); // matrix_mixdown_idx, pseudo_surround_enable
  bits.skip(elementCount * 5 + tagCount * 4 + couplingCount * 5);
  bits.align();
  bits.skip(bits.read(8) * 8);
}
