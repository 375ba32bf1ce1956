/**
 * Puts sections together from the packets of one PID.
 *
 * Spec: ISO/IEC 13818-1, 2.4.4.1 and 2.4.4.2 (pointer_field), 2.4.4.11 (private sections).
 *
 * @module
 */

import { crc32 } from "./crc32.ts";
import type { TsPacket } from "./packet-reader.ts";

/** table_id and section_length. */
const SECTION_HEAD_SIZE = 3;
/** table_id of what fills up the packet behind the last section. */
const STUFFING = 0xff;
const SECTION_SIZE_MAX = SECTION_HEAD_SIZE + 0x0fff;

export class SectionReader {
  readonly #take: (section: Uint8Array) => void;
  readonly #section = new Uint8Array(SECTION_SIZE_MAX);
  #size = 0;
  #isOpen = false;
  #continuityCounter: number | undefined;

  /** @param take Is given each section whose CRC is right: a view, which holds until it returns. */
  constructor(take: (section: Uint8Array) => void) {
    this.#take = take;
  }

  read({ isUnitStart, continuityCounter, payload }: TsPacket): void {
    if (payload.length === 0) return;
    const last = this.#continuityCounter;
    if (last === continuityCounter) return; // Sent twice, as is allowed.
    this.#continuityCounter = continuityCounter;
    if (last !== undefined && continuityCounter !== ((last + 1) & 0x0f)) this.#isOpen = false;
    if (!isUnitStart) {
      this.#append(payload);
      return;
    }
    const pointer = payload[0] ?? 0;
    this.#append(payload.subarray(1, 1 + pointer));
    this.#isOpen = true;
    this.#size = 0;
    this.#append(payload.subarray(1 + pointer));
  }

  /** The stream goes on elsewhere. */
  restart(): void {
    this.#isOpen = false;
    this.#continuityCounter = undefined;
  }

  #append(bytes: Uint8Array): void {
    let rest = bytes;
    while (this.#isOpen && rest.length > 0) {
      if (this.#size === 0 && rest[0] === STUFFING) {
        this.#isOpen = false;
        return;
      }
      const wanted = this.#size < SECTION_HEAD_SIZE ? SECTION_HEAD_SIZE : this.#wholeSize;
      const taken = rest.subarray(0, wanted - this.#size);
      this.#section.set(taken, this.#size);
      this.#size += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#size < SECTION_HEAD_SIZE || this.#size < this.#wholeSize) continue;
      const section = this.#section.subarray(0, this.#size);
      this.#size = 0;
      if (crc32(section) === 0) this.#take(section);
    }
  }

  get #wholeSize(): number {
    const length = (((this.#section[1] ?? 0) & 0x0f) << 8) | (this.#section[2] ?? 0);
    return SECTION_HEAD_SIZE + length;
  }
}
