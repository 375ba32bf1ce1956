/**
 * H.264 and HEVC as an elementary stream of MPEG-TS: access units as a byte stream (Annex B), each
 * behind a delimiter, and each point of entry with the parameter sets that it needs.
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { decodeAvcDecoderConfigurationRecord } from "../../codec/h264/decoder-configuration-record.ts";
import { H264NalUnitType, h264NalUnitType } from "../../codec/h264/nal-unit-type.ts";
import { decodeHevcDecoderConfigurationRecord } from "../../codec/hevc/decoder-configuration-record.ts";
import { HevcNalUnitType, hevcNalUnitType, isIrap } from "../../codec/hevc/nal-unit-type.ts";
import { PesStreamId } from "../../codec/mpegts/pes.ts";
import { StreamType } from "../../codec/mpegts/stream-type.ts";
import { type LengthSize, splitLengthPrefixed } from "../../codec/nal/length-prefixed.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import type { ElementaryStream } from "./elementary-stream.ts";

/** SRS's number. */
const VIDEO_PID = 0x100;
const NO_DESCRIPTORS = new Uint8Array(0);

/** 00 00 00 01. Three bytes would do before most NAL units; SRS and FFmpeg write four before all. */
const START_CODE = 1;

/**
 * Bytes of all parameter sets of a track. They are tens to hundreds, and are written at each point of
 * entry: a publisher whose key frames are tiny would have us write all of them for each.
 */
const PARAMETER_SETS_SIZE_MAX = 64 * 1024;

/** nal_unit_type 9; primary_pic_type 7: slices of any type. */
const H264_DELIMITER = Uint8Array.of(0x09, 0xf0);
/** nal_unit_type 35 in layer 0 at temporal id 0; pic_type 2: slices of any type. */
const HEVC_DELIMITER = Uint8Array.of(0x46, 0x01, 0x50);

/** What one must know of a codec to write its access units. */
interface NalSyntax {
  readonly streamType: StreamType;
  readonly delimiter: Uint8Array;
  readonly delimiterType: number;
  /** All kinds of parameter sets that a decoder needs to start. */
  readonly parameterSetTypes: readonly number[];
  typeOf(nalUnit: Uint8Array): number;
  /** A decoder can start with a slice of this type. */
  isEntry(type: number): boolean;
}

const H264: NalSyntax = {
  streamType: StreamType.H264,
  delimiter: H264_DELIMITER,
  delimiterType: H264NalUnitType.AccessUnitDelimiter,
  parameterSetTypes: [H264NalUnitType.Sps, H264NalUnitType.Pps],
  typeOf: h264NalUnitType,
  isEntry: (type) => type === H264NalUnitType.Idr,
};

const HEVC: NalSyntax = {
  streamType: StreamType.Hevc,
  delimiter: HEVC_DELIMITER,
  delimiterType: HevcNalUnitType.AccessUnitDelimiter,
  parameterSetTypes: [HevcNalUnitType.Vps, HevcNalUnitType.Sps, HevcNalUnitType.Pps],
  typeOf: hevcNalUnitType,
  isEntry: (type) => isIrap(type as HevcNalUnitType),
};

/**
 * @returns `undefined` if there is none for the track.
 * @throws {MalformedError} If its configuration is malformed.
 */
export function createVideoStream(track: Track): ElementaryStream | undefined {
  const { codec, decoderConfigurationRecord: record } = track;
  if (record === undefined) return undefined;
  if (codec === "h264") {
    const { lengthSize, sps, spsExt, pps } = decodeAvcDecoderConfigurationRecord(record);
    return new NalStream(H264, lengthSize, [...sps, ...spsExt, ...pps]);
  }
  if (codec === "hevc") {
    const { lengthSize, vps, sps, pps } = decodeHevcDecoderConfigurationRecord(record);
    return new NalStream(HEVC, lengthSize, [...vps, ...sps, ...pps]);
  }
  return undefined;
}

class NalStream implements ElementaryStream {
  readonly pid = VIDEO_PID;
  readonly streamId = PesStreamId.Video;
  readonly descriptors = NO_DESCRIPTORS;
  readonly streamType: StreamType;
  readonly #syntax: NalSyntax;
  readonly #lengthSize: LengthSize;
  readonly #parameterSets: readonly Uint8Array[];

  /** @throws {MalformedError} If the parameter sets are larger than any that are meant well. */
  constructor(syntax: NalSyntax, lengthSize: LengthSize, parameterSets: readonly Uint8Array[]) {
    this.streamType = syntax.streamType;
    this.#syntax = syntax;
    this.#lengthSize = lengthSize;
    this.#parameterSets = parameterSets;
    const size = parameterSets.reduce((sum, { length }) => sum + length, 0);
    if (size > PARAMETER_SETS_SIZE_MAX) {
      throw new MalformedError(`Cannot repeat parameter sets of ${size} bytes`, 0);
    }
  }

  /**
   * ```text
   * | delimiter | parameter sets, at a point of entry | the other NAL units ... |
   * ```
   *
   * A delimiter of the source's own is kept and not preceded by another. So are parameter sets of its
   * own, if it has all kinds; if some are missing, all of the record come first, and what the access
   * unit has of its own replaces them.
   */
  writeFrame(writer: ByteWriter, { payload, isKeyFrame }: Frame): void {
    const { delimiter, delimiterType, typeOf } = this.#syntax;
    const nalUnits = splitLengthPrefixed(payload, this.#lengthSize);
    const [first] = nalUnits;
    if (first === undefined) throw new MalformedError("Cannot find a NAL unit", 0);
    const isDelimited = typeOf(first) === delimiterType;
    writeNalUnit(writer, isDelimited ? first : delimiter);
    if (this.#lacksParameterSets(nalUnits, isKeyFrame)) {
      for (const nalUnit of this.#parameterSets) writeNalUnit(writer, nalUnit);
    }
    for (let i = isDelimited ? 1 : 0; i < nalUnits.length; i++) {
      writeNalUnit(writer, nalUnits[i] as Uint8Array);
    }
  }

  /**
   * Whether this is a point of entry whose parameter sets must be written. Whatever the publisher calls
   * a key frame is one: some encoders have no IDR pictures but the first.
   */
  #lacksParameterSets(nalUnits: readonly Uint8Array[], isKeyFrame: boolean): boolean {
    const { parameterSetTypes, typeOf, isEntry } = this.#syntax;
    let isAtEntry = isKeyFrame;
    let found = 0;
    for (const nalUnit of nalUnits) {
      const type = typeOf(nalUnit);
      isAtEntry ||= isEntry(type);
      const kind = parameterSetTypes.indexOf(type);
      if (kind >= 0) found |= 1 << kind;
    }
    return isAtEntry && found !== (1 << parameterSetTypes.length) - 1;
  }
}

function writeNalUnit(writer: ByteWriter, nalUnit: Uint8Array): void {
  writer.writeUint32(START_CODE);
  writer.writeBytes(nalUnit);
}
