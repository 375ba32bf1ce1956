/**
 * Several frames of VP9 that are one: those that are decoded together, of which the last is shown.
 *
 * Spec: VP9 Bitstream & Decoding Process Specification, Annex B (superframes).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

const MARKER = 0b1100_0000;
export const SUPERFRAME_FRAMES_MAX = 8;
const SIZE_FIELD_SIZE = 4;

/**
 * ```text
 * | frame | frame ... | 110, bytes of a size - 1: 2, count - 1: 3 | { size LE } ... | the first byte again |
 * ```
 *
 * @returns The frame itself if there is only one.
 * @throws {MalformedError} If there are none, or more than eight.
 */
export function joinVp9Superframe(frames: readonly Uint8Array[]): Uint8Array {
  const [first] = frames;
  if (first === undefined || frames.length > SUPERFRAME_FRAMES_MAX) {
    throw new MalformedError(`Cannot make a superframe of ${frames.length} frames`, 0);
  }
  if (frames.length === 1) return first;
  const framesSize = frames.reduce((sum, { length }) => sum + length, 0);
  const indexSize = 2 + SIZE_FIELD_SIZE * frames.length;
  const bytes = new Uint8Array(framesSize + indexSize);
  const view = new DataView(bytes.buffer, framesSize);
  const marker = MARKER | ((SIZE_FIELD_SIZE - 1) << 3) | (frames.length - 1);
  view.setUint8(0, marker);
  view.setUint8(indexSize - 1, marker);
  let offset = 0;
  for (const [index, frame] of frames.entries()) {
    bytes.set(frame, offset);
    view.setUint32(1 + SIZE_FIELD_SIZE * index, frame.length, true);
    offset += frame.length;
  }
  return bytes;
}
