/**
 * The four bytes in front of each frame of MPEG audio: layers I to III of MPEG-1, MPEG-2 and, by
 * common use, "MPEG-2.5".
 *
 * Spec: ISO/IEC 11172-3, 2.4.1.3 and 2.4.2.3; ISO/IEC 13818-3, 2.4.2.3 (lower sampling
 * frequencies). MPEG-2.5 is Fraunhofer's, and in no standard.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

export const MP3_HEADER_SIZE = 4;

/** The two bits of the version, as they are coded. */
export const MpegAudioVersion = { Mpeg25: 0, Reserved: 1, Mpeg2: 2, Mpeg1: 3 } as const;
export type MpegAudioVersion = (typeof MpegAudioVersion)[keyof typeof MpegAudioVersion];

/** The two bits of the channel mode. */
export const MpegAudioMode = {
  Stereo: 0,
  JointStereo: 1,
  DualChannel: 2,
  SingleChannel: 3,
} as const;
export type MpegAudioMode = (typeof MpegAudioMode)[keyof typeof MpegAudioMode];

export interface Mp3FrameHeader {
  readonly version: MpegAudioVersion;
  /** 1 to 3. */
  readonly layer: number;
  readonly hasCrc: boolean;
  /** `undefined` for the free format, in which only the next header shows where a frame ends. */
  readonly bitrateKbps: number | undefined;
  readonly sampleRate: number;
  readonly mode: MpegAudioMode;
  /** Two bits that say more of joint stereo; what they mean depends on the layer. */
  readonly modeExtension: number;
  readonly channelCount: number;
  readonly samplesPerFrame: number;
  /** In bytes, with the header; `undefined` for the free format. */
  readonly frameSize: number | undefined;
}

const SYNC_WORD = 0x7ff;
const RESERVED_LAYER = 0;
const RESERVED_BITRATE = 15;
const RESERVED_FREQUENCY = 3;

/** kbit/s by index; index 0 is the free format, 15 is forbidden. */
// biome-ignore format: one layer a line
const BITRATES_MPEG1: Readonly<Record<number, readonly number[]>> = {
  1: [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  3: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
};
/** The same for MPEG-2 and MPEG-2.5. */
// biome-ignore format: one layer a line
const BITRATES_MPEG2: Readonly<Record<number, readonly number[]>> = {
  1: [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  3: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
/** Hz by version and index. */
const SAMPLE_RATES: Readonly<Record<MpegAudioVersion, readonly number[]>> = {
  [MpegAudioVersion.Mpeg25]: [11_025, 12_000, 8_000],
  [MpegAudioVersion.Reserved]: [],
  [MpegAudioVersion.Mpeg2]: [22_050, 24_000, 16_000],
  [MpegAudioVersion.Mpeg1]: [44_100, 48_000, 32_000],
};

/**
 * Decodes the header at `offset`.
 *
 * ```text
 * |11111111|111VVLLC|bbbbffp.|mmee....|
 * V version   L 4 minus the layer   C 0: CRC   b bit rate   f sampling frequency   p padding   m mode
 * e mode extension
 * ```
 *
 * @returns `undefined` if more input is needed.
 * @throws {MalformedError} If there is no header, or one with reserved values.
 */
export function decodeMp3FrameHeader(
  bytes: Uint8Array,
  offset: number,
): Mp3FrameHeader | undefined {
  if (bytes.length < offset + MP3_HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = view.getUint32(offset);
  const version = ((header >>> 19) & 0b11) as MpegAudioVersion;
  const layerBits = (header >>> 17) & 0b11;
  const bitrateIndex = (header >>> 12) & 0b1111;
  const frequencyIndex = (header >>> 10) & 0b11;
  if (
    header >>> 21 !== SYNC_WORD ||
    version === MpegAudioVersion.Reserved ||
    layerBits === RESERVED_LAYER ||
    bitrateIndex === RESERVED_BITRATE ||
    frequencyIndex === RESERVED_FREQUENCY
  ) {
    throw new MalformedError("Cannot find header of MPEG audio", offset);
  }
  const layer = 4 - layerBits;
  const isMpeg1 = version === MpegAudioVersion.Mpeg1;
  const bitrates = isMpeg1 ? BITRATES_MPEG1 : BITRATES_MPEG2;
  const bitrateKbps = bitrates[layer]?.[bitrateIndex] || undefined;
  const sampleRate = SAMPLE_RATES[version][frequencyIndex] ?? 0;
  const samplesPerFrame = layer === 1 ? 384 : layer === 2 || isMpeg1 ? 1152 : 576;
  const mode = ((header >>> 6) & 0b11) as MpegAudioMode;
  // Layer I counts in slots of four bytes, the others in bytes.
  const slotSize = layer === 1 ? 4 : 1;
  const padding = (header >>> 9) & 1;
  const frameSize =
    bitrateKbps &&
    (Math.floor((samplesPerFrame * bitrateKbps * 125) / (sampleRate * slotSize)) + padding) *
      slotSize;
  return {
    version,
    layer,
    hasCrc: ((header >>> 16) & 1) === 0,
    bitrateKbps,
    sampleRate,
    mode,
    modeExtension: (header >>> 4) & 0b11,
    channelCount: mode === MpegAudioMode.SingleChannel ? 1 : 2,
    samplesPerFrame,
    frameSize,
  };
}
