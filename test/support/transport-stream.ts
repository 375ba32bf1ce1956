/**
 * An MPEG transport stream taken apart, strictly: what breaks a rule is an error, for tests to fail.
 *
 * @module
 */

import { crc32 } from "../../src/codec/mpegts/crc32.ts";

const PACKET_SIZE = 188;

export interface TsPacket {
  readonly pid: number;
  readonly isUnitStart: boolean;
  readonly continuityCounter: number;
  /** Flags of the adaptation field; 0 without one. */
  readonly flags: number;
  /** Ticks of 27 MHz. */
  readonly pcr: number | undefined;
  readonly payload: Uint8Array;
}

export interface TsStreamEntry {
  readonly streamType: number;
  readonly pid: number;
  readonly descriptors: Uint8Array;
}

export interface TsMap {
  readonly version: number;
  readonly pcrPid: number;
  readonly streams: readonly TsStreamEntry[];
}

export interface PesPacket {
  readonly pid: number;
  readonly streamId: number;
  readonly pts: number;
  /** The PTS if there is none. */
  readonly dts: number;
  /** 0: unbounded. */
  readonly length: number;
  readonly payload: Uint8Array;
  /** Of its first packet. */
  readonly flags: number;
  readonly pcr: number | undefined;
}

/** What a transport stream holds. */
export interface TransportStream {
  readonly packets: readonly TsPacket[];
  /** All maps, repetitions too. */
  readonly maps: readonly TsMap[];
  /** In the order of their first packets. */
  readonly pesPackets: readonly PesPacket[];
}

/**
 * @param isCut The end came in the middle: the last PES packet of each PID is left out.
 * @throws {Error} If a packet, a table or a PES packet is wrong, or a packet is missing.
 */
export function readTransportStream(bytes: Uint8Array, isCut = false): TransportStream {
  const packets = readTsPackets(bytes);
  checkContinuity(packets);
  const mapPids = new Set<number>();
  const maps: TsMap[] = [];
  const open = new Map<number, TsPacket[]>();
  const units: TsPacket[][] = [];
  for (const packet of packets) {
    if (packet.payload.length === 0) continue;
    if (packet.pid === 0) {
      for (const pid of readAssociation(readSection(packet))) mapPids.add(pid);
    } else if (mapPids.has(packet.pid)) {
      maps.push(readMap(readSection(packet)));
    } else if (packet.isUnitStart) {
      open.set(packet.pid, [packet]);
      units.push(open.get(packet.pid) ?? []);
    } else {
      const unit = open.get(packet.pid);
      if (unit === undefined) throw new Error(`PID ${packet.pid} starts within a unit`);
      unit.push(packet);
    }
  }
  const last = new Set(isCut ? open.values() : []);
  const pesPackets = units.filter((unit) => !last.has(unit)).map(readPes);
  return { packets, maps, pesPackets };
}

/** Takes whole packets apart. */
export function readTsPackets(bytes: Uint8Array): TsPacket[] {
  if (bytes.length % PACKET_SIZE !== 0) throw new Error(`${bytes.length} bytes are no packets`);
  const packets: TsPacket[] = [];
  for (let offset = 0; offset < bytes.length; offset += PACKET_SIZE) {
    packets.push(readPacket(bytes.subarray(offset, offset + PACKET_SIZE), offset));
  }
  return packets;
}

function readPacket(bytes: Uint8Array, place: number): TsPacket {
  const at = (index: number): number => bytes[index] ?? 0;
  if (at(0) !== 0x47) throw new Error(`No sync byte at ${place}`);
  if ((at(1) & 0xa0) !== 0) throw new Error(`Error or priority bit at ${place}`);
  const control = at(3) >>> 4;
  if (control < 1 || control > 3) throw new Error(`Scrambled, or no content, at ${place}`);
  const hasField = (control & 2) !== 0;
  const fieldEnd = hasField ? 5 + at(4) : 4;
  if (control === 2 ? fieldEnd !== PACKET_SIZE : fieldEnd >= PACKET_SIZE) {
    throw new Error(`Adaptation field up to ${fieldEnd} at ${place}`);
  }
  const field = bytes.subarray(5, fieldEnd);
  return {
    pid: ((at(1) & 0x1f) << 8) | at(2),
    isUnitStart: (at(1) & 0x40) !== 0,
    continuityCounter: at(3) & 0x0f,
    flags: field[0] ?? 0,
    pcr: readAdaptationField(field, place),
    payload: bytes.subarray(fieldEnd),
  };
}

/** @param field From its flags on. @returns The clock reference. */
function readAdaptationField(field: Uint8Array, place: number): number | undefined {
  const at = (index: number): number => field[index] ?? 0;
  if ((at(0) & 0x0f) !== 0) throw new Error(`Unexpected flags at ${place}`);
  const hasPcr = (at(0) & 0x10) !== 0;
  const stuffing = field.subarray(hasPcr ? 7 : 1);
  if (stuffing.some((byte) => byte !== 0xff)) throw new Error(`Bad stuffing at ${place}`);
  if (!hasPcr) return undefined;
  if ((at(5) & 0x7e) !== 0x7e) throw new Error(`Reserved bits at ${place}`);
  const base = at(1) * 2 ** 25 + at(2) * 2 ** 17 + at(3) * 2 ** 9 + at(4) * 2 + (at(5) >>> 7);
  return base * 300 + ((at(5) & 1) << 8) + at(6);
}

function checkContinuity(packets: readonly TsPacket[]): void {
  const last = new Map<number, number>();
  for (const [index, { pid, continuityCounter, payload }] of packets.entries()) {
    const before = last.get(pid);
    const expected = payload.length === 0 ? before : ((before ?? 0) + 1) & 0x0f;
    if (before !== undefined && continuityCounter !== expected) {
      throw new Error(`Counter ${continuityCounter} behind ${before} in packet ${index} of ${pid}`);
    }
    last.set(pid, continuityCounter);
  }
}

function readSection({ payload, isUnitStart }: TsPacket): DataView {
  if (!isUnitStart || payload[0] !== 0) throw new Error("A section does not start its packet");
  const size = 3 + ((((payload[2] ?? 0) & 0x0f) << 8) | (payload[3] ?? 0));
  const section = payload.subarray(1, 1 + size);
  if (crc32(section) !== 0) throw new Error("A section's CRC is wrong");
  if (payload.subarray(1 + size).some((byte) => byte !== 0xff)) throw new Error("Stuffing");
  return new DataView(section.buffer, section.byteOffset, section.length);
}

function readAssociation(section: DataView): number[] {
  const pids: number[] = [];
  for (let offset = 8; offset < section.byteLength - 4; offset += 4) {
    pids.push(section.getUint16(offset + 2) & 0x1fff);
  }
  return pids;
}

function readMap(section: DataView): TsMap {
  const streams: TsStreamEntry[] = [];
  let offset = 12 + (section.getUint16(10) & 0x0fff);
  while (offset < section.byteLength - 4) {
    const size = section.getUint16(offset + 3) & 0x0fff;
    streams.push({
      streamType: section.getUint8(offset),
      pid: section.getUint16(offset + 1) & 0x1fff,
      descriptors: new Uint8Array(section.buffer, section.byteOffset + offset + 5, size).slice(),
    });
    offset += 5 + size;
  }
  const version = (section.getUint8(5) >>> 1) & 0x1f;
  return { version, pcrPid: section.getUint16(8) & 0x1fff, streams };
}

function readPes(unit: readonly TsPacket[]): PesPacket {
  const size = unit.reduce((sum, { payload }) => sum + payload.length, 0);
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const { payload } of unit) {
    bytes.set(payload, offset);
    offset += payload.length;
  }
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0) >>> 8 !== 1) throw new Error("No start code of a PES packet");
  const length = view.getUint16(4);
  if (length !== 0 && length !== size - 6) throw new Error(`PES length ${length} of ${size}`);
  const kind = view.getUint8(7) >>> 6;
  if (kind < 2 || view.getUint8(8) !== (kind - 1) * 5) throw new Error("No times, or odd ones");
  const pts = readTime(view, 9, kind);
  const first = unit[0] as TsPacket;
  return {
    pid: first.pid,
    streamId: view.getUint8(3),
    pts,
    dts: kind === 3 ? readTime(view, 14, 1) : pts,
    length,
    payload: bytes.subarray(9 + view.getUint8(8)),
    flags: first.flags,
    pcr: first.pcr,
  };
}

function readTime(view: DataView, offset: number, prefix: number): number {
  const first = view.getUint8(offset);
  const [middle, last] = [view.getUint16(offset + 1), view.getUint16(offset + 3)];
  const isMarked = (first & middle & last & 1) === 1;
  if (first >>> 4 !== prefix || !isMarked) throw new Error("A time's prefix or marker is wrong");
  return ((first >>> 1) & 7) * 2 ** 30 + (middle >>> 1) * 2 ** 15 + (last >>> 1);
}
