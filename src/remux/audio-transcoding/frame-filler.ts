/**
 * Collects samples until they are a frame.
 *
 * @module
 */

export class FrameFiller {
  readonly #frame: readonly Float32Array[];
  readonly #frameSamples: number;
  #count = 0;

  constructor(channelCount: number, frameSamples: number) {
    this.#frameSamples = frameSamples;
    this.#frame = Array.from({ length: channelCount }, () => new Float32Array(frameSamples));
  }

  /** How many samples of the next frame are there. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds samples.
   *
   * @param channels One for each channel, or one for all of them.
   * @param full Called with each frame that is complete, and valid for that call.
   */
  add(channels: readonly Float32Array[], full: (frame: readonly Float32Array[]) => void): void {
    const sampleCount = channels[0]?.length ?? 0;
    for (let from = 0; from < sampleCount; ) {
      const to = Math.min(sampleCount, from + this.#frameSamples - this.#count);
      for (const [index, channel] of this.#frame.entries()) {
        const samples = channels[index] ?? channels[0];
        if (samples !== undefined) channel.set(samples.subarray(from, to), this.#count);
      }
      this.#count += to - from;
      from = to;
      this.#finish(full);
    }
  }

  /** Adds silence. */
  addSilence(sampleCount: number, full: (frame: readonly Float32Array[]) => void): void {
    for (let left = sampleCount; left > 0; ) {
      const count = Math.min(left, this.#frameSamples - this.#count);
      for (const channel of this.#frame) channel.fill(0, this.#count, this.#count + count);
      this.#count += count;
      left -= count;
      this.#finish(full);
    }
  }

  /** Forgets what is there. */
  clear(): void {
    this.#count = 0;
  }

  #finish(full: (frame: readonly Float32Array[]) => void): void {
    if (this.#count < this.#frameSamples) return;
    this.#count = 0;
    full(this.#frame);
  }
}
