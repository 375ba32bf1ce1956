/**
 * VP8 out of RTP payloads.
 *
 * Spec: RFC 7741, 4.2 (payload descriptor), 4.5 (reassembly).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { concatBytes } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import { createVp8ConfigurationRecord } from "../../codec/vp8/configuration-record.ts";
import { decodeVp8FrameHeader } from "../../codec/vp8/frame-header.ts";
import { encodeVpCodecConfigurationRecord } from "../../codec/vp9/codec-configuration-record.ts";
import type { Track } from "../../live/track.ts";
import type { DepacketizedPicture, VideoDepacketizer } from "./depacketizer.ts";
import { RecordedTrack } from "./recorded-track.ts";

const EXTENDED = 0x80;
const START = 0x10;
const PARTITION_MASK = 0x07;
const HAS_PICTURE_ID = 0x80;
const HAS_TL0_PICTURE_INDEX = 0x40;
/** T and K: a byte for both. */
const HAS_LAYER_OR_KEY_INDEX = 0x30;
const LONG_PICTURE_ID = 0x80;

export class Vp8Depacketizer implements VideoDepacketizer {
  readonly #track: RecordedTrack;

  /** @param writeTrack Takes each new configuration; returns the track that frames are to carry. */
  constructor(writeTrack: (track: Track) => Track) {
    this.#track = new RecordedTrack("vp8", writeTrack);
  }

  isPictureStart([descriptor = 0]: Uint8Array): boolean {
    return (descriptor & START) !== 0 && (descriptor & PARTITION_MASK) === 0;
  }

  read(payloads: readonly Uint8Array[]): DepacketizedPicture | undefined {
    const [first] = payloads;
    if (first === undefined || !this.isPictureStart(first)) {
      throw new MalformedError("Cannot find the start of a VP8 frame", 0);
    }
    const payload = concatBytes(payloads.map(withoutDescriptor));
    const { version, keyFrame } = decodeVp8FrameHeader(payload);
    if (keyFrame !== undefined) {
      this.#track.configure(
        encodeVpCodecConfigurationRecord(createVp8ConfigurationRecord(version)),
      );
    }
    const track = this.#track.current;
    return track && { track, isKeyFrame: keyFrame !== undefined, payload };
  }
}

/**
 * ```text
 * | X 0 N S 0 PID 3 | if X: I L T K 0000 | if I: M, picture id 7 or 15 | if L: TL0PICIDX 8
 * | if T or K: TID 2, Y, KEYIDX 5 | a piece of the frame
 * ```
 */
function withoutDescriptor(payload: Uint8Array): Uint8Array {
  const reader = new ByteReader(payload);
  if ((reader.readUint8() & EXTENDED) !== 0) {
    const extension = reader.readUint8();
    if ((extension & HAS_PICTURE_ID) !== 0 && (reader.readUint8() & LONG_PICTURE_ID) !== 0) {
      reader.skip(1);
    }
    if ((extension & HAS_TL0_PICTURE_INDEX) !== 0) reader.skip(1);
    if ((extension & HAS_LAYER_OR_KEY_INDEX) !== 0) reader.skip(1);
  }
  if (reader.remaining === 0) throw new MalformedError("Cannot find a piece of a VP8 frame", 0);
  return payload.subarray(reader.offset);
}
