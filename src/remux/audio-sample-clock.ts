/**
 * Exact times of audio frames. FLV and RTMP round them to milliseconds, which leaves gaps and
 * overlaps of a few samples between frames, and players click at those.
 *
 * @module
 */

/**
 * How far a given time may be from the counted one and mean the same. Publishers round or cut off
 * to whole milliseconds, the first frame and the later ones, so two of them may be almost 1 ms off
 * their true distance; another half is for those that round twice.
 */
export const AUDIO_CLOCK_TOLERANCE_MS = 1.5;

/**
 * How far the count may run ahead of the given times: a publisher whose samples are faster than its
 * timestamps would else lose lip sync in the course of a day. 45 ms are as much as nobody notices
 * (ITU-R BT.1359), and more than encoders jitter.
 */
export const AUDIO_CLOCK_LEAD_MS = 45;

/**
 * Counts samples from frame to frame, and starts anew where the given time is later than that: a
 * gap. A frame that is given too early follows the one before it, until that has added up to
 * AUDIO_CLOCK_LEAD_MS: then it is put where it is given, and cuts the one before it short.
 */
export class AudioSampleClock {
  readonly #sampleRate: number;
  /** Where the latest frame started. */
  #start = 0;
  /** Where it ended; `undefined` before the first. */
  #end: number | undefined;

  /** @param sampleRate In Hz; positions are in ticks of it. */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /**
   * Takes the next frame.
   *
   * @param sampleCount How many samples it holds.
   * @returns Where it starts, in whole samples.
   */
  next(dtsMs: number, sampleCount: number): number {
    const given = (dtsMs * this.#sampleRate) / 1000;
    const tolerance = (AUDIO_CLOCK_TOLERANCE_MS * this.#sampleRate) / 1000;
    const counted = this.#end;
    const lead = (AUDIO_CLOCK_LEAD_MS * this.#sampleRate) / 1000;
    if (counted === undefined) this.#start = Math.round(given);
    else if (given > counted + tolerance) this.#start = Math.round(given);
    else if (given < counted - lead) this.#start = Math.max(Math.round(given), this.#start + 1);
    else this.#start = counted;
    this.#end = this.#start + sampleCount;
    return this.#start;
  }
}
