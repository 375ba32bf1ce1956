/**
 * Puts PES packets together from the packets of one PID.
 *
 * Spec: ISO/IEC 13818-1, 2.4.3.3 (continuity_counter), 2.4.3.6 (PES packet).
 *
 * @module
 */

import { GrowingBuffer } from "../../base/growing-buffer.ts";
import { AdaptationFlag } from "./packet.ts";
import type { TsPacket } from "./packet-reader.ts";
import { decodePesHeader, PES_START_SIZE, type PesHeader } from "./pes.ts";

export interface PesPacket extends PesHeader {
  /** A decoder can start here, as the adaptation field says. */
  readonly isRandomAccess: boolean;
  /** In memory of its own. */
  readonly payload: Uint8Array;
}

/** A picture of 100 Mbps at one in a second would fit. */
const UNIT_SIZE_MAX = 16 * 1024 * 1024;
const CAPACITY_MIN = 4_096;

export class PesReader {
  /** Packets that were damaged on their way, or are no PES. */
  droppedCount = 0;
  readonly #take: (packet: PesPacket) => void;
  readonly #unit = new GrowingBuffer(CAPACITY_MIN);
  #isOpen = false;
  #isRandomAccess = false;
  /** Bytes of the unit, if it says how many. */
  #wholeSize: number | undefined;
  #continuityCounter: number | undefined;

  constructor(take: (packet: PesPacket) => void) {
    this.#take = take;
  }

  read({ isUnitStart, continuityCounter, flags, payload }: TsPacket): void {
    const last = this.#continuityCounter;
    const isJump = (flags & AdaptationFlag.Discontinuity) !== 0;
    if (payload.length === 0) return;
    if (last === continuityCounter && !isJump) return; // Sent twice, as is allowed.
    this.#continuityCounter = continuityCounter;
    const isLost = last !== undefined && !isJump && continuityCounter !== ((last + 1) & 0x0f);
    if (isLost && this.#isOpen) this.#drop();
    if (isUnitStart) {
      this.flush();
      this.#isOpen = true;
      this.#isRandomAccess = (flags & AdaptationFlag.RandomAccess) !== 0;
    }
    if (this.#isOpen) this.#append(payload);
  }

  /** What has come is whole: another packet begins, or nothing more follows. */
  flush(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const bytes = this.#unit.view();
    this.#unit.clear();
    const isCut = this.#wholeSize !== undefined && bytes.length < this.#wholeSize;
    const header = isCut ? undefined : decodePesHeader(bytes);
    const whole = this.#wholeSize ?? bytes.length;
    this.#wholeSize = undefined;
    if (header === undefined) {
      this.droppedCount += 1;
      return;
    }
    const payload = bytes.subarray(header.headerSize, whole);
    this.#take({ ...header, isRandomAccess: this.#isRandomAccess, payload });
  }

  /** The stream goes on elsewhere: what is missing has not been lost. */
  restart(): void {
    this.#continuityCounter = undefined;
  }

  #append(payload: Uint8Array): void {
    if (this.#unit.size + payload.length > UNIT_SIZE_MAX) {
      this.#drop();
      return;
    }
    this.#unit.append(payload);
    const { size } = this.#unit;
    if (this.#wholeSize === undefined && size >= PES_START_SIZE) {
      const bytes = this.#unit.view();
      const length = ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0);
      if (length > 0) this.#wholeSize = PES_START_SIZE + length;
    }
    if (this.#wholeSize !== undefined && size >= this.#wholeSize) this.flush();
  }

  #drop(): void {
    this.#isOpen = false;
    this.#unit.clear();
    this.#wholeSize = undefined;
    this.droppedCount += 1;
  }
}
