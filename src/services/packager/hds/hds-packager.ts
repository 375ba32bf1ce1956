/**
 * A stream as fragments of HDS: boxes of FLV tags, each of which can be decoded alone.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, section 2.11 (fragments) and Annex E (tags).
 *
 * @module
 */

import { ByteWriter } from "../../../base/byte-writer.ts";
import { beginBox, endBox } from "../../../codec/mp4/box-writer.ts";
import type { Frame } from "../../../live/frame.ts";
import { EMPTY_DESCRIPTION, type StreamDescription } from "../../../live/track.ts";
import { writeFlashFrame, writeFlashTrack } from "../../../remux/flv/flash-tags.ts";
import { SegmentMeter } from "../segment-meter.ts";
import type { FrameSink } from "../track-gate.ts";
import type { HdsFragments } from "./hds-fragments.ts";

/** Shorter ones are given up. As of HLS. */
const FRAGMENT_MS_MIN = 100;
/** So much longer than it should be a fragment gets while there is no key frame. */
const KEY_FRAME_WAIT_MS = 15_000;
/** One with so many bytes ends wherever it is. */
const FRAGMENT_SIZE_MAX = 128 * 1024 * 1024;
const FRAGMENT_CAPACITY = 256 * 1024;
/** Durations have 32 bits. */
const DURATION_MS_MAX = 0xffff_ffff;

interface OpenFragment {
  readonly startMs: number;
  /** Where its box begins in what is written. */
  readonly box: number;
}

export class HdsPackager implements FrameSink {
  readonly #fragments: HdsFragments;
  readonly #meter: SegmentMeter;
  readonly #writer = new ByteWriter(FRAGMENT_CAPACITY);
  #description: StreamDescription = EMPTY_DESCRIPTION;
  #open: OpenFragment | undefined;
  #lastNumber: number;
  /** What comes next does not go on where the latest fragment ended. */
  #isDiscontinuous: boolean;

  /**
   * @param fragmentMs How long a fragment is at least that ends at a key frame.
   * @param lastNumber That of the stream's latest fragment; 0: there has been none.
   */
  constructor(fragments: HdsFragments, fragmentMs: number, lastNumber: number) {
    this.#fragments = fragments;
    this.#lastNumber = lastNumber;
    this.#isDiscontinuous = lastNumber > 0;
    this.#meter = new SegmentMeter({
      targetMs: fragmentMs,
      overflowMs: fragmentMs + KEY_FRAME_WAIT_MS,
      audioMs: fragmentMs,
      isKeyFrameAwaited: true,
      sizeMax: FRAGMENT_SIZE_MAX,
    });
  }

  /** The number of the stream's latest fragment. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Bytes in memory. */
  get heldSize(): number {
    return this.#writer.size;
  }

  // FrameSink ---------------------------------------------------------------------------------------

  /** Tracks that change in mid-stream are no discontinuity: each fragment has their configuration. */
  begin(description: StreamDescription, first: Frame): void {
    this.#close(first);
    this.#description = description;
    this.#meter.reset(description.video !== undefined);
  }

  frame(frame: Frame): void {
    const { video, audio } = this.#description;
    if (frame.track !== video && frame.track !== audio) return;
    if (this.#open !== undefined && this.#meter.isDue(frame, this.#writer.size)) this.#close(frame);
    if (this.#open === undefined) this.#start(frame);
    writeFlashFrame(this.#writer, frame);
    this.#meter.add(frame);
  }

  end(): void {
    this.#close();
    this.#isDiscontinuous = this.#lastNumber > 0;
  }

  // -------------------------------------------------------------------------------------------------

  #start(frame: Frame): void {
    const { video, audio } = this.#description;
    this.#open = { startMs: frame.dtsMs, box: beginBox(this.#writer, "mdat") };
    this.#meter.start(frame);
    if (video !== undefined) writeFlashTrack(this.#writer, video, frame.dtsMs);
    if (audio !== undefined) writeFlashTrack(this.#writer, audio, frame.dtsMs);
  }

  /** @param next The first frame after it, if there is one. */
  #close(next?: Frame): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    endBox(this.#writer, open.box);
    const bytes = this.#writer.take();
    const isJump = next !== undefined && this.#meter.isJump(next);
    const durationMs = this.#meter.durationMs(next);
    if (durationMs >= FRAGMENT_MS_MIN) {
      // Some players find a discontinuity by its number alone, so it has one.
      this.#lastNumber += this.#isDiscontinuous ? 2 : 1;
      this.#isDiscontinuous = false;
      this.#fragments.add(toFragment(this.#lastNumber, open.startMs, durationMs), bytes);
    }
    if (isJump) this.#isDiscontinuous = this.#lastNumber > 0;
  }
}

/** Times are rounded, so that a fragment ends where the next begins. */
function toFragment(
  number: number,
  startMs: number,
  durationMs: number,
): Parameters<HdsFragments["add"]>[0] {
  const start = Math.max(0, Math.round(startMs));
  const lasted = Math.round(startMs + durationMs) - Math.round(startMs);
  return { number, startMs: start, durationMs: Math.min(lasted, DURATION_MS_MAX) };
}
