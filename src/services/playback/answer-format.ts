/**
 * In which forms recordings are sent, by the ending that they are asked for with.
 *
 * @module
 */

import { FLV_DATA_SIZE_MAX } from "../../codec/flv/tag.ts";
import { VIDEO_HEADER_SIZE_MAX } from "../../codec/flv/video-body.ts";
import type { Frame } from "../../live/frame.ts";
import { isSameTrack, type StreamDescription, type Track } from "../../live/track.ts";
import { FlvFileMuxer } from "../../remux/flv/file-muxer.ts";
import { canCarryInMp4 } from "../../remux/mp4/can-carry.ts";
import { Mp4FileMuxer } from "../../remux/mp4/file-muxer.ts";
import { canCarryInTs } from "../../remux/mpegts/create-elementary-stream.ts";
import { TsFileMuxer } from "../../remux/mpegts/file-muxer.ts";

export type AnswerExtension = "flv" | "mp4" | "ts";

export interface AnswerMuxer {
  /** Bytes that can be taken, or will be. */
  readonly pendingSize: number;
  writeTrack(track: Track, dtsMs: number): void;
  writeFrame(frame: Frame, dtsMs: number): void;
  take(isLast: boolean): Uint8Array;
}

export interface AnswerFormat {
  /** As people call it. */
  readonly name: string;
  readonly mediaType: string;
  /** Bytes are taken each time that so much has been written, in milliseconds of the stream. */
  readonly pieceMs: number;
  canCarry(track: Track): boolean;
  /** Whether an answer goes on when a track of it becomes another one, or when there is a new one. */
  canSwitch(before: Track | undefined, after: Track): boolean;
  createMuxer(description: StreamDescription): AnswerMuxer;
}

/** Fragments of MP4 have a header for each track. */
const FRAGMENT_MS = 500;
/** An answer is sent as it is made: nobody comes back to fill in an index. */
const INDEX_ENTRIES = 0;
const FLV_PAYLOAD_SIZE_MAX: number = FLV_DATA_SIZE_MAX - VIDEO_HEADER_SIZE_MAX;

export const ANSWER_FORMATS: Readonly<Record<AnswerExtension, AnswerFormat>> = {
  flv: {
    name: "FLV",
    mediaType: "video/x-flv",
    pieceMs: 0,
    canCarry: () => true,
    canSwitch: (before, after) => before === undefined || before.codec === after.codec,
    createMuxer: (description) => {
      const muxer = new FlvFileMuxer(description, INDEX_ENTRIES);
      return {
        get pendingSize() {
          return muxer.pendingSize;
        },
        writeTrack: (track, dtsMs) => muxer.writeTrack(track, dtsMs),
        writeFrame: (frame, dtsMs) => {
          // MPEG-TS and MP4 have larger ones, as far as anybody has.
          if (frame.payload.length <= FLV_PAYLOAD_SIZE_MAX) muxer.writeFrame(frame, dtsMs);
        },
        take: () => muxer.take(),
      };
    },
  },
  mp4: {
    name: "MP4",
    mediaType: "video/mp4",
    pieceMs: FRAGMENT_MS,
    canCarry: canCarryInMp4,
    // What a track is, is said once, in front.
    canSwitch: (before, after) => before !== undefined && isSameTrack(before, after),
    createMuxer: (description) => {
      const muxer = new Mp4FileMuxer(description);
      return {
        get pendingSize() {
          return muxer.pendingSize;
        },
        writeTrack: () => undefined,
        writeFrame: (frame, dtsMs) => muxer.writeFrame(frame, dtsMs),
        take: (isLast) => muxer.take(isLast),
      };
    },
  },
  ts: {
    name: "MPEG-TS",
    mediaType: "video/MP2T",
    pieceMs: 0,
    canCarry: canCarryInTs,
    canSwitch: (before, after) => before === undefined || before.codec === after.codec,
    createMuxer: (description) => {
      const muxer = new TsFileMuxer(description);
      return {
        get pendingSize() {
          return muxer.pendingSize;
        },
        writeTrack: (track) => muxer.writeTrack(track),
        writeFrame: (frame, dtsMs) => muxer.writeFrame(frame, dtsMs),
        take: () => muxer.take(),
      };
    },
  },
};
