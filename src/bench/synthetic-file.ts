/**
 * A stream of any bitrate: H.264 and AAC as far as servers look into them, and filling behind that.
 *
 * The pictures are not for decoding. Sequence headers, frame types, NAL units and times are right, and
 * no filling looks like a start code.
 *
 * @module
 */

import { ByteWriter } from "../base/byte-writer.ts";
import { encodeFlvHeader } from "../codec/flv/header.ts";
import { FLV_TAG_OVERHEAD, FlvTagType, writeFlvTag } from "../codec/flv/tag.ts";
import { TIME_MARK_SIZE } from "./time-mark.ts";

const FRAME_RATE = 25;
const GOP_LENGTH = 50;
/** After 8 seconds, 200 pictures and 375 AAC frames of 1024 samples end together. */
const GOP_COUNT = 4;
const AUDIO_RATE = 48_000;
const AUDIO_FRAME_SAMPLES = 1_024;
/** Sound gets this much, or a quarter if the whole is small. */
const AUDIO_BITRATE = 64_000;
const AUDIO_SHARE_MAX = 1 / 4;
/** A key frame is as large as so many others: what x264 makes of a moving scene. */
const KEY_FRAME_WEIGHT = 8;
/** The smallest payload: headers, and something behind them. */
const PAYLOAD_SIZE_MIN = 16;
/** The time mark with its length, which the source adds. */
const MARK_SIZE: number = TIME_MARK_SIZE + 4;

/** avcC with the parameter sets of 1280 x 720, 25 pictures a second, baseline; lengths of 4 bytes. */
const VIDEO_HEADER =
  "17000000000142c01fffe100176742c01fda014016ec0440000003004000000c83c60ca801000468ce0fc8";
/** AudioSpecificConfig: AAC-LC, 48 kHz, stereo. */
const AUDIO_HEADER = "af001190";

/** Makes an FLV file of 8 seconds, to be looped. @param bitrate Bits per second, of the whole. */
export function createSyntheticFile(bitrate: number): Uint8Array {
  const audioBytes = Math.min(AUDIO_BITRATE, bitrate * AUDIO_SHARE_MAX) / 8;
  const audioSize = sizeOf((audioBytes * AUDIO_FRAME_SAMPLES) / AUDIO_RATE, 0);
  const gopBytes = ((bitrate / 8 - audioBytes) * GOP_LENGTH) / FRAME_RATE;
  const unit = gopBytes / (GOP_LENGTH - 1 + KEY_FRAME_WEIGHT);
  const keyFrame = createPicture(0x17, 0x65, sizeOf(unit * KEY_FRAME_WEIGHT, MARK_SIZE));
  const interFrame = createPicture(0x27, 0x41, sizeOf(unit, MARK_SIZE));
  const sound = createSound(audioSize);

  const writer = new ByteWriter(1 << 16);
  writer.writeBytes(encodeFlvHeader({ hasAudio: true, hasVideo: true }));
  writeFlvTag(writer, FlvTagType.Video, 0, fromHex(VIDEO_HEADER));
  writeFlvTag(writer, FlvTagType.Audio, 0, fromHex(AUDIO_HEADER));
  let audioIndex = 0;
  for (let i = 0; i < GOP_LENGTH * GOP_COUNT; i++) {
    const timestampMs = (i * 1_000) / FRAME_RATE;
    writeFlvTag(
      writer,
      FlvTagType.Video,
      timestampMs,
      i % GOP_LENGTH === 0 ? keyFrame : interFrame,
    );
    for (; audioTimeMs(audioIndex) < timestampMs + 1_000 / FRAME_RATE; audioIndex++) {
      writeFlvTag(writer, FlvTagType.Audio, audioTimeMs(audioIndex), sound);
    }
  }
  return writer.take();
}

function audioTimeMs(index: number): number {
  return Math.floor((index * AUDIO_FRAME_SAMPLES * 1_000) / AUDIO_RATE);
}

function sizeOf(bytes: number, addedSize: number): number {
  return Math.max(PAYLOAD_SIZE_MIN, Math.round(bytes - FLV_TAG_OVERHEAD - addedSize));
}

function createPicture(first: number, nalUnitHeader: number, size: number): Uint8Array {
  const payload = createFilling(size);
  payload.set([first, 1, 0, 0, 0]);
  new DataView(payload.buffer).setUint32(5, size - 9);
  payload[9] = nalUnitHeader;
  return payload;
}

function createSound(size: number): Uint8Array {
  const payload = createFilling(size);
  payload.set([0xaf, 1]);
  return payload;
}

/** Bytes without 0, that no compression makes much of. */
function createFilling(size: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: size }, () => {
    state = (state * 48_271) % 0x7fff_ffff; // Lehmer, "minimal standard" (Park and Miller, 1993).
    return 0x80 | (state & 0x7f);
  });
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
