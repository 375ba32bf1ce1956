/**
 * The threads that transcode sound: as many as there are jobs, up to one a core, and none without.
 *
 * @module
 */

import type { Clock, Timer } from "../../../base/clock.ts";
import { toError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import { RestartPause } from "../../../base/restart-pause.ts";
import { startSweep } from "../../../base/sweep.ts";
import type { Thread, Threads } from "../../../runtime/runtime.ts";
import {
  AudioTranscoder,
  type JobHost,
  type JobThread,
  type TranscoderHandler,
  type TranscoderOptions,
} from "./audio-transcoder.ts";
import type { JobAnswer, JobMessage } from "./messages.ts";
import { TRANSCODER_THREAD } from "./transcoder-thread.ts";

/** How long a thread without jobs is kept for the next one. */
const IDLE_MS = 10_000;

/** A thread that has not answered for so long hangs. */
const ANSWER_MS_MAX = 10_000;

/** A job that has lost so many threads in a row is what they die of. */
const LOST_COUNT_MAX = 3;

/** A job that has got on for so long is none of those. */
const STABLE_MS = 60_000;

export interface TranscoderPoolOptions {
  readonly threads: Threads;
  readonly clock: Clock;
  readonly logger: Logger;
  /** At least 1. */
  readonly threadCountMax: number;
}

/** How often the job has lost its thread, and when last. */
interface Losses {
  count: number;
  lastMs: number;
}

export class TranscoderPool implements JobHost {
  readonly #options: TranscoderPoolOptions;
  readonly #threads = new Set<PoolThread>();
  readonly #jobs = new Map<number, { job: AudioTranscoder; losses: Losses }>();
  readonly #pause = new RestartPause();
  #sweep: Timer | undefined;
  /** Until it fires, jobs without a thread wait. */
  #restart: Timer | undefined;
  #lastId = 0;

  constructor(options: TranscoderPoolOptions) {
    this.#options = options;
  }

  get threadCount(): number {
    return this.#threads.size;
  }

  get jobCount(): number {
    return this.#jobs.size;
  }

  /** Begins a job; it lasts until it is closed, or fails. */
  open(options: TranscoderOptions, handler: TranscoderHandler): AudioTranscoder {
    this.#lastId += 1;
    const job = new AudioTranscoder(this.#lastId, options, handler, this);
    this.#jobs.set(job.id, { job, losses: { count: 0, lastMs: Number.NEGATIVE_INFINITY } });
    this.#sweep ??= startSweep(this.#options.clock, (nowMs) => this.#sweepAt(nowMs));
    this.#assign(job);
    return job;
  }

  /** Ends all threads, and with them all jobs. */
  async stop(): Promise<void> {
    this.#jobs.clear();
    this.#stopTimers();
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread.end()));
  }

  // JobHost -----------------------------------------------------------------------------------------

  nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  close(job: AudioTranscoder): void {
    if (!this.#jobs.delete(job.id)) return;
    for (const thread of this.#threads) thread.leave(job, this.nowMs());
  }

  /** Gives the job to the thread with the fewest, or to one more. */
  #assign(job: AudioTranscoder): void {
    const free = [...this.#threads].sort((a, b) => a.jobCount - b.jobCount)[0];
    const canStart =
      this.#restart === undefined && this.#threads.size < this.#options.threadCountMax;
    const isBusy = free === undefined || free.jobCount > 0;
    const thread = isBusy && canStart ? this.#start() : free;
    // Else it is given to the next one that is started.
    thread?.take(job);
  }

  #start(): PoolThread {
    const { threads } = this.#options;
    const thread = new PoolThread(this.nowMs());
    this.#threads.add(thread);
    thread.run(
      threads.start(TRANSCODER_THREAD, {
        message: (answer) => this.#answered(thread, answer as JobAnswer),
        fail: (error) => this.#lost(thread, error),
      }),
    );
    return thread;
  }

  #answered(thread: PoolThread, answer: JobAnswer): void {
    thread.answered(this.nowMs());
    const job = this.#jobs.get(answer.job)?.job;
    if (job === undefined) return;
    try {
      if (answer.type === "failed") this.#fail(job, new Error(answer.reason));
      else job.done(answer.packets, answer.malformedCount);
    } catch (error) {
      this.#fail(job, toError(error));
    }
  }

  #fail(job: AudioTranscoder, error: Error): void {
    if (!this.#jobs.has(job.id)) return;
    job.close();
    job.handler.fail(error);
  }

  /** Its jobs go on with another one. */
  #lost(thread: PoolThread, error: Error): void {
    if (!this.#threads.delete(thread)) return;
    const nowMs = this.nowMs();
    this.#options.logger.error("transcoder thread died", { error, jobs: thread.jobCount });
    const pauseMs = this.#pause.next(nowMs - thread.startedMs);
    if (pauseMs > 0) {
      this.#restart ??= this.#options.clock.setTimer(pauseMs, () => this.#goOn());
    }
    for (const job of thread.jobs) {
      job.moveTo(undefined);
      if (this.#hasLostTooMany(job, nowMs)) this.#fail(job, error);
      else this.#assign(job);
    }
  }

  #hasLostTooMany(job: AudioTranscoder, nowMs: number): boolean {
    const losses = this.#jobs.get(job.id)?.losses;
    if (losses === undefined) return false;
    losses.count = nowMs - losses.lastMs > STABLE_MS ? 1 : losses.count + 1;
    losses.lastMs = nowMs;
    return losses.count > LOST_COUNT_MAX;
  }

  #goOn(): void {
    this.#restart = undefined;
    const assigned = new Set([...this.#threads].flatMap((thread) => [...thread.jobs]));
    for (const { job } of this.#jobs.values()) {
      if (!assigned.has(job)) this.#assign(job);
    }
  }

  #sweepAt(nowMs: number): void {
    for (const { job } of this.#jobs.values()) job.dropLate(nowMs);
    for (const thread of this.#threads) {
      if (thread.isHanging(nowMs)) {
        void thread.end();
        this.#lost(thread, new Error("Thread hangs"));
      } else if (thread.isIdle(nowMs)) {
        this.#threads.delete(thread);
        void thread.end();
      }
    }
    if (this.#threads.size === 0 && this.#jobs.size === 0) this.#stopTimers();
  }

  #stopTimers(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
    this.#restart?.cancel();
    this.#restart = undefined;
  }
}

/** A thread and the jobs that it has. */
class PoolThread implements JobThread {
  readonly startedMs: number;
  readonly jobs: Set<AudioTranscoder> = new Set();
  #thread: Thread | undefined;
  #answeredMs: number;
  #idleSinceMs: number;

  constructor(nowMs: number) {
    this.startedMs = nowMs;
    this.#answeredMs = nowMs;
    this.#idleSinceMs = nowMs;
  }

  get jobCount(): number {
    return this.jobs.size;
  }

  run(thread: Thread): void {
    this.#thread = thread;
  }

  post(message: JobMessage, transfer?: readonly ArrayBuffer[]): void {
    this.#thread?.post(message, transfer);
  }

  take(job: AudioTranscoder): void {
    this.jobs.add(job);
    job.moveTo(this);
  }

  leave(job: AudioTranscoder, nowMs: number): void {
    if (!this.jobs.delete(job)) return;
    this.post({ type: "close", job: job.id });
    if (this.jobs.size === 0) this.#idleSinceMs = nowMs;
  }

  answered(nowMs: number): void {
    this.#answeredMs = nowMs;
  }

  isIdle(nowMs: number): boolean {
    return this.jobs.size === 0 && nowMs - this.#idleSinceMs > IDLE_MS;
  }

  /** Call every second or so. */
  isHanging(nowMs: number): boolean {
    const isAsked = [...this.jobs].some((job) => job.inFlightCount > 0);
    if (!isAsked) this.#answeredMs = nowMs;
    return isAsked && nowMs - this.#answeredMs > ANSWER_MS_MAX;
  }

  async end(): Promise<void> {
    await this.#thread?.end();
  }
}
