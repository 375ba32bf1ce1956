/**
 * Audio as an elementary stream of MPEG-TS.
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { toAdtsFormat, writeAdtsHeader } from "../../codec/aac/adts.ts";
import { decodeAudioSpecificConfig } from "../../codec/aac/audio-specific-config.ts";
import {
  encodeOpusDescriptor,
  encodeRegistrationDescriptor,
} from "../../codec/mpegts/descriptor.ts";
import { writeOpusControlHeader } from "../../codec/mpegts/opus-control-header.ts";
import { PesStreamId } from "../../codec/mpegts/pes.ts";
import { StreamType } from "../../codec/mpegts/stream-type.ts";
import { decodeOpusHead } from "../../codec/opus/opus-head.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import type { ElementaryStream } from "./elementary-stream.ts";

/** SRS's numbers. */
const AUDIO_PID = 0x101;
const MP3_PID = 0x102;

const NO_DESCRIPTORS = new Uint8Array(0);

/**
 * @returns `undefined` if there is none for the track.
 * @throws {MalformedError} If its configuration is malformed.
 */
export function createAudioStream(track: Track): ElementaryStream | undefined {
  switch (track.codec) {
    case "aac":
      return createAacStream(track);
    case "mp3":
      return {
        pid: MP3_PID,
        // The type that has all of MPEG audio; which of it this is, each frame says.
        streamType: StreamType.Mpeg2Audio,
        streamId: PesStreamId.Audio,
        descriptors: NO_DESCRIPTORS,
        writeFrame: writePayload,
      };
    case "ac3":
      return createDolbyStream(StreamType.Ac3, "AC-3");
    case "eac3":
      return createDolbyStream(StreamType.Eac3, "EAC3");
    case "opus":
      return createOpusStream(track);
    default:
      return undefined;
  }
}

function createAacStream({ decoderConfigurationRecord }: Track): ElementaryStream | undefined {
  if (decoderConfigurationRecord === undefined) return undefined;
  const config = decodeAudioSpecificConfig(decoderConfigurationRecord);
  const format = config === undefined ? undefined : toAdtsFormat(config);
  if (format === undefined) return undefined;
  return {
    pid: AUDIO_PID,
    streamType: StreamType.AacAdts,
    streamId: PesStreamId.Audio,
    descriptors: NO_DESCRIPTORS,
    writeFrame: (writer, { payload }) => {
      writeAdtsHeader(writer, format, payload.length);
      writer.writeBytes(payload);
    },
  };
}

/** @param format What the registration descriptor calls it; receivers outside of ATSC go by that. */
function createDolbyStream(streamType: StreamType, format: string): ElementaryStream {
  return {
    pid: AUDIO_PID,
    streamType,
    streamId: PesStreamId.PrivateStream1,
    descriptors: encodeRegistrationDescriptor(format),
    writeFrame: writePayload,
  };
}

function createOpusStream(track: Track): ElementaryStream | undefined {
  const channelCode = opusChannelCode(track.decoderConfigurationRecord);
  if (channelCode === undefined) return undefined;
  const registration = encodeRegistrationDescriptor("Opus");
  return {
    pid: AUDIO_PID,
    streamType: StreamType.PrivateData,
    streamId: PesStreamId.PrivateStream1,
    descriptors: Uint8Array.of(...registration, ...encodeOpusDescriptor(channelCode)),
    writeFrame: (writer, { payload }) => {
      writeOpusControlHeader(writer, payload.length);
      writer.writeBytes(payload);
    },
  };
}

/** The descriptor has codes for mono, stereo, and up to eight channels in Vorbis order. */
function opusChannelCode(record: Uint8Array | undefined): number | undefined {
  if (record === undefined) return 2; // As over RTP: stereo, unless somebody says otherwise.
  const { channelCount, mapping } = decodeOpusHead(record);
  const isOrdered = mapping === undefined || mapping.family === 1;
  return isOrdered && channelCount <= 8 ? channelCount : undefined;
}

function writePayload(writer: ByteWriter, { payload }: Frame): void {
  writer.writeBytes(payload);
}
