/**
 * Puts packets that were sent together into groups, and says how the time between two groups has
 * changed on the way.
 *
 * Spec: draft-ietf-rmcat-gcc-02 sections 5.1 and 5.2.
 *
 * @module
 */

/** Packets sent within so long are a group (burst_time). */
const BURST_MS = 5;
/** Packets that a link held up and let go together are a group too, up to this. */
const HELD_MS_MAX = 100;

/** The times of a group are those of its last packet. */
interface Group {
  firstSentMs: number;
  lastSentMs: number;
  firstArrivalMs: number;
  lastArrivalMs: number;
}

function createGroup(): Group {
  return { firstSentMs: 0, lastSentMs: 0, firstArrivalMs: 0, lastArrivalMs: 0 };
}

export class PacketGroups {
  #current = createGroup();
  #before = createGroup();
  /** Groups so far, up to two. */
  #count = 0;
  #sendDeltaMs = 0;
  #arrivalDeltaMs = 0;

  /** Between the last two groups when they were sent. */
  get sendDeltaMs(): number {
    return this.#sendDeltaMs;
  }

  /** Between the last two groups when they arrived. */
  get arrivalDeltaMs(): number {
    return this.#arrivalDeltaMs;
  }

  /**
   * Takes a packet, in the order of sending.
   *
   * @param arrivalMs By the receiver's clock.
   * @returns Whether a group is complete, and differs from the one before by the deltas.
   */
  add(sentMs: number, arrivalMs: number): boolean {
    const current = this.#current;
    if (this.#count === 0) {
      this.#begin(sentMs, arrivalMs);
      return false;
    }
    if (sentMs < current.firstSentMs) return false;
    if (this.#belongs(sentMs, arrivalMs)) {
      current.lastSentMs = Math.max(current.lastSentMs, sentMs);
      current.lastArrivalMs = Math.max(current.lastArrivalMs, arrivalMs);
      return false;
    }
    const isComplete = this.#count > 1;
    if (isComplete) {
      this.#sendDeltaMs = current.lastSentMs - this.#before.lastSentMs;
      this.#arrivalDeltaMs = current.lastArrivalMs - this.#before.lastArrivalMs;
    }
    this.#current = this.#before;
    this.#before = current;
    this.#begin(sentMs, arrivalMs);
    return isComplete;
  }

  reset(): void {
    this.#count = 0;
  }

  #belongs(sentMs: number, arrivalMs: number): boolean {
    const { firstSentMs, lastSentMs, firstArrivalMs, lastArrivalMs } = this.#current;
    if (sentMs - firstSentMs <= BURST_MS) return true;
    const arrivalStepMs = arrivalMs - lastArrivalMs;
    const isHeld = arrivalStepMs <= BURST_MS && arrivalStepMs < sentMs - lastSentMs;
    return isHeld && arrivalMs - firstArrivalMs < HELD_MS_MAX;
  }

  #begin(sentMs: number, arrivalMs: number): void {
    const current = this.#current;
    current.firstSentMs = sentMs;
    current.lastSentMs = sentMs;
    current.firstArrivalMs = arrivalMs;
    current.lastArrivalMs = arrivalMs;
    this.#count = Math.min(this.#count + 1, 2);
  }
}
