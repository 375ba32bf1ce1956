/**
 * What FFmpeg says of how far it is, by its option `-progress`: lines of `key=value`, in blocks that end
 * with the key `progress`.
 *
 * @module
 */

/** Comes before all other arguments; what is printed goes to standard output. */
export const PROGRESS_ARGUMENTS: readonly string[] = ["-progress", "pipe:1"];

/** Longer ones are not FFmpeg's. */
const LINE_SIZE_MAX = 512;

/** `null`: it has not said, or not in a number. */
export interface FfmpegProgress {
  readonly frames: number | null;
  readonly fps: number | null;
  /** 1: as fast as the stream itself. */
  readonly speed: number | null;
  /** Time of the output so far. */
  readonly outTimeMs: number | null;
  /** Bytes. */
  readonly outSize: number | null;
  readonly droppedFrames: number | null;
}

export class ProgressParser {
  readonly #decoder = new TextDecoder();
  readonly #onProgress: (progress: FfmpegProgress) => void;
  #line = "";
  readonly #fields = new Map<string, string>();

  /** @param onProgress Called at the end of each block. */
  constructor(onProgress: (progress: FfmpegProgress) => void) {
    this.#onProgress = onProgress;
  }

  write(bytes: Uint8Array): void {
    const lines = (this.#line + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#line = (lines.pop() ?? "").slice(0, LINE_SIZE_MAX);
    for (const line of lines) this.#read(line.slice(0, LINE_SIZE_MAX));
  }

  #read(line: string): void {
    const [, key, value] = /^(\w+)=\s*(\S*)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return;
    if (key !== "progress") {
      if (KEYS.has(key)) this.#fields.set(key, value);
      return;
    }
    this.#onProgress({
      frames: this.#number("frame"),
      fps: this.#number("fps"),
      speed: this.#number("speed"),
      // FFmpeg's `out_time_ms` has microseconds too.
      outTimeMs: toMs(this.#number("out_time_us")),
      outSize: this.#number("total_size"),
      droppedFrames: this.#number("drop_frames"),
    });
    this.#fields.clear();
  }

  #number(key: string): number | null {
    const text = this.#fields.get(key)?.replace(/x$/, "") ?? "";
    return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
  }
}

const KEYS: ReadonlySet<string> = new Set([
  "frame",
  "fps",
  "speed",
  "out_time_us",
  "total_size",
  "drop_frames",
]);

function toMs(us: number | null): number | null {
  return us === null ? null : Math.round(us / 1_000);
}
