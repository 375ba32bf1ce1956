/**
 * A finished segment of HLS with MPEG-TS.
 *
 * @module
 */

import type { SessionRequest } from "../../../live/admission.ts";
import type { DiskState } from "../file-mirror.ts";
import type { SegmentKey } from "./segment-encryption.ts";

export interface TsSegment {
  /** Who published it, where that is a session. */
  readonly publisher: SessionRequest | undefined;
  /** Its media sequence number. */
  readonly seq: number;
  /** Its path below the folder of all HLS files. */
  readonly name: string;
  /** As the playlist addresses it. */
  readonly uri: string;
  readonly durationMs: number;
  readonly isDiscontinuous: boolean;
  /** There has been none before it. */
  readonly isFirst: boolean;
  readonly key: SegmentKey | undefined;
  /** Bytes. */
  readonly size: number;
  /** `undefined` once only the disk has it. */
  bytes: Uint8Array | undefined;
  disk: DiskState;
}
