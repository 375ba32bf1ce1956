/**
 * Says which packets of a source to ask for again, and when.
 *
 * Spec: RFC 4585 section 6.2.1 (generic NACK).
 *
 * @module
 */

import { SmoothedTime } from "../smoothed-time.ts";

/** How far back it remembers what is missing, a power of two; as far as the reorder buffer. */
const REACH = 1_024;
const MASK = REACH - 1;

/** With more than that missing a key frame is cheaper than what would have to come again. */
const MISSING_COUNT_MAX = 512;

/** Networks reorder: asked for at once when so many later packets have come (as TCP does) ... */
const REORDER_COUNT = 3;
/** ... or, where packets are rare, after this time. */
const REORDER_MS = 10;

/** How often a packet is asked for. With half of all packets lost, one in a thousand is left. */
const ASK_COUNT_MAX = 10;

/** How many one call gives: more come with the next one, so that a NACK fits in a datagram. */
const ASKED_AT_ONCE_MAX = 256;

/** Taken for the round trip before one was measured. */
const ROUND_TRIP_MS_INITIAL = 100;
/** Until then requests are rare, so that it is clear which of them was answered. */
const REPEAT_MS_INITIAL = 250;
/** After so many answers in a row of which it is not clear, the round trip must be longer. */
const UNCLEAR_COUNT_MAX = 16;
/** What a repair in vain counts for at the most. */
const REPAIR_MS_MAX = 500;
/** Asking more often than this helps nobody, however near the sender is. */
const REPEAT_MS_MIN = 20;

/** Works on extended sequence numbers, as SequenceTracker gives them. */
export class NackGenerator {
  /** Per packet 0, or 1 and how often it was asked for. */
  readonly #states = new Uint8Array(REACH);
  readonly #sinceMs = new Float64Array(REACH);
  readonly #askedMs = new Float64Array(REACH);
  #highest: number | undefined;
  /** Nothing before it is missing. */
  #lowest = 0;
  #missingCount = 0;
  #abandonedCount = 0;
  #recoveredCount = 0;
  /** Answers in a row to packets that were asked for more than once. */
  #unclearCount = 0;
  #askedCount = 0;
  readonly #roundTrip = new SmoothedTime(ROUND_TRIP_MS_INITIAL);
  /** From when a packet is found missing to when it comes, requests in vain included. */
  readonly #repair = new SmoothedTime(ROUND_TRIP_MS_INITIAL);

  /** Packets that are asked for at present. */
  get missingCount(): number {
    return this.#missingCount;
  }

  /** Packets that were asked for, and came. */
  get recoveredCount(): number {
    return this.#recoveredCount;
  }

  /** Requests so far, repetitions included. */
  get askedCount(): number {
    return this.#askedCount;
  }

  /** From a request to its answer, smoothed; a good guess of the network's round trip. */
  get roundTripMs(): number {
    return this.#roundTrip.meanMs;
  }

  /** How long nearly all repairs take: three round trips, and more where many are in vain. */
  get repairMs(): number {
    return Math.max(3 * this.#roundTrip.meanMs, this.#repair.meanMs + 6 * this.#repair.variationMs);
  }

  /** Whether the packet has not come, and has not been given up. */
  isMissing(sequence: number): boolean {
    if (sequence < this.#lowest || sequence > (this.#highest ?? -1)) return false;
    return this.#states[sequence & MASK] !== 0;
  }

  /** A packet has come, by itself or as a retransmission. */
  received(sequence: number, nowMs: number): void {
    const highest = this.#highest;
    if (highest === undefined) {
      this.#highest = sequence;
      this.#lowest = sequence + 1;
    } else if (sequence > highest) {
      this.#advance(highest, sequence, nowMs);
    } else if (sequence >= this.#lowest) {
      this.#settle(sequence, nowMs);
    }
  }

  /**
   * Adds to `sequences` what to ask for now, in order; call it when packets have come and every 10
   * ms or so while `missingCount` is not 0. Reckons that the caller asks.
   */
  collect(nowMs: number, sequences: number[]): void {
    if (this.#missingCount === 0 || this.#highest === undefined) return;
    const repeatMs = this.#repeatMs();
    const countMax = sequences.length + ASKED_AT_ONCE_MAX;
    let sequence = this.#lowest;
    for (; sequence < this.#highest && sequences.length < countMax; sequence++) {
      const slot = sequence & MASK;
      const state = this.#states[slot] ?? 0;
      if (state === 0 || !this.#isDue(sequence, nowMs, repeatMs)) continue;
      if (state > ASK_COUNT_MAX) {
        this.#abandon(slot);
        continue;
      }
      this.#states[slot] = state + 1;
      this.#askedMs[slot] = nowMs;
      this.#askedCount++;
      sequences.push(sequence);
    }
    while (this.#lowest < this.#highest && this.#states[this.#lowest & MASK] === 0) this.#lowest++;
  }

  /** Nobody waits any more for what is before `sequence`. */
  abandonBefore(sequence: number): void {
    const end = Math.min(sequence, (this.#highest ?? sequence) + 1);
    for (; this.#lowest < end && this.#missingCount > 0; this.#lowest++) {
      if (this.#states[this.#lowest & MASK] !== 0) this.#abandon(this.#lowest & MASK);
    }
    this.#lowest = Math.max(this.#lowest, end);
  }

  /** The source has begun anew at `sequence`. */
  restart(sequence: number): void {
    this.abandonBefore(Number.POSITIVE_INFINITY);
    this.#highest = sequence - 1;
    this.#lowest = sequence;
  }

  /** @returns How many have been given up since the last call: a decoder now lacks them. */
  takeAbandonedCount(): number {
    const count = this.#abandonedCount;
    this.#abandonedCount = 0;
    return count;
  }

  #advance(highest: number, sequence: number, nowMs: number): void {
    this.#highest = sequence;
    const missingCount = sequence - highest - 1;
    if (missingCount + this.#missingCount > MISSING_COUNT_MAX) {
      this.abandonBefore(sequence);
      this.#abandonedCount += missingCount;
      this.#lowest = sequence + 1;
      return;
    }
    this.abandonBefore(sequence - MASK);
    for (let missing = highest + 1; missing < sequence; missing++) {
      this.#states[missing & MASK] = 1;
      this.#sinceMs[missing & MASK] = nowMs;
    }
    this.#missingCount += missingCount;
  }

  #settle(sequence: number, nowMs: number): void {
    const slot = sequence & MASK;
    const state = this.#states[slot] ?? 0;
    if (state === 0) return;
    this.#states[slot] = 0;
    this.#missingCount--;
    if (state === 1) return;
    this.#recoveredCount++;
    this.#repair.add(nowMs - (this.#sinceMs[slot] ?? nowMs));
    this.#measureRoundTrip(slot, state === 2, nowMs);
  }

  /** Nobody knows which of several requests was answered: only those of one tell (Karn). */
  #measureRoundTrip(slot: number, isClear: boolean, nowMs: number): void {
    this.#unclearCount = isClear ? 0 : this.#unclearCount + 1;
    const askedMs = isClear ? this.#askedMs[slot] : this.#sinceMs[slot];
    if (!isClear && this.#unclearCount < UNCLEAR_COUNT_MAX) return;
    this.#unclearCount = 0;
    this.#roundTrip.add(nowMs - (askedMs ?? nowMs));
  }

  #repeatMs(): number {
    if (!this.#roundTrip.isMeasured) return REPEAT_MS_INITIAL;
    return Math.max(REPEAT_MS_MIN, this.#roundTrip.meanMs + 2 * this.#roundTrip.variationMs);
  }

  #isDue(sequence: number, nowMs: number, repeatMs: number): boolean {
    const slot = sequence & MASK;
    if (this.#states[slot] !== 1) return nowMs - (this.#askedMs[slot] ?? 0) >= repeatMs;
    if ((this.#highest ?? 0) - sequence >= REORDER_COUNT) return true;
    return nowMs - (this.#sinceMs[slot] ?? 0) >= REORDER_MS;
  }

  #abandon(slot: number): void {
    // Else only those that came in time would be measured.
    if ((this.#states[slot] ?? 0) > 1) this.#repair.add(Math.min(this.repairMs, REPAIR_MS_MAX));
    this.#states[slot] = 0;
    this.#missingCount--;
    this.#abandonedCount++;
  }
}
