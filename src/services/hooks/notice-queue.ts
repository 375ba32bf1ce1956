/**
 * What a backend is to be told and need not answer for: in order for each client, those of several
 * clients at the same time, again if it has not worked, and never more than there is room for.
 *
 * ```text
 * lanes, one for each client      ready:    A: unpublish close    B: stop close    C: stop
 *                                 sleeping: D: stop (again in 2 s)
 * ```
 *
 * A backend that cannot be reached is left alone for a while, then one call finds out how it is.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { toError } from "../../base/errors.ts";
import { HookError } from "./hook-answer.ts";
import type { HookEvent } from "./hook-event.ts";

export interface Notice {
  readonly event: HookEvent;
  readonly clientId: string;
  /** The stream's, for the log. */
  readonly streamUrl: string;
  /** Bytes that it takes. */
  readonly size: number;
  /** How often it is told again. */
  readonly retriesMax: number;
  /** It waits for one behind those of other clients too. */
  readonly isInOrder: boolean;
  /**
   * Absent: it may be told at once. Else those behind it in its lane wait with it, and it is not told
   * at all if this comes to be false. Never rejects.
   */
  readonly isDue?: Promise<boolean> | undefined;
  /** Calls the backend. @throws {HookError} */
  readonly tell: () => Promise<void>;
}

export interface QueueLimits {
  readonly lengthMax: number;
  readonly sizeMax: number;
}

export interface NoticeQueueOptions {
  readonly clock: Clock;
  /** How many may be told at a time. */
  readonly concurrency: number;
  /** It has been given up. */
  readonly onLost: (notice: Notice, why: string) => void;
}

interface Waiting {
  readonly notice: Notice;
  isDue: boolean;
  /** Attempts so far; one that showed that the backend is down is one for all that waited. */
  attempts: number;
  /** Who waits until it has been told, or it is known that this takes longer. */
  readonly watchers: (() => void)[];
}

interface Lane {
  readonly waiting: Waiting[];
  /** The first of them is being told. */
  isBusy: boolean;
  /** When it goes on, on the monotonic clock. */
  wakeMs: number;
}

const PAUSE_MS = 1_000;
/** A backend that has come back is to be found soon. */
const PAUSE_MS_MAX = 30_000;

export class NoticeQueue {
  readonly #options: NoticeQueueOptions;
  /** In the order in which their first came. */
  readonly #ready = new Map<string, Lane>();
  readonly #sleeping = new Map<string, Lane>();
  #length = 0;
  #size = 0;
  #busyCount = 0;
  /** How often in a row it could not be reached. */
  #downCount = 0;
  #pauseEndMs = 0;
  #isClosed = false;

  constructor(options: NoticeQueueOptions) {
    this.#options = options;
  }

  /** What waits, what is being told included. */
  get length(): number {
    return this.#length;
  }

  get size(): number {
    return this.#size;
  }

  /** Something is being told. */
  get isBusy(): boolean {
    return this.#busyCount > 0;
  }

  /** The backend could not be reached the last time. */
  get isDown(): boolean {
    return this.#downCount > 0;
  }

  add(notice: Notice, { lengthMax, sizeMax }: QueueLimits): void {
    const isFull = this.#length >= lengthMax || this.#size + notice.size > sizeMax;
    if (isFull || this.#isClosed) {
      this.#options.onLost(notice, isFull ? "queue_full" : "server_stopped");
      return;
    }
    this.#length += 1;
    this.#size += notice.size;
    const key = notice.isInOrder ? "" : notice.clientId;
    const lane = this.#ready.get(key) ?? this.#sleeping.get(key) ?? this.#createLane(key);
    const waiting = { notice, isDue: notice.isDue === undefined, attempts: 0, watchers: [] };
    lane.waiting.push(waiting);
    void notice.isDue?.then((isDue) => this.#due(key, waiting, isDue));
    this.#dispatch();
  }

  /**
   * Resolves when all that is to be told of a client has been, so that what is asked next does not
   * overtake it; or when that did not work at once, or takes longer than `ms`.
   */
  async toldOf(clientId: string, ms: number): Promise<void> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + ms;
    for (const key of ["", clientId]) {
      const isOfClient = ({ notice }: Waiting): boolean => notice.clientId === clientId;
      const lane = this.isDown ? undefined : this.#ready.get(key);
      const last = lane?.waiting.findLast(isOfClient);
      if (last === undefined || lane?.waiting.some(({ isDue }) => !isDue) === true) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = clock.setTimer(Math.max(0, endMs - clock.monotonicMs()), resolve);
      last.watchers.push(resolve);
      await promise;
      timer.cancel();
    }
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const [key, lane] of this.#sleeping) {
      if (nowMs < lane.wakeMs) continue;
      this.#sleeping.delete(key);
      this.#ready.set(key, lane);
    }
    this.#dispatch();
  }

  /** Gives up what still waits. */
  close(): void {
    this.#isClosed = true;
    this.#giveUp(() => true, "server_stopped");
  }

  #due(key: string, waiting: Waiting, isDue: boolean): void {
    waiting.isDue = true;
    const lane = this.#ready.get(key) ?? this.#sleeping.get(key);
    if (!isDue && lane?.waiting.includes(waiting) === true) this.#remove(key, lane, waiting);
    this.#dispatch();
  }

  #createLane(key: string): Lane {
    const lane: Lane = { waiting: [], isBusy: false, wakeMs: 0 };
    this.#ready.set(key, lane);
    return lane;
  }

  #dispatch(): void {
    if (this.#options.clock.monotonicMs() < this.#pauseEndMs) return;
    const places = this.isDown ? 1 : this.#options.concurrency;
    for (const [key, lane] of this.#ready) {
      if (this.#busyCount >= places) return;
      const [first] = lane.waiting;
      if (!lane.isBusy && first?.isDue === true) void this.#tell(key, lane, first);
    }
  }

  async #tell(key: string, lane: Lane, first: Waiting): Promise<void> {
    lane.isBusy = true;
    this.#busyCount += 1;
    let error: HookError | undefined;
    try {
      await first.notice.tell();
    } catch (thrown) {
      error =
        thrown instanceof HookError ? thrown : new HookError("wrong", toError(thrown).message);
    }
    lane.isBusy = false;
    this.#busyCount -= 1;
    this.#settle({ key, lane, first }, error);
    this.#dispatch();
  }

  #settle(at: { key: string; lane: Lane; first: Waiting }, error: HookError | undefined): void {
    const { key, lane, first } = at;
    const fault = error?.fault;
    if (fault === "unreachable") {
      this.#pause(error?.message ?? "");
      return;
    }
    this.#downCount = 0;
    this.#pauseEndMs = 0;
    if (fault === "unsettled") {
      first.attempts += 1;
      if (first.attempts <= first.notice.retriesMax && !this.#isClosed) {
        this.#sleep(key, lane, first.attempts);
        return;
      }
      this.#options.onLost(first.notice, error?.message ?? "");
    }
    this.#remove(key, lane, first);
    if (lane.waiting.length === 0) return;
    this.#ready.delete(key); // To the end: others have waited longer.
    this.#ready.set(key, lane);
  }

  #sleep(key: string, lane: Lane, attempts: number): void {
    lane.wakeMs = this.#options.clock.monotonicMs() + pauseMs(attempts);
    this.#ready.delete(key);
    this.#sleeping.set(key, lane);
    letGo(lane);
  }

  /** The backend is left alone. Who finds out meanwhile that it is down has found nothing new. */
  #pause(why: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs >= this.#pauseEndMs) {
      this.#downCount += 1;
      this.#pauseEndMs = nowMs + pauseMs(this.#downCount);
      for (const lane of [...this.#ready.values(), ...this.#sleeping.values()]) {
        for (const waiting of lane.waiting) waiting.attempts += 1;
      }
    }
    this.#giveUp(({ notice, attempts }) => this.#isClosed || attempts > notice.retriesMax, why);
    for (const lane of this.#ready.values()) letGo(lane);
  }

  #giveUp(isOver: (waiting: Waiting) => boolean, why: string): void {
    for (const lanes of [this.#ready, this.#sleeping]) {
      for (const [key, lane] of lanes) {
        for (const waiting of [...lane.waiting]) {
          const isBeingTold = lane.isBusy && waiting === lane.waiting[0];
          if (isBeingTold || !isOver(waiting)) continue;
          this.#remove(key, lane, waiting);
          this.#options.onLost(waiting.notice, why);
        }
      }
    }
  }

  #remove(key: string, lane: Lane, waiting: Waiting): void {
    lane.waiting.splice(lane.waiting.indexOf(waiting), 1);
    this.#length -= 1;
    this.#size -= waiting.notice.size;
    for (const watcher of waiting.watchers.splice(0)) watcher();
    if (lane.waiting.length > 0) return;
    this.#ready.delete(key);
    this.#sleeping.delete(key);
  }
}

/** Nobody waits for what may take long now. */
function letGo(lane: Lane): void {
  for (const { watchers } of lane.waiting) for (const watcher of watchers.splice(0)) watcher();
}

/** Twice as long each time. */
function pauseMs(count: number): number {
  return Math.min(PAUSE_MS * 2 ** (count - 1), PAUSE_MS_MAX);
}
