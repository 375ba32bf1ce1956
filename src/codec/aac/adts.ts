/**
 * ADTS: AAC as a stream of bytes that a decoder can enter anywhere, as in MPEG-TS and `.aac`.
 *
 * Spec: ISO/IEC 14496-3, 1.A.2.2 (adts_frame), 1.A.3.2 (semantics).
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { AudioObjectType, type AudioSpecificConfig } from "./audio-specific-config.ts";
import { SAMPLING_FREQUENCIES, samplingFrequencyIndexOf } from "./sampling-frequency.ts";

/** Bytes of a header without CRC, as `writeAdtsHeader` writes it. */
export const ADTS_HEADER_SIZE = 7;
const CRC_SIZE = 2;
/** Bytes of a header and its access unit: the size has 13 bits. */
const FRAME_SIZE_MAX = 0x1fff;
/** adts_buffer_fullness of a variable bit rate. */
const FULLNESS_VARIABLE = 0x7ff;

/** What every header of a stream says. */
export interface AdtsFormat {
  /** The object type minus 1: 0 Main, 1 LC, 2 SSR, 3 LTP. */
  readonly profile: number;
  readonly samplingFrequencyIndex: number;
  readonly channelConfiguration: number;
}

export interface AdtsHeader extends AdtsFormat {
  /** 7 bytes, or 9 with a CRC. */
  readonly headerSize: number;
  /** Of the header and the access unit, in bytes. */
  readonly frameSize: number;
  readonly rawDataBlockCount: number;
}

export interface AdtsFrame {
  readonly header: AdtsHeader;
  /** View into the input; copy to keep. */
  readonly accessUnit: Uint8Array;
}

/**
 * How ADTS says a configuration.
 *
 * @returns `undefined` if it cannot: it knows four object types, rates of the table and numbered
 * layouts only. SBR and PS are left for the decoder to find.
 */
export function toAdtsFormat(config: AudioSpecificConfig): AdtsFormat | undefined {
  const { objectType, channelConfiguration, samplesPerFrame } = config;
  const samplingFrequencyIndex = samplingFrequencyIndexOf(config.sampleRate);
  if (objectType < AudioObjectType.AacMain || objectType > AudioObjectType.AacLtp) return undefined;
  if (channelConfiguration < 1 || channelConfiguration > 7) return undefined;
  if (samplingFrequencyIndex === undefined || samplesPerFrame !== 1024) return undefined;
  return { profile: objectType - 1, samplingFrequencyIndex, channelConfiguration };
}

/** The configuration of a stream with such headers. */
export function fromAdtsFormat(format: AdtsFormat): Omit<AudioSpecificConfig, "channelCount"> {
  return {
    objectType: format.profile + 1,
    sampleRate: SAMPLING_FREQUENCIES[format.samplingFrequencyIndex] ?? 0,
    channelConfiguration: format.channelConfiguration,
    samplesPerFrame: 1024,
    extensionSampleRate: undefined,
    hasParametricStereo: false,
  };
}

/**
 * Writes what stands in front of an access unit of `size` bytes.
 *
 * ```text
 * byte 0        1        2        3        4        5        6
 *      |11111111|1111MLLA|PPFFFFPC|CC0000ss|ssssssss|sssfffff|ffffffbb|
 *      M 0: MPEG-4   L 0   A 1: no CRC   P profile   F frequency   C channels
 *      s size with the header   f buffer fullness   b raw data blocks minus 1
 * ```
 *
 * @throws {MalformedError} If the access unit is larger than any of AAC.
 */
export function writeAdtsHeader(writer: ByteWriter, format: AdtsFormat, size: number): void {
  const frameSize = ADTS_HEADER_SIZE + size;
  if (frameSize > FRAME_SIZE_MAX) {
    throw new MalformedError(`Cannot write access unit of ${size} bytes as ADTS`, 0);
  }
  const { profile, samplingFrequencyIndex, channelConfiguration } = format;
  const first = (profile << 6) | (samplingFrequencyIndex << 2) | (channelConfiguration >>> 2);
  writer.writeUint24(0xff_f100 | first);
  writer.writeUint32(
    ((channelConfiguration & 0b11) << 30) | (frameSize << 13) | (FULLNESS_VARIABLE << 2),
  );
}

/**
 * Decodes the header at `offset`.
 *
 * @returns `undefined` if more input is needed.
 * @throws {MalformedError} If there is no header, or one with reserved values.
 */
export function decodeAdtsHeader(bytes: Uint8Array, offset: number): AdtsHeader | undefined {
  if (bytes.length < offset + ADTS_HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, ADTS_HEADER_SIZE);
  const head = view.getUint16(0);
  if ((head & 0xfff6) !== 0xfff0) throw new MalformedError("Cannot find ADTS sync word", offset);
  const hasCrc = (head & 1) === 0;
  const fields = view.getUint16(2);
  const samplingFrequencyIndex = (fields >>> 10) & 0x0f;
  if (samplingFrequencyIndex >= SAMPLING_FREQUENCIES.length) {
    throw new MalformedError(`Cannot decode ADTS frequency ${samplingFrequencyIndex}`, offset);
  }
  const headerSize = ADTS_HEADER_SIZE + (hasCrc ? CRC_SIZE : 0);
  const frameSize = (view.getUint32(2) >>> 5) & FRAME_SIZE_MAX;
  if (frameSize < headerSize) {
    throw new MalformedError(`Cannot decode ADTS frame of ${frameSize} bytes`, offset);
  }
  return {
    profile: fields >>> 14,
    samplingFrequencyIndex,
    channelConfiguration: (fields >>> 6) & 0b111,
    headerSize,
    frameSize,
    rawDataBlockCount: (view.getUint8(6) & 0b11) + 1,
  };
}

/**
 * Splits a run of frames.
 *
 * @returns The frames that are whole, and the offset of the one that is cut off at the end.
 * @throws {MalformedError} If it is no such run, or a frame holds several access units, which
 * nobody can tell apart without decoding them.
 */
export function splitAdts(bytes: Uint8Array): { frames: AdtsFrame[]; end: number } {
  const frames: AdtsFrame[] = [];
  let end = 0;
  for (;;) {
    const header = decodeAdtsHeader(bytes, end);
    if (header === undefined || end + header.frameSize > bytes.length) return { frames, end };
    if (header.rawDataBlockCount > 1) {
      throw new MalformedError(`Cannot split ${header.rawDataBlockCount} raw data blocks`, end);
    }
    const accessUnit = bytes.subarray(end + header.headerSize, end + header.frameSize);
    frames.push({ header, accessUnit });
    end += header.frameSize;
  }
}
