/**
 * A live encoder whose picture shows when it was taken: FFmpeg encodes and publishes what is drawn here
 * as time goes by, with a tone.
 *
 * @module
 */

import type { Writable } from "node:stream";
import { CLOCK_HEIGHT, CLOCK_WIDTH, drawClock } from "./clock-picture.ts";
import { Program } from "./program.ts";

const RATE = 25;
const FRAME_MS = 1000 / RATE;
/** Frames from one key frame to the next: two seconds. */
const KEY_INTERVAL = `${2 * RATE}`;

export interface ClockPublisherOptions {
  /** With B-frames, as ordinary encoders; without, as those that mind latency. */
  readonly hasBFrames?: boolean;
  /** Pixels; the clock is scaled. */
  readonly height?: number;
  readonly bitrateKbps?: number;
}

export class ClockPublisher {
  readonly program: Program;
  #timer: NodeJS.Timeout | undefined;
  #startMs = 0;
  #sentCount = 0;

  constructor(url: string, options: ClockPublisherOptions = {}) {
    const { hasBFrames = false, height = CLOCK_HEIGHT, bitrateKbps = 300 } = options;
    const picture = `scale=-2:${height}:flags=neighbor,format=yuv420p`;
    const speed = hasBFrames
      ? ["-preset", "veryfast", "-bf", "2", "-threads", "1"]
      : ["-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1"];
    const args = [
      ...["-hide_banner", "-loglevel", "warning", "-probesize", "32", "-analyzeduration", "0"],
      ...["-f", "rawvideo", "-pixel_format", "gray"],
      ...["-video_size", `${CLOCK_WIDTH}x${CLOCK_HEIGHT}`],
      ...["-framerate", `${RATE}`, "-i", "pipe:0"],
      // Not at a pace of its own: FFmpeg takes as much of it as there is video.
      ...["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000"],
      ...["-vf", picture, "-c:v", "libx264", ...speed, "-b:v", `${bitrateKbps}k`],
      ...["-g", KEY_INTERVAL, "-keyint_min", KEY_INTERVAL, "-sc_threshold", "0"],
      ...["-c:a", "aac", "-b:a", "64k", "-ac", "2", "-f", "flv", url],
    ];
    this.program = new Program("ffmpeg", args, { hasInput: true });
    // FFmpeg has begun to read when it has room for a second picture. Earlier ones would come to the
    // server all at once.
    const { input } = this.program;
    const now = drawClock(Date.now());
    input?.write(now);
    input?.write(now, () => {
      this.#startMs = Date.now();
      this.#timer = setInterval(() => this.#draw(input), FRAME_MS / 4);
    });
  }

  /** Goes at once, as an encoder that is switched off. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.program.end();
    clearInterval(this.#timer);
  }

  /** Times count by pictures, so none is left out. */
  #draw(input: Writable): void {
    if (this.program.exit !== undefined) return;
    const nowMs = Date.now();
    for (;;) {
      const timeMs = this.#startMs + this.#sentCount * FRAME_MS;
      if (timeMs > nowMs) return;
      input.write(drawClock(timeMs));
      this.#sentCount += 1;
    }
  }
}
