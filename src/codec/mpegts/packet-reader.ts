/**
 * Takes an MPEG transport stream apart into its packets, from wherever it is entered.
 *
 * Spec: ISO/IEC 13818-1, 2.4.3.2 (transport packet), 2.4.3.4 (adaptation field).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import {
  AdaptationFieldControl,
  PAYLOAD_UNIT_START,
  TS_HEADER_SIZE,
  TS_PACKET_SIZE,
  TS_SYNC_BYTE,
} from "./packet.ts";

export interface TsPacket {
  readonly pid: number;
  /** A PES packet or a section begins here. */
  readonly isUnitStart: boolean;
  readonly continuityCounter: number;
  /** Those of `AdaptationFlag`; 0 without an adaptation field. */
  readonly flags: number;
  /** A view, which holds until the call returns; empty if there is none. */
  readonly payload: Uint8Array;
}

const TRANSPORT_ERROR = 0x80;
const SCRAMBLING_CONTROL = 0xc0;
/** Bytes without a packet after which this is no transport stream. */
const NOISE_SIZE_MAX = 64 * 1024;

export class PacketReader {
  readonly #take: (packet: TsPacket) => void;
  /** The beginning of a packet whose end has not come. */
  readonly #rest = new Uint8Array(TS_PACKET_SIZE);
  #restSize = 0;
  #noiseSize = 0;

  /** @param take Is given each packet that is neither damaged nor scrambled. */
  constructor(take: (packet: TsPacket) => void) {
    this.#take = take;
  }

  /** Takes the next piece of the stream. @throws {MalformedError} If there are no packets in it. */
  read(bytes: Uint8Array): void {
    let input = bytes;
    if (this.#restSize > 0) {
      const missing = input.subarray(0, TS_PACKET_SIZE - this.#restSize);
      this.#rest.set(missing, this.#restSize);
      this.#restSize += missing.length;
      if (this.#restSize < TS_PACKET_SIZE) return;
      this.#restSize = 0;
      this.#readPacket(this.#rest);
      input = input.subarray(missing.length);
    }
    let offset = 0;
    while (offset < input.length) {
      if (!isPacketAt(input, offset)) {
        offset += 1;
        this.#skip();
      } else if (offset + TS_PACKET_SIZE <= input.length) {
        this.#noiseSize = 0;
        this.#readPacket(input.subarray(offset, offset + TS_PACKET_SIZE));
        offset += TS_PACKET_SIZE;
      } else {
        this.#restSize = input.length - offset;
        this.#rest.set(input.subarray(offset));
        return;
      }
    }
  }

  /** What follows is the beginning of another stream. */
  restart(): void {
    this.#restSize = 0;
    this.#noiseSize = 0;
  }

  #skip(): void {
    this.#noiseSize += 1;
    if (this.#noiseSize <= NOISE_SIZE_MAX) return;
    throw new MalformedError("Cannot find packets of MPEG-TS", 0);
  }

  /**
   * ```text
   * |0x47|error 1, start 1, priority 1, PID 13|scrambling 2, adaptation field 2, counter 4|
   * ```
   */
  #readPacket(packet: Uint8Array): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const second = view.getUint8(1);
    const fourth = view.getUint8(3);
    if ((second & TRANSPORT_ERROR) !== 0 || (fourth & SCRAMBLING_CONTROL) !== 0) return;
    const hasField = (fourth & AdaptationFieldControl.AdaptationField) !== 0;
    const hasPayload = (fourth & AdaptationFieldControl.Payload) !== 0;
    const fieldSize = hasField ? view.getUint8(TS_HEADER_SIZE) : 0;
    const start = hasPayload ? TS_HEADER_SIZE + (hasField ? 1 + fieldSize : 0) : TS_PACKET_SIZE;
    if (start > TS_PACKET_SIZE) return; // Damaged.
    this.#take({
      pid: view.getUint16(1) & 0x1fff,
      isUnitStart: (second & PAYLOAD_UNIT_START) !== 0,
      continuityCounter: fourth & 0x0f,
      flags: fieldSize > 0 ? view.getUint8(TS_HEADER_SIZE + 1) : 0,
      payload: packet.subarray(start),
    });
  }
}

/** The sync byte is no rare one: where the next packet would be, there is another. */
function isPacketAt(bytes: Uint8Array, offset: number): boolean {
  const next = offset + TS_PACKET_SIZE;
  return bytes[offset] === TS_SYNC_BYTE && (next >= bytes.length || bytes[next] === TS_SYNC_BYTE);
}
