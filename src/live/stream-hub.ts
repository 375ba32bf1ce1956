/**
 * All streams of this server.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { RefusedError } from "../base/errors.ts";
import { formatStreamUrl, type StreamName } from "../base/stream-name.ts";
import type { Traffic } from "./admission.ts";
import type { BroadcastFormat } from "./broadcast-format.ts";
import { Delivery } from "./delivery.ts";
import { type Histogram, type HistogramReport, Histograms } from "./histogram.ts";
import { LiveStream, type StreamHost, type StreamWatcher } from "./live-stream.ts";
import type { Publication, Publisher } from "./publication.ts";
import type { StreamSettings } from "./settings.ts";
import { type StreamClaim, type StreamClaims, UNCONTESTED_CLAIMS } from "./stream-claims.ts";

/** In seconds: a send takes some microseconds, and there are up to ten thousand of them. */
const FLUSH_BOUNDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] as const;

/** Told when streams come and go: services attach themselves to streams here. */
export interface HubListener extends Partial<StreamWatcher> {
  onStreamCreated(stream: LiveStream): void;
  onStreamForgotten(stream: LiveStream): void;
  /** Somebody may not publish, as somebody else does. */
  onBusy?(publisher: Publisher): void;
  /** One of the above threw. The stream, its publisher and the other listeners go on all the same. */
  fail(error: unknown): void;
}

export class StreamHub implements StreamHost {
  readonly #clock: Clock;
  readonly #settingsOf: (vhost: string) => StreamSettings;
  readonly #claims: StreamClaims;
  readonly #streams = new Map<string, LiveStream>();
  readonly #listeners = new Set<HubListener>();
  /** Of streams that have been forgotten. */
  readonly #past = new Delivery();
  readonly #flushes = new Histograms(FLUSH_BOUNDS);
  readonly #pastOfVhosts = new Map<string, Traffic>();

  /**
   * @param settingsOf What is set for the streams of a vhost.
   * @param claims Who decides whether a stream is busy, besides the stream.
   */
  constructor(
    clock: Clock,
    settingsOf: (vhost: string) => StreamSettings,
    claims: StreamClaims = UNCONTESTED_CLAIMS,
  ) {
    this.#clock = clock;
    this.#claims = claims;
    this.#settingsOf = settingsOf;
  }

  get streams(): Iterable<LiveStream> {
    return this.#streams.values();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** What subscribers of all streams so far got. Looks at each of those that are there. */
  delivery(): Delivery {
    const all = new Delivery();
    all.add(this.#past);
    for (const { figures, broadcasts } of this.#streams.values()) {
      all.add(figures.delivery(broadcasts));
    }
    return all;
  }

  /** By output format: seconds that it took to hand a block to all subscribers. */
  flushes(): Readonly<Record<string, HistogramReport>> {
    return this.#flushes.report();
  }

  /** Vhosts that have had streams, with the media of those that have been forgotten. */
  get pastOfVhosts(): ReadonlyMap<string, Traffic> {
    return this.#pastOfVhosts;
  }

  find(name: StreamName): LiveStream | undefined {
    return this.findByUrl(formatStreamUrl(name));
  }

  findByUrl(url: string): LiveStream | undefined {
    return this.#streams.get(url);
  }

  /** What is set for streams has changed. */
  configure(): void {
    for (const stream of this.#streams.values())
      stream.configure(this.#settingsOf(stream.name.vhost));
  }

  /** A stream comes to be with its first publisher or its first player. */
  getOrCreate(name: StreamName): LiveStream {
    const known = this.find(name);
    if (known !== undefined) return known;
    const stream = new LiveStream(name, this.#settingsOf(name.vhost), this.#clock, this);
    this.#streams.set(stream.url, stream);
    this.#addPast(name.vhost, { receivedSize: 0, sentSize: 0 });
    this.#tell((listener) => listener.onStreamCreated(stream));
    return stream;
  }

  /**
   * Publishes a stream, once its name has been claimed; ask afterwards whether the publisher is still
   * there.
   *
   * @throws {RefusedError} `stream_busy`, if somebody else publishes; who is not disturbed.
   */
  async publish(name: StreamName, publisher: Publisher): Promise<Publication> {
    let claim: StreamClaim | undefined;
    try {
      claim = await this.#claims.claim(formatStreamUrl(name));
      return this.getOrCreate(name).publish(publisher, claim);
    } catch (error) {
      claim?.release();
      if (error instanceof RefusedError) this.#tell((listener) => listener.onBusy?.(publisher));
      throw error;
    }
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

  // StreamHost --------------------------------------------------------------------------------------

  onStreamWanted(stream: LiveStream): void {
    this.#tell((listener) => listener.onStreamWanted?.(stream));
  }

  flushTimes({ name }: BroadcastFormat): Histogram {
    const [format = ""] = name.split("/");
    return this.#flushes.of(format);
  }

  onPublished(stream: LiveStream, publication: Publication): void {
    this.#tell((listener) => listener.onPublished?.(stream, publication));
  }

  onUnpublished(stream: LiveStream, publication: Publication): void {
    this.#tell((listener) => listener.onUnpublished?.(stream, publication));
  }

  onReady(stream: LiveStream, publication: Publication): void {
    this.#tell((listener) => listener.onReady?.(stream, publication));
  }

  onTracksChanged(stream: LiveStream, publication: Publication): void {
    this.#tell((listener) => listener.onTracksChanged?.(stream, publication));
  }

  onEnded(stream: LiveStream): void {
    this.#tell((listener) => listener.onEnded?.(stream));
  }

  #forget(stream: LiveStream): void {
    stream.close();
    this.#streams.delete(stream.url);
    const delivery = stream.figures.delivery(stream.broadcasts);
    this.#past.add(delivery);
    const { receivedSize } = stream.figures;
    this.#addPast(stream.name.vhost, { receivedSize, sentSize: delivery.sentSize });
    this.#tell((listener) => listener.onStreamForgotten(stream));
  }

  #addPast(vhost: string, { receivedSize, sentSize }: Traffic): void {
    const past = this.#pastOfVhosts.get(vhost);
    this.#pastOfVhosts.set(vhost, {
      receivedSize: (past?.receivedSize ?? 0) + receivedSize,
      sentSize: (past?.sentSize ?? 0) + sentSize,
    });
  }

  /** What a listener does wrong is no other's business. */
  #tell(tell: (listener: HubListener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        tell(listener);
      } catch (error) {
        listener.fail(error);
      }
    }
  }
}
