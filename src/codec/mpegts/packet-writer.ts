/**
 * Writes transport stream packets.
 *
 * Spec: ISO/IEC 13818-1, 2.4.3.2 and 2.4.3.3 (transport packet), 2.4.3.4 and 2.4.3.5 (adaptation
 * field), 2.4.4 (sections in packets).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import {
  AdaptationFieldControl,
  AdaptationFlag,
  PAYLOAD_UNIT_START,
  PCR_TICKS_PER_PTS_TICK,
  TS_HEADER_SIZE,
  TS_PACKET_SIZE,
  TS_SYNC_BYTE,
} from "./packet.ts";

/** Room for an adaptation field and a payload. */
const BODY_SIZE = TS_PACKET_SIZE - TS_HEADER_SIZE;
/** Of the adaptation field: its length and its flags. */
const FLAGS_SIZE = 2;
const PCR_SIZE = 6;
const STUFFING_BYTE = 0xff;
const TWO_TO_25 = 0x200_0000;

/**
 * The packets of one PID. Their continuity counter goes on from packet to packet for as long as the
 * object lives, whatever writers they go to.
 *
 * ```text
 * byte  0      1          3          4                  4+a       188
 *      +------+----------+----------+------------------+---------+
 *      | 0x47 |0S0p...p13|00AP cccc | adaptation field | payload |
 *      +------+----------+----------+------------------+---------+
 *      S payload unit start   p PID   A, P has adaptation field, payload   c continuity counter
 * ```
 */
export class PacketWriter {
  readonly pid: number;
  #continuityCounter: number;

  /** @param continuityCounter That of the first packet. */
  constructor(pid: number, continuityCounter = 0) {
    this.pid = pid;
    this.#continuityCounter = continuityCounter & 0x0f;
  }

  /** That of the next packet with a payload. */
  get continuityCounter(): number {
    return this.#continuityCounter;
  }

  /**
   * Cuts the end of what `writer` holds, a PES packet that begins at `start`, into transport packets,
   * in place: the pieces move apart, the last one first, and headers go between them. So a picture is
   * copied once more, and nothing is allocated for a packet.
   *
   * What does not fill its packet is moved to the packet's end by stuffing in the adaptation field.
   *
   * @param flags Of AdaptationFlag, for the first packet; the PCR's is set if there is one.
   * @param pcr In ticks of 27 MHz, for the first packet.
   */
  packetize(writer: ByteWriter, start: number, flags: number, pcr: number | undefined): void {
    const size = writer.size - start;
    assert(size > 0, "there is something to cut into packets");
    const fieldSize = adaptationFieldSize(flags, pcr);
    const count = Math.ceil((size + fieldSize) / BODY_SIZE);
    writer.reserve(count * TS_PACKET_SIZE - size);
    const bytes = writer.view();

    let pieceEnd = start + size;
    for (let index = count - 1; index > 0; index--) {
      const packet = start + index * TS_PACKET_SIZE;
      // All packets but the last are full; the first one holds less by its adaptation field.
      const pieceStart = start + index * BODY_SIZE - fieldSize;
      const stuffingSize = BODY_SIZE - (pieceEnd - pieceStart);
      bytes.copyWithin(packet + TS_HEADER_SIZE + stuffingSize, pieceStart, pieceEnd);
      this.#writeHeader(bytes, packet, stuffingSize, index);
      if (stuffingSize > 0) writeStuffing(bytes, packet + TS_HEADER_SIZE, stuffingSize);
      pieceEnd = pieceStart;
    }
    const firstFieldSize = BODY_SIZE - (pieceEnd - start);
    bytes.copyWithin(start + TS_HEADER_SIZE + firstFieldSize, start, pieceEnd);
    this.#writeHeader(bytes, start, firstFieldSize, 0);
    if (firstFieldSize > 0) writeStuffing(bytes, start + TS_HEADER_SIZE, firstFieldSize);
    if (fieldSize > 0) writeFlags(bytes, start + TS_HEADER_SIZE, flags, pcr);
    this.#continuityCounter = (this.#continuityCounter + count) & 0x0f;
  }

  /**
   * Writes a packet with a clock reference and nothing else, for when the clock is due and no payload
   * is. The counter goes up with payloads only, so this packet has that of the one before.
   *
   * @param flags Of AdaptationFlag.
   * @param pcr In ticks of 27 MHz.
   */
  writePcr(writer: ByteWriter, flags: number, pcr: number): void {
    const start = writer.size;
    writer.reserve(TS_PACKET_SIZE);
    const bytes = writer.view();
    bytes[start] = TS_SYNC_BYTE;
    bytes[start + 1] = this.pid >>> 8;
    bytes[start + 2] = this.pid & 0xff;
    bytes[start + 3] =
      AdaptationFieldControl.AdaptationField | ((this.#continuityCounter - 1) & 0x0f);
    writeStuffing(bytes, start + TS_HEADER_SIZE, BODY_SIZE);
    writeFlags(bytes, start + TS_HEADER_SIZE, flags, pcr);
  }

  /**
   * Writes a packet with a section, which must fit with its pointer_field: ours have some 30 bytes.
   * The rest is filled behind the section, not in front of it.
   */
  writeSection(writer: ByteWriter, section: Uint8Array): void {
    assert(section.length < BODY_SIZE, "a section fits in a packet");
    const start = writer.size;
    writer.reserve(TS_PACKET_SIZE);
    const bytes = writer.view();
    this.#writeHeader(bytes, start, 0, 0);
    this.#continuityCounter = (this.#continuityCounter + 1) & 0x0f;
    bytes[start + TS_HEADER_SIZE] = 0; // pointer_field: the section starts right behind it.
    bytes.set(section, start + TS_HEADER_SIZE + 1);
    bytes.fill(STUFFING_BYTE, start + TS_HEADER_SIZE + 1 + section.length);
  }

  /** @param index The packet's place in the unit whose first packet has the next counter. */
  #writeHeader(bytes: Uint8Array, offset: number, fieldSize: number, index: number): void {
    const control = fieldSize > 0 ? AdaptationFieldControl.Both : AdaptationFieldControl.Payload;
    bytes[offset] = TS_SYNC_BYTE;
    bytes[offset + 1] = (index === 0 ? PAYLOAD_UNIT_START : 0) | (this.pid >>> 8);
    bytes[offset + 2] = this.pid & 0xff;
    bytes[offset + 3] = control | ((this.#continuityCounter + index) & 0x0f);
  }
}

function adaptationFieldSize(flags: number, pcr: number | undefined): number {
  if (pcr !== undefined) return FLAGS_SIZE + PCR_SIZE;
  return flags === 0 ? 0 : FLAGS_SIZE;
}

/**
 * Writes an adaptation field without meaning. One of a single byte has a length of 0 and no flags.
 *
 * ```text
 * |length 8 = size - 1|flags 8 = 0| 0xff ... |
 * ```
 */
function writeStuffing(bytes: Uint8Array, offset: number, size: number): void {
  bytes[offset] = size - 1;
  if (size === 1) return;
  bytes[offset + 1] = 0;
  bytes.fill(STUFFING_BYTE, offset + FLAGS_SIZE, offset + size);
}

/**
 * Gives it one.
 *
 * ```text
 * |length 8|flags 8| PCR, if its flag is set: base 33|reserved 6|extension 9| 0xff ... |
 * ```
 */
function writeFlags(
  bytes: Uint8Array,
  offset: number,
  flags: number,
  pcr: number | undefined,
): void {
  bytes[offset + 1] = pcr === undefined ? flags : flags | AdaptationFlag.Pcr;
  if (pcr === undefined) return;
  const base = Math.floor(pcr / PCR_TICKS_PER_PTS_TICK);
  const extension = pcr - base * PCR_TICKS_PER_PTS_TICK;
  bytes[offset + 2] = Math.floor(base / TWO_TO_25); // Bits 32 to 25, which shifts cannot reach.
  bytes[offset + 3] = (base >>> 17) & 0xff;
  bytes[offset + 4] = (base >>> 9) & 0xff;
  bytes[offset + 5] = (base >>> 1) & 0xff;
  bytes[offset + 6] = ((base & 1) << 7) | 0b0111_1110 | (extension >>> 8);
  bytes[offset + 7] = extension & 0xff;
}
