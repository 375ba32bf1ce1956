/**
 * Takes the frames out of segments, of whatever kind they are.
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import { TS_SYNC_BYTE } from "../../../codec/mpegts/packet.ts";
import type { IncomingFrame } from "../../../live/frame.ts";
import type { Track, TrackKind } from "../../../live/track.ts";
import { TsToStream } from "../../../remux/mpegts/to-stream.ts";

export class SegmentInput {
  readonly #kinds: readonly TrackKind[];
  #frames: IncomingFrame[] = [];
  readonly #ts = new TsToStream({
    writeMetadata: () => undefined,
    writeTrack: (track: Track) => track,
    writeFrame: (frame) => this.#take(frame),
  });

  /** @param kinds What is taken of it; the rest comes from elsewhere. */
  constructor(kinds: readonly TrackKind[]) {
    this.#kinds = kinds;
  }

  /** What stands before segments: tables, or a movie without samples. @throws {MalformedError} */
  initialize(bytes: Uint8Array): void {
    if (bytes[0] !== TS_SYNC_BYTE) throw unknown();
    this.#ts.read(bytes);
    this.#ts.flush();
  }

  /** @throws {MalformedError} @throws {ProtocolError} If it is of no kind that is known here. */
  read(bytes: Uint8Array): IncomingFrame[] {
    this.#frames = [];
    if (bytes[0] !== TS_SYNC_BYTE) throw unknown();
    this.#ts.read(bytes);
    this.#ts.flush();
    return this.#frames;
  }

  #take(frame: IncomingFrame): void {
    if (this.#kinds.includes(frame.track.kind)) this.#frames.push(frame);
  }
}

function unknown(): ProtocolError {
  return new ProtocolError("A segment is neither of MPEG-TS nor of MP4");
}
