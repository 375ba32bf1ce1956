/**
 * What layers I and II have in common: allocation of bits to subbands, and scaled samples.
 *
 * Spec: ISO/IEC 11172-3, 2.4.1.5, 2.4.1.6 (syntax), 2.4.3.2.1, 2.4.3.3.4 (requantization), annex B,
 * table B.1 (scale factors).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { type Mp3FrameHeader, MpegAudioMode } from "../frame-header.ts";
import type { Allocation, Quantization } from "./bit-allocations.ts";
import type { FrameBits } from "./frame-bits.ts";

/** By channel, then by subband. */
export type SubbandQuantizations = readonly (readonly (Quantization | undefined)[])[];

/** From this subband on, both channels have the same samples, if scaled each in its own way. */
export function sharedSubband({ mode, modeExtension }: Mp3FrameHeader): number {
  return mode === MpegAudioMode.JointStereo ? 4 * (modeExtension + 1) : 32;
}

/** @throws {MalformedError} If it is cut off, or has a number that is forbidden. */
export function readAllocation(
  bits: FrameBits,
  header: Mp3FrameHeader,
  allocations: readonly Allocation[],
): SubbandQuantizations {
  const shared = sharedSubband(header);
  const channels = Array.from(
    { length: header.channelCount },
    (): (Quantization | undefined)[] => [],
  );
  for (const [subband, allocation] of allocations.entries()) {
    let quantization: Quantization | undefined;
    for (const [channel, quantizations] of channels.entries()) {
      if (channel === 0 || subband < shared) quantization = readQuantization(bits, allocation);
      quantizations.push(quantization);
    }
  }
  return channels;
}

function readQuantization(
  bits: FrameBits,
  { bits: bitCount, quantizations }: Allocation,
): Quantization | undefined {
  const number = bits.read(bitCount);
  if (number < quantizations.length) return quantizations[number];
  throw new MalformedError(`Cannot decode allocation ${number}`, bits.position >>> 3);
}

/**
 * Reads a scale factor: the highest is 2, and each step takes a third of an octave off.
 *
 * @throws {MalformedError} If it is cut off.
 */
export function readScale(bits: FrameBits): number {
  return 2 ** (1 - bits.read(6) / 3);
}

/** A sample from -1 to 1, of the number that is coded for it. */
export function toSample(coded: number, levelCount: number): number {
  return (2 * coded - levelCount + 1) / levelCount;
}
