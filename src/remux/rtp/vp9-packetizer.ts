/**
 * VP9 as RTP payloads, in non-flexible mode and as one layer.
 *
 * Spec: RFC 9628, 4.2 (payload descriptor), 4.2.1 (scalability structure).
 *
 * @module
 */

import { decodeVp9FrameHeader, type Vp9KeyFrame } from "../../codec/vp9/frame-header.ts";
import type { Frame } from "../../live/frame.ts";
import { cutEvenly } from "./fragments.ts";
import { type RtpPacketizer, type RtpPacketizerOptions, writePicture } from "./packetizer.ts";
import { PayloadBuffer } from "./payload-buffer.ts";
import { NEEDED, type PictureOrder } from "./picture-order.ts";
import type { RtpPayloadOutput } from "./rtp-payload.ts";

const DESCRIPTOR_SIZE = 5;
/** I: there is a picture id. */
const HAS_PICTURE_ID = 0x80;
/** P: predicted from another picture. */
const PREDICTED = 0x40;
/** L: layer indices follow. */
const HAS_LAYER = 0x20;
/** B and E: the frame starts, and ends, in this packet. */
const START = 0x08;
const END = 0x04;
/** V: a scalability structure follows. */
const HAS_STRUCTURE = 0x02;
/** M: the picture id has 15 bits. */
const LONG_PICTURE_ID = 0x80;
const PICTURE_ID_MASK = 0x7fff;
const NO_STRUCTURE = new Uint8Array(0);

/**
 * Browsers are given all that the mode knows, though there is one layer only: libwebrtc drops key frames
 * without a structure, and Safari drops pictures without layer indices.
 */
export class Vp9Packetizer implements RtpPacketizer {
  readonly #payloadSizeMax: number;
  readonly #order: PictureOrder;
  #pictureId = 0;

  constructor({ payloadSizeMax }: RtpPacketizerOptions, order: PictureOrder) {
    this.#payloadSizeMax = payloadSizeMax;
    this.#order = order;
  }

  /**
   * ```text
   * | I=1 P L=1 F=0 B E V Z=0 | M=1, picture id 15 | TID=0 3, U=0, SID=0 3, D=0 | TL0PICIDX 8
   * | if V: structure | a piece of the frame |
   * ```
   */
  packetize(frame: Frame, output: RtpPayloadOutput): void {
    const { payload } = frame;
    const { keyFrame } = decodeVp9FrameHeader(payload);
    const timestamp = this.#order.place(frame, NEEDED);
    if (timestamp === undefined) return;
    const structure = keyFrame === undefined ? NO_STRUCTURE : structureOf(keyFrame);
    const flags = HAS_PICTURE_ID | HAS_LAYER | (keyFrame === undefined ? PREDICTED : 0);
    // All pieces are cut as if each had the structure, which only the first has.
    const pieceSizeMax = this.#payloadSizeMax - DESCRIPTOR_SIZE - structure.length;
    const count = Math.ceil(payload.length / pieceSizeMax);
    const buffer = new PayloadBuffer(payload.length + structure.length + count * DESCRIPTOR_SIZE);
    const payloads: Uint8Array[] = [];
    cutEvenly(payload.length, pieceSizeMax, (start, end) => {
      const head = start === 0 ? structure : NO_STRUCTURE;
      const headSize = DESCRIPTOR_SIZE + head.length;
      const piece = buffer.take(headSize + end - start);
      const isEnd = end === payload.length;
      const hasStructure = head.length > 0;
      piece[0] =
        flags | (start === 0 ? START : 0) | (isEnd ? END : 0) | (hasStructure ? HAS_STRUCTURE : 0);
      piece[1] = LONG_PICTURE_ID | (this.#pictureId >>> 8);
      piece[2] = this.#pictureId & 0xff;
      piece[4] = this.#pictureId & 0xff; // TL0PICIDX: all pictures are of layer 0.
      piece.set(head, DESCRIPTOR_SIZE);
      piece.set(payload.subarray(start, end), headSize);
      payloads.push(piece);
    });
    this.#pictureId = (this.#pictureId + 1) & PICTURE_ID_MASK;
    writePicture(output, payloads, timestamp, keyFrame !== undefined);
  }
}

/**
 * One spatial layer of this size, and pictures each of which refers to the one before.
 *
 * ```text
 * | N_S=0 3, Y=1, G=1, 000 | width 16 | height 16 | N_G=1 8 | TID=0 3, U=0, R=1 2, 00 | P_DIFF=1 8 |
 * ```
 */
function structureOf({ width, height }: Vp9KeyFrame): Uint8Array {
  return Uint8Array.of(0x18, width >>> 8, width, height >>> 8, height, 1, 0x04, 1);
}
