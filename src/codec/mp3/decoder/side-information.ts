/**
 * The side information of layer III: how the main data of each granule and channel is coded.
 *
 * Spec: ISO/IEC 11172-3, 2.4.1.7 and 2.4.2.7; ISO/IEC 13818-3, 2.4.1.7 (one granule, and no scfsi,
 * at lower sampling frequencies).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { type Mp3FrameHeader, MpegAudioVersion } from "../frame-header.ts";
import type { FrameBits } from "./frame-bits.ts";

/** The two bits of block_type. */
export const BlockType = { Normal: 0, Start: 1, Short: 2, Stop: 3 } as const;
export type BlockType = (typeof BlockType)[keyof typeof BlockType];

/** How one channel of a granule is coded. */
export interface GranuleChannel {
  /** Bits of scale factors and Huffman codewords. */
  readonly part23Length: number;
  /** Pairs of values in the three regions. */
  readonly bigValues: number;
  readonly globalGain: number;
  readonly scaleFactorCompress: number;
  readonly blockType: BlockType;
  /** The two lowest subbands have long blocks, if others have short ones. */
  readonly isMixed: boolean;
  /** The Huffman table of each region. */
  readonly tableSelect: readonly number[];
  /** How many scale factor bands the first two regions have; `undefined` if that is not coded. */
  readonly regionBandCounts: readonly [number, number] | undefined;
  /** By window of short blocks. */
  readonly subblockGain: readonly number[];
  /** Coded by MPEG-1 only; lower sampling frequencies have it in scalefac_compress. */
  readonly hasPreemphasis: boolean;
  /** A step of scale factors is a factor of 2 rather than of its root. */
  readonly hasCoarseScale: boolean;
  readonly countOneTable: 0 | 1;
}

export interface SideInformation {
  /** How many bytes before the frame's own main data it begins. */
  readonly mainDataBegin: number;
  /** By channel: which of the four groups of scale factors granule 1 takes from granule 0. */
  readonly sharedScaleFactors: readonly (readonly boolean[])[];
  /** By granule, then by channel. */
  readonly granules: readonly (readonly GranuleChannel[])[];
}

const BIG_VALUES_MAX = 288;
const NO_SUBBLOCK_GAIN: readonly number[] = [0, 0, 0];

/** In bytes. */
export function sideInformationSize({ version, channelCount }: Mp3FrameHeader): number {
  if (version === MpegAudioVersion.Mpeg1) return channelCount === 1 ? 17 : 32;
  return channelCount === 1 ? 9 : 17;
}

/** @throws {MalformedError} If it is cut off, or has what is forbidden. */
export function readSideInformation(
  bits: FrameBits,
  { version, channelCount }: Mp3FrameHeader,
): SideInformation {
  const isMpeg1 = version === MpegAudioVersion.Mpeg1;
  const each = <Value>(length: number, read: () => Value): Value[] => Array.from({ length }, read);
  const mainDataBegin = bits.read(isMpeg1 ? 9 : 8);
  const privateBits = isMpeg1 ? (channelCount === 1 ? 5 : 3) : channelCount;
  bits.read(privateBits);
  const sharedScaleFactors = each(isMpeg1 ? channelCount : 0, () => each(4, () => bits.readFlag()));
  const granules = each(isMpeg1 ? 2 : 1, () =>
    each(channelCount, () => readGranuleChannel(bits, isMpeg1)),
  );
  return { mainDataBegin, sharedScaleFactors, granules };
}

function readGranuleChannel(bits: FrameBits, isMpeg1: boolean): GranuleChannel {
  const part23Length = bits.read(12);
  const bigValues = bits.read(9);
  if (bigValues > BIG_VALUES_MAX) {
    throw new MalformedError(`Cannot decode ${bigValues} pairs of values`, bits.position >>> 3);
  }
  const globalGain = bits.read(8);
  const scaleFactorCompress = bits.read(isMpeg1 ? 4 : 9);
  const blocks = bits.readFlag() ? readWindowSwitching(bits) : readRegions(bits);
  return {
    part23Length,
    bigValues,
    globalGain,
    scaleFactorCompress,
    ...blocks,
    hasPreemphasis: isMpeg1 && bits.readFlag(),
    hasCoarseScale: bits.readFlag(),
    countOneTable: bits.readFlag() ? 1 : 0,
  };
}

type Blocks = Pick<
  GranuleChannel,
  "blockType" | "isMixed" | "tableSelect" | "regionBandCounts" | "subblockGain"
>;

function readWindowSwitching(bits: FrameBits): Blocks {
  const blockType = bits.read(2) as BlockType;
  if (blockType === BlockType.Normal) {
    throw new MalformedError("Cannot switch windows to normal blocks", bits.position >>> 3);
  }
  const isMixed = bits.readFlag();
  const tableSelect = [bits.read(5), bits.read(5)];
  const subblockGain = [bits.read(3), bits.read(3), bits.read(3)];
  return { blockType, isMixed, tableSelect, regionBandCounts: undefined, subblockGain };
}

function readRegions(bits: FrameBits): Blocks {
  return {
    blockType: BlockType.Normal,
    isMixed: false,
    tableSelect: [bits.read(5), bits.read(5), bits.read(5)],
    regionBandCounts: [bits.read(4) + 1, bits.read(3) + 1],
    subblockGain: NO_SUBBLOCK_GAIN,
  };
}
