/**
 * RTP packets that another program sent, and what they were made of; see test/fixtures/rtp.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { RtpInput } from "../../src/remux/rtp/rtp-input.ts";

export interface CapturedPacket {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly isMarked: boolean;
  readonly payload: Uint8Array;
}

/** RTP without CSRCs and extensions, as FFmpeg sends it. */
const HEADER_SIZE = 12;

export function readFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/rtp/${name}`, import.meta.url)));
}

/** The packets of `<name>.rtp`, in order. */
export function readRtpCapture(name: string): CapturedPacket[] {
  const bytes = readFixture(`${name}.rtp`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packets: CapturedPacket[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const start = offset + 2;
    const end = start + view.getUint16(offset);
    packets.push({
      isMarked: view.getUint8(start + 1) >= 0x80,
      sequenceNumber: view.getUint16(start + 2),
      timestamp: view.getUint32(start + 4),
      payload: bytes.subarray(start + HEADER_SIZE, end),
    });
    offset = end;
  }
  return packets;
}

/** The frames of an IVF file: `| header 32 bytes | { size 32 LE, time 64 LE, frame } ... |`. */
export function readIvf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Uint8Array[] = [];
  for (let offset = 32; offset < bytes.length; ) {
    const start = offset + 12;
    const end = start + view.getUint32(offset, true);
    frames.push(bytes.subarray(start, end));
    offset = end;
  }
  return frames;
}

/** Feeds packets in order; where their numbers have a gap, it says so. */
export function feedPackets(input: RtpInput, packets: readonly CapturedPacket[]): void {
  let previous: number | undefined;
  for (const { payload, timestamp, isMarked, sequenceNumber } of packets) {
    const isAfterGap = previous !== undefined && sequenceNumber !== ((previous + 1) & 0xffff);
    input.take(payload, timestamp, isMarked, isAfterGap);
    previous = sequenceNumber;
  }
  input.flush();
}
