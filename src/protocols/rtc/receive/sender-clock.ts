/**
 * Lip sync: one time for all sources of a sender, whose timestamps begin anywhere.
 *
 * Sender reports say at which wall time of the sender a timestamp was taken. They come a second or
 * more after the first packets; until then the sources are placed by when their packets came, so
 * that nothing is thrown away. The reference, audio if there is any, keeps its pace; the others
 * slide to where they belong.
 *
 * Spec: RFC 3550 sections 5.1 and 6.4.1.
 *
 * @module
 */

import { SenderClockTrack } from "./sender-clock-track.ts";

/** The clock of one sender (of one CNAME). */
export class SenderClock {
  readonly #tracks: SenderClockTrack[] = [];

  /**
   * @param kind What the source carries: audio is what the others go by.
   * @param clockRate Ticks of its timestamps per second.
   */
  addTrack(kind: "audio" | "video", clockRate: number): SenderClockTrack {
    const track = new SenderClockTrack(this, kind, clockRate);
    this.#tracks.push(track);
    return track;
  }

  removeTrack(track: SenderClockTrack): void {
    const index = this.#tracks.indexOf(track);
    if (index >= 0) this.#tracks.splice(index, 1);
  }

  /**
   * For SenderClockTrack: what `track` has to add to its own milliseconds, as far as the others
   * tell; `undefined` if it goes by itself.
   */
  targetOffsetMs(track: SenderClockTrack): number | undefined {
    const reference = this.reference;
    if (reference === undefined || reference === track) return undefined;
    const { offsetMs } = reference;
    if (offsetMs === undefined) return undefined;
    if (track.wallOffsetMs !== undefined && reference.wallOffsetMs !== undefined) {
      return offsetMs + track.wallOffsetMs - reference.wallOffsetMs;
    }
    if (track.hasReported && reference.hasReported) return undefined;
    const delayMs = track.arrivalOffsetMs;
    const referenceDelayMs = reference.arrivalOffsetMs;
    if (delayMs === undefined || referenceDelayMs === undefined) return undefined;
    return offsetMs + delayMs - referenceDelayMs;
  }

  /** For SenderClockTrack: the sender's wall clock was set, so older reports of others are void. */
  wallClockJumped(by: SenderClockTrack): void {
    for (const track of this.#tracks) {
      if (track !== by) track.forgetSenderReport();
    }
  }

  /** What the others go by: the first audio source that has begun, else the first of all. */
  get reference(): SenderClockTrack | undefined {
    let first: SenderClockTrack | undefined;
    for (const track of this.#tracks) {
      if (track.offsetMs === undefined) continue;
      if (track.kind === "audio") return track;
      first ??= track;
    }
    return first;
  }
}
