/**
 * The names of CMAF files. None is ever used twice, also not after a restart, so that proxies and
 * players may keep what they got for as long as they like.
 *
 * ```text
 * video.m3u8                                 the media playlist
 * video-mi8k2j4x-init0.mp4                   an initialization segment
 * video-mi8k2j4x-158778720000000.m4s         the segment that begins at that time, in ticks
 * video-mi8k2j4x-158778720000000.3.m4s       the fourth part of it
 *       ^ when the packager was made
 * ```
 *
 * @module
 */

import type { TrackKind } from "../../../live/track.ts";

export type CmafName =
  | { readonly type: "playlist"; readonly kind: TrackKind }
  | { readonly type: "initialization"; readonly kind: TrackKind; readonly index: number }
  | { readonly type: "segment"; readonly kind: TrackKind; readonly startTicks: number }
  | {
      readonly type: "part";
      readonly kind: TrackKind;
      readonly startTicks: number;
      readonly part: number;
    };

/** Of any packager. At most 15 digits, which a number can hold. */
export const CMAF_FILE_NAME: RegExp =
  /^(video|audio)(?:\.m3u8|-([0-9a-z]{1,32})-(?:init(\d{1,9})\.mp4|(\d{1,15})(?:\.(\d{1,9}))?\.m4s))$/;

export class CmafNames {
  /** What tells the files of one packager from those of all others of the stream. */
  readonly epoch: string;

  /** @param label Tells packagers apart that are made at the same time. */
  constructor(wallMs: number, label = "") {
    this.epoch = `${label}${Math.floor(wallMs).toString(36)}`;
  }

  playlist(kind: TrackKind): string {
    return `${kind}.m3u8`;
  }

  initialization(kind: TrackKind, index: number): string {
    return `${kind}-${this.epoch}-init${index}.mp4`;
  }

  /** @param startTicks A number, or what stands for one in a template. */
  segment(kind: TrackKind, startTicks: number | string): string {
    return `${kind}-${this.epoch}-${startTicks}.m4s`;
  }

  part(kind: TrackKind, startTicks: number, part: number): string {
    return `${kind}-${this.epoch}-${startTicks}.${part}.m4s`;
  }

  /** What a name stands for; `undefined` if it is none, or of another packager. */
  parse(name: string): CmafName | undefined {
    const match = CMAF_FILE_NAME.exec(name);
    if (match === null) return undefined;
    const [, kindText, epoch, index, start, part] = match;
    const kind = kindText === "video" ? "video" : "audio";
    if (epoch === undefined) return { type: "playlist", kind };
    if (epoch !== this.epoch) return undefined;
    if (index !== undefined) return { type: "initialization", kind, index: Number(index) };
    const startTicks = Number(start);
    if (part === undefined) return { type: "segment", kind, startTicks };
    return { type: "part", kind, startTicks, part: Number(part) };
  }
}
