/**
 * What goes between a pool of threads and a thread that transcodes. A job is one track of one stream.
 *
 * @module
 */

import type { SourceTrack } from "../../../remux/audio-transcoding/create-decoder.ts";
import type { TargetCodec } from "../../../remux/audio-transcoding/transcoding-target.ts";

export interface AudioPacket {
  readonly dtsMs: number;
  /** Has its buffer for itself, which is handed over. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** To the thread. */
export type JobMessage =
  | {
      readonly type: "open";
      readonly job: number;
      readonly from: SourceTrack;
      readonly to: TargetCodec;
      /** In bit/s. */
      readonly bitrate: number;
    }
  | { readonly type: "write"; readonly job: number; readonly packet: AudioPacket }
  | { readonly type: "close"; readonly job: number };

/** From the thread. */
export type JobAnswer =
  /** To each packet, in order. */
  | {
      readonly type: "done";
      readonly job: number;
      readonly packets: readonly AudioPacket[];
      /** How many packets of the job could not be decoded so far. */
      readonly malformedCount: number;
    }
  /** The job is over: its track cannot be decoded, or the codec failed. */
  | { readonly type: "failed"; readonly job: number; readonly reason: string };
