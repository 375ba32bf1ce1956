/**
 * The configuration of Opus: OpusHead, as Ogg, Matroska, Enhanced RTMP and FFmpeg carry it, and the
 * body of the box `dOps`, which says the same in MP4.
 *
 * Spec: RFC 7845, 5.1 (identification header); Encapsulation of Opus in ISO Base Media File Format
 * (Xiph.Org), 4.3.2 (OpusSpecificBox).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";

export interface OpusHead {
  /** At least 1. */
  readonly channelCount: number;
  /** Samples at 48 kHz that a decoder drops at the start. */
  readonly preSkip: number;
  /** Of what was encoded, in Hz; 0 if unknown. Opus itself always counts at 48 kHz. */
  readonly inputSampleRate: number;
  /** In 1/256 dB, signed. */
  readonly outputGain: number;
  /** `undefined` for mapping family 0: one stream, mono or stereo. */
  readonly mapping: OpusChannelMapping | undefined;
}

/** Which decoded channel goes where. */
export interface OpusChannelMapping {
  /** 1: Vorbis order, 255: none; never 0. */
  readonly family: number;
  readonly streamCount: number;
  /** How many of the streams are stereo. */
  readonly coupledCount: number;
  /** For each output channel the index of a decoded one; 255 is silence. */
  readonly channels: readonly number[];
}

const MAGIC: readonly [number, number] = [0x4f70_7573, 0x4865_6164]; // OpusHead
/** The upper half of the version is the major one, which tells what can be read. */
const MAJOR_VERSION_MASK = 0xf0;
const SILENT_CHANNEL = 255;

/**
 * Decodes an OpusHead.
 *
 * ```text
 * byte 0          8         9          10 LE      12 LE        16 LE         18       19
 *      +----------+---------+----------+----------+------------+-------------+--------+---------+
 *      | OpusHead | version | channels | pre-skip | input rate | output gain | family | mapping |
 *      +----------+---------+----------+----------+------------+-------------+--------+---------+
 * mapping, unless the family is 0: | streams 8 | coupled 8 | a byte for each channel |
 * ```
 *
 * @throws {MalformedError} If it is cut off or contradicts itself.
 */
export function decodeOpusHead(bytes: Uint8Array): OpusHead {
  const reader = new ByteReader(bytes);
  if (reader.readUint32() !== MAGIC[0] || reader.readUint32() !== MAGIC[1]) {
    throw new MalformedError("Cannot find OpusHead", 0);
  }
  const version = reader.readUint8();
  if ((version & MAJOR_VERSION_MASK) !== 0) {
    throw new MalformedError(`Cannot decode OpusHead of version ${version}`, 8);
  }
  const channelCount = reader.readUint8();
  const preSkip = swap16(reader.readUint16());
  const inputSampleRate = swap32(reader.readUint32());
  const outputGain = (swap16(reader.readUint16()) << 16) >> 16;
  const mapping = readMapping(reader, channelCount);
  return { channelCount, preSkip, inputSampleRate, outputGain, mapping };
}

/** Encodes an OpusHead. */
export function encodeOpusHead(head: OpusHead): Uint8Array {
  const writer = new ByteWriter(32);
  writer.writeUint32(MAGIC[0]);
  writer.writeUint32(MAGIC[1]);
  writer.writeUint8(1);
  writer.writeUint8(head.channelCount);
  writer.writeUint16(swap16(head.preSkip));
  writer.writeUint32(swap32(head.inputSampleRate));
  writer.writeUint16(swap16(head.outputGain));
  writeMapping(writer, head.mapping);
  return writer.take();
}

/** Decodes the body of `dOps`: the same fields big-endian, version 0. @throws {MalformedError} */
export function decodeOpusSpecificBox(body: Uint8Array): OpusHead {
  const reader = new ByteReader(body);
  const version = reader.readUint8();
  if (version !== 0) throw new MalformedError(`Cannot decode dOps of version ${version}`, 0);
  const channelCount = reader.readUint8();
  const preSkip = reader.readUint16();
  const inputSampleRate = reader.readUint32();
  const outputGain = reader.readInt16();
  const mapping = readMapping(reader, channelCount);
  return { channelCount, preSkip, inputSampleRate, outputGain, mapping };
}

/** Encodes the body of `dOps`. */
export function encodeOpusSpecificBox(head: OpusHead): Uint8Array {
  const writer = new ByteWriter(32);
  writer.writeUint8(0);
  writer.writeUint8(head.channelCount);
  writer.writeUint16(head.preSkip);
  writer.writeUint32(head.inputSampleRate);
  writer.writeUint16(head.outputGain);
  writeMapping(writer, head.mapping);
  return writer.take();
}

function readMapping(reader: ByteReader, channelCount: number): OpusChannelMapping | undefined {
  const family = reader.readUint8();
  if (channelCount === 0 || (family === 0 && channelCount > 2)) {
    throw new MalformedError(`Cannot map ${channelCount} channels of Opus`, reader.offset);
  }
  if (family === 0) return undefined;
  const streamCount = reader.readUint8();
  const coupledCount = reader.readUint8();
  const decodedCount = streamCount + coupledCount;
  if (streamCount === 0 || coupledCount > streamCount || decodedCount > 255) {
    const counts = `${streamCount} streams, ${coupledCount} of them coupled`;
    throw new MalformedError(`Cannot map Opus of ${counts}`, reader.offset);
  }
  const channels: number[] = [];
  for (let index = 0; index < channelCount; index++) {
    const channel = reader.readUint8();
    if (channel >= decodedCount && channel !== SILENT_CHANNEL) {
      throw new MalformedError(`Cannot map to channel ${channel} of Opus`, reader.offset);
    }
    channels.push(channel);
  }
  return { family, streamCount, coupledCount, channels };
}

function writeMapping(writer: ByteWriter, mapping: OpusChannelMapping | undefined): void {
  writer.writeUint8(mapping?.family ?? 0);
  if (mapping === undefined) return;
  writer.writeUint8(mapping.streamCount);
  writer.writeUint8(mapping.coupledCount);
  for (const channel of mapping.channels) writer.writeUint8(channel);
}

function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

function swap32(value: number): number {
  return ((swap16(value) << 16) | swap16(value >>> 16)) >>> 0;
}
