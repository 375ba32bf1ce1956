/**
 * What the walkers tell of the media messages that they walk over, and what the first bytes of one
 * say. A walker assembles nothing: it finds where messages begin and end, and shows their heads.
 *
 * @module
 */

/** A message as its header describes it. The same object for many messages: read it at once. */
export interface MediaMessage {
  /** As in RTMP and FLV: 8 audio, 9 video, 18 data; RTMP has others. */
  readonly typeId: number;
  /** Milliseconds modulo 2^32. */
  readonly timestamp: number;
  /** Bytes of the payload. */
  readonly size: number;
}

/** Who is told of messages. */
export interface MessageSink {
  /** The first bytes of a message's payload, HEAD_SIZE or all there are; valid during the call. */
  head(message: MediaMessage, bytes: Uint8Array, start: number, end: number): void;
  /** The last byte of a message's payload has come. */
  end(message: MediaMessage): void;
}

/**
 * Bytes of a payload that are shown. A time mark lies within the first 60 as publishers write it;
 * what converts streams may put an access unit delimiter and parameter sets in front.
 */
export const HEAD_SIZE = 128;

export const MediaType = { Audio: 8, Video: 9, Data: 18 } as const;
export type MediaType = (typeof MediaType)[keyof typeof MediaType];

/** What a message is to a player. */
export const MediaKind = { Other: 0, SequenceHeader: 1, Frame: 2, KeyFrame: 3 } as const;
export type MediaKind = (typeof MediaKind)[keyof typeof MediaKind];

const ENHANCED_FLAG = 0x80;
const PACKET_TYPE_SEQUENCE_START = 0;
const PACKET_TYPE_CODED_FRAMES = 1;
const PACKET_TYPE_CODED_FRAMES_X = 3;
/** Multitrack and ModEx put the packet type further back; they carry frames, but for the first. */
const PACKET_TYPE_MULTITRACK = 6;
const FRAME_TYPE_KEY = 1;
const FRAME_TYPE_COMMAND = 5;
/** CodecIDs with a packet type in the second byte: H.264, and what encoders use for HEVC and AV1. */
const PACKET_TYPE_CODECS = [7, 12, 13];
const SOUND_FORMAT_EX_HEADER = 9;
const SOUND_FORMAT_AAC = 10;

/**
 * Tells by the first two bytes of a payload what it is.
 *
 * Specification: Flash Video File Format 10.1, Annex E.4.2 and E.4.3; Enhanced RTMP v2.
 */
export function mediaKindOf(typeId: number, first: number, second: number): MediaKind {
  if (typeId === MediaType.Video) return videoKindOf(first, second);
  if (typeId !== MediaType.Audio) return MediaKind.Other;
  const format = first >>> 4;
  if (format === SOUND_FORMAT_AAC) return packetKindOf(second);
  return format === SOUND_FORMAT_EX_HEADER ? packetKindOf(first & 0x0f) : MediaKind.Frame;
}

function videoKindOf(first: number, second: number): MediaKind {
  const frameType = (first >>> 4) & 0b111;
  if (frameType === FRAME_TYPE_COMMAND) return MediaKind.Other;
  const kind = videoPacketKindOf(first, second);
  return kind === MediaKind.Frame && frameType === FRAME_TYPE_KEY ? MediaKind.KeyFrame : kind;
}

function videoPacketKindOf(first: number, second: number): MediaKind {
  if ((first & ENHANCED_FLAG) !== 0) return packetKindOf(first & 0x0f);
  return PACKET_TYPE_CODECS.includes(first & 0x0f) ? packetKindOf(second) : MediaKind.Frame;
}

function packetKindOf(packetType: number): MediaKind {
  if (packetType === PACKET_TYPE_SEQUENCE_START) return MediaKind.SequenceHeader;
  const isFrame =
    packetType === PACKET_TYPE_CODED_FRAMES ||
    packetType === PACKET_TYPE_CODED_FRAMES_X ||
    packetType >= PACKET_TYPE_MULTITRACK;
  return isFrame ? MediaKind.Frame : MediaKind.Other;
}
