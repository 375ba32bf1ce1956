/**
 * The publishers of a run, and the tick that they all send by.
 *
 * @module
 */

import { ByteWriter } from "../base/byte-writer.ts";
import type { Timer } from "../base/clock.ts";
import { createDtlsIdentity } from "../protocols/rtc/dtls/dtls-identity.ts";
import { expandUrl, type PublishOptions } from "./options.ts";
import {
  PUBLISH_TICK_MS,
  Publisher,
  type PublisherContext,
  type PublisherTotals,
} from "./publisher.ts";
import { RtcPublisher, type RtcPublisherContext } from "./rtc-publisher.ts";
import { createRtcSource } from "./rtc-source.ts";

/** A publisher, whichever protocol it speaks. */
interface StreamPublisher {
  start(url: string): Promise<void>;
  tick(writer: ByteWriter): void;
  beginWindow(nowMs: number): void;
  finish(nowMs: number): void;
  stop(): void;
}

export class PublishGroup {
  readonly options: PublishOptions;
  readonly #context: PublisherContext;
  readonly #rtc: RtcPublisherContext | undefined;
  readonly #publishers: StreamPublisher[] = [];
  /** By number: resolved once the publisher sends, or has failed. */
  readonly #settled: Promise<void>[] = [];
  readonly #writer: ByteWriter = new ByteWriter(1 << 16);
  #timer: Timer | undefined;
  #pendingCount = 0;

  /** @throws {ProtocolError} If the source cannot be published by that protocol. */
  constructor(options: PublishOptions, context: PublisherContext) {
    this.options = options;
    this.#context = context;
    this.#rtc = options.protocol === "whip" ? toRtcContext(context) : undefined;
  }

  get totals(): PublisherTotals {
    return this.#context.totals;
  }

  /** Publishers that neither send nor have failed. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Starts publisher `index`; they are started in order. */
  start(index: number): void {
    const { clock } = this.#context.ports;
    this.#timer ??= clock.setInterval(PUBLISH_TICK_MS, () => this.#tick());
    const rtc = this.#rtc;
    const publisher = rtc === undefined ? new Publisher(this.#context) : new RtcPublisher(rtc);
    this.#publishers.push(publisher);
    this.#pendingCount += 1;
    const settled = publisher.start(expandUrl(this.options.url, index + 1)).finally(() => {
      this.#pendingCount -= 1;
    });
    this.#settled.push(settled);
  }

  /** The stream that client `index` plays, from 1 on. */
  numberOf(index: number): number {
    return (index % this.options.publisherCount) + 1;
  }

  /** Resolves when there is something to play; `undefined` if that publisher is yet to be started. */
  whenSettled(number: number): Promise<void> | undefined {
    return this.#settled[number - 1];
  }

  /** The measured window begins. */
  clearWindow(nowMs: number): void {
    this.totals.clearWindow();
    for (const publisher of this.#publishers) publisher.beginWindow(nowMs);
  }

  finish(nowMs: number): void {
    for (const publisher of this.#publishers) publisher.finish(nowMs);
  }

  stop(): void {
    this.#timer?.cancel();
    for (const publisher of this.#publishers) publisher.stop();
  }

  #tick(): void {
    for (const publisher of this.#publishers) publisher.tick(this.#writer);
  }
}

function toRtcContext(context: PublisherContext): RtcPublisherContext {
  const { crypto, clock } = context.ports;
  const identity = createDtlsIdentity(crypto, clock, "ecdsa", "bench");
  return { ...context, rtcSource: createRtcSource(context.source), identity };
}
