/**
 * One track of sound on its way through a thread and back.
 *
 * @module
 */

import type { IncomingFrame } from "../../../live/frame.ts";
import type { Track } from "../../../live/track.ts";
import type { SourceTrack } from "../../../remux/audio-transcoding/create-decoder.ts";
import type { TargetCodec } from "../../../remux/audio-transcoding/transcoding-target.ts";
import type { AudioPacket, JobMessage } from "./messages.ts";

/** Packets that a thread has to do at a time: enough to keep it busy, and no more of one stream. */
const IN_FLIGHT_MAX = 32;

/** What has waited for so long is left out: the thread cannot keep up. */
const WAIT_MS_MAX = 1_000;

/** However quickly they come: more than the largest GOP cache has in a minute of sound. */
const WAITING_COUNT_MAX = 4_096;

export interface TranscoderOptions {
  readonly from: SourceTrack;
  readonly to: TargetCodec;
  /** Of the stream that the frames are written to: what they belong to. */
  readonly track: Track;
  /** In bit/s. */
  readonly bitrate: number;
}

export interface TranscoderHandler {
  /** The next frame, in order; nobody else has it. */
  frame(frame: IncomingFrame): void;
  /** It is over; called once, and nothing after it. */
  fail(error: Error): void;
}

/** The thread that has the job, as the job sees it. */
export interface JobThread {
  post(message: JobMessage, transfer?: readonly ArrayBuffer[]): void;
}

/** The pool, as the job sees it. */
export interface JobHost {
  nowMs(): number;
  close(job: AudioTranscoder): void;
}

interface Waiting {
  readonly dtsMs: number;
  readonly payload: Uint8Array;
  readonly sinceMs: number;
}

export class AudioTranscoder {
  readonly id: number;
  readonly options: TranscoderOptions;
  readonly handler: TranscoderHandler;
  /** Packets that were left out, as the thread was behind or died. */
  droppedCount = 0;
  /** Packets that could not be decoded. */
  malformedCount = 0;
  readonly #host: JobHost;
  #thread: JobThread | undefined;
  /** In order; the first `#startIndex` are gone. */
  #waiting: Waiting[] = [];
  #startIndex = 0;
  #inFlightCount = 0;

  /** Pools make it. */
  constructor(id: number, options: TranscoderOptions, handler: TranscoderHandler, host: JobHost) {
    this.id = id;
    this.options = options;
    this.handler = handler;
    this.#host = host;
  }

  /** How many packets the thread has. */
  get inFlightCount(): number {
    return this.#inFlightCount;
  }

  /** @param payload Not kept, and never changed. */
  write(dtsMs: number, payload: Uint8Array): void {
    const nowMs = this.#host.nowMs();
    this.#waiting.push({ dtsMs, payload, sinceMs: nowMs });
    this.#pump();
    this.dropLate(nowMs);
  }

  /** Nothing comes out any more. */
  close(): void {
    this.#waiting = [];
    this.#startIndex = 0;
    this.#host.close(this);
  }

  // For the pool ------------------------------------------------------------------------------------

  /** A thread takes it on; what one before it had is lost. `undefined`: it has to wait for one. */
  moveTo(thread: JobThread | undefined): void {
    this.#thread = thread;
    this.droppedCount += this.#inFlightCount;
    this.#inFlightCount = 0;
    if (thread === undefined) return;
    const { from, to, bitrate } = this.options;
    const { codec, decoderConfigurationRecord } = from;
    thread.post({
      type: "open",
      job: this.id,
      from: { codec, decoderConfigurationRecord: decoderConfigurationRecord?.slice() },
      to,
      bitrate,
    });
    this.#pump();
  }

  /** The thread has done a packet. */
  done(packets: readonly AudioPacket[], malformedCount: number): void {
    this.#inFlightCount -= 1;
    this.malformedCount = malformedCount;
    for (const { dtsMs, payload } of packets) {
      this.handler.frame({
        track: this.options.track,
        dtsMs,
        compositionTimeOffsetMs: 0,
        isKeyFrame: true,
        payload,
        flvBody: undefined,
      });
    }
    this.#pump();
  }

  /** Leaves out what has waited too long. */
  dropLate(nowMs: number): void {
    const isLate = ({ sinceMs }: Waiting): boolean => nowMs - sinceMs > WAIT_MS_MAX;
    for (let next = this.#waiting[this.#startIndex]; next !== undefined; ) {
      const isTooMany = this.#waiting.length - this.#startIndex > WAITING_COUNT_MAX;
      if (!isLate(next) && !isTooMany) break;
      this.#startIndex += 1;
      this.droppedCount += 1;
      next = this.#waiting[this.#startIndex];
    }
    this.#compact();
  }

  #pump(): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    while (this.#inFlightCount < IN_FLIGHT_MAX) {
      const next = this.#waiting[this.#startIndex];
      if (next === undefined) break;
      this.#startIndex += 1;
      this.#inFlightCount += 1;
      const packet: AudioPacket = { dtsMs: next.dtsMs, payload: new Uint8Array(next.payload) };
      thread.post({ type: "write", job: this.id, packet }, [packet.payload.buffer]);
    }
    this.#compact();
  }

  #compact(): void {
    if (this.#startIndex < this.#waiting.length && this.#startIndex < IN_FLIGHT_MAX) return;
    this.#waiting.splice(0, this.#startIndex);
    this.#startIndex = 0;
  }
}
