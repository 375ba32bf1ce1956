/**
 * Looks through an MPEG-TS file packet by packet for what tells times and places of entry, without
 * putting anything together.
 *
 * Spec: ISO/IEC 13818-1, 2.4.3.2 (transport packet), 2.4.3.4 (adaptation field), 2.4.3.6 (PES packet).
 *
 * @module
 */

import {
  AdaptationFieldControl,
  AdaptationFlag,
  PAYLOAD_UNIT_START,
  Pid,
  TS_HEADER_SIZE,
  TS_PACKET_SIZE,
  TS_SYNC_BYTE,
} from "../../../codec/mpegts/packet.ts";
import { decodePesHeader, PesStreamId } from "../../../codec/mpegts/pes.ts";
import type { FileWindow } from "../file-window.ts";

/** Read at once: a whole number of packets. */
const PIECE_PACKETS = 512;
const PES_START = 0x00_00_01;
/** There are 16 video streams from this id on. */
const VIDEO_IDS_END: number = PesStreamId.Video + 16;

/** The beginning of a PES packet. */
export interface PesPlace {
  /** Of its first transport packet. */
  readonly offset: number;
  /** Ticks of 90 kHz within 33 bits. */
  readonly dts: number;
  readonly isVideo: boolean;
  readonly isRandomAccess: boolean;
  /** Where the tables begin that stand directly in front of it, or its own place. */
  readonly tablesOffset: number;
}

/**
 * Yields where PES packets begin that say a time.
 *
 * @param from A multiple of the packets' size. @throws {MalformedError} @throws {SystemError}
 */
export async function* scanPes(
  window: FileWindow,
  from: number,
  end: number,
): AsyncGenerator<PesPlace, void, undefined> {
  let tablesOffset: number | undefined;
  for (let offset = from; offset + TS_PACKET_SIZE <= end; ) {
    const wanted = Math.min(PIECE_PACKETS * TS_PACKET_SIZE, end - offset);
    const piece = await window.readSome(offset, wanted);
    if (piece.length < TS_PACKET_SIZE) return;
    for (let at = 0; at + TS_PACKET_SIZE <= piece.length; at += TS_PACKET_SIZE) {
      if (piece[at] !== TS_SYNC_BYTE) continue; // Damaged; the next one may be well.
      const packet = piece.subarray(at, at + TS_PACKET_SIZE);
      if (pidOf(packet) === Pid.ProgramAssociation) tablesOffset = offset + at;
      const place = decodePlace(packet);
      if (place === undefined) continue;
      yield { ...place, offset: offset + at, tablesOffset: tablesOffset ?? offset + at };
      tablesOffset = undefined;
    }
    offset += piece.length - (piece.length % TS_PACKET_SIZE);
  }
}

function pidOf(packet: Uint8Array): number {
  return (((packet[1] ?? 0) & 0x1f) << 8) | (packet[2] ?? 0);
}

function decodePlace(
  packet: Uint8Array,
): Pick<PesPlace, "dts" | "isVideo" | "isRandomAccess"> | undefined {
  const control = (packet[3] ?? 0) & AdaptationFieldControl.Both;
  const isStart = ((packet[1] ?? 0) & PAYLOAD_UNIT_START) !== 0;
  if (!isStart || (control & AdaptationFieldControl.Payload) === 0) return undefined;
  const hasField = (control & AdaptationFieldControl.AdaptationField) !== 0;
  const fieldSize = hasField ? (packet[TS_HEADER_SIZE] ?? 0) : 0;
  const pes = packet.subarray(TS_HEADER_SIZE + (hasField ? 1 + fieldSize : 0));
  if ((((pes[0] ?? 1) << 16) | ((pes[1] ?? 1) << 8) | (pes[2] ?? 0)) !== PES_START) {
    return undefined;
  }
  const header = decodePesHeader(pes);
  if (header?.dts === undefined) return undefined;
  const flags = fieldSize > 0 ? (packet[TS_HEADER_SIZE + 1] ?? 0) : 0;
  return {
    dts: header.dts,
    isVideo: header.streamId >= PesStreamId.Video && header.streamId < VIDEO_IDS_END,
    isRandomAccess: (flags & AdaptationFlag.RandomAccess) !== 0,
  };
}
