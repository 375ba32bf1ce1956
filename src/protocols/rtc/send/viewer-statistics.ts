/**
 * What a viewer's reports say of the network to it.
 *
 * Spec: RFC 3550 section 6.4.1.
 *
 * @module
 */

import { toCompactNtp, toNtpTime } from "../../../codec/rtcp/ntp-time.ts";
import type { ReportBlock } from "../../../codec/rtcp/report-block.ts";
import { SmoothedTime } from "../smoothed-time.ts";

/** Taken for the round trip before the first report. */
const ROUND_TRIP_MS_INITIAL = 100;
/** Reports that say more than that are wrong, or lie. */
const ROUND_TRIP_MS_MAX = 10_000;
const COMPACT_TICKS_PER_MS = 65_536 / 1_000;

export class ViewerStatistics {
  readonly #clockRate: number;
  readonly #roundTrip = new SmoothedTime(ROUND_TRIP_MS_INITIAL);
  #lossFraction = 0;
  #lostCount = 0;
  #jitterMs = 0;
  #pliCount = 0;

  /** @param clockRate Ticks per second of the track that is reported on. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Smoothed; 100 before the first report. */
  get roundTripMs(): number {
    return this.#roundTrip.meanMs;
  }

  /** Of the time between the last two reports, from 0 to 1. */
  get lossFraction(): number {
    return this.#lossFraction;
  }

  /** Packets lost in all, as the viewer counts; negative if it got more copies than it lost. */
  get lostCount(): number {
    return this.#lostCount;
  }

  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** How often the viewer asked for a key frame. */
  get pliCount(): number {
    return this.#pliCount;
  }

  /** @param wallMs Now, by the clock that sender reports tell. */
  reportReceived(block: ReportBlock, wallMs: number): void {
    this.#lossFraction = block.fractionLost / 256;
    this.#lostCount = block.cumulativeLost;
    this.#jitterMs = (block.jitter * 1_000) / this.#clockRate;
    if (block.lastSenderReport === 0) return;
    const now = toCompactNtp(toNtpTime(wallMs));
    const ticks = (now - block.lastSenderReport - block.delaySinceLastSenderReport) | 0;
    // A near viewer may come out below 0, by how it rounds.
    const roundTripMs = Math.max(ticks / COMPACT_TICKS_PER_MS, 0);
    if (roundTripMs <= ROUND_TRIP_MS_MAX) this.#roundTrip.add(roundTripMs);
  }

  keyFrameRequested(): void {
    this.#pliCount++;
  }
}
