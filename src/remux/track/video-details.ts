/**
 * What packaging must know of a video track, beyond its codec's name.
 *
 * @module
 */

import {
  createAv1CodecConfigurationRecord,
  decodeAv1CodecConfigurationRecord,
  encodeAv1CodecConfigurationRecord,
} from "../../codec/av1/codec-configuration-record.ts";
import { formatAv1CodecString } from "../../codec/av1/codec-string.ts";
import {
  findAv1SequenceHeader,
  parseAv1SequenceHeader,
} from "../../codec/av1/sequence-header-obu.ts";
import { formatAvcCodecString } from "../../codec/h264/codec-string.ts";
import { decodeAvcDecoderConfigurationRecord } from "../../codec/h264/decoder-configuration-record.ts";
import { parseH264Sps } from "../../codec/h264/sps.ts";
import { formatHevcCodecString } from "../../codec/hevc/codec-string.ts";
import {
  decodeHevcDecoderConfigurationRecord,
  encodeHevcDecoderConfigurationRecord,
  type HevcNalUnitArray,
} from "../../codec/hevc/decoder-configuration-record.ts";
import { HevcNalUnitType } from "../../codec/hevc/nal-unit-type.ts";
import { parseHevcSps } from "../../codec/hevc/sps.ts";
import type { LengthSize } from "../../codec/nal/length-prefixed.ts";
import { checkPictureSize, type SampleAspectRatio } from "../../codec/nal/picture-format.ts";
import { formatVp8CodecString } from "../../codec/vp8/codec-string.ts";
import { createVp8ConfigurationRecord } from "../../codec/vp8/configuration-record.ts";
import { decodeVp8FrameHeader } from "../../codec/vp8/frame-header.ts";
import {
  createVpCodecConfigurationRecord,
  decodeVpCodecConfigurationRecord,
  encodeVpCodecConfigurationRecord,
} from "../../codec/vp9/codec-configuration-record.ts";
import { formatVp9CodecString } from "../../codec/vp9/codec-string.ts";
import { decodeVp9FrameHeader } from "../../codec/vp9/frame-header.ts";
import { lowestVp9Level } from "../../codec/vp9/level.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import {
  av1Names,
  h264Names,
  hevcNames,
  type VideoNames,
  vp8Names,
  vp9Names,
} from "./video-names.ts";

export interface VideoDetails extends VideoNames {
  readonly codec: "h264" | "hevc" | "av1" | "vp8" | "vp9";
  /** For playlists, manifests and MediaSource (RFC 6381). */
  readonly codecString: string;
  /** In samples, after cropping; for AV1 those of the largest frame. */
  readonly width: number;
  readonly height: number;
  /** `undefined`: not said; samples are square then. */
  readonly sampleAspectRatio: SampleAspectRatio | undefined;
  /** Frames per second, if the bitstream says so. */
  readonly frameRate: number | undefined;
  /** Bytes of the size in front of each NAL unit; `undefined` for what has no NAL units. */
  readonly lengthSize: LengthSize | undefined;
  /**
   * The body of avcC, hvcC, av1C or vpcC (without version and flags): that of the track, completed
   * where publishers leave out what MP4 wants.
   */
  readonly decoderConfigurationRecord: Uint8Array;
}

/** Who publishes without saying the level is taken to send this many frames a second at most. */
const VP9_ASSUMED_FRAME_RATE = 60;
const VP9_LEVEL_UNKNOWN = 0;

/** What hvcC of `hvc1` must hold all of. */
const HEVC_PARAMETER_SETS: ReadonlySet<HevcNalUnitType> = new Set([
  HevcNalUnitType.Vps,
  HevcNalUnitType.Sps,
  HevcNalUnitType.Pps,
]);

/**
 * Describes a track. Parses anew with each call: call it once a track.
 *
 * @param keyFrame Needed for VP8 and VP9, whose size stands nowhere else, and for AV1 whose configuration has
 *   no sequence header OBU.
 * @returns `undefined` if the configuration, or what is needed of it, is missing, or if the codec
 *   cannot be packaged.
 * @throws {MalformedError} If the configuration or the key frame is broken, or a side of the picture
 *   is longer than MP4 can say, as AV1's and VP9's may be by one sample.
 */
export function describeVideo(
  track: Pick<Track, "codec" | "decoderConfigurationRecord">,
  keyFrame?: Pick<Frame, "payload">,
): VideoDetails | undefined {
  const record = track.decoderConfigurationRecord;
  switch (track.codec) {
    case "h264":
      return record && describeH264(record);
    case "hevc":
      return record && describeHevc(record);
    case "av1":
      return describeAv1(record, keyFrame?.payload);
    case "vp8":
      return keyFrame && describeVp8(keyFrame.payload);
    case "vp9":
      return keyFrame && describeVp9(record, keyFrame.payload);
    default:
      return undefined;
  }
}

function describeH264(bytes: Uint8Array): VideoDetails | undefined {
  const record = decodeAvcDecoderConfigurationRecord(bytes);
  const [nalUnit] = record.sps;
  if (nalUnit === undefined) return undefined;
  const { width, height, frameRate, sampleAspectRatio } = parseH264Sps(nalUnit);
  return {
    codec: "h264",
    codecString: formatAvcCodecString(record),
    width,
    height,
    frameRate,
    sampleAspectRatio,
    lengthSize: record.lengthSize,
    decoderConfigurationRecord: bytes,
    ...h264Names(record.profileIndication, record.levelIndication),
  };
}

function describeHevc(bytes: Uint8Array): VideoDetails | undefined {
  const record = decodeHevcDecoderConfigurationRecord(bytes);
  const [nalUnit] = record.sps;
  if (nalUnit === undefined) return undefined;
  const { width, height, frameRate, sampleAspectRatio } = parseHevcSps(nalUnit);
  const { profileTierLevel, lengthSize } = record;
  // FLV lets parameter sets stand among the pictures too, and says so; `hvc1` does not.
  const arrays = record.arrays.map(toCompleteArray);
  return {
    codec: "hevc",
    codecString: formatHevcCodecString(profileTierLevel),
    width,
    height,
    frameRate,
    sampleAspectRatio,
    lengthSize,
    decoderConfigurationRecord: encodeHevcDecoderConfigurationRecord({ ...record, arrays }),
    ...hevcNames(profileTierLevel.profileIdc, profileTierLevel.levelIdc),
  };
}

function toCompleteArray(array: HevcNalUnitArray): HevcNalUnitArray {
  return HEVC_PARAMETER_SETS.has(array.nalUnitType) ? { ...array, isComplete: true } : array;
}

function describeAv1(
  bytes: Uint8Array | undefined,
  keyFrame: Uint8Array | undefined,
): VideoDetails | undefined {
  const given = bytes && decodeAv1CodecConfigurationRecord(bytes);
  const givenHeader = given && findAv1SequenceHeader(given.configObus);
  const sequenceHeader = givenHeader ?? (keyFrame && findAv1SequenceHeader(keyFrame));
  if (sequenceHeader === undefined) return undefined;
  // MP4 wants the sequence header OBU in av1C; to some publishers it is optional.
  const record = given ?? createAv1CodecConfigurationRecord(sequenceHeader);
  const configObus = given && givenHeader ? given.configObus : sequenceHeader;
  const header = parseAv1SequenceHeader(sequenceHeader);
  const { width, height, frameRate } = header;
  checkPictureSize(header, 0);
  return {
    codec: "av1",
    codecString: formatAv1CodecString(header),
    width,
    height,
    frameRate,
    sampleAspectRatio: undefined,
    lengthSize: undefined,
    decoderConfigurationRecord: encodeAv1CodecConfigurationRecord({ ...record, configObus }),
    ...av1Names(header.profile, header.levelIndex),
  };
}

/** All that a record says of VP8 is in the key frame, so that one the publisher sent is not needed. */
function describeVp8(payload: Uint8Array): VideoDetails | undefined {
  const { version, keyFrame } = decodeVp8FrameHeader(payload);
  if (keyFrame === undefined) return undefined;
  const { width, height } = keyFrame;
  // VP8 has no levels; MP4 wants one, and that of VP9 is how players tell how large pictures are.
  const level = lowestVp9Level(width, height, VP9_ASSUMED_FRAME_RATE);
  const record = { ...createVp8ConfigurationRecord(version), level };
  return {
    codec: "vp8",
    codecString: formatVp8CodecString(record),
    width,
    height,
    sampleAspectRatio: undefined,
    frameRate: undefined,
    lengthSize: undefined,
    decoderConfigurationRecord: encodeVpCodecConfigurationRecord(record),
    ...vp8Names(version),
  };
}

function describeVp9(bytes: Uint8Array | undefined, payload: Uint8Array): VideoDetails | undefined {
  const header = decodeVp9FrameHeader(payload);
  const { profile, keyFrame } = header;
  if (keyFrame === undefined) return undefined;
  const { width, height } = keyFrame;
  checkPictureSize(keyFrame, 0);
  const lowest = lowestVp9Level(width, height, VP9_ASSUMED_FRAME_RATE);
  const given =
    bytes === undefined
      ? createVpCodecConfigurationRecord(profile, keyFrame, lowest)
      : decodeVpCodecConfigurationRecord(bytes);
  const record = given.level === VP9_LEVEL_UNKNOWN ? { ...given, level: lowest } : given;
  return {
    codec: "vp9",
    codecString: formatVp9CodecString(record),
    width,
    height,
    sampleAspectRatio: undefined,
    frameRate: undefined,
    lengthSize: undefined,
    decoderConfigurationRecord: encodeVpCodecConfigurationRecord(record),
    ...vp9Names(record.profile, record.level),
  };
}
