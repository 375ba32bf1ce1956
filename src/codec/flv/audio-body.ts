/**
 * The body of audio messages: what stands in front of the coded sound, in RTMP and FLV alike.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, Annex E.4.2; Enhanced RTMP v2 (Veovera),
 * "Enhanced Audio".
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import {
  type AudioCodec,
  audioCodecOfFourCc,
  audioCodecOfSoundFormat,
  fourCcOfAudioCodec,
  SoundFormat,
  soundFormatOfAudioCodec,
} from "./codec-id.ts";
import { AvMultitrackType, ExHeaderReader } from "./multitrack.ts";

/** AudioPacketType of Enhanced RTMP; its first two are also AACPacketType. 3, 6, 8.. reserved. */
export const AudioPacketType = {
  SequenceStart: 0,
  CodedFrames: 1,
  SequenceEnd: 2,
  MultichannelConfig: 4,
  Multitrack: 5,
  ModEx: 7,
} as const;
export type AudioPacketType = (typeof AudioPacketType)[keyof typeof AudioPacketType];

/** What stands in front of the data of an audio message, or of one track in it. */
export interface AudioBody {
  /** `undefined` for a codec that is unknown or reserved. */
  readonly codec: AudioCodec | undefined;
  /** `undefined` for a value that is reserved: ignore the message. Never ModEx or Multitrack. */
  readonly packetType: AudioPacketType | undefined;
  /**
   * What the legacy header says, and 0 in an enhanced one. Meaningful for MP3, PCM, ADPCM and
   * G.711 only: AAC always says 44100 and 2, Speex 5512 and 1, whatever the sound is.
   */
  readonly sampleRate: number;
  readonly channelCount: number;
  readonly bitsPerSample: number;
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

/** What `writeAudioHeader` needs to know. */
export interface AudioHeader {
  readonly codec: AudioCodec;
  readonly packetType: AudioPacketType;
  /** True: the header of Enhanced RTMP; false: the legacy one, for codecs with a SoundFormat. */
  readonly isEnhanced: boolean;
  /** For the legacy header of MP3, PCM, ADPCM and G.711. Default: 44100, 2 and 16. */
  readonly sampleRate?: number;
  readonly channelCount?: number;
  readonly bitsPerSample?: number;
}

/** The most bytes that `writeAudioHeader` writes. */
export const AUDIO_HEADER_SIZE_MAX = 5;

/** SoundRate. 5.5 kHz stands for 5512.5, and for the 8 kHz of Speex. */
const SAMPLE_RATES = [5512, 11_025, 22_050, 44_100];
/** Those that FLV has for one channel at one rate only. */
const MONO_CODECS: readonly AudioCodec[] = ["speex", "g711a", "g711u"];

/**
 * Decodes the header of an audio message, or of the first track of one with several.
 *
 * ```text
 * legacy    |FFFF RRST|  AAC: | packet type 8 | data     F SoundFormat  R rate  S size  T type
 * enhanced  |1001 PPPP| FourCC 32 | data                 P packet type
 * ```
 *
 * @returns The header, or `undefined` for an empty body, which means silence.
 * @throws {MalformedError} If the header is cut off.
 */
export function decodeAudioBody(body: Uint8Array): AudioBody | undefined {
  const first = body[0];
  if (first === undefined) return undefined;
  if (first >>> 4 === SoundFormat.ExHeader) return decodeEnhanced(body, first);
  return decodeLegacy(body, first);
}

/**
 * Decodes the headers of every track in a message; a message that is not multitrack has one.
 *
 * @throws {MalformedError} If a header is cut off, or a track is larger than the message.
 */
export function decodeAudioTracks(body: Uint8Array): AudioBody[] {
  const tracks: AudioBody[] = [];
  const first = decodeAudioBody(body);
  if (first === undefined) return tracks;
  tracks.push(first);
  if (!first.isEnhanced || first.dataEnd === body.length) return tracks;

  const reader = new ExHeaderReader(body, (body[0] ?? 0) & 0x0f);
  reader.skipModEx(AudioPacketType.ModEx);
  const hasManyCodecs = reader.readUint8() >>> 4 === AvMultitrackType.ManyTracksManyCodecs;
  let previous = first;
  while (previous.dataEnd < body.length) {
    previous = decodeNextTrack(body, previous, hasManyCodecs);
    tracks.push(previous);
  }
  return tracks;
}

/** Writes what stands in front of the data. */
export function writeAudioHeader(writer: ByteWriter, header: AudioHeader): void {
  if (header.isEnhanced) {
    const fourCc = fourCcOfAudioCodec(header.codec);
    assert(fourCc !== undefined, "an enhanced audio header is for a codec with a FourCC");
    writer.writeUint8((SoundFormat.ExHeader << 4) | header.packetType);
    writer.writeUint32(fourCc);
    return;
  }
  const format = soundFormatOfAudioCodec(header.codec);
  assert(format !== undefined, "a legacy audio header is for a codec with a SoundFormat");
  writer.writeUint8((format << 4) | soundFlags(header));
  if (header.codec === "aac") writer.writeUint8(header.packetType);
}

function decodeLegacy(body: Uint8Array, first: number): AudioBody {
  const codec = audioCodecOfSoundFormat(first >>> 4);
  let packetType: AudioPacketType | undefined = AudioPacketType.CodedFrames;
  let dataOffset = 1;
  if (codec === "aac") {
    const type = body[1];
    if (type === undefined) throw new MalformedError("Cannot decode AAC header of 1 byte", 0);
    packetType = type <= AudioPacketType.CodedFrames ? (type as AudioPacketType) : undefined;
    dataOffset = 2;
  }
  return {
    codec,
    packetType,
    sampleRate: SAMPLE_RATES[(first >>> 2) & 0b11] ?? 0,
    channelCount: (first & 0b1) + 1,
    bitsPerSample: (first & 0b10) === 0 ? 8 : 16,
    timestampNanoOffset: 0,
    isEnhanced: false,
    trackId: 0,
    dataOffset,
    dataEnd: body.length,
  };
}

function decodeEnhanced(body: Uint8Array, first: number): AudioBody {
  const reader = new ExHeaderReader(body, first & 0x0f);
  reader.skipModEx(AudioPacketType.ModEx);
  if (reader.packetType !== AudioPacketType.Multitrack) {
    const codec = audioCodecOfFourCc(reader.readFourCc());
    return enhancedBody(reader, codec, 0, body.length);
  }
  const types = reader.readUint8();
  reader.packetType = types & 0x0f;
  const codec = audioCodecOfFourCc(reader.readFourCc()); // The shared one, or the first track's.
  const trackId = reader.readUint8();
  const isOne = types >>> 4 === AvMultitrackType.OneTrack;
  return enhancedBody(reader, codec, trackId, isOne ? body.length : readTrackEnd(reader, body));
}

function decodeNextTrack(body: Uint8Array, previous: AudioBody, hasManyCodecs: boolean): AudioBody {
  const shift = previous.dataEnd - 1; // ExHeaderReader passes over one byte.
  const rest = body.subarray(shift);
  const reader = new ExHeaderReader(rest, previous.packetType ?? 0x0f);
  reader.timestampNanoOffset = previous.timestampNanoOffset;
  const codec = hasManyCodecs ? audioCodecOfFourCc(reader.readFourCc()) : previous.codec;
  const trackId = reader.readUint8();
  const end = readTrackEnd(reader, rest);
  const track = enhancedBody(reader, codec, trackId, end);
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
  codec: AudioCodec | undefined,
  trackId: number,
  dataEnd: number,
): AudioBody {
  return {
    codec,
    packetType: enhancedPacketType(reader.packetType),
    sampleRate: 0,
    channelCount: 0,
    bitsPerSample: 0,
    timestampNanoOffset: reader.timestampNanoOffset,
    isEnhanced: true,
    trackId,
    dataOffset: reader.offset,
    dataEnd,
  };
}

function enhancedPacketType(value: number): AudioPacketType | undefined {
  const isKnown =
    value <= AudioPacketType.SequenceEnd || value === AudioPacketType.MultichannelConfig;
  return isKnown ? (value as AudioPacketType) : undefined;
}

/** SoundRate, SoundSize and SoundType, which the specification fixes for some codecs. */
function soundFlags(header: AudioHeader): number {
  if (header.codec === "aac") return 0b1111; // 44 kHz, 16 bits, stereo, whatever the sound is.
  // 5.5 kHz, 16 bits, mono, likewise; of G.711, 8 kHz are meant.
  if (MONO_CODECS.includes(header.codec)) return 0b0010;
  const rate = Math.max(0, SAMPLE_RATES.indexOf(header.sampleRate ?? 44_100));
  const size = (header.bitsPerSample ?? 16) === 16 ? 1 : 0;
  const type = (header.channelCount ?? 2) > 1 ? 1 : 0;
  return (rate << 2) | (size << 1) | type;
}
