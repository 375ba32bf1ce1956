/**
 * How an elementary stream of MPEG-TS becomes a track and its frames.
 *
 * @module
 */

import type { PesPacket } from "../../codec/mpegts/pes-reader.ts";

/** When a PES packet's first access unit is decoded, and shown, in milliseconds; counted on over wraps. */
export interface PesTime {
  readonly dtsMs: number;
  readonly ptsMs: number;
}

/** What is looked at of a packet. */
export type UnitPacket = Pick<PesPacket, "payload" | "isRandomAccess">;

export interface ElementaryInput {
  /**
   * Takes the next PES packet.
   *
   * @param time `undefined` if the packet says none: it goes on with what the one before it began.
   * @throws {MalformedError} If it breaks the codec's specification; the next one may be better.
   */
  read(packet: UnitPacket, time: PesTime | undefined): void;
  /** Nothing more follows what has come. @throws {MalformedError} Likewise. */
  flush(): void;
}
