/**
 * The PAT and the PMT of a stream with one program, repeated for whoever joins in between.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { isSameBytes } from "../../base/bytes.ts";
import { Pid, TS_PACKET_SIZE } from "../../codec/mpegts/packet.ts";
import { PacketWriter } from "../../codec/mpegts/packet-writer.ts";
import {
  encodeProgramAssociation,
  encodeProgramMap,
  type ProgramStream,
} from "../../codec/mpegts/psi.ts";

/** The numbers are SRS's, for whoever has set a receiver to them. */
const PROGRAM_NUMBER = 1;
const TRANSPORT_STREAM_ID = 1;
const MAP_PID = 0x1001;

/** version_number has 5 bits. */
const VERSION_MASK = 0x1f;

/** What the tables were at some point of the stream. */
export interface TablesMark {
  readonly map: Uint8Array;
  /** Of the next tables behind that point. Both tables are always written together. */
  readonly continuityCounter: number;
}

const ASSOCIATION = { transportStreamId: TRANSPORT_STREAM_ID, version: 0 };
const PROGRAMS = [{ programNumber: PROGRAM_NUMBER, mapPid: MAP_PID }];

export class ProgramTables {
  readonly #association = encodeProgramAssociation({ ...ASSOCIATION, programs: PROGRAMS });
  readonly #associationPackets = new PacketWriter(Pid.ProgramAssociation);
  readonly #mapPackets = new PacketWriter(MAP_PID);
  #map: Uint8Array;
  #version = 0;
  #isDue = true;

  constructor() {
    this.#map = encodeMap(0, Pid.Null, []);
  }

  /** They have not been written since they changed. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** What the next tables say. The version goes up if that is something new. */
  update(pcrPid: number, streams: readonly ProgramStream[]): void {
    const same = encodeMap(this.#version, pcrPid, streams);
    if (isSameBytes(same, this.#map)) return;
    // What nobody has been told needs no new version.
    if (!this.#isDue) this.#version = (this.#version + 1) & VERSION_MASK;
    this.#map = encodeMap(this.#version, pcrPid, streams);
    this.#isDue = true;
  }

  write(writer: ByteWriter): void {
    this.#associationPackets.writeSection(writer, this.#association);
    this.#mapPackets.writeSection(writer, this.#map);
    this.#isDue = false;
  }

  mark(): TablesMark {
    return { map: this.#map, continuityCounter: this.#mapPackets.continuityCounter };
  }

  /** The tables of some point, for one who joins there: they count up to those that follow. */
  encodeAt({ map, continuityCounter }: TablesMark): Uint8Array {
    const writer = new ByteWriter(2 * TS_PACKET_SIZE);
    const previous = continuityCounter - 1;
    new PacketWriter(Pid.ProgramAssociation, previous).writeSection(writer, this.#association);
    new PacketWriter(MAP_PID, previous).writeSection(writer, map);
    return writer.view();
  }
}

function encodeMap(version: number, pcrPid: number, streams: readonly ProgramStream[]): Uint8Array {
  return encodeProgramMap({ programNumber: PROGRAM_NUMBER, version, pcrPid, streams });
}
