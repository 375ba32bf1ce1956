/**
 * All streams of this server.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { formatStreamUrl, type StreamName } from "../base/stream-name.ts";
import { LiveStream } from "./live-stream.ts";
import type { StreamSettings } from "./settings.ts";

/** Told when streams come and go: services attach themselves to streams here. */
export interface HubListener {
  onStreamCreated(stream: LiveStream): void;
  onStreamForgotten(stream: LiveStream): void;
}

export class StreamHub {
  readonly #clock: Clock;
  readonly #settingsOf: (vhost: string) => StreamSettings;
  readonly #streams = new Map<string, LiveStream>();
  readonly #listeners = new Set<HubListener>();

  /** @param settingsOf What is set for the streams of a vhost. */
  constructor(clock: Clock, settingsOf: (vhost: string) => StreamSettings) {
    this.#clock = clock;
    this.#settingsOf = settingsOf;
  }

  get streams(): Iterable<LiveStream> {
    return this.#streams.values();
  }

  get size(): number {
    return this.#streams.size;
  }

  find(name: StreamName): LiveStream | undefined {
    return this.#streams.get(formatStreamUrl(name));
  }

  /** A stream comes to be with its first publisher or its first player. */
  getOrCreate(name: StreamName): LiveStream {
    const known = this.find(name);
    if (known !== undefined) return known;
    const stream = new LiveStream(name, this.#settingsOf(name.vhost), this.#clock);
    this.#streams.set(stream.url, stream);
    for (const listener of this.#listeners) listener.onStreamCreated(stream);
    return stream;
  }

  addListener(listener: HubListener): void {
    this.#listeners.add(listener);
  }

  removeListener(listener: HubListener): void {
    this.#listeners.delete(listener);
  }

  /**
   * Call every second or so: ends what has waited too long, forgets what nobody uses.
   *
   * @throws What one of the streams threw, after all have had their turn.
   */
  sweep(nowMs: number): void {
    const failures: unknown[] = [];
    for (const stream of [...this.#streams.values()]) {
      try {
        stream.sweep(nowMs);
      } catch (error) {
        failures.push(error);
      }
      if (stream.isIdle(nowMs)) this.#forget(stream);
    }
    if (failures.length > 0) throw new AggregateError(failures, "Cannot sweep streams");
  }

  close(): void {
    for (const stream of [...this.#streams.values()]) this.#forget(stream);
  }

  #forget(stream: LiveStream): void {
    stream.close();
    this.#streams.delete(stream.url);
    for (const listener of this.#listeners) listener.onStreamForgotten(stream);
  }
}
