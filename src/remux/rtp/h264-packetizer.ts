/**
 * H.264 as RTP payloads, in packetization mode 1 (non-interleaved).
 *
 * Spec: RFC 6184, 5.6 (single NAL unit packet), 5.7.1 (STAP-A), 5.8 (FU-A), 6.3 (the mode).
 *
 * @module
 */

import { MalformedError, unlessMalformed } from "../../base/errors.ts";
import { decodeAvcDecoderConfigurationRecord } from "../../codec/h264/decoder-configuration-record.ts";
import { H264NalUnitType, h264NalUnitType, isH264Slice } from "../../codec/h264/nal-unit-type.ts";
import { decodeH264SliceStart, H264SliceType } from "../../codec/h264/slice-header.ts";
import type { Track } from "../../live/track.ts";
import { NalPacketizer, type NalPacketizerParts, type NalPayloadSyntax } from "./nal-packetizer.ts";
import type { RtpPacketizer } from "./packetizer.ts";

/** Types of what is no NAL unit but holds several, or a part of one. */
export const H264PayloadType = {
  StapA: 24,
  StapB: 25,
  Mtap16: 26,
  Mtap24: 27,
  FuA: 28,
  FuB: 29,
} as const;

const FORBIDDEN_BIT = 0x80;
const REF_IDC_MASK = 0x60;
const FU_START = 0x80;
const FU_END = 0x40;

const LEFT_OUT: readonly number[] = [
  H264NalUnitType.Unspecified0,
  H264NalUnitType.AccessUnitDelimiter,
  H264NalUnitType.EndOfSequence,
  H264NalUnitType.EndOfStream,
  H264NalUnitType.FillerData,
];

const H264: NalPayloadSyntax = {
  headerSize: 1,
  parameterSetTypes: [H264NalUnitType.Sps, H264NalUnitType.Pps],
  typeOf: h264NalUnitType,
  isSlice: isH264Slice,
  isSei: (type) => type === H264NalUnitType.Sei,
  isLeftOut: (type) => LEFT_OUT.includes(type) || type >= H264NalUnitType.Unspecified24,
  isEntry: (type) => type === H264NalUnitType.Idr,
  isDispensable: (slice) => {
    const start = unlessMalformed(() => decodeH264SliceStart(slice));
    return start?.sliceType === H264SliceType.B;
  },
  isReference: (slice) => ((slice[0] ?? 0) & REF_IDC_MASK) !== 0,
  writeAggregationHeader: (target, nalUnits) => {
    let forbidden = 0;
    let refIdc = 0;
    for (const [header = 0] of nalUnits) {
      forbidden |= header & FORBIDDEN_BIT;
      refIdc = Math.max(refIdc, header & REF_IDC_MASK);
    }
    target[0] = forbidden | refIdc | H264PayloadType.StapA;
  },
  writeFragmentHeader: (target, nalUnit, isFirst, isLast) => {
    const header = nalUnit[0] ?? 0;
    target[0] = (header & (FORBIDDEN_BIT | REF_IDC_MASK)) | H264PayloadType.FuA;
    target[1] = (isFirst ? FU_START : 0) | (isLast ? FU_END : 0) | (header & 0x1f);
  },
};

/** @throws {MalformedError} If the track has no configuration, or a broken one. */
export function createH264Packetizer(
  { decoderConfigurationRecord: record }: Track,
  parts: NalPacketizerParts,
): RtpPacketizer {
  if (record === undefined) throw new MalformedError("Cannot send H.264 without avcC", 0);
  const { lengthSize, sps, spsExt, pps } = decodeAvcDecoderConfigurationRecord(record);
  return new NalPacketizer(H264, lengthSize, [...sps, ...spsExt, ...pps], parts);
}
