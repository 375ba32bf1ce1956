/**
 * What WebRTC publishers send: the pictures of a source, in an endless loop, and sound of their own,
 * since what a source has is AAC.
 *
 * @module
 */

import { ProtocolError } from "../base/errors.ts";
import { FlvTagType } from "../codec/flv/tag.ts";
import {
  decodeVideoBody,
  type VideoBody,
  VideoFrameType,
  VideoPacketType,
} from "../codec/flv/video-body.ts";
import { decodeAvcDecoderConfigurationRecord } from "../codec/h264/decoder-configuration-record.ts";
import { createTrack, type Track } from "../live/track.ts";
import type { Source, SourceTag } from "./source.ts";
import { TIME_MARK_SIZE } from "./time-mark.ts";

export interface RtcPicture {
  /** From the start of the loop. */
  readonly timestampMs: number;
  readonly compositionTimeOffsetMs: number;
  readonly isKeyFrame: boolean;
  /** As it is, and with a time mark in front, which publishers fill in each time that they send it. */
  readonly plain: Uint8Array;
  readonly marked: Uint8Array;
  /** Where the mark is in `marked`. */
  readonly markOffset: number;
}

export interface RtcSource {
  readonly track: Track;
  /** As SDP has it: the three bytes behind the version of avcC. */
  readonly profileLevelId: number;
  readonly pictures: readonly RtcPicture[];
  readonly periodMs: number;
}

export const OPUS_PACKET_MS = 20;
/** 48 kbit/s. */
const OPUS_PACKET_SIZE = 120;

/** @throws {ProtocolError} If there is no H.264 in it, or of several configurations. */
export function createRtcSource({ prologue, tags, periodMs }: Source): RtcSource {
  const bodies = [...prologue, ...tags].flatMap(toBody);
  const records = bodies.filter(
    ({ body }) => body.codec === "h264" && body.packetType === VideoPacketType.SequenceStart,
  );
  const [first] = records;
  if (first === undefined) throw new ProtocolError("Cannot publish by WebRTC: it is no H.264");
  const record = first.tag.payload.slice(first.body.dataOffset, first.body.dataEnd);
  const { lengthSize } = decodeAvcDecoderConfigurationRecord(record);
  const pictures = tags
    .flatMap(toBody)
    .filter(({ tag }) => tag.markOffset >= 0)
    .map(({ tag, body }) => toPicture(tag, body, lengthSize));
  const [, profile = 0, constraints = 0, level = 0] = record;
  return {
    track: createTrack("video", "h264", record),
    profileLevelId: (profile << 16) | (constraints << 8) | level,
    ...{ pictures, periodMs },
  };
}

interface TagBody {
  readonly tag: SourceTag;
  readonly body: VideoBody;
}

function toBody(tag: SourceTag): TagBody[] {
  const body = tag.type === FlvTagType.Video ? decodeVideoBody(tag.payload) : undefined;
  return body === undefined ? [] : [{ tag, body }];
}

function toPicture(
  { timestampMs, payload, markOffset }: SourceTag,
  body: VideoBody,
  lengthSize: number,
): RtcPicture {
  const marked = payload.slice(body.dataOffset);
  return {
    timestampMs,
    compositionTimeOffsetMs: body.compositionTimeOffset,
    isKeyFrame: body.frameType === VideoFrameType.KeyFrame,
    plain: marked.slice(lengthSize + TIME_MARK_SIZE),
    marked,
    markOffset: markOffset - body.dataOffset,
  };
}

/**
 * A packet of 20 ms of silence that is as large as one of music.
 *
 * Spec: RFC 6716, sections 3.1 and 3.2.5: code 3, one frame, padding.
 */
export function createOpusSilence(): Uint8Array {
  const frame = [0xff, 0xfe];
  const header = [0xfb, 0x41];
  const paddingSize = OPUS_PACKET_SIZE - header.length - 1 - frame.length;
  const packet = new Uint8Array(OPUS_PACKET_SIZE);
  packet.set([...header, paddingSize, ...frame]);
  return packet;
}
