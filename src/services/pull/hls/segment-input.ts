/**
 * Takes the frames out of segments, of whatever kind they are.
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import { TS_SYNC_BYTE } from "../../../codec/mpegts/packet.ts";
import type { IncomingFrame } from "../../../live/frame.ts";
import type { Track, TrackKind } from "../../../live/track.ts";
import { FragmentsToStream } from "../../../remux/cmaf/to-stream.ts";
import type { FlvOutput } from "../../../remux/flv/to-stream.ts";
import { isPackedAudio, PackedAudioToStream } from "../../../remux/mpegts/packed-audio.ts";
import type { TickLine } from "../../../remux/mpegts/tick-line.ts";
import { TsToStream } from "../../../remux/mpegts/to-stream.ts";

/** Of one segment: a thousand a second for a minute and a half. */
const FRAMES_MAX = 100_000;

export class SegmentInput {
  readonly #kinds: readonly TrackKind[];
  #frames: IncomingFrame[] = [];
  readonly #ts: TsToStream;
  readonly #packedAudio: PackedAudioToStream;
  readonly #mp4: FragmentsToStream;
  #isMp4 = false;

  /**
   * @param kinds What is taken of it; the rest comes from elsewhere.
   * @param line Of all that is played together.
   */
  constructor(kinds: readonly TrackKind[], line: TickLine) {
    this.#kinds = kinds;
    const output: FlvOutput = {
      writeMetadata: () => undefined,
      writeTrack: (track: Track) => track,
      writeFrame: (frame) => {
        if (!this.#kinds.includes(frame.track.kind)) return;
        if (this.#frames.length === FRAMES_MAX) {
          throw new ProtocolError(`A segment has more than ${FRAMES_MAX} frames`);
        }
        this.#frames.push(frame);
      },
    };
    this.#ts = new TsToStream(output, line);
    this.#packedAudio = new PackedAudioToStream(output, line);
    this.#mp4 = new FragmentsToStream(output);
  }

  /** What stands before segments: tables, or a movie without samples. @throws {MalformedError} */
  initialize(bytes: Uint8Array): void {
    this.#isMp4 = bytes[0] !== TS_SYNC_BYTE;
    if (this.#isMp4) this.#mp4.initialize(bytes);
    else this.#readTs(bytes);
  }

  /** @throws {MalformedError} @throws {ProtocolError} If it is of no kind that is known here. */
  read(bytes: Uint8Array): IncomingFrame[] {
    this.#frames = [];
    const isTs = bytes[0] === TS_SYNC_BYTE;
    if (isTs) this.#readTs(bytes);
    else if (this.#isMp4) this.#mp4.read(bytes);
    else if (isPackedAudio(bytes)) this.#packedAudio.read(bytes);
    else throw new ProtocolError("A segment is neither of MPEG-TS nor of MP4, nor packed audio");
    return this.#frames;
  }

  #readTs(bytes: Uint8Array): void {
    this.#ts.read(bytes);
    this.#ts.flush();
  }
}
