/**
 * What walkers tell, written down.
 *
 * @module
 */

import type { MediaMessage, MessageSink } from "../../src/bench/media-message.ts";

/** A message as its sink got to know it. */
export interface Walked {
  readonly typeId: number;
  readonly timestamp: number;
  readonly size: number;
  readonly head: Uint8Array;
  isComplete: boolean;
}

export class Walks implements MessageSink {
  readonly messages: Walked[] = [];

  head(
    { typeId, timestamp, size }: MediaMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.messages.push({
      typeId,
      timestamp,
      size,
      head: bytes.slice(start, end),
      isComplete: false,
    });
  }

  end({ typeId, timestamp }: MediaMessage): void {
    const message = this.messages.findLast(
      (each) => !each.isComplete && each.typeId === typeId && each.timestamp === timestamp,
    );
    if (message === undefined) throw new Error("A message ends that has not begun");
    message.isComplete = true;
  }
}

/** Feeds `bytes` in pieces of that size, each of which is overwritten once it has been taken. */
export function feed(
  walker: { walk(bytes: Uint8Array, start: number, end: number): void },
  bytes: Uint8Array,
  pieceSize: number,
): void {
  for (let offset = 0; offset < bytes.length; offset += pieceSize) {
    const end = Math.min(bytes.length, offset + pieceSize);
    // With something around it, so that the borders count.
    const piece = new Uint8Array(end - offset + 6).fill(0x55);
    piece.set(bytes.subarray(offset, end), 3);
    walker.walk(piece, 3, 3 + end - offset);
    piece.fill(0xaa);
  }
}
