/**
 * Brings streams here as WebRTC plays them while other processes publish them: sound has been made
 * there what browsers play, once for all.
 *
 * @module
 */

import type { LiveStream } from "../../live/live-stream.ts";
import { Relay, type RelayPorts } from "./relay.ts";
import type { StreamDirectory } from "./stream-directory.ts";

export interface RtcRelaysPorts extends RelayPorts {
  readonly directory: StreamDirectory;
}

export class RtcRelays {
  readonly #ports: RtcRelaysPorts;
  readonly #relays = new Map<string, Relay>();

  constructor(ports: RtcRelaysPorts) {
    this.#ports = ports;
    ports.directory.onChange((url) => this.#relays.get(url)?.follow(ports.directory.owner(url)));
  }

  /** Whether another process publishes it. */
  has(url: string): boolean {
    return this.#ports.directory.owner(url) !== undefined;
  }

  /** Brings the stream whenever another process publishes it, until it is closed. */
  bring(side: LiveStream): { close(): void } {
    const { url } = side;
    const relay = new Relay(this.#ports, side, true);
    this.#relays.set(url, relay);
    relay.follow(this.#ports.directory.owner(url));
    const close = (): void => {
      if (this.#relays.get(url) === relay) this.#relays.delete(url);
      relay.stop(true);
    };
    return { close };
  }
}
