/**
 * A finished segment of HLS with MPEG-TS.
 *
 * @module
 */

import type { SegmentKey } from "./segment-encryption.ts";

/**
 * - `memory`: it is not written.
 * - `pending`: the disk does not have it yet.
 * - `failed`: the disk did not take it.
 */
export type DiskState = "memory" | "pending" | "written" | "failed";

export interface TsSegment {
  /** Its media sequence number. */
  readonly seq: number;
  /** Its path below the folder of all HLS files. */
  readonly name: string;
  /** As the playlist addresses it. */
  readonly uri: string;
  readonly durationMs: number;
  readonly isDiscontinuous: boolean;
  readonly key: SegmentKey | undefined;
  /** Bytes. */
  readonly size: number;
  /** `undefined` once only the disk has it. */
  bytes: Uint8Array | undefined;
  disk: DiskState;
}
