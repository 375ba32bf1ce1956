/**
 * The start of a frame of VP8: whether it is a key frame, and how large the picture is.
 *
 * Spec: RFC 6386, 9.1 and 19.1 (uncompressed data chunk).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

export interface Vp8FrameHeader {
  /** 0 to 3: which filters a decoder uses. */
  readonly version: number;
  /** Whether the frame is for showing, not only for reference. */
  readonly isShown: boolean;
  /** `undefined` for a frame that is not a key frame. */
  readonly keyFrame: Vp8KeyFrame | undefined;
}

export interface Vp8KeyFrame {
  /** Of the coded picture, in pixels. */
  readonly width: number;
  readonly height: number;
}

const FRAME_TAG_SIZE = 3;
const KEY_FRAME_HEADER_SIZE = 10;
const VERSION_MAX = 3;
const START_CODE: readonly number[] = [0x9d, 0x01, 0x2a];
/** The two bits above it are a scale for showing. */
const SIDE_MASK = 0x3fff;

/**
 * ```text
 * frame tag, 24 bits little-endian: key_frame 1, 0 for key | version 3 | show_frame 1 | size 19
 * | key frame: 9d 01 2a | scale 2, width 14 LE | scale 2, height 14 LE
 * ```
 *
 * @throws {MalformedError} If it is cut off, or no VP8.
 */
export function decodeVp8FrameHeader(frame: Uint8Array): Vp8FrameHeader {
  const [tag = 0] = frame;
  const isKeyFrame = (tag & 1) === 0;
  if (frame.length < (isKeyFrame ? KEY_FRAME_HEADER_SIZE : FRAME_TAG_SIZE)) {
    throw new MalformedError("Cannot read VP8 frame: cut off", frame.length);
  }
  const version = (tag >>> 1) & 0b111;
  if (version > VERSION_MAX) throw new MalformedError(`Cannot take VP8 version ${version}`, 0);
  const isShown = (tag & 0x10) !== 0;
  if (!isKeyFrame) return { version, isShown, keyFrame: undefined };
  if (START_CODE.some((byte, index) => frame[FRAME_TAG_SIZE + index] !== byte)) {
    throw new MalformedError("Cannot find the start code of a VP8 key frame", FRAME_TAG_SIZE);
  }
  const width = (((frame[7] ?? 0) << 8) | (frame[6] ?? 0)) & SIDE_MASK;
  const height = (((frame[9] ?? 0) << 8) | (frame[8] ?? 0)) & SIDE_MASK;
  if (width === 0 || height === 0) {
    throw new MalformedError(`Cannot take a picture of ${width}x${height}`, 6);
  }
  return { version, isShown, keyFrame: { width, height } };
}
