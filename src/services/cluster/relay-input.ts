/**
 * From a peer's FLV to a publication of this process, over any number of connections: each begins
 * with the peer's latest key frame, and of what has come before nothing is repeated.
 *
 * @module
 */

import { isSameBytes } from "../../base/bytes.ts";
import { type FlvReceiver, FlvStreamReader } from "../../codec/flv/stream-reader.ts";
import { type FlvTag, FlvTagType } from "../../codec/flv/tag.ts";
import type { IncomingFrame } from "../../live/frame.ts";
import type { Publication } from "../../live/publication.ts";
import type { JitterMode } from "../../live/timeline.ts";
import { isSameTrack, type StreamMetadata, type Track, type TrackKind } from "../../live/track.ts";
import { type FlvOutput, FlvToStream } from "../../remux/flv/to-stream.ts";

/**
 * Where the publisher's times are kept as they are, and so may step back, a frame that is older than
 * the latest by less than this is taken for a repetition. Longer than the distance of key frames, and
 * shorter than a step back of the publisher's clock is likely to be.
 */
const REPETITION_MS_MAX = 60_000;

export class RelayInput implements FlvReceiver, FlvOutput {
  readonly #begin: () => Publication;
  readonly #output: FlvToStream = new FlvToStream(this);
  #publication: Publication | undefined;
  #reader: FlvStreamReader = new FlvStreamReader(this);
  readonly #lastMs = new Map<TrackKind, number>();
  /** Tracks that may still repeat what came over the connection before. */
  readonly #repeating = new Set<TrackKind>();
  /** Nothing new has come over this connection yet. */
  #isRepeating = false;
  #metadata: StreamMetadata | undefined;
  readonly #tracks = new Map<TrackKind, Track>();
  readonly #repetitionMsMax: number;

  /**
   * @param begin Makes the publication, as soon as the peer has the stream.
   * @param jitterMode How the peer corrects times: under `full` they never step back.
   */
  constructor(begin: () => Publication, jitterMode: JitterMode) {
    this.#begin = begin;
    this.#repetitionMsMax = jitterMode === "full" ? Number.POSITIVE_INFINITY : REPETITION_MS_MAX;
  }

  /** Another connection begins. */
  reconnected(): void {
    this.#reader = new FlvStreamReader(this);
    for (const kind of this.#lastMs.keys()) this.#repeating.add(kind);
    this.#isRepeating = true;
  }

  /** @throws {MalformedError} If it is not FLV. */
  read(bytes: Uint8Array): void {
    this.#reader.read(bytes);
  }

  /** @param isForGood Nobody watches: the stream need not wait for its publisher's return. */
  end(isForGood: boolean): void {
    this.#publication?.end(isForGood);
  }

  // FlvReceiver -------------------------------------------------------------------------------------

  header(): void {
    this.#publication ??= this.#begin();
  }

  tag({ type, timestampMs, data }: FlvTag): void {
    switch (type) {
      case FlvTagType.Audio:
        this.#output.audio(timestampMs, data);
        break;
      case FlvTagType.Video:
        this.#output.video(timestampMs, data);
        break;
      case FlvTagType.ScriptData:
        this.#output.scriptData(data);
        break;
    }
  }

  // FlvOutput ---------------------------------------------------------------------------------------

  writeMetadata(metadata: StreamMetadata): void {
    if (this.#isRepeating && isSameBytes(metadata.scriptData, this.#metadata?.scriptData)) return;
    this.#metadata = metadata;
    this.#publication?.writeMetadata(metadata);
  }

  writeTrack(track: Track): Track {
    const before = this.#tracks.get(track.kind);
    if (this.#isRepeating && before !== undefined && isSameTrack(before, track)) return before;
    const written = this.#publication?.writeTrack(track) ?? track;
    this.#tracks.set(track.kind, written);
    return written;
  }

  writeFrame(frame: IncomingFrame): void {
    const { kind } = frame.track;
    if (this.#isRepeated(kind, frame.dtsMs)) return;
    this.#repeating.delete(kind);
    this.#isRepeating = false;
    this.#lastMs.set(kind, frame.dtsMs);
    this.#publication?.writeFrame(frame);
  }

  #isRepeated(kind: TrackKind, dtsMs: number): boolean {
    const lastMs = this.#lastMs.get(kind);
    if (lastMs === undefined || !this.#repeating.has(kind)) return false;
    return dtsMs <= lastMs && lastMs - dtsMs < this.#repetitionMsMax;
  }
}
