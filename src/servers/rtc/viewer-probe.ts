/**
 * Finds out whether a player's network bears more than it gets, by packets that are sent once more.
 *
 * @module
 */

import type { BandwidthEstimator } from "../../protocols/rtc/send/bandwidth-estimator.ts";
import {
  PROBE_MS,
  type ProbedNetwork,
  ProbeSchedule,
} from "../../protocols/rtc/send/probe-schedule.ts";
import type { ViewerTrack } from "./viewer-track.ts";

/** What has come so long ago that the player knows that it has it need not be sent. */
const BACK_MAX = 64;

export class ViewerProbe {
  readonly #track: ViewerTrack;
  readonly #estimator: BandwidthEstimator;
  readonly #schedule = new ProbeSchedule();
  /** Of the probe that is being sent, in bit/s. */
  #bitrate: number | undefined;
  #startMs = 0;
  #sentSize = 0;

  /** @param track The one of the picture; it can be probed with. */
  constructor(track: ViewerTrack, estimator: BandwidthEstimator) {
    this.#track = track;
    this.#estimator = estimator;
  }

  /**
   * Begins a probe if it is time to; see ProbeSchedule.
   *
   * @returns Whether one has begun: `run` is to be called every 10 ms or so.
   */
  begin(wanted: number, network: ProbedNetwork, nowMs: number): boolean {
    const { track } = this.#track;
    if (this.#bitrate !== undefined || track.packetCount === 0 || !track.isLive) return false;
    this.#bitrate = this.#schedule.next(wanted, network, nowMs);
    this.#startMs = nowMs;
    this.#sentSize = 0;
    return this.#bitrate !== undefined;
  }

  /** The player gets another version from now on. */
  rest(nowMs: number): void {
    this.#schedule.rest(nowMs);
  }

  /**
   * Sends what is due.
   *
   * @returns Whether there is more to send.
   */
  run(nowMs: number): boolean {
    if (this.#bitrate === undefined) return false;
    const passedMs = nowMs - this.#startMs;
    this.#estimator.isProbing = true;
    // At the end of a train nothing is measured but when it comes.
    const due = (this.#bitrate * (Math.min(passedMs, PROBE_MS) + PROBE_MS / 3)) / 8_000;
    for (let back = 0; this.#sentSize < due && back < BACK_MAX; back++) {
      this.#sentSize += this.#track.probe(back);
    }
    if (passedMs < PROBE_MS) return true;
    this.#estimator.isProbing = false;
    this.#bitrate = undefined;
    return false;
  }
}
