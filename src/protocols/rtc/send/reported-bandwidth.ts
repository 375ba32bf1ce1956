/**
 * How much the network to a viewer carries whose packets have no transport-wide numbers: what it says
 * itself (REMB), and what the loss that it reports leaves of that.
 *
 * Spec: draft-alvestrand-rmcat-remb-03; draft-ietf-rmcat-gcc-02, section 6 (the rate that loss allows).
 *
 * @module
 */

/** What has not been said again for so long does not hold. */
const REMB_MS = 10_000;
const LOSS_LOW = 0.02;
const LOSS_HIGH = 0.1;
/** Reports come every second or so. */
const INCREASE = 1.08;
const BITRATE_MIN = 50_000;
const BITRATE_MAX = 100_000_000;

export class ReportedBandwidth {
  #remb = 0;
  #rembMs = Number.NEGATIVE_INFINITY;
  /** What loss allows; no bound before packets were lost. */
  #lossBased = Number.POSITIVE_INFINITY;
  #lossFraction = 0;

  /** Of the latest report, from 0 to 1. */
  get lossFraction(): number {
    return this.#lossFraction;
  }

  /** In bit/s; `undefined` if nothing says how much it is. */
  estimate(nowMs: number): number | undefined {
    const remb = this.isTold(nowMs) ? this.#remb : Number.POSITIVE_INFINITY;
    const bitrate = Math.min(remb, this.#lossBased);
    return bitrate === Number.POSITIVE_INFINITY ? undefined : Math.max(bitrate, BITRATE_MIN);
  }

  /** Whether the viewer says how much it is. */
  isTold(nowMs: number): boolean {
    return nowMs - this.#rembMs < REMB_MS;
  }

  /** @param bitrate In bit/s. */
  rembReceived(bitrate: number, nowMs: number): void {
    this.#remb = bitrate;
    this.#rembMs = nowMs;
  }

  /**
   * @param lossFraction Of what was sent since the report before.
   * @param sentBitrate What that was, in bit/s.
   */
  reportReceived(lossFraction: number, sentBitrate: number): void {
    this.#lossFraction = lossFraction;
    if (lossFraction > LOSS_HIGH) {
      this.#lossBased = Math.min(this.#lossBased, sentBitrate) * (1 - 0.5 * lossFraction);
    } else if (lossFraction < LOSS_LOW) this.#lossBased *= INCREASE;
    if (this.#lossBased > BITRATE_MAX) this.#lossBased = Number.POSITIVE_INFINITY;
  }
}
