/**
 * H.264 out of RTP payloads.
 *
 * Spec: RFC 6184, 5.3 (header), 5.7 (aggregation packets), 5.8 (fragmentation units).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { H264NalUnitType, h264NalUnitType } from "../../codec/h264/nal-unit-type.ts";
import type { Track } from "../../live/track.ts";
import type { VideoDepacketizer } from "./depacketizer.ts";
import { H264PayloadType } from "./h264-packetizer.ts";
import { NalDepacketizer, type NalDepacketizerSyntax } from "./nal-depacketizer.ts";
import type { NalUnitCollector } from "./nal-unit-collector.ts";

const FORBIDDEN_BIT = 0x80;
const FU_START = 0x80;
/** The decoding order number, which only the interleaved mode needs. */
const DON_SIZE = 2;
const FU_HEADERS_SIZE = 2;
/** In front of each NAL unit of several. */
const SIZE_FIELD_SIZE = 2;

const H264: NalDepacketizerSyntax = { codec: "h264", isPictureStart, isEntryStart, collect };

/**
 * @param writeTrack Takes each new configuration; returns the track that frames are to carry.
 * @param parameterSets What the session description says of them.
 */
export function createH264Depacketizer(
  writeTrack: (track: Track) => Track,
  parameterSets: readonly Uint8Array[],
): VideoDepacketizer {
  return new NalDepacketizer(H264, writeTrack, parameterSets);
}

function isPictureStart(payload: Uint8Array): boolean {
  const isAggregated = h264NalUnitType(payload) === H264PayloadType.StapA;
  const type = h264NalUnitType(isAggregated ? payload.subarray(1 + SIZE_FIELD_SIZE) : payload);
  return type === H264NalUnitType.Sps || type === H264NalUnitType.AccessUnitDelimiter;
}

/** first_mb_in_slice is 0 if its code is a single 1 bit. */
function isEntryStart(payload: Uint8Array): boolean {
  const [, second = 0, third = 0] = payload;
  if (h264NalUnitType(payload) === H264NalUnitType.Idr) return (second & 0x80) !== 0;
  const isFragment = h264NalUnitType(payload) === H264PayloadType.FuA;
  return isFragment && second === (FU_START | H264NalUnitType.Idr) && (third & 0x80) !== 0;
}

/**
 * ```text
 * 1 to 23: NAL unit
 * STAP-A:  | 24 | { size 16, NAL unit } ... |        STAP-B: | 25 | DON 16 | as STAP-A |
 * FU-A:    | 28 | S E R type 5 | piece |             FU-B:   | 29 | S E R type 5 | DON 16 | piece |
 * ```
 *
 * Those with a decoding order number belong to the interleaved mode, and are read as if they came in
 * that order; MTAP, which holds NAL units of several pictures, is not read.
 */
function collect(collector: NalUnitCollector, payload: Uint8Array): void {
  const [header = 0, fuHeader = 0] = payload;
  if ((header & FORBIDDEN_BIT) !== 0) throw new MalformedError("Cannot take damaged NAL unit", 0);
  const type = h264NalUnitType(payload);
  switch (type) {
    case H264PayloadType.StapA:
      collector.addAggregated(payload, 1);
      break;
    case H264PayloadType.StapB:
      collector.addAggregated(payload, 1 + DON_SIZE);
      break;
    case H264PayloadType.FuA:
    case H264PayloadType.FuB: {
      const start = FU_HEADERS_SIZE + (type === H264PayloadType.FuB ? DON_SIZE : 0);
      if (payload.length < start) throw new MalformedError("Cannot read FU: cut off", 1);
      const createHeader = () => Uint8Array.of((header & 0x60) | (fuHeader & 0x1f));
      collector.addFragment(fuHeader, createHeader, payload.subarray(start));
      break;
    }
    default:
      if (type === H264NalUnitType.Unspecified0 || type > H264PayloadType.FuB) {
        throw new MalformedError(`Cannot read payload of type ${type}`, 0);
      }
      if (type === H264PayloadType.Mtap16 || type === H264PayloadType.Mtap24) {
        throw new MalformedError("Cannot read MTAP: not the interleaved mode", 0);
      }
      collector.add(payload);
  }
}
