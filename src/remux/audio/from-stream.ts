/**
 * The audio of a stream as a bare run of frames, which is what `.aac` and `.mp3` are.
 *
 * A listener enters at the newest frame, not at the latest key frame of the video that nobody sees
 * here. With a backlog it is first given what was before: the backlog begins with what the GOP cache
 * holds when the first listener of the format comes, and is gone with the last.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import type { AudioCodec } from "../../codec/flv/codec-id.ts";
import type { BroadcastEncoder, BroadcastFormat, Join } from "../../live/broadcast-format.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { AudioBacklog } from "./backlog.ts";

/** @throws {MalformedError} If the frame cannot be written; it is left out then. */
export type WriteAudioFrame = (writer: ByteWriter, payload: Uint8Array) => void;

export interface AudioFormatOptions {
  readonly name: string;
  readonly codec: AudioCodec;
  /** What a file of the format begins with. */
  readonly head: Uint8Array;
  /** How much a listener is first given of what was before, in milliseconds. */
  readonly backlogMs: number;
  /**
   * How frames of a track are written; `undefined` if they cannot be.
   *
   * @throws {MalformedError} Likewise.
   */
  createFrameWriter(track: Track): WriteAudioFrame | undefined;
}

export function createAudioFormat(options: AudioFormatOptions): BroadcastFormat {
  const { name, backlogMs } = options;
  return {
    name: `${name}/${backlogMs}`,
    isAudioOnly: true,
    createEncoder: () => new AudioEncoder(options),
  };
}

interface AudioMark {
  /** Frames in the backlog's count. */
  readonly count: number;
}

class AudioEncoder implements BroadcastEncoder {
  readonly #options: AudioFormatOptions;
  readonly #backlog: AudioBacklog;
  #track: Track | undefined;
  #writeFrame: WriteAudioFrame | undefined;

  constructor(options: AudioFormatOptions) {
    this.#options = options;
    this.#backlog = new AudioBacklog(options.backlogMs);
  }

  writeFrame(writer: ByteWriter, { track, payload, dtsMs }: Frame): void {
    if (track.kind !== "audio") return;
    if (track !== this.#track) this.writeTrack(writer, track);
    if (this.#writeFrame === undefined) return;
    const start = writer.size;
    try {
      this.#writeFrame(writer, payload);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      writer.truncate(start);
      return;
    }
    this.#backlog.add(dtsMs, writer.view().subarray(start));
  }

  writeTrack(_writer: ByteWriter, track: Track): void {
    if (track.kind !== "audio") return;
    this.#track = track;
    this.#writeFrame = this.#createFrameWriter(track);
  }

  writeMetadata(): void {
    // There is no place for it.
  }

  restart(): void {
    this.#track = undefined;
    this.#writeFrame = undefined;
    this.#backlog.clear();
  }

  mark(): AudioMark {
    return { count: this.#backlog.count };
  }

  baseAt(): number {
    return 0;
  }

  encodeJoin({ mark, isFirst }: Join): Uint8Array {
    const writer = new ByteWriter();
    if (isFirst) {
      writer.writeBytes(this.#options.head);
      this.#backlog.write(writer, (mark as AudioMark).count);
    }
    return writer.view();
  }

  #createFrameWriter(track: Track): WriteAudioFrame | undefined {
    if (track.codec !== this.#options.codec) return undefined;
    try {
      return this.#options.createFrameWriter(track);
    } catch (error) {
      if (error instanceof MalformedError) return undefined;
      throw error;
    }
  }
}
