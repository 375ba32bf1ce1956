/**
 * Packets that are sent faster than usual, one behind the other, and what the rate at which they arrive
 * says of the network.
 *
 * @module
 */

/** A train is this long: no more than a queue on the way takes. */
const TRAIN_MS = 20;
/** A pause of so long ends it. */
const PAUSE_MS_MAX = 20;
/** A train that feedback has said nothing of by then is forgotten. */
const ANSWER_MS_MAX = 1_500;
/** Fewer packets say nothing. */
const COUNT_MIN = 5;
/** More than so many of them lost: the network is full, and that is seen elsewhere. */
const ARRIVED_SHARE_MIN = 0.8;
/** Where they arrive so much slower than they were sent, the network carries what arrived, and no more. */
const FULL_SHARE = 0.9;
const FULL_MARGIN = 0.95;

/** One train at a time; the next begins when it has been judged. */
export class ProbeTrain {
  #isOpen = false;
  #count = 0;
  #first = 0;
  #last = 0;
  #firstSentMs = 0;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  /** Bytes, all and those of the moment that was sent last. */
  #size = 0;
  #lastSize = 0;
  #arrivedCount = 0;
  #arrivedSize = 0;
  #firstArrivedSize = 0;
  #firstArrivalMs = Number.POSITIVE_INFINITY;
  #lastArrivalMs = Number.NEGATIVE_INFINITY;

  /**
   * A packet is sent as a part of a train.
   *
   * @param sequence As SentPackets counts.
   * @param size In bytes.
   */
  sent(sequence: number, size: number, nowMs: number): void {
    const pauseMs = nowMs - this.#lastSentMs;
    if (pauseMs > ANSWER_MS_MAX) this.#finish();
    else if (pauseMs > PAUSE_MS_MAX) this.#isOpen = false;
    if (this.#count === 0) {
      this.#isOpen = true;
      this.#first = sequence;
      this.#firstSentMs = nowMs;
      this.#lastSentMs = nowMs;
    }
    if (!this.#isOpen) return;
    if (nowMs > this.#lastSentMs) {
      if (this.#lastSentMs - this.#firstSentMs >= TRAIN_MS) {
        this.#isOpen = false;
        return;
      }
      this.#lastSize = 0;
      this.#lastSentMs = nowMs;
    }
    this.#count += 1;
    this.#last = sequence;
    this.#size += size;
    this.#lastSize += size;
  }

  /** A packet, of whatever kind, has arrived. */
  arrived(sequence: number, size: number, arrivalMs: number): void {
    if (this.#count === 0 || sequence < this.#first || sequence > this.#last) return;
    this.#arrivedCount += 1;
    this.#arrivedSize += size;
    if (arrivalMs < this.#firstArrivalMs) {
      this.#firstArrivalMs = arrivalMs;
      this.#firstArrivedSize = size;
    }
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs);
  }

  /**
   * What the network is known to carry by the train, once.
   *
   * @param reported The latest packet that feedback has told of.
   * @returns In bit/s; `undefined` if the train is not over, or says nothing.
   */
  take(reported: number, nowMs: number): number | undefined {
    if (this.#count === 0 || reported < this.#last) return undefined;
    if (this.#isOpen && nowMs - this.#lastSentMs <= PAUSE_MS_MAX) return undefined;
    const bitrate = this.#measure();
    this.#finish();
    return bitrate;
  }

  #measure(): number | undefined {
    const sentMs = this.#lastSentMs - this.#firstSentMs;
    const arrivedMs = this.#lastArrivalMs - this.#firstArrivalMs;
    const isEnough = this.#count >= COUNT_MIN && sentMs > 0 && arrivedMs > 0;
    if (!isEnough || this.#arrivedCount < this.#count * ARRIVED_SHARE_MIN) return undefined;
    const sent = ((this.#size - this.#lastSize) * 8_000) / sentMs;
    const arrived = ((this.#arrivedSize - this.#firstArrivedSize) * 8_000) / arrivedMs;
    return arrived < sent * FULL_SHARE ? arrived * FULL_MARGIN : Math.min(sent, arrived);
  }

  #finish(): void {
    this.#isOpen = false;
    this.#count = 0;
    this.#size = 0;
    this.#lastSize = 0;
    this.#arrivedCount = 0;
    this.#arrivedSize = 0;
    this.#firstArrivalMs = Number.POSITIVE_INFINITY;
    this.#lastArrivalMs = Number.NEGATIVE_INFINITY;
  }
}
