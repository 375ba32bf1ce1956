/**
 * Sample entries: the codec of a track, and the decoder configuration record in a box of its own.
 *
 * Spec: ISO/IEC 14496-12, 12.1.3 (VisualSampleEntry), 12.1.4 (`pasp`), 12.2.3 (AudioSampleEntry);
 * ISO/IEC 14496-15, 5.4.2 (`avc1`), 8.4.1 (`hvc1`); ISO/IEC 14496-14, 5.6 (`mp4a`); AV1 Codec ISO
 * Media File Format Binding, 2.2 (`av01`); VP Codec ISO Media File Format Binding (`vp08`, `vp09`);
 * Encapsulation of Opus in ISO Base Media File Format, 4.3.1 (`Opus`).
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { beginBox, beginFullBox, endBox, writeZeros } from "./box-writer.ts";
import {
  type ObjectTypeIndication,
  writeElementaryStreamDescriptor,
} from "./elementary-stream-descriptor.ts";

/** `hvc1`: parameter sets stand in the configuration, and nowhere else. */
export type VideoFormat = "avc1" | "hvc1" | "av01" | "vp08" | "vp09";

/** Neither side is 0. */
export interface PixelAspectRatio {
  readonly width: number;
  readonly height: number;
}

export interface VideoSampleEntry {
  readonly kind: "video";
  readonly format: VideoFormat;
  /** Of the coded picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** How wide a pixel is, to how high it is; `undefined` for square ones. */
  readonly pixelAspectRatio: PixelAspectRatio | undefined;
  /** avcC, hvcC, av1C or vpcC, without box headers and, for vpcC, without version and flags. */
  readonly decoderConfigurationRecord: Uint8Array;
}

export interface Mp4aSampleEntry {
  readonly kind: "audio";
  readonly format: "mp4a";
  readonly channelCount: number;
  readonly sampleRate: number;
  readonly objectTypeIndication: ObjectTypeIndication;
  /** The AudioSpecificConfig; `undefined` for MP3. */
  readonly specificInfo: Uint8Array | undefined;
}

export interface OpusSampleEntry {
  readonly kind: "audio";
  readonly format: "Opus";
  readonly channelCount: number;
  readonly sampleRate: 48_000;
  /** The body of `dOps`. */
  readonly opusSpecificBox: Uint8Array;
}

export type AudioSampleEntry = Mp4aSampleEntry | OpusSampleEntry;
export type SampleEntry = VideoSampleEntry | AudioSampleEntry;

const CONFIGURATION_BOXES: Readonly<Record<VideoFormat, string>> = {
  avc1: "avcC",
  hvc1: "hvcC",
  av01: "av1C",
  vp08: "vpcC",
  vp09: "vpcC",
};

/** 72 dots an inch, as 16.16: the only value that the specification lets be. */
const RESOLUTION = 0x0048_0000;
const COMPRESSOR_NAME_SIZE = 32;
/** Colour without alpha. */
const DEPTH = 0x18;
const AUDIO_SAMPLE_BITS = 16;

/** Writes a sample entry, an element of `stsd`. */
export function writeSampleEntry(writer: ByteWriter, entry: SampleEntry): void {
  if (entry.kind === "video") writeVideoSampleEntry(writer, entry);
  else writeAudioSampleEntry(writer, entry);
}

/**
 * ```text
 * | reserved 48 | data reference 16 | 0 16 | 0 16 | 0 96 | width 16 | height 16 | resolution 32 x 2 |
 * | 0 32 | frame count 16 | compressor name 256 | depth 16 | -1 16 | configuration box | pasp |
 * ```
 */
function writeVideoSampleEntry(writer: ByteWriter, entry: VideoSampleEntry): void {
  const start = beginSampleEntry(writer, entry.format);
  writeZeros(writer, 2 + 2 + 12);
  writer.writeUint16(entry.width);
  writer.writeUint16(entry.height);
  writer.writeUint32(RESOLUTION);
  writer.writeUint32(RESOLUTION);
  writer.writeUint32(0);
  writer.writeUint16(1); // frame_count: one a sample.
  writeZeros(writer, COMPRESSOR_NAME_SIZE);
  writer.writeUint16(DEPTH);
  writer.writeUint16(0xffff);
  const type = CONFIGURATION_BOXES[entry.format];
  const configuration = type === "vpcC" ? beginFullBox(writer, type, 1, 0) : beginBox(writer, type);
  writer.writeBytes(entry.decoderConfigurationRecord);
  endBox(writer, configuration);
  if (entry.pixelAspectRatio !== undefined) {
    const pasp = beginBox(writer, "pasp");
    writer.writeUint32(entry.pixelAspectRatio.width);
    writer.writeUint32(entry.pixelAspectRatio.height);
    endBox(writer, pasp);
  }
  endBox(writer, start);
}

/**
 * ```text
 * | reserved 48 | data reference 16 | 0 64 | channels 16 | bits 16 | 0 16 | 0 16 | rate 16.16 |
 * | esds or dOps |
 * ```
 */
function writeAudioSampleEntry(writer: ByteWriter, entry: AudioSampleEntry): void {
  const start = beginSampleEntry(writer, entry.format);
  writeZeros(writer, 8);
  writer.writeUint16(entry.channelCount);
  writer.writeUint16(AUDIO_SAMPLE_BITS);
  writer.writeUint32(0);
  // A rate that does not fit in 16 bits, such as 96 kHz, is left to the configuration.
  writer.writeUint16(entry.sampleRate > 0xffff ? 0 : entry.sampleRate);
  writer.writeUint16(0);
  if (entry.format === "mp4a") {
    writeElementaryStreamDescriptor(writer, entry.objectTypeIndication, entry.specificInfo);
  } else {
    const configuration = beginBox(writer, "dOps");
    writer.writeBytes(entry.opusSpecificBox);
    endBox(writer, configuration);
  }
  endBox(writer, start);
}

function beginSampleEntry(writer: ByteWriter, format: SampleEntry["format"]): number {
  const start = beginBox(writer, format);
  writeZeros(writer, 6);
  writer.writeUint16(1); // data_reference_index: the only one, this file itself.
  return start;
}
