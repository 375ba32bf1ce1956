/**
 * The raw byte sequence payload (RBSP): what a NAL unit says, without the bytes that keep it from
 * looking like a start code.
 *
 * Spec: ITU-T H.264, section 7.4.1.1 (emulation prevention) and 7.3.1; ITU-T H.265, section 7.3.1.1.
 *
 * @module
 */

const EMULATION_PREVENTION_BYTE = 0x03;

/**
 * Removes emulation prevention; the header of the NAL unit stays in front.
 *
 * ```text
 * NAL unit  67 .. 00 00 03 01 ..  ->  67 .. 00 00 01 ..
 * ```
 *
 * @returns The input itself if there is nothing to remove, else a copy.
 */
export function toRbsp(nalUnit: Uint8Array): Uint8Array {
  let next = findEmulationPrevention(nalUnit, 0);
  if (next === -1) return nalUnit;
  const rbsp = new Uint8Array(nalUnit.length);
  let size = 0;
  let start = 0;
  while (next !== -1) {
    rbsp.set(nalUnit.subarray(start, next), size);
    size += next - start;
    start = next + 1;
    next = findEmulationPrevention(nalUnit, start);
  }
  rbsp.set(nalUnit.subarray(start), size);
  return rbsp.subarray(0, size + nalUnit.length - start);
}

/** Zeros before `from` do not count: the byte that was removed there has ended their run. */
function findEmulationPrevention(bytes: Uint8Array, from: number): number {
  let zeros = 0;
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === 0) zeros++;
    else if (byte === EMULATION_PREVENTION_BYTE && zeros >= 2) return i;
    else zeros = 0;
  }
  return -1;
}
