/**
 * Payloads of a stream as packetizers make them, and a viewer that notes what it gets.
 *
 * @module
 */

import type { PacketSink, SharedPayload } from "../../src/protocols/rtc/send/shared-payload.ts";

/** Ticks between frames: 25 a second. */
export const FRAME_TICKS = 3_600;
/** In time. */
export const FRAME_MS = 40;

export interface StreamShape {
  readonly framesPerGop: number;
  readonly packetsPerFrame: number;
  readonly size?: number;
}

/** The packets of one frame. */
export function framePayloads(frame: number, shape: StreamShape): SharedPayload[] {
  return Array.from({ length: shape.packetsPerFrame }, (_, packet) => ({
    payload: new Uint8Array(shape.size ?? 100),
    timestamp: frame * FRAME_TICKS,
    isMarked: packet === shape.packetsPerFrame - 1,
    isKeyFrameStart: packet === 0 && frame % shape.framesPerGop === 0,
  }));
}

export interface Seen {
  readonly payload: SharedPayload;
  readonly sequence: number;
  readonly timestamp: number;
}

export class NotingSink implements PacketSink {
  readonly seen: Seen[] = [];

  send(payload: SharedPayload, sequence: number, timestamp: number): void {
    this.seen.push({ payload, sequence, timestamp });
  }
}
