/**
 * The body of video messages: what stands in front of the coded picture, in RTMP and FLV alike.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, Annex E.4.3; Enhanced RTMP v2 (Veovera),
 * "Enhanced Video".
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import {
  codecIdOfVideoCodec,
  fourCcOfVideoCodec,
  type VideoCodec,
  videoCodecOfCodecId,
  videoCodecOfFourCc,
} from "./codec-id.ts";
import { AvMultitrackType, ExHeaderReader } from "./multitrack.ts";

/** FrameType. 0, 6 and 7 are reserved. */
export const VideoFrameType = {
  Reserved0: 0,
  KeyFrame: 1,
  InterFrame: 2,
  DisposableInterFrame: 3,
  GeneratedKeyFrame: 4,
  Command: 5,
  Reserved6: 6,
  Reserved7: 7,
} as const;
export type VideoFrameType = (typeof VideoFrameType)[keyof typeof VideoFrameType];

/**
 * VideoPacketType of Enhanced RTMP. Its first three are also AVCPacketType, so that both kinds of
 * header decode to one set of values. 8 to 15 are reserved.
 */
export const VideoPacketType = {
  SequenceStart: 0,
  CodedFrames: 1,
  SequenceEnd: 2,
  /** Coded frames whose composition time offset is 0 and is not sent. */
  CodedFramesX: 3,
  /** AMF0 name and value pairs, such as `colorInfo`. */
  Metadata: 4,
  Mpeg2TsSequenceStart: 5,
  Multitrack: 6,
  ModEx: 7,
} as const;
export type VideoPacketType = (typeof VideoPacketType)[keyof typeof VideoPacketType];

/** What stands in front of the data of a video message, or of one track in it. */
export interface VideoBody {
  /** `undefined` for a codec that is unknown or reserved, and for a command. */
  readonly codec: VideoCodec | undefined;
  readonly frameType: VideoFrameType;
  /** `undefined` for a value that is reserved: ignore the message. Never ModEx or Multitrack. */
  readonly packetType: VideoPacketType | undefined;
  /** PTS minus DTS in milliseconds, signed. */
  readonly compositionTimeOffset: number;
  /** To add to the message's timestamp, in nanoseconds; 0 unless the sender gave it by ModEx. */
  readonly timestampNanoOffset: number;
  /** True if the header was one of Enhanced RTMP. */
  readonly isEnhanced: boolean;
  /** 0, the main one, unless the message is multitrack. */
  readonly trackId: number;
  /** Where the data starts and ends, in bytes from the start of the body. */
  readonly dataOffset: number;
  readonly dataEnd: number;
}

/** What `writeVideoHeader` needs to know. */
export interface VideoHeader {
  readonly codec: VideoCodec;
  readonly frameType: VideoFrameType;
  readonly packetType: VideoPacketType;
  readonly compositionTimeOffset: number;
  /** True: the header of Enhanced RTMP; false: the legacy one, for codecs that have a CodecID. */
  readonly isEnhanced: boolean;
}

const ENHANCED_FLAG = 0x80;

/** The most bytes that `writeVideoHeader` writes. */
export const VIDEO_HEADER_SIZE_MAX = 8;

/**
 * Decodes the header of a video message, or of the first track of one with several.
 *
 * ```text
 * legacy    |0FFF CCCC| AVC, HEVC, AV1: | packet type | composition time offset 24 | data
 * enhanced  |1FFF PPPP| FourCC 32 | coded frames of AVC, HEVC, VVC: offset 24 | data
 *           F frame type   C CodecID   P packet type
 * ```
 *
 * @returns The header, or `undefined` for an empty body, as some encoders send it: ignore that.
 * @throws {MalformedError} If the header is cut off.
 */
export function decodeVideoBody(body: Uint8Array): VideoBody | undefined {
  const first = body[0];
  if (first === undefined) return undefined;
  if ((first & ENHANCED_FLAG) === 0) return decodeLegacy(body, first);
  return decodeEnhanced(body, first);
}

/**
 * Decodes the headers of every track in a message; a message that is not multitrack has one.
 *
 * @throws {MalformedError} If a header is cut off, or a track is larger than the message.
 */
export function decodeVideoTracks(body: Uint8Array): VideoBody[] {
  const tracks: VideoBody[] = [];
  const first = decodeVideoBody(body);
  if (first === undefined) return tracks;
  tracks.push(first);
  if (!first.isEnhanced || first.dataEnd === body.length) return tracks;

  // More than one track: read the shared part again, then one track after the other. Each takes at
  // least four bytes, so there are no more of them than the body has room for.
  const reader = new ExHeaderReader(body, (body[0] ?? 0) & 0x0f);
  reader.skipModEx(VideoPacketType.ModEx);
  const hasManyCodecs = reader.readUint8() >>> 4 === AvMultitrackType.ManyTracksManyCodecs;
  let previous = first;
  while (previous.dataEnd < body.length) {
    const shared = hasManyCodecs ? undefined : first.codec;
    previous = decodeNextTrack(body, previous, shared, hasManyCodecs);
    tracks.push(previous);
  }
  return tracks;
}

/** Writes what stands in front of the data. */
export function writeVideoHeader(writer: ByteWriter, header: VideoHeader): void {
  if (header.isEnhanced) {
    const fourCc = fourCcOfVideoCodec(header.codec);
    assert(fourCc !== undefined, "an enhanced video header is for a codec with a FourCC");
    writer.writeUint8(ENHANCED_FLAG | (header.frameType << 4) | header.packetType);
    writer.writeUint32(fourCc);
    if (hasOffset(header.codec, header.packetType)) {
      writer.writeUint24(header.compositionTimeOffset);
    }
    return;
  }
  const codecId = codecIdOfVideoCodec(header.codec);
  assert(codecId !== undefined, "a legacy video header is for a codec with a CodecID");
  writer.writeUint8((header.frameType << 4) | codecId);
  if (!hasPacketType(header.codec)) return;
  assert(header.packetType <= VideoPacketType.SequenceEnd, "the packet type has a legacy form");
  writer.writeUint8(header.packetType);
  writer.writeUint24(header.compositionTimeOffset);
}

function decodeLegacy(body: Uint8Array, first: number): VideoBody {
  const frameType = (first >>> 4) as VideoFrameType;
  const isCommand = frameType === VideoFrameType.Command;
  const codec = isCommand ? undefined : videoCodecOfCodecId(first & 0x0f);
  let packetType: VideoPacketType | undefined = VideoPacketType.CodedFrames;
  let compositionTimeOffset = 0;
  let dataOffset = 1;
  if (codec !== undefined && hasPacketType(codec)) {
    if (body.length < 5) {
      // The end of a sequence has nothing to say after its type, and some encoders stop there.
      const isEnd = body[1] === VideoPacketType.SequenceEnd;
      if (!isEnd) throw new MalformedError(`Cannot decode video header of ${body.length} bytes`, 0);
    }
    packetType = legacyPacketType(body[1] ?? 0);
    compositionTimeOffset = getInt24(body, 2);
    dataOffset = Math.min(5, body.length);
  }
  return {
    codec,
    frameType,
    packetType,
    compositionTimeOffset,
    timestampNanoOffset: 0,
    isEnhanced: false,
    trackId: 0,
    dataOffset,
    dataEnd: body.length,
  };
}

function decodeEnhanced(body: Uint8Array, first: number): VideoBody {
  const frameType = ((first >>> 4) & 0b111) as VideoFrameType;
  const reader = new ExHeaderReader(body, first & 0x0f);
  reader.skipModEx(VideoPacketType.ModEx);

  if (frameType === VideoFrameType.Command && reader.packetType !== VideoPacketType.Metadata) {
    reader.readUint8(); // 0 and 1 frame a client-side seek; there is nothing else in it.
    return enhancedBody(reader, body, { frameType, codec: undefined, trackId: 0 });
  }
  let codec: VideoCodec | undefined;
  let trackId = 0;
  let end = body.length;
  if (reader.packetType === VideoPacketType.Multitrack) {
    const types = reader.readUint8();
    reader.packetType = types & 0x0f;
    codec = videoCodecOfFourCc(reader.readFourCc()); // The shared one, or that of the first track.
    trackId = reader.readUint8();
    if (types >>> 4 !== AvMultitrackType.OneTrack) end = readTrackEnd(reader, body);
  } else {
    codec = videoCodecOfFourCc(reader.readFourCc());
  }
  return enhancedBody(reader, body, { frameType, codec, trackId }, end);
}

function decodeNextTrack(
  body: Uint8Array,
  previous: VideoBody,
  shared: VideoCodec | undefined,
  hasManyCodecs: boolean,
): VideoBody {
  const rest = body.subarray(previous.dataEnd - 1); // ExHeaderReader passes over one byte.
  const reader = new ExHeaderReader(rest, previous.packetType ?? 0x0f);
  reader.timestampNanoOffset = previous.timestampNanoOffset;
  const codec = hasManyCodecs ? videoCodecOfFourCc(reader.readFourCc()) : shared;
  const trackId = reader.readUint8();
  const end = readTrackEnd(reader, rest);
  const { frameType } = previous;
  const track = enhancedBody(reader, rest, { frameType, codec, trackId }, end);
  const shift = previous.dataEnd - 1;
  return { ...track, dataOffset: track.dataOffset + shift, dataEnd: track.dataEnd + shift };
}

function readTrackEnd(reader: ExHeaderReader, body: Uint8Array): number {
  const size = reader.readUint24();
  const end = reader.offset + size;
  if (end > body.length) {
    throw new MalformedError(`Cannot read track of ${size} bytes`, reader.offset);
  }
  return end;
}

function enhancedBody(
  reader: ExHeaderReader,
  body: Uint8Array,
  part: Pick<VideoBody, "codec" | "frameType" | "trackId">,
  dataEnd = body.length,
): VideoBody {
  const packetType = enhancedPacketType(reader.packetType);
  let compositionTimeOffset = 0;
  if (packetType === VideoPacketType.CodedFrames && hasOffset(part.codec, packetType)) {
    compositionTimeOffset = (reader.readUint24() << 8) >> 8;
    if (reader.offset > dataEnd) {
      throw new MalformedError("Cannot read track without room for its header", reader.offset);
    }
  }
  return {
    codec: part.codec,
    frameType: part.frameType,
    packetType,
    compositionTimeOffset,
    timestampNanoOffset: reader.timestampNanoOffset,
    isEnhanced: true,
    trackId: part.trackId,
    dataOffset: reader.offset,
    dataEnd,
  };
}

/** Whether the legacy header of `codec` goes on after its first byte. */
function hasPacketType(codec: VideoCodec): boolean {
  return codec === "h264" || codec === "hevc" || codec === "av1";
}

/** Whether an enhanced header of this kind ends with a composition time offset. */
function hasOffset(codec: VideoCodec | undefined, packetType: VideoPacketType): boolean {
  if (packetType !== VideoPacketType.CodedFrames) return false;
  return codec === "h264" || codec === "hevc" || codec === "vvc";
}

function legacyPacketType(value: number): VideoPacketType | undefined {
  return value <= VideoPacketType.SequenceEnd ? (value as VideoPacketType) : undefined;
}

function enhancedPacketType(value: number): VideoPacketType | undefined {
  return value <= VideoPacketType.Mpeg2TsSequenceStart ? (value as VideoPacketType) : undefined;
}

/** Reads a signed 24-bit integer; what is cut off counts as 0. */
function getInt24(body: Uint8Array, offset: number): number {
  const high = body[offset] ?? 0;
  const value = (high << 16) | ((body[offset + 1] ?? 0) << 8) | (body[offset + 2] ?? 0);
  return (value << 8) >> 8;
}
