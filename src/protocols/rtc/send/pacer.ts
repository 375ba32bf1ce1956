/**
 * Lets a viewer who is behind catch up, faster than the stream and not faster than its network.
 *
 * @module
 */

import type { SendTrack } from "./send-track.ts";
import type { PacketSink } from "./shared-payload.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What any viewer's network is trusted with before there is an estimate, in bit/s. */
const BITRATE_MIN = 10_000_000;
/** So much faster than the stream a viewer is behind for two thirds of what it missed. */
const STREAM_FACTOR = 2.5;
/** A short burst may exceed the estimate: queues on the way take it. */
const ESTIMATE_FACTOR = 1.5;
/** Below this the viewer would never catch up. */
const STREAM_FACTOR_MIN = 1.5;

/** What one call may send, as time at the rate: two ticks of 10 ms. */
const DEPTH_MS = 20;

/** One per viewer; allocates nothing while it sends. */
export class Pacer {
  readonly #bucket = new TokenBucket(BITRATE_MIN, DEPTH_MS);

  /**
   * @param streamBitrate Of the stream, in bit/s.
   * @param estimate What the network to the viewer carries, in bit/s; `undefined` if unknown.
   */
  setRates(streamBitrate: number, estimate: number | undefined): void {
    const bitrate =
      estimate === undefined
        ? Math.max(streamBitrate * STREAM_FACTOR, BITRATE_MIN)
        : Math.max(estimate * ESTIMATE_FACTOR, streamBitrate * STREAM_FACTOR_MIN);
    this.#bucket.setBitrate(bitrate);
  }

  /**
   * Sends what may be sent now; call it every 5 to 10 ms while the track is behind.
   *
   * @returns Whether the track is live now. If not, it is either still behind or cut off.
   */
  send(track: SendTrack, sink: PacketSink, nowMs: number): boolean {
    while (!track.isLive && !track.isCutOff) {
      if (!this.#bucket.take(track.nextSize, nowMs)) return false;
      if (track.sendNext(sink) === undefined) return false;
    }
    return track.isLive;
  }
}
