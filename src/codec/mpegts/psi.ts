/**
 * Program specific information: which programs there are (PAT), and which streams they have (PMT).
 *
 * Spec: ISO/IEC 13818-1, 2.4.4.3 (program association section), 2.4.4.8 (program map section).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { crc32 } from "./crc32.ts";
import type { StreamType } from "./stream-type.ts";

/** table_id of sections. */
export const TableId = {
  ProgramAssociation: 0x00,
  ConditionalAccess: 0x01,
  ProgramMap: 0x02,
  TransportStreamDescription: 0x03,
} as const;
export type TableId = (typeof TableId)[keyof typeof TableId];

/** section_syntax_indicator, a 0, and two reserved bits. */
const SYNTAX = 0xb000;
const CRC_SIZE = 4;
/** section_length: 12 bits, of which the first two are 0. */
const SECTION_LENGTH_MAX = 1021;
/** Reserved bits are 1: three in front of a PID, four in front of a length. */
const PID_RESERVED = 0xe000;
const LENGTH_RESERVED = 0xf000;
const PID_MASK = 0x1fff;
const LENGTH_MASK = 0x0fff;

/** The programs of a transport stream. Each table fits in one section. */
export interface ProgramAssociation {
  readonly transportStreamId: number;
  /** 5 bits; goes up, and around, with each change. */
  readonly version: number;
  readonly programs: readonly { readonly programNumber: number; readonly mapPid: number }[];
}

/** The streams of a program. */
export interface ProgramMap {
  readonly programNumber: number;
  /** As above. */
  readonly version: number;
  /** Where the clock references are. `Pid.Null`: there are none. */
  readonly pcrPid: number;
  readonly streams: readonly ProgramStream[];
}

export interface ProgramStream {
  readonly streamType: StreamType;
  readonly pid: number;
  /** Descriptors, one behind the other. */
  readonly descriptors: Uint8Array;
}

/**
 * ```text
 * |0x00|1011 length 12|transport stream id 16|11 version 5 1|section 0|last section 0|
 * |program number 16|111 PID 13| ... |CRC 32|
 * ```
 */
export function encodeProgramAssociation(table: ProgramAssociation): Uint8Array {
  const writer = new ByteWriter(32);
  beginSection(writer, TableId.ProgramAssociation, table.transportStreamId, table.version);
  for (const { programNumber, mapPid } of table.programs) {
    writer.writeUint16(programNumber);
    writer.writeUint16(PID_RESERVED | mapPid);
  }
  return endSection(writer);
}

/**
 * ```text
 * |0x02|1011 length 12|program number 16|11 version 5 1|section 0|last section 0|
 * |111 PCR PID 13|1111 descriptors' length 12|
 * |stream type 8|111 PID 13|1111 descriptors' length 12|descriptors| ... |CRC 32|
 * ```
 */
export function encodeProgramMap(table: ProgramMap): Uint8Array {
  const writer = new ByteWriter(64);
  beginSection(writer, TableId.ProgramMap, table.programNumber, table.version);
  writer.writeUint16(PID_RESERVED | table.pcrPid);
  writer.writeUint16(LENGTH_RESERVED);
  for (const { streamType, pid, descriptors } of table.streams) {
    writer.writeUint8(streamType);
    writer.writeUint16(PID_RESERVED | pid);
    writer.writeUint16(LENGTH_RESERVED | descriptors.length);
    writer.writeBytes(descriptors);
  }
  return endSection(writer);
}

/**
 * The reverse of `encodeProgramAssociation`. The network's own table is left out of the programs.
 *
 * @param section With its CRC, which has been checked.
 * @returns `undefined` if it is another table, or one that is yet to apply.
 * @throws {MalformedError} If it is cut off.
 */
export function decodeProgramAssociation(section: Uint8Array): ProgramAssociation | undefined {
  const head = readSectionHead(section, TableId.ProgramAssociation);
  if (head === undefined) return undefined;
  const { id, version, reader, end } = head;
  const programs: { programNumber: number; mapPid: number }[] = [];
  while (reader.offset < end) {
    const programNumber = reader.readUint16();
    const mapPid = reader.readUint16() & PID_MASK;
    if (programNumber !== 0) programs.push({ programNumber, mapPid });
  }
  return { transportStreamId: id, version, programs };
}

/**
 * The reverse of `encodeProgramMap`. Descriptors are views into the input: copy to keep.
 *
 * @param section With its CRC, which has been checked.
 * @returns `undefined` if it is another table, or one that is yet to apply.
 * @throws {MalformedError} If it is cut off.
 */
export function decodeProgramMap(section: Uint8Array): ProgramMap | undefined {
  const head = readSectionHead(section, TableId.ProgramMap);
  if (head === undefined) return undefined;
  const { id, version, reader, end } = head;
  const pcrPid = reader.readUint16() & PID_MASK;
  reader.skip(reader.readUint16() & LENGTH_MASK);
  const streams: ProgramStream[] = [];
  while (reader.offset < end) {
    const streamType = reader.readUint8() as StreamType;
    const pid = reader.readUint16() & PID_MASK;
    const size = reader.readUint16() & LENGTH_MASK;
    const start = reader.offset;
    reader.skip(size);
    streams.push({ streamType, pid, descriptors: section.subarray(start, reader.offset) });
  }
  return { programNumber: id, version, pcrPid, streams };
}

/** @returns `undefined` if it is another table, or one that is yet to apply. @throws {MalformedError} */
function readSectionHead(
  section: Uint8Array,
  tableId: TableId,
): { id: number; version: number; reader: ByteReader; end: number } | undefined {
  const reader = new ByteReader(section);
  const isOther = reader.readUint8() !== tableId;
  reader.skip(2);
  const id = reader.readUint16();
  const flags = reader.readUint8();
  reader.skip(2);
  if (isOther || (flags & 1) === 0) return undefined;
  const end = section.length - CRC_SIZE;
  if (reader.offset > end)
    throw new MalformedError("Cannot decode section: cut off", reader.offset);
  return { id, version: (flags >>> 1) & 0x1f, reader, end };
}

/** @param id The transport stream's, or the program's. */
function beginSection(writer: ByteWriter, tableId: TableId, id: number, version: number): void {
  writer.writeUint8(tableId);
  writer.writeUint16(SYNTAX);
  writer.writeUint16(id);
  writer.writeUint8(0xc1 | ((version & 0x1f) << 1)); // Reserved; applies from now on.
  writer.writeUint8(0);
  writer.writeUint8(0);
}

function endSection(writer: ByteWriter): Uint8Array {
  const length = writer.size - 3 + CRC_SIZE;
  assert(length <= SECTION_LENGTH_MAX, "a table fits in a section");
  writer.setUint16At(1, SYNTAX | length);
  writer.writeUint32(crc32(writer.view()));
  return writer.take();
}
