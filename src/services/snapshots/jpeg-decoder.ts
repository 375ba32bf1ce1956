/**
 * Turns a key frame into a JPEG, by FFmpeg: few at a time, each for a short time.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { ClosedError, RefusedError } from "../../base/errors.ts";
import type { Programs } from "../../programs/programs.ts";
import type { CodedPicture } from "./key-frame.ts";

/** A picture takes tenths of a second; with a machine under load, some. */
const TIMEOUT_MS = 10_000;
/** They are to leave room for programs that run all the time. */
const RUNNING_MAX = 4;
/** Who waits behind so many would wait for longer than players do. */
const WAITING_MAX = 64;
/** Of a picture of 8K at this quality. */
const PICTURE_SIZE_MAX = 32 << 20;
/** From 2, the best, to 31. */
const QUALITY = "4";
/** Samples of the largest picture of any level of H.264 and H.265: 8192x4352. */
const SAMPLES_MAX = 35_651_584;
/**
 * Bytes of a block of memory that FFmpeg may take. A frame may say that it is many times as large as what
 * is cropped of it, which SAMPLES_MAX does not see; a plane of such a picture does not fit. One of 8K with
 * 10 bits takes 72 million, and an encoder of JPEG six for each sample of 4096x4096.
 */
const BLOCK_SIZE_MAX = 112 << 20;
/** In samples: a wider picture is made smaller. */
const WIDTH_MAX = 4096;
/** Times its width: a higher picture is pressed together. Two by 8000 samples would grow to millions. */
const HEIGHT_MAX = 4;
const ERROR_SIZE_MAX = 512;

export interface JpegDecoderPorts {
  readonly programs: Programs;
  readonly clock: Clock;
}

export interface JpegJob {
  /** The program. */
  readonly ffmpeg: string;
  readonly picture: CodedPicture;
  /** In samples; 0: as it is, if that is not too large. */
  readonly width: number;
  /** The stream's, for the log. */
  readonly url: string;
}

export class JpegDecoder {
  readonly #ports: JpegDecoderPorts;
  #runningCount = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(ports: JpegDecoderPorts) {
    this.#ports = ports;
  }

  /** How many more may be taken, or wait to be. */
  get room(): number {
    return RUNNING_MAX - this.#runningCount + WAITING_MAX - this.#waiting.length;
  }

  /**
   * @throws {RefusedError} `unavailable`, if too many pictures are being taken, or this one is too large.
   * @throws {ClosedError} If there is no picture in it, or the program cannot be run.
   */
  async decode(job: JpegJob): Promise<Uint8Array> {
    const { width, height } = job.picture;
    if (width * height > SAMPLES_MAX) {
      throw new RefusedError("unavailable", `Cannot take a picture of ${width}x${height} samples`);
    }
    await this.#enter();
    try {
      return await this.#run(job);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#runningCount -= 1;
      else next(); // In its place.
    }
  }

  async #enter(): Promise<void> {
    if (this.#runningCount < RUNNING_MAX) {
      this.#runningCount += 1;
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) {
      throw new RefusedError("unavailable", "Cannot take a picture: too many are being taken");
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #run({ ffmpeg, picture, width, url }: JpegJob): Promise<Uint8Array> {
    const { programs, clock } = this.#ports;
    const pieces: Uint8Array[] = [];
    let size = 0;
    let errors = "";
    return new Promise((resolve, reject) => {
      const program = programs.start({
        path: ffmpeg,
        args: jpegArguments(width === 0 && picture.width > WIDTH_MAX ? WIDTH_MAX : width),
        input: picture.mp4,
        isRestarted: false,
        isQuiet: true,
        fields: { program: "snapshot", url },
        onOutput: (bytes, from) => {
          if (from === "stderr") {
            errors = (errors + new TextDecoder().decode(bytes)).slice(0, ERROR_SIZE_MAX);
          } else if (size + bytes.length <= PICTURE_SIZE_MAX) {
            size += bytes.length;
            pieces.push(bytes);
          }
        },
        onEnded: () => {
          timer.cancel();
          const { problem } = program.report();
          const jpeg = concatenate(pieces, size);
          if (problem === null && isJpeg(jpeg)) return resolve(jpeg);
          const why = errors.trim().split("\n").at(-1) || problem || "there is none in it";
          reject(new ClosedError(`Cannot take a picture: ${why}`));
        },
      });
      const timer = clock.setTimer(TIMEOUT_MS, () => {
        program.kill("it takes too long");
        void programs.stop(program);
      });
    });
  }
}

/** Limits stand before what they are for: all of FFmpeg, the decoder, the encoder. */
function jpegArguments(width: number): readonly string[] {
  const height = `min(${HEIGHT_MAX}*ow,max(2,2*round(ow/a/2)))`;
  return [
    ...["-hide_banner", "-loglevel", "error", "-max_alloc", String(BLOCK_SIZE_MAX)],
    ...["-threads", "1", "-max_pixels", String(SAMPLES_MAX), "-f", "mp4", "-i", "pipe:0"],
    ...["-an", "-frames:v", "1", ...(width > 0 ? ["-vf", `scale=${width}:'${height}'`] : [])],
    ...["-threads", "1", "-pix_fmt", "yuvj420p", "-q:v", QUALITY, "-f", "mjpeg", "pipe:1"],
  ];
}

/** From its start marker to its end marker (ITU-T T.81, annex B). */
function isJpeg(bytes: Uint8Array): boolean {
  const { length } = bytes;
  const startsWell = bytes[0] === 0xff && bytes[1] === 0xd8;
  return length > 4 && startsWell && bytes[length - 2] === 0xff && bytes[length - 1] === 0xd9;
}

function concatenate(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}
