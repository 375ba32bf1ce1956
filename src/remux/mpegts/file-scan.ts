/**
 * Reads an MPEG-TS file that was not completed: how much of it is whole, and how long it is.
 *
 * Spec: ISO/IEC 13818-1, 2.4.3.2 (transport packet), 2.4.3.6 (PES packet).
 *
 * @module
 */

import { GrowingBuffer } from "../../base/growing-buffer.ts";
import {
  AdaptationFieldControl,
  PAYLOAD_UNIT_START,
  TS_HEADER_SIZE,
  TS_PACKET_SIZE,
  TS_SYNC_BYTE,
} from "../../codec/mpegts/packet.ts";
import { decodePesHeader, PTS_TICKS_PER_MS, ptsDistance, wrapPts } from "../../codec/mpegts/pes.ts";

export class TsFileScan {
  readonly #rest = new GrowingBuffer(TS_PACKET_SIZE);
  /** Bytes that have been looked at. */
  #position = 0;
  /** Where the newest PES packet begins. */
  #pesPosition = 0;
  #isBroken = false;
  #firstTicks: number | undefined;
  #lastTicks = 0;
  /** The latest time, counted on over the wraps of 33 bits. */
  #countedTicks: number | undefined;

  /** Takes the next piece of the file. */
  read(bytes: Uint8Array): void {
    if (this.#isBroken) return;
    this.#rest.append(bytes);
    const input = this.#rest.view();
    let offset = 0;
    for (; offset + TS_PACKET_SIZE <= input.length; offset += TS_PACKET_SIZE) {
      if (input[offset] !== TS_SYNC_BYTE) {
        this.#isBroken = true;
        break;
      }
      this.#take(input.subarray(offset, offset + TS_PACKET_SIZE));
      this.#position += TS_PACKET_SIZE;
    }
    const left = input.slice(offset);
    this.#rest.clear();
    this.#rest.append(left);
  }

  /** Bytes up to the end of the last whole PES packet, as far as that can be told. */
  get wholeSize(): number {
    // All packets of a PES packet are written together: where they end in the middle of one it is cut.
    const isCut = this.#isBroken || this.#rest.size > 0;
    return isCut ? this.#pesPosition : this.#position;
  }

  get durationMs(): number {
    const ticks = this.#lastTicks - (this.#firstTicks ?? this.#lastTicks);
    return ticks / PTS_TICKS_PER_MS;
  }

  #take(packet: Uint8Array): void {
    const control = (packet[3] ?? 0) & AdaptationFieldControl.Both;
    const isStart = ((packet[1] ?? 0) & PAYLOAD_UNIT_START) !== 0;
    if (!isStart || (control & AdaptationFieldControl.Payload) === 0) return;
    const hasField = (control & AdaptationFieldControl.AdaptationField) !== 0;
    const pes = packet.subarray(
      TS_HEADER_SIZE + (hasField ? 1 + (packet[TS_HEADER_SIZE] ?? 0) : 0),
    );
    const header = decodePesHeader(pes);
    if (header === undefined) return;
    this.#pesPosition = this.#position;
    if (header.dts === undefined) return;
    const counted = this.#countedTicks ?? header.dts;
    const ticks = counted + ptsDistance(wrapPts(counted), header.dts);
    this.#countedTicks = ticks;
    this.#firstTicks = Math.min(this.#firstTicks ?? ticks, ticks);
    this.#lastTicks = Math.max(this.#lastTicks, ticks);
  }
}
