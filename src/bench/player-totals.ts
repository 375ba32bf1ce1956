/**
 * What the players of one address and one class add up to.
 *
 * @module
 */

import { ClientTotals } from "./client-totals.ts";
import { Histogram } from "./histogram.ts";

/** Two clocks may differ by so much, and latency is still worth telling. */
export const CLOCK_SKEW_US_MAX = 1_000;

/** Counters that players add to directly, since there are thousands of them. */
export class PlayerTotals extends ClientTotals {
  /** Have ever had a key frame. */
  firstFrameCount = 0;
  readonly firstFrameTime: Histogram = new Histogram();

  // Of the measured window.
  receivedSize = 0;
  frameCount = 0;
  /** Of WebRTC: packets of media. */
  packetCount = 0;
  readonly latency: Histogram = new Histogram();
  /** Pictures that came before they were sent, as the clocks have it, and the least latency of all. */
  negativeLatencyCount = 0;
  latencyUsMin = 0;

  // From each player's first frame on.
  stallCount = 0;
  stalledPlayerCount = 0;
  stallMsMax = 0;
  gapCount = 0;
  gapPlayerCount = 0;
  gapCountMax = 0;
  /** Of the gaps, those in which time ran backwards. */
  backwardCount = 0;
  /** Pictures that were sent between two that came, and did not come. */
  lostFrameCount = 0;
  /** Of WebRTC: packets that were sent between two that came, and did not come. */
  lostPacketCount = 0;
  /** Connected at the end, and without a key frame. */
  unservedCount = 0;

  /** Bytes since the start, by which slow players are slowed. */
  receivedSizeEver = 0;

  /** The measured window begins. */
  clearWindow(): void {
    this.receivedSize = 0;
    this.frameCount = 0;
    this.packetCount = 0;
    this.latency.clear();
    this.negativeLatencyCount = 0;
    this.latencyUsMin = 0;
  }

  /** Takes the latency of a picture, in microseconds. */
  addLatency(latencyUs: number): void {
    if (latencyUs >= 0) this.latency.add(latencyUs);
    else {
      this.negativeLatencyCount += 1;
      this.latencyUsMin = Math.min(this.latencyUsMin, latencyUs);
    }
  }

  addAllLatencies(other: PlayerTotals): void {
    this.latency.addAll(other.latency);
    this.negativeLatencyCount += other.negativeLatencyCount;
    this.latencyUsMin = Math.min(this.latencyUsMin, other.latencyUsMin);
  }

  /** All but latencies. */
  addAllCounts(other: PlayerTotals): void {
    this.startedCount += other.startedCount;
    this.connectedCount += other.connectedCount;
    this.connectedCountMax += other.connectedCountMax;
    this.joinedCount += other.joinedCount;
    this.firstFrameCount += other.firstFrameCount;
    this.failures.addAll(other.failures);
    this.losses.addAll(other.losses);
    this.connectTime.addAll(other.connectTime);
    this.firstFrameTime.addAll(other.firstFrameTime);
    this.receivedSize += other.receivedSize;
    this.frameCount += other.frameCount;
    this.packetCount += other.packetCount;
    this.stallCount += other.stallCount;
    this.stalledPlayerCount += other.stalledPlayerCount;
    this.stallMsMax = Math.max(this.stallMsMax, other.stallMsMax);
    this.gapCount += other.gapCount;
    this.gapPlayerCount += other.gapPlayerCount;
    this.gapCountMax = Math.max(this.gapCountMax, other.gapCountMax);
    this.backwardCount += other.backwardCount;
    this.lostFrameCount += other.lostFrameCount;
    this.lostPacketCount += other.lostPacketCount;
    this.unservedCount += other.unservedCount;
    this.receivedSizeEver += other.receivedSizeEver;
  }
}
