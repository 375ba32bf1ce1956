/**
 * HEVC as RTP payloads, in decoding order and without decoding order numbers (sprop-max-don-diff 0).
 *
 * Spec: RFC 7798, 4.4.1 (single NAL unit packets), 4.4.2 (aggregation packets), 4.4.3 (fragmentation units).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { decodeHevcDecoderConfigurationRecord } from "../../codec/hevc/decoder-configuration-record.ts";
import {
  HevcNalUnitType,
  hevcNalUnitType,
  isHevcSlice,
  isIrap,
} from "../../codec/hevc/nal-unit-type.ts";
import type { Track } from "../../live/track.ts";
import { NalPacketizer, type NalPacketizerParts, type NalPayloadSyntax } from "./nal-packetizer.ts";
import type { RtpPacketizer } from "./packetizer.ts";

/** Types of what is no NAL unit but holds several, a part of one, or one with more about it. */
export const HevcPayloadType = { Aggregation: 48, Fragmentation: 49, Paci: 50 } as const;

const FORBIDDEN_BIT = 0x80;
/** What of the first byte is not the type. */
const NOT_TYPE_MASK = 0x81;
const FU_START = 0x80;
const FU_END = 0x40;

const LEFT_OUT: readonly number[] = [
  HevcNalUnitType.AccessUnitDelimiter,
  HevcNalUnitType.EndOfSequence,
  HevcNalUnitType.EndOfBitstream,
  HevcNalUnitType.FillerData,
];

const HEVC: NalPayloadSyntax = {
  headerSize: 2,
  parameterSetTypes: [HevcNalUnitType.Vps, HevcNalUnitType.Sps, HevcNalUnitType.Pps],
  typeOf: hevcNalUnitType,
  isSlice: isHevcSlice,
  isSei: (type) => type === HevcNalUnitType.PrefixSei || type === HevcNalUnitType.SuffixSei,
  isLeftOut: (type) => LEFT_OUT.includes(type) || type >= HevcPayloadType.Aggregation,
  isEntry: (type) => isIrap(type as HevcNalUnitType),
  // Where the slice type stands depends on the PPS, and encoders write what others call P as B.
  isDispensable: () => true,
  // Below 16, even types are of pictures to which none of the same sub-layer refers (table 7-1).
  isReference: (slice) => (hevcNalUnitType(slice) & 1) === 1,
  writeAggregationHeader: (target, nalUnits) => {
    let forbidden = 0;
    let layerAndTemporalId = 0xffff;
    for (const nalUnit of nalUnits) {
      const header = ((nalUnit[0] ?? 0) << 8) | (nalUnit[1] ?? 0);
      forbidden |= (nalUnit[0] ?? 0) & FORBIDDEN_BIT;
      layerAndTemporalId = Math.min(layerAndTemporalId, header & 0x1ff);
    }
    target[0] = forbidden | (HevcPayloadType.Aggregation << 1) | (layerAndTemporalId >>> 8);
    target[1] = layerAndTemporalId & 0xff;
  },
  writeFragmentHeader: (target, nalUnit, isFirst, isLast) => {
    const header = nalUnit[0] ?? 0;
    target[0] = (header & NOT_TYPE_MASK) | (HevcPayloadType.Fragmentation << 1);
    target[1] = nalUnit[1] ?? 0;
    target[2] = (isFirst ? FU_START : 0) | (isLast ? FU_END : 0) | hevcNalUnitType(nalUnit);
  },
};

/** @throws {MalformedError} If the track has no configuration, or a broken one. */
export function createHevcPacketizer(
  { decoderConfigurationRecord: record }: Track,
  parts: NalPacketizerParts,
): RtpPacketizer {
  if (record === undefined) throw new MalformedError("Cannot send HEVC without hvcC", 0);
  const { lengthSize, vps, sps, pps } = decodeHevcDecoderConfigurationRecord(record);
  return new NalPacketizer(HEVC, lengthSize, [...vps, ...sps, ...pps], parts);
}
