/**
 * Brings streams here that are published at peers, while somebody here wants them.
 *
 * @module
 */

import type { Timer } from "../../base/clock.ts";
import { startSweep } from "../../base/sweep.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { HubListener, StreamHub } from "../../live/stream-hub.ts";
import { Relay, type RelayPorts } from "./relay.ts";
import type { StreamDirectory } from "./stream-directory.ts";

/** A stream is still pulled for so long after its last viewer has left: people switch to and fro. */
const LINGER_MS = 5_000;

export interface RelaysPorts extends RelayPorts {
  readonly hub: StreamHub;
  readonly directory: StreamDirectory;
}

interface Pull {
  readonly relay: Relay;
  /** When somebody was last seen to watch, on the monotonic clock. */
  wantedMs: number;
}

export class Relays implements HubListener {
  readonly #ports: RelaysPorts;
  readonly #pulls = new Map<string, Pull>();
  readonly #sweep: Timer;
  #isClosed = false;

  constructor(ports: RelaysPorts) {
    const { hub, directory, clock } = ports;
    this.#ports = ports;
    hub.addListener(this);
    directory.onChange((url) => this.#follow(url));
    this.#sweep = startSweep(clock, (nowMs) => this.#stopUnwanted(nowMs));
  }

  /** Streams that are pulled, or are about to be. */
  get size(): number {
    return this.#pulls.size;
  }

  close(): void {
    this.#isClosed = true;
    this.#sweep.cancel();
    this.#ports.hub.removeListener(this);
    for (const url of [...this.#pulls.keys()]) this.#stop(url, false);
  }

  // HubListener -------------------------------------------------------------------------------------

  onStreamCreated(): void {
    // It is pulled when it is wanted.
  }

  onStreamForgotten(stream: LiveStream): void {
    this.#stop(stream.url, true);
  }

  onStreamWanted(stream: LiveStream): void {
    // Players of WebRTC alone are served by a relay of their own.
    if (stream.isWatched) this.#pull(stream);
  }

  onPublished(stream: LiveStream, publication: Publication): void {
    if (!publication.isRelayed) this.#stop(stream.url, false);
  }

  fail(error: unknown): void {
    this.#ports.logger.error("relay failed", { error });
  }

  // -------------------------------------------------------------------------------------------------

  #pull(stream: LiveStream): void {
    const { url } = stream;
    const owner = this.#ports.directory.owner(url);
    if (owner === undefined || this.#isClosed || this.#pulls.has(url)) return;
    const relay = new Relay(this.#ports, stream);
    this.#pulls.set(url, { relay, wantedMs: this.#ports.clock.monotonicMs() });
    relay.follow(owner);
  }

  /** The directory has changed. */
  #follow(url: string): void {
    if (this.#isClosed) return;
    const { hub, directory } = this.#ports;
    const pull = this.#pulls.get(url);
    if (pull !== undefined) {
      pull.relay.follow(directory.owner(url));
      if (pull.relay.isOver) this.#pulls.delete(url);
      return;
    }
    const stream = hub.findByUrl(url);
    if (stream?.isWatched === true && stream.publication === undefined) this.#pull(stream);
  }

  #stopUnwanted(nowMs: number): void {
    for (const [url, pull] of [...this.#pulls]) {
      const { relay } = pull;
      if (relay.stream.isWatched) pull.wantedMs = nowMs;
      if (relay.isOver) this.#pulls.delete(url);
      else if (nowMs - pull.wantedMs >= LINGER_MS) this.#stop(url, true);
    }
  }

  #stop(url: string, isForGood: boolean): void {
    const pull = this.#pulls.get(url);
    this.#pulls.delete(url);
    pull?.relay.stop(isForGood);
  }
}
