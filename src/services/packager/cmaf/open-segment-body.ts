/**
 * A segment that is sent while it is being made, part by part, for DASH players that ask for it early.
 *
 * Spec: ISO/IEC 23009-1, section 5.3.9.5.3 (availabilityTimeComplete).
 *
 * @module
 */

import type { ReloadWaiters } from "../hls/reload-waiters.ts";
import type { CmafSegment } from "./cmaf-segment.ts";
import type { TrackPackager } from "./track-packager.ts";

export class OpenSegmentBody {
  readonly #segment: CmafSegment;
  readonly #track: TrackPackager;
  readonly #waiters: ReloadWaiters;
  #sentParts = 0;

  constructor(segment: CmafSegment, track: TrackPackager, waiters: ReloadWaiters) {
    this.#segment = segment;
    this.#track = track;
    this.#waiters = waiters;
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller) },
      { highWaterMark: 0 },
    );
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { parts } = this.#segment;
    const isNew = (): boolean => {
      while (parts[this.#sentParts]?.isGap === true) this.#sentParts += 1;
      return parts.length > this.#sentParts || !this.#isOpen;
    };
    await this.#waiters.wait(isNew, Number.POSITIVE_INFINITY);
    const part = parts[this.#sentParts];
    if (part === undefined) {
      controller.close();
      return;
    }
    this.#sentParts += 1;
    controller.enqueue(part.bytes);
  }

  get #isOpen(): boolean {
    return this.#track.open === this.#segment;
  }
}
