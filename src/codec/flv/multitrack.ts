/**
 * What the extended headers of audio and video messages have in common: ModEx and multitrack.
 *
 * Spec: Enhanced RTMP v2 (Veovera), "Enhanced Audio" and "Enhanced Video".
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** How many tracks a multitrack message carries, and whether they share a codec. */
export const AvMultitrackType = { OneTrack: 0, ManyTracks: 1, ManyTracksManyCodecs: 2 } as const;
export type AvMultitrackType = (typeof AvMultitrackType)[keyof typeof AvMultitrackType];

/** What a ModEx block means; types other than this one are reserved and skipped. */
const TIMESTAMP_OFFSET_NANO = 0;

/**
 * ModEx blocks ahead of one packet. One kind is defined, so more than a few are an attempt to keep
 * the parser busy.
 */
const MOD_EX_MAX = 8;

/** Reads the fields of extended headers, for audio and video alike. Lives for one decoding only. */
export class ExHeaderReader {
  readonly #body: Uint8Array;
  #offset: number;
  /** The packet type that stands, once ModEx blocks and multitrack have been read. */
  packetType: number;
  /** To add to the message's timestamp, in nanoseconds. */
  timestampNanoOffset = 0;

  constructor(body: Uint8Array, packetType: number) {
    this.#body = body;
    this.#offset = 1;
    this.packetType = packetType;
  }

  get offset(): number {
    return this.#offset;
  }

  readUint8(): number {
    const value = this.#body[this.#offset];
    if (value === undefined) throw this.#tooShort(1);
    this.#offset += 1;
    return value;
  }

  readUint24(): number {
    const offset = this.#take(3);
    return (this.#at(offset) << 16) | (this.#at(offset + 1) << 8) | this.#at(offset + 2);
  }

  readFourCc(): number {
    const offset = this.#take(4);
    const high = (this.#at(offset) << 8) | this.#at(offset + 1);
    const low = (this.#at(offset + 2) << 8) | this.#at(offset + 3);
    return high * 0x1_0000 + low;
  }

  /**
   * Skips the ModEx blocks that stand before the real packet type, and keeps the one that means
   * something.
   *
   * ```text
   * +--------+ or +--------+-----------+ +----------+------+-----------------+
   * | size-1 |    | 0xff   | size-1:16 | | data     | kind | next packet type|
   * +--------+    +--------+-----------+ +----------+------+-----------------+
   *  8 bits        8 bits   16 bits       size bytes 4 bits  4 bits
   * ```
   */
  skipModEx(modEx: number): void {
    for (let count = 0; this.packetType === modEx; count++) {
      if (count === MOD_EX_MAX) {
        throw new MalformedError(`Cannot decode more than ${MOD_EX_MAX} ModEx`, this.#offset);
      }
      let size = this.readUint8() + 1;
      if (size === 256) size = ((this.readUint8() << 8) | this.readUint8()) + 1;
      const data = this.#take(size);
      const next = this.readUint8();
      this.packetType = next & 0x0f;
      if (next >>> 4 === TIMESTAMP_OFFSET_NANO && size >= 3) {
        this.timestampNanoOffset =
          (this.#at(data) << 16) | (this.#at(data + 1) << 8) | this.#at(data + 2);
      }
    }
  }

  #take(size: number): number {
    const offset = this.#offset;
    if (offset + size > this.#body.length) throw this.#tooShort(size);
    this.#offset = offset + size;
    return offset;
  }

  #at(offset: number): number {
    return this.#body[offset] ?? 0; // #take() has checked the bounds.
  }

  #tooShort(size: number): MalformedError {
    const left = this.#body.length - this.#offset;
    return new MalformedError(`Cannot read ${size} bytes: only ${left} left`, this.#offset);
  }
}
