/**
 * The streams that WebRTC players get: each is packetized from its first viewer to its last, and once
 * more for those who come after a reload that has changed how.
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
  /** By stream, and by how it is packetized. */
  readonly #broadcasts = new Map<LiveStream, Map<string, RtpBroadcast>>();
  #isDying = false;

  /** @param failed What serves the stream has a bug: its viewers are to be let go. */
  constructor(
    ports: Omit<RtpBroadcastPorts, "fail">,
    failed: (stream: LiveStream, error: unknown) => void,
  ) {
    this.#ports = ports;
    this.#failed = failed;
  }

  /** The broadcast of a stream, made for the first who asks for it to be packetized so. */
  enter(stream: LiveStream, options: Partial<RtpPacketizerOptions>): RtpBroadcast {
    const key = JSON.stringify(Object.entries(options).sort());
    const ofStream = this.#broadcasts.get(stream) ?? new Map<string, RtpBroadcast>();
    const known = ofStream.get(key);
    if (known !== undefined) return known;
    const broadcast = new RtpBroadcast(stream, options, {
      ...this.#ports,
      fail: (error) => this.#failed(stream, error),
    });
    broadcast.isDying = this.#isDying;
    this.#broadcasts.set(stream, ofStream.set(key, broadcast));
    return broadcast;
  }

  setLoad(level: LoadLevel): void {
    this.#isDying = level === "dying";
    for (const broadcast of this.#all()) broadcast.isDying = this.#isDying;
  }

  /** Lets go of those that nobody watches. */
  sweep(): void {
    for (const [stream, ofStream] of this.#broadcasts) {
      for (const [key, broadcast] of ofStream) {
        if (broadcast.viewerCount > 0) continue;
        ofStream.delete(key);
        broadcast.close();
      }
      if (ofStream.size === 0) this.#broadcasts.delete(stream);
    }
  }

  close(): void {
    for (const broadcast of this.#all()) broadcast.close();
    this.#broadcasts.clear();
  }

  *#all(): Iterable<RtpBroadcast> {
    for (const ofStream of this.#broadcasts.values()) yield* ofStream.values();
  }
}
