/**
 * The time of audio by its samples (`hls_dts_directly: false`): publishers round timestamps to
 * milliseconds, samples do not.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { Frame } from "../../../live/frame.ts";
import { AudioSampleClock } from "../../../remux/audio-sample-clock.ts";
import { type AudioDetails, describeAudio } from "../../../remux/track/audio-details.ts";

export class CountedAudioTime {
  #details: AudioDetails | undefined;
  #clock: AudioSampleClock | undefined;

  /** The frame's time in milliseconds: its own where it does not say how many samples it has. */
  place(frame: Frame): number {
    try {
      this.#details ??= describeAudio(frame.track, frame);
      if (this.#details === undefined) return frame.dtsMs;
      const { sampleRate } = this.#details;
      this.#clock ??= new AudioSampleClock(sampleRate);
      const samples = this.#details.samplesPerFrame(frame.payload);
      return (this.#clock.next(frame.dtsMs, samples) * 1_000) / sampleRate;
    } catch (error) {
      if (error instanceof MalformedError) return frame.dtsMs;
      throw error;
    }
  }
}
