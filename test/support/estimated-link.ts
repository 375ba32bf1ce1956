/**
 * A sender that estimates the bandwidth of a link with a bottleneck, in virtual time: packets go to
 * our own recorder of arrivals, whose feedback comes back encoded.
 *
 * @module
 */

import { encodeRtcp, parseRtcp } from "../../src/codec/rtcp/rtcp-packet.ts";
import { TwccRecorder } from "../../src/protocols/rtc/receive/twcc-recorder.ts";
import { BandwidthEstimator } from "../../src/protocols/rtc/send/bandwidth-estimator.ts";
import { type LinkOptions, LossyLink } from "./lossy-link.ts";

const PACKET_SIZE = 1_200;
const ROUND_TRIP_MS = 50;
export interface Sample {
  readonly nowMs: number;
  readonly estimate: number;
}

export interface RunOptions {
  readonly link: Partial<LinkOptions>;
  readonly untilMs: number;
  /** What is sent, in bit/s; as much as the estimate says by default. */
  readonly bitrate?: (nowMs: number, estimator: BandwidthEstimator) => number;
  /** By how much the viewer's clock is ahead of the sender's. */
  readonly clockAheadMs?: (nowMs: number) => number;
  readonly onTick?: (nowMs: number, link: LossyLink<number>) => void;
}

/** Sends, and notes the estimate every 100 ms. */
export function runEstimator(options: RunOptions): {
  estimator: BandwidthEstimator;
  samples: Sample[];
} {
  const estimator = new BandwidthEstimator();
  const recorder = new TwccRecorder();
  const link = new LossyLink<number>({ seed: 3, delayMs: ROUND_TRIP_MS / 2, ...options.link });
  const back = new LossyLink<Uint8Array>({ seed: 4, delayMs: ROUND_TRIP_MS / 2 });
  const samples: Sample[] = [];
  let budget = 0;
  estimator.setRoundTrip(ROUND_TRIP_MS);
  for (let nowMs = 0; nowMs < options.untilMs; nowMs++) {
    options.onTick?.(nowMs, link);
    budget += (options.bitrate?.(nowMs, estimator) ?? estimator.estimate(nowMs)) / 8_000;
    for (; budget >= PACKET_SIZE; budget -= PACKET_SIZE) {
      link.send(estimator.packetSent(PACKET_SIZE, nowMs), PACKET_SIZE, nowMs);
    }
    for (const { item, arrivalMs } of link.receive(nowMs)) {
      recorder.record(item, arrivalMs + (options.clockAheadMs?.(nowMs) ?? 5_000_000));
    }
    if (recorder.isDue(nowMs)) {
      for (const feedback of recorder.take({ senderSsrc: 1, mediaSsrc: 2 }, nowMs)) {
        back.send(encodeRtcp([feedback]), 100, nowMs);
      }
    }
    for (const { item } of back.receive(nowMs)) {
      const [feedback] = parseRtcp(item);
      if (feedback?.type === "transport-feedback") estimator.feedbackReceived(feedback, nowMs);
    }
    if (nowMs % 100 === 0) {
      estimator.tick(nowMs);
      samples.push({ nowMs, estimate: estimator.estimate(nowMs) });
    }
  }
  return { estimator, samples };
}
