/**
 * Sockets and a clock that exist in memory only: what tests of protocols and of the live core use in
 * place of a network and of time that passes. A whole runtime of this kind is in memory/.
 *
 * @module
 */

import type { Clock, Timer } from "../base/clock.ts";
import { ClosedError } from "../base/errors.ts";
import { LOCAL_ADDRESS, type TcpHandler, type TcpSocket } from "./runtime.ts";

const IGNORE: TcpHandler = {
  data: () => undefined,
  drain: () => undefined,
  close: () => undefined,
};

/**
 * One end of an in-memory connection. Bytes written here arrive at the other end in a later
 * microtask, as long as that end is not paused; `capacity` bytes may wait, then `write` takes less.
 */
export class MemorySocket implements TcpSocket {
  handler: TcpHandler = IGNORE;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly isTls: boolean;
  isClosed = false;
  /** How many bytes this end has sent. */
  sentSize = 0;
  /** How many writes this end has made: what a real socket would pay a system call for. */
  writeCount = 0;
  #peer: MemorySocket | undefined;
  #waiting: Uint8Array[] = [];
  #waitingSize = 0;
  #capacity: number;
  #isPaused = false;
  #isBlocked = false;
  #isEnding = false;
  #isScheduled = false;

  /** Ports 0 are those of a local socket. */
  constructor(localPort: number, remotePort: number, capacity: number, isTls = false) {
    this.localPort = localPort;
    this.remotePort = remotePort;
    this.localAddress = remotePort === 0 ? LOCAL_ADDRESS : "127.0.0.1";
    this.remoteAddress = this.localAddress;
    this.isTls = isTls;
    this.#capacity = capacity;
  }

  /** Connects two ends. */
  join(peer: MemorySocket): void {
    this.#peer = peer;
  }

  write(bytes: Uint8Array): number {
    if (this.isClosed || this.#isEnding || bytes.length === 0) return 0;
    const taken = Math.min(bytes.length, this.#capacity - this.#waitingSize);
    this.writeCount += 1;
    this.sentSize += taken;
    if (taken < bytes.length) this.#isBlocked = true;
    if (taken > 0) {
      this.#waiting.push(bytes.subarray(0, taken));
      this.#waitingSize += taken;
      this.#schedule();
    }
    return taken;
  }

  end(): void {
    if (this.isClosed) return;
    this.#isEnding = true;
    this.#schedule();
  }

  destroy(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#waiting = [];
    queueMicrotask(() => {
      this.handler.close();
      if (this.#peer !== undefined) {
        this.#peer.#finish(new ClosedError("Connection broke: ECONNRESET"));
      }
    });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#peer !== undefined) this.#peer.#schedule();
  }

  setNoDelay(): void {
    // There is no delay to begin with.
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    while (this.#waiting.length > 0 && !peer.#isPaused && !peer.isClosed) {
      const bytes = this.#waiting.shift() ?? new Uint8Array();
      this.#waitingSize -= bytes.length;
      // An end that has ended itself no longer listens.
      if (!peer.#isEnding) peer.handler.data(bytes);
    }
    if (this.isClosed) return;
    if (this.#isBlocked && this.#waitingSize < this.#capacity && !this.#isEnding) {
      this.#isBlocked = false;
      this.handler.drain();
    }
    if (this.#isEnding && this.#waiting.length === 0) {
      this.#finish();
      peer.#finish();
    }
  }

  #finish(error?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (error === undefined) this.handler.close();
    else this.handler.close(error);
  }
}

/** Two connected ends. `capacity` is how many bytes wait between them before a write is held back. */
export function createSocketPair(capacity: number = 1 << 20): [MemorySocket, MemorySocket] {
  return joinSockets(
    new MemorySocket(40_001, 1935, capacity),
    new MemorySocket(1935, 40_001, capacity),
  );
}

/** Makes two sockets the ends of one connection. */
export function joinSockets(left: MemorySocket, right: MemorySocket): [MemorySocket, MemorySocket] {
  left.join(right);
  right.join(left);
  return [left, right];
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #wallStartMs: number;
  #timers = new Set<ManualTimer>();

  constructor(wallStartMs = 1_767_225_600_000) {
    this.#wallStartMs = wallStartMs;
  }

  /** Timers that are set: what must not leak. */
  get timerCount(): number {
    return this.#timers.size;
  }

  wallMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#add({ dueMs: this.#nowMs + Math.max(0, delayMs), callback });
  }

  setInterval(periodMs: number, callback: () => void): Timer {
    return this.#add({ dueMs: this.#nowMs + periodMs, periodMs, callback });
  }

  /** Lets `ms` milliseconds pass and fires, in order, what falls due. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.periodMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  #add(timer: ManualTimer): Timer {
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  #nextDue(endMs: number): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}

interface ManualTimer {
  dueMs: number;
  periodMs?: number;
  callback: () => void;
}
