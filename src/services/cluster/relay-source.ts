/**
 * Gives peers the streams that are published here.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { ClosedError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { HubListener, StreamHub } from "../../live/stream-hub.ts";
import { type HttpAnswer, type HttpContext, TAKEN_OVER } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import { KEY_FRAMES_FIELD } from "./relay.ts";
import { RelayOutput } from "./relay-output.ts";

/**
 * A peer may know that a name has been claimed before the claim's answer has come here: it waits for
 * so long until it is told that there is nothing.
 */
const WAIT_MS_MAX = 1_000;

export interface RelaySourcePorts {
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent for a process without WebRTC. */
  readonly rtcStreams?: RtcRelaySource | undefined;
}

/** Streams as WebRTC plays them. */
export interface RtcRelaySource {
  /** @returns `undefined` if `main` is not for WebRTC. Call `release` when it is not needed any more. */
  use(main: LiveStream): { readonly stream: LiveStream; release(): void } | undefined;
}

export class RelaySource implements HubListener {
  readonly #ports: RelaySourcePorts;
  readonly #outputs = new Set<RelayOutput>();
  /** Those who wait for a publication, by URL. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(ports: RelaySourcePorts) {
    this.#ports = ports;
    ports.hub.addListener(this);
  }

  /** Relays that are being served. */
  get size(): number {
    return this.#outputs.size;
  }

  /**
   * Answers with the stream as endless FLV, or 404.
   *
   * @param isForRtc As WebRTC plays it, with other sound than all others get.
   */
  async serve(url: string, context: HttpContext, isForRtc = false): Promise<HttpAnswer> {
    if (this.#find(url) === undefined) await this.#waitFor(url);
    const found = this.#find(url);
    const publication = found?.publication;
    const use = found === undefined || !isForRtc ? undefined : this.#ports.rtcStreams?.use(found);
    const stream = isForRtc ? use?.stream : found;
    if (stream === undefined || publication === undefined) {
      return createErrorResponse(404, `Cannot relay "${url}": nobody publishes it here`);
    }
    if (context.signal.aborted) throw new ClosedError("Cannot relay: the peer has left");
    const head = context.heads.encode(200, [
      ["Content-Type", "video/x-flv"],
      ["Connection", "close"],
      ...(publication.publisher.requestKeyFrame === undefined ? [] : [KEY_FRAMES_FIELD]),
    ]);
    const output = new RelayOutput(stream, publication, (over, error) => {
      use?.release();
      this.#left(over, error);
    });
    this.#outputs.add(output);
    output.start(context.takeOver(output).socket, head);
    return TAKEN_OVER;
  }

  /** A peer's viewer needs a key frame. @returns Whether the publisher can be asked. */
  requestKeyFrame(url: string): boolean {
    const publisher = this.#find(url)?.publication?.publisher;
    publisher?.requestKeyFrame?.();
    return publisher?.requestKeyFrame !== undefined;
  }

  close(): void {
    this.#ports.hub.removeListener(this);
    for (const output of [...this.#outputs]) output.destroy();
    for (const wake of [...this.#waiting.values()].flatMap((wakes) => [...wakes])) wake();
  }

  // HubListener -------------------------------------------------------------------------------------

  onStreamCreated(): void {
    // It is served when it is asked for.
  }

  onStreamForgotten(): void {
    // Its publication has ended before.
  }

  onPublished({ url }: LiveStream): void {
    for (const wake of [...(this.#waiting.get(url) ?? [])]) wake();
  }

  onUnpublished(_stream: LiveStream, publication: Publication): void {
    if (publication.isRelayed) return;
    for (const output of [...this.#outputs]) {
      if (output.publication === publication) output.finish();
    }
  }

  fail(error: unknown): void {
    this.#ports.logger.error("relay failed", { error });
  }

  // -------------------------------------------------------------------------------------------------

  /** A stream that is published here, and not relayed itself. */
  #find(url: string): LiveStream | undefined {
    const stream = this.#ports.hub.findByUrl(url);
    const publication = stream?.publication;
    return publication === undefined || publication.isRelayed ? undefined : stream;
  }

  #waitFor(url: string): Promise<void> {
    return new Promise((resolve) => {
      const wakes = this.#waiting.get(url) ?? new Set();
      const wake = (): void => {
        timer.cancel();
        wakes.delete(wake);
        if (wakes.size === 0) this.#waiting.delete(url);
        resolve();
      };
      const timer: Timer = this.#ports.clock.setTimer(WAIT_MS_MAX, wake);
      wakes.add(wake);
      this.#waiting.set(url, wakes);
    });
  }

  #left(output: RelayOutput, error: unknown): void {
    this.#outputs.delete(output);
    if (error !== undefined) this.#ports.logger.error("relay failed", { error });
  }
}
