/**
 * Sends spans to a collector, in batches, one request at a time. What it does not take is sent again
 * for half a minute. Meanwhile others wait, up to a limit; what comes on top of it is dropped and
 * counted, since no session may suffer from a collector.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { ClosedError, toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { TracingReport } from "../../live/reports.ts";
import type { HttpClient } from "../../protocols/http/client.ts";
import { decodeRejected, encodeSpan, encodeTraces, type Resource, type Span } from "./otlp.ts";
import { type Post, type PostAnswer, post } from "./post.ts";
import { ATTEMPTS_MAX, isRetryable, retryDelayMs } from "./retry.ts";

/** Where spans go to, and how. */
export interface ExportSettings {
  readonly url: string;
  /** Beside those of every request; secrets, mostly. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly resource: Resource;
}

export interface SpanExporterPorts {
  readonly http: Pick<HttpClient, "request">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For each request. */
  settings(): ExportSettings;
  /** Spans that may wait, those on their way included. */
  queueLengthMax(): number;
  /** From 0 to 1. */
  chance(): number;
}

/** As OpenTelemetry's own exporters wait and send. */
const BATCH_DELAY_MS = 5_000;
const BATCH_LENGTH_MAX = 512;
/** Collectors take some megabytes. */
const BATCH_SIZE_MAX = 1 << 20;
/** What all spans together may hold, however long names are: four batches. */
const QUEUE_SIZE_MAX = 4 << 20;
const TIMEOUT_MS = 10_000;
/** A server that stops waits no longer for its collector. */
const CLOSE_MS_MAX = 2_000;

export class SpanExporter {
  readonly #ports: SpanExporterPorts;
  /** Encoded, old to new. */
  #queue: Uint8Array[] = [];
  #queueSize = 0;
  #inFlight = 0;
  #sent = 0;
  #dropped = 0;
  /** What is dropped after the first is counted and not logged, until the collector takes some. */
  #isDropLogged = false;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #post: Post | undefined;
  #isClosing = false;
  /** Cuts the wait before another attempt short. */
  #wake: () => void = () => undefined;

  constructor(ports: SpanExporterPorts) {
    this.#ports = ports;
  }

  add(span: Span): void {
    const bytes = encodeSpan(span);
    const length = this.#queue.length + this.#inFlight;
    const isFull = length >= this.#ports.queueLengthMax();
    if (this.#isClosing || isFull || this.#queueSize + bytes.length > QUEUE_SIZE_MAX) {
      this.#drop(1, "queue_full");
      return;
    }
    this.#queue.push(bytes);
    this.#queueSize += bytes.length;
    this.#schedule();
  }

  report(): TracingReport {
    const queueLength = this.#queue.length + this.#inFlight;
    return { sent: this.#sent, dropped: this.#dropped, queueLength };
  }

  /** Sends what there is, unless that takes too long. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#timer?.cancel();
    this.#wake();
    const limit = this.#ports.clock.setTimer(CLOSE_MS_MAX, () => {
      this.#drop(this.#queue.length, "server_stopped");
      this.#queue = [];
      this.#post?.abort(new ClosedError("Cannot send traces: the server stops"));
    });
    await this.#sending;
    await this.#send();
    limit.cancel();
  }

  /** A batch that is full goes at once. */
  #schedule(): void {
    if (this.#sending !== undefined) return;
    if (this.#queue.length >= BATCH_LENGTH_MAX || this.#queueSize >= BATCH_SIZE_MAX) {
      void this.#send();
    } else {
      this.#timer ??= this.#ports.clock.setTimer(BATCH_DELAY_MS, () => void this.#send());
    }
  }

  #send(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#queue.length > 0 && !this.#isClosing) this.#schedule();
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#take();
      this.#inFlight = batch.length;
      await this.#deliver(batch);
      this.#inFlight = 0;
    }
  }

  #take(): Uint8Array[] {
    let length = 0;
    let size = 0;
    for (const span of this.#queue) {
      if (length === BATCH_LENGTH_MAX || (length > 0 && size + span.length > BATCH_SIZE_MAX)) break;
      length += 1;
      size += span.length;
    }
    this.#queueSize -= size;
    return this.#queue.splice(0, length);
  }

  async #deliver(batch: readonly Uint8Array[]): Promise<void> {
    const { clock, chance } = this.#ports;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#ask(batch);
      const status = typeof answer === "string" ? undefined : answer.status;
      if (typeof answer !== "string" && answer.status >= 200 && answer.status < 300) {
        this.#taken(batch.length, decodeRejected(answer.body));
        return;
      }
      const isLast = attempt === ATTEMPTS_MAX || this.#isClosing;
      if (isLast || (status !== undefined && !isRetryable(status))) {
        this.#drop(batch.length, typeof answer === "string" ? answer : `status_${status}`);
        return;
      }
      const retryAfter = typeof answer === "string" ? undefined : answer.retryAfter;
      const refusal = { attempt, retryAfter, chance: chance() };
      await this.#wait(retryDelayMs(refusal, clock.wallMs()));
    }
  }

  /** @returns The answer, or in a word why there is none. */
  async #ask(batch: readonly Uint8Array[]): Promise<PostAnswer | string> {
    const { url, fields, resource } = this.#ports.settings();
    try {
      this.#post = post(this.#ports.http, {
        url,
        method: "POST",
        fields: [["Content-Type", "application/json"], ...fields],
        body: encodeTraces(resource, batch),
        timeoutMs: TIMEOUT_MS,
        redirectsMax: 0,
      });
      return await this.#post.answer;
    } catch (error) {
      return toError(error).name;
    } finally {
      this.#post = undefined;
    }
  }

  async #wait(delayMs: number): Promise<void> {
    if (this.#isClosing) return;
    await new Promise<void>((resolve) => {
      const timer = this.#ports.clock.setTimer(delayMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #taken(length: number, rejected: number): void {
    this.#isDropLogged = false;
    this.#sent += length - Math.min(length, rejected);
    if (rejected > 0) this.#drop(Math.min(length, rejected), "rejected");
  }

  #drop(spans: number, reason: string): void {
    this.#dropped += spans;
    if (this.#isDropLogged || spans === 0) return;
    this.#isDropLogged = true;
    this.#ports.logger.warn("traces dropped", { spans, reason });
  }
}
