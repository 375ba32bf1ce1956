/**
 * HEVC out of RTP payloads.
 *
 * Spec: RFC 7798, 4.4 (payload structures), without decoding order numbers.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { HevcNalUnitType, hevcNalUnitType, isIrap } from "../../codec/hevc/nal-unit-type.ts";
import type { Track } from "../../live/track.ts";
import type { VideoDepacketizer } from "./depacketizer.ts";
import { HevcPayloadType } from "./hevc-packetizer.ts";
import { NalDepacketizer, type NalDepacketizerSyntax } from "./nal-depacketizer.ts";
import type { NalUnitCollector } from "./nal-unit-collector.ts";

const FORBIDDEN_BIT = 0x80;
const FU_START = 0x80;
const HEADER_SIZE = 2;
/** In front of each NAL unit of several. */
const SIZE_FIELD_SIZE = 2;

const HEVC: NalDepacketizerSyntax = { codec: "hevc", isPictureStart, isEntryStart, collect };

/**
 * @param writeTrack Takes each new configuration; returns the track that frames are to carry.
 * @param parameterSets What the session description says of them.
 */
export function createHevcDepacketizer(
  writeTrack: (track: Track) => Track,
  parameterSets: readonly Uint8Array[],
): VideoDepacketizer {
  return new NalDepacketizer(HEVC, writeTrack, parameterSets);
}

function isPictureStart(payload: Uint8Array): boolean {
  const isAggregated = hevcNalUnitType(payload) === HevcPayloadType.Aggregation;
  const nalUnit = isAggregated ? payload.subarray(HEADER_SIZE + SIZE_FIELD_SIZE) : payload;
  const type = hevcNalUnitType(nalUnit);
  return type === HevcNalUnitType.Vps || type === HevcNalUnitType.AccessUnitDelimiter;
}

/** first_slice_segment_in_pic_flag is the first bit of a slice. */
function isEntryStart(payload: Uint8Array): boolean {
  const [, , third = 0, fourth = 0] = payload;
  const type = hevcNalUnitType(payload);
  if (type !== HevcPayloadType.Fragmentation) return isIrap(type) && (third & 0x80) !== 0;
  const isStart = (third & FU_START) !== 0 && isIrap((third & 0x3f) as HevcNalUnitType);
  return isStart && (fourth & 0x80) !== 0;
}

/**
 * ```text
 * 0 to 47: NAL unit
 * AP: | 0, 48, layer, temporal id 16 | { size 16, NAL unit } ... |
 * FU: | 0, 49, layer, temporal id 16 | S E type 6 | piece |
 * ```
 *
 * PACI, which only wraps another of these to say more about it, is used by nobody, and not read.
 */
function collect(collector: NalUnitCollector, payload: Uint8Array): void {
  const [header = 0, layerAndTemporalId = 0, fuHeader = 0] = payload;
  if ((header & FORBIDDEN_BIT) !== 0) throw new MalformedError("Cannot take damaged NAL unit", 0);
  if (payload.length <= HEADER_SIZE) throw new MalformedError("Cannot read NAL unit: cut off", 0);
  const type = hevcNalUnitType(payload);
  switch (type) {
    case HevcPayloadType.Aggregation:
      collector.addAggregated(payload, HEADER_SIZE);
      break;
    case HevcPayloadType.Fragmentation: {
      const first = (header & 0x81) | ((fuHeader & 0x3f) << 1);
      const createHeader = () => Uint8Array.of(first, layerAndTemporalId);
      collector.addFragment(fuHeader, createHeader, payload.subarray(HEADER_SIZE + 1));
      break;
    }
    default:
      if (type > HevcPayloadType.Fragmentation) {
        throw new MalformedError(`Cannot read payload of type ${type}`, 0);
      }
      collector.add(payload);
  }
}
