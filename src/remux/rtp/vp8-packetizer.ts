/**
 * VP8 as RTP payloads.
 *
 * Spec: RFC 7741, 4.2 (payload descriptor), 4.4 (fragmentation).
 *
 * @module
 */

import { decodeVp8FrameHeader } from "../../codec/vp8/frame-header.ts";
import type { Frame } from "../../live/frame.ts";
import { cutEvenly } from "./fragments.ts";
import { type RtpPacketizer, type RtpPacketizerOptions, writePicture } from "./packetizer.ts";
import { PayloadBuffer } from "./payload-buffer.ts";
import { NEEDED, type PictureOrder } from "./picture-order.ts";
import type { RtpPayloadOutput } from "./rtp-payload.ts";

const DESCRIPTOR_SIZE = 4;
/** X: an extension follows. */
const EXTENDED = 0x80;
/** S: a partition starts here. The frame is sent as one, which the first one is the start of. */
const START = 0x10;
/** I: the extension has a picture id. */
const HAS_PICTURE_ID = 0x80;
/** M: it has 15 bits. */
const LONG_PICTURE_ID = 0x80;
const PICTURE_ID_MASK = 0x7fff;

export class Vp8Packetizer implements RtpPacketizer {
  readonly #payloadSizeMax: number;
  readonly #order: PictureOrder;
  #pictureId = 0;

  constructor({ payloadSizeMax }: RtpPacketizerOptions, order: PictureOrder) {
    this.#payloadSizeMax = payloadSizeMax;
    this.#order = order;
  }

  /**
   * ```text
   * | X=1 0 N=0 S 0 PID=0 | I=1 L T K=0 0 | M=1, picture id 15 | a piece of the frame |
   * ```
   */
  packetize(frame: Frame, output: RtpPayloadOutput): void {
    const { payload } = frame;
    const isKeyFrame = decodeVp8FrameHeader(payload).keyFrame !== undefined;
    const timestamp = this.#order.place(frame, NEEDED);
    if (timestamp === undefined) return;
    const pieceSizeMax = this.#payloadSizeMax - DESCRIPTOR_SIZE;
    const count = Math.ceil(payload.length / pieceSizeMax);
    const buffer = new PayloadBuffer(payload.length + count * DESCRIPTOR_SIZE);
    const payloads: Uint8Array[] = [];
    cutEvenly(payload.length, pieceSizeMax, (start, end) => {
      const piece = buffer.take(DESCRIPTOR_SIZE + end - start);
      piece[0] = EXTENDED | (start === 0 ? START : 0);
      piece[1] = HAS_PICTURE_ID;
      piece[2] = LONG_PICTURE_ID | (this.#pictureId >>> 8);
      piece[3] = this.#pictureId & 0xff;
      piece.set(payload.subarray(start, end), DESCRIPTOR_SIZE);
      payloads.push(piece);
    });
    this.#pictureId = (this.#pictureId + 1) & PICTURE_ID_MASK;
    writePicture(output, payloads, timestamp, isKeyFrame);
  }
}
