/**
 * Pictures out of RTP: put together, withheld where something is missing, and written as frames.
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import type { VideoDepacketizer } from "./depacketizer.ts";
import { KeyFrameGate } from "./key-frame-gate.ts";
import { type AssembledPicture, PictureAssembly } from "./picture-assembly.ts";
import type { RtpInput } from "./rtp-input.ts";
import { VIDEO_CLOCK_RATE } from "./rtp-payload.ts";

/** What is further back is a clock that was set, not a picture that is shown before another. */
const REORDERING_MS_MAX = 1_000;

export class VideoInput implements RtpInput {
  droppedCount = 0;
  readonly #depacketizer: VideoDepacketizer;
  readonly #output: FlvOutput;
  readonly #gate = new KeyFrameGate();
  readonly #assembly: PictureAssembly;
  /** Of the latest frame, before which later ones must not be decoded. */
  #latestDtsMs = Number.NEGATIVE_INFINITY;

  constructor(depacketizer: VideoDepacketizer, output: FlvOutput) {
    this.#depacketizer = depacketizer;
    this.#output = output;
    this.#assembly = new PictureAssembly({
      onPicture: (picture) => this.#write(picture),
      onLoss: () => this.#lose(),
    });
  }

  get needsKeyFrame(): boolean {
    return this.#gate.isWaiting;
  }

  take(payload: Uint8Array, timestamp: number, isMarked: boolean, isAfterGap: boolean): void {
    this.#assembly.take(payload, timestamp, isMarked, isAfterGap);
  }

  flush(): void {
    this.#assembly.flush();
  }

  #write({ timestamp, payloads, isAfterGap }: AssembledPicture): void {
    const [first] = payloads;
    if (first === undefined) return;
    if (isAfterGap && !this.#depacketizer.isPictureStart(first)) {
      this.#lose();
      return;
    }
    const read = unlessMalformed(() => ({ picture: this.#depacketizer.read(payloads) }));
    if (read === undefined) {
      this.#lose();
      return;
    }
    const { picture } = read;
    if (picture === undefined) return;
    if (!this.#gate.admits(picture.isKeyFrame)) {
      this.droppedCount += 1;
      return;
    }
    // Without B-frames, which WebRTC does not have, pictures are decoded as they are shown.
    const ptsMs = (timestamp * 1000) / VIDEO_CLOCK_RATE;
    const isReordered = ptsMs < this.#latestDtsMs && ptsMs > this.#latestDtsMs - REORDERING_MS_MAX;
    const dtsMs = isReordered ? this.#latestDtsMs : ptsMs;
    this.#latestDtsMs = dtsMs;
    this.#output.writeFrame({
      ...picture,
      dtsMs,
      compositionTimeOffsetMs: ptsMs - dtsMs,
      flvBody: undefined,
    });
  }

  #lose(): void {
    this.droppedCount += 1;
    this.#gate.close();
  }
}
