/**
 * The streams that WebRTC players get: each is packetized from its first viewer to its last.
 *
 * @module
 */

import type { LiveStream } from "../../live/live-stream.ts";
import type { RtpPacketizerOptions } from "../../remux/rtp/packetizer.ts";
import type { LoadLevel } from "./circuit-breaker.ts";
import { RtpBroadcast, type RtpBroadcastPorts } from "./rtp-broadcast.ts";

export class RtpBroadcasts {
  readonly #ports: Omit<RtpBroadcastPorts, "fail">;
  readonly #failed: (stream: LiveStream, error: unknown) => void;
  readonly #broadcasts = new Map<LiveStream, RtpBroadcast>();
  #isDying = false;

  /** @param failed What serves the stream has a bug: its viewers are to be let go. */
  constructor(
    ports: Omit<RtpBroadcastPorts, "fail">,
    failed: (stream: LiveStream, error: unknown) => void,
  ) {
    this.#ports = ports;
    this.#failed = failed;
  }

  /** The broadcast of a stream, made for the first who asks. */
  enter(stream: LiveStream, options: Partial<RtpPacketizerOptions>): RtpBroadcast {
    const known = this.#broadcasts.get(stream);
    if (known !== undefined) return known;
    const broadcast = new RtpBroadcast(stream, options, {
      ...this.#ports,
      fail: (error) => this.#failed(stream, error),
    });
    broadcast.isDying = this.#isDying;
    this.#broadcasts.set(stream, broadcast);
    return broadcast;
  }

  setLoad(level: LoadLevel): void {
    this.#isDying = level === "dying";
    for (const broadcast of this.#broadcasts.values()) broadcast.isDying = this.#isDying;
  }

  /** Lets go of those that nobody watches. */
  sweep(): void {
    for (const [stream, broadcast] of this.#broadcasts) {
      if (broadcast.viewerCount > 0) continue;
      this.#broadcasts.delete(stream);
      broadcast.close();
    }
  }

  close(): void {
    for (const broadcast of this.#broadcasts.values()) broadcast.close();
    this.#broadcasts.clear();
  }
}
