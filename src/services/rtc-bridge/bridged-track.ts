/**
 * A track on its way from one stream into another. A stream that is given a track like the one it has
 * keeps its own, and frames have to carry that one.
 *
 * @module
 */

import type { Frame, IncomingFrame } from "../../live/frame.ts";
import type { Publication } from "../../live/publication.ts";
import type { Track } from "../../live/track.ts";

export class BridgedTrack {
  #from: Track | undefined;
  #to: Track | undefined;

  /** Tells of the track where it is another than before. */
  write(track: Track, publication: Publication): Track {
    if (this.#to === undefined || track !== this.#from) {
      this.#from = track;
      this.#to = publication.writeTrack(track);
    }
    return this.#to;
  }

  /** The frame for the other stream, which sets times of its own; the bytes are shared. */
  copy(frame: Frame, publication: Publication): IncomingFrame {
    const track = this.write(frame.track, publication);
    const { dtsMs, compositionTimeOffsetMs, isKeyFrame, payload, flvBody } = frame;
    return { track, dtsMs, compositionTimeOffsetMs, isKeyFrame, payload, flvBody };
  }

  /** What is written next is told of. */
  reset(): void {
    this.#from = undefined;
    this.#to = undefined;
  }
}
