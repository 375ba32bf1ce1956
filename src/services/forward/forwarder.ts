/**
 * One stream on its way to one other server: connected while the stream is live, and again after the
 * connection has failed. It takes from the stream what any player takes, with a queue of its own.
 *
 * ```text
 * waiting ---> connecting ---> forwarding
 *                  ^   |            |
 *                  +- pausing <-----+
 * ```
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { RestartPause } from "../../base/restart-pause.ts";
import type { Broadcast } from "../../live/broadcast.ts";
import type { LiveStream, StreamWaiter } from "../../live/live-stream.ts";
import type { ForwardReport, ForwardState } from "../../live/reports.ts";
import type { Subscriber, SubscriberEnd, SubscriberSink } from "../../live/subscriber.ts";
import {
  connectRtmp,
  type RtmpClient,
  type RtmpClientHandler,
} from "../../protocols/rtmp/client.ts";
import { VIA_PROPERTY } from "../../protocols/rtmp/connect-info.ts";
import { createRtmpFormat } from "../../remux/rtmp/from-stream.ts";
import type { Crypto, Tcp, TlsConnectOptions } from "../../runtime/runtime.ts";
import type { ForwardDestination } from "./forward-destination.ts";

/** As SRS waits for a connection; a platform far away answers within a second. */
const TIMEOUT_MS = 10_000;
/** Nearly every picture is one chunk; as SRS's clients send. */
const CHUNK_SIZE = 60_000;
/** Commands alone: media wait in the stream's queue. */
const OUTPUT_SIZE_MAX = 64 * 1024;
/** A server that is gone for long is not asked more often. */
const PAUSE_MS_MAX = 30_000;

export interface ForwarderPorts {
  readonly tcp: Pick<Tcp, "connect">;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly logger: Logger;
  /** For a server of RTMPS. */
  readonly tlsOptions: () => Promise<TlsConnectOptions>;
  /** Which servers the stream has come through, this one last: a property of `connect`. */
  readonly via: string;
}

export class Forwarder implements StreamWaiter, SubscriberSink, RtmpClientHandler {
  readonly #ports: ForwarderPorts;
  readonly #stream: LiveStream;
  readonly #destination: ForwardDestination;
  readonly #pause = new RestartPause(PAUSE_MS_MAX);
  #state: ForwardState = "waiting";
  /** Since when it is in that state, on the monotonic clock. */
  #sinceMs: number;
  #client: RtmpClient | undefined;
  #broadcast: Broadcast | undefined;
  #subscriber: Subscriber | undefined;
  #timer: Timer | undefined;
  #isStopped = false;
  #connectCount = 0;
  #failureCount = 0;
  #problem = "";
  /** Of connections before this one. */
  #pastSentSize = 0;
  #pastSkipCount = 0;

  constructor(ports: ForwarderPorts, stream: LiveStream, destination: ForwardDestination) {
    this.#ports = ports;
    this.#stream = stream;
    this.#destination = destination;
    this.#sinceMs = ports.clock.monotonicMs();
  }

  /** Connects as soon as the stream has begun. */
  start(): void {
    this.#stream.addWaiter(this);
  }

  /** The stream is over, or is to go there no more. What has been taken from it is sent to its end. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#stream.removeWaiter(this);
    this.#leave();
    this.#client?.close();
    this.#log("info", "forward ended", {
      connects: this.#connectCount,
      sentSize: this.#sentSize,
      skips: this.#skipCount,
    });
  }

  report(): ForwardReport {
    const { clock } = this.#ports;
    return {
      url: this.#stream.url,
      destination: this.#destination.shown,
      state: this.#state,
      stateMs: Math.round(clock.monotonicMs() - this.#sinceMs),
      connects: this.#connectCount,
      failures: this.#failureCount,
      problem: this.#problem,
      sentSize: this.#sentSize,
      lagMs: Math.round(this.#subscriber?.lagMs ?? 0),
      skips: this.#skipCount,
    };
  }

  // StreamWaiter ------------------------------------------------------------------------------------

  onStreamReady(): void {
    void this.#connect();
  }

  // SubscriberSink ----------------------------------------------------------------------------------

  write(bytes: Uint8Array): number {
    return this.#client?.writeShared(bytes) ?? 0;
  }

  end(reason: SubscriberEnd): void {
    if (reason === "stream_ended") this.stop();
    else this.#client?.destroy(new Error("The server takes nothing"));
  }

  fail(error: unknown): void {
    this.#ports.logger.error("forward failed", { url: this.#stream.url, error });
    this.stop();
  }

  // RtmpClientHandler -------------------------------------------------------------------------------

  audio(): void {
    // Who is published to sends no media.
  }

  video(): void {
    // Likewise.
  }

  data(): void {
    // Likewise.
  }

  drain(): void {
    this.#subscriber?.pump();
  }

  closed(error?: Error): void {
    if (this.#state === "forwarding") this.#lost(error ?? new Error("The server hung up"));
  }

  // -------------------------------------------------------------------------------------------------

  async #connect(): Promise<void> {
    if (this.#isStopped) return;
    if (!this.#stream.isLive) return this.stop();
    this.#enter("connecting");
    const { target } = this.#destination;
    const options = {
      timeoutMs: TIMEOUT_MS,
      idleTimeoutMs: 0,
      chunkSize: CHUNK_SIZE,
      outputSizeMax: OUTPUT_SIZE_MAX,
      properties: { [VIA_PROPERTY]: this.#ports.via },
    };
    try {
      const tls = target.tls === undefined ? {} : { tls: await this.#ports.tlsOptions() };
      const client = await connectRtmp(this.#ports, { ...target, ...tls }, options, this);
      this.#client = client;
      if (this.#isStopped) return client.close();
      await client.publish(target.stream);
      if (this.#isStopped) return client.close();
      this.#begin(client);
    } catch (error) {
      this.#lost(toError(error));
    }
  }

  #begin({ messageStreamId }: RtmpClient): void {
    this.#enter("forwarding");
    this.#connectCount += 1;
    this.#problem = "";
    this.#log("info", "forward started", { connects: this.#connectCount });
    const format = createRtmpFormat({
      chunkSize: CHUNK_SIZE,
      messageStreamId,
      isTimeAbsolute: false,
      isForServers: true,
    });
    const { broadcast, subscriber } = this.#stream.subscribe(format, this, { isLasting: false });
    this.#broadcast = broadcast;
    this.#subscriber = subscriber;
    subscriber.pump();
  }

  /** There is no connection, or no more: try again later, as long as the stream is live. */
  #lost(error: Error): void {
    const ranMs = this.#state === "forwarding" ? this.#stateMs : 0;
    this.#leave();
    this.#client?.destroy();
    if (this.#isStopped) return;
    this.#failureCount += 1;
    this.#problem = error.message;
    const pauseMs = this.#pause.next(ranMs);
    this.#enter("pausing");
    this.#log("warn", "forward failed", { reason: error.message, pauseMs });
    this.#timer = this.#ports.clock.setTimer(pauseMs, () => void this.#connect());
  }

  /** Takes nothing more from the stream. */
  #leave(): void {
    this.#pastSkipCount = this.#skipCount;
    if (this.#subscriber !== undefined && this.#broadcast !== undefined) {
      this.#stream.unsubscribe(this.#broadcast, this.#subscriber);
    }
    this.#subscriber = undefined;
    this.#broadcast = undefined;
  }

  #enter(state: ForwardState): void {
    if (state === "connecting" && this.#client !== undefined) {
      this.#pastSentSize = this.#sentSize;
      this.#client = undefined;
    }
    this.#state = state;
    this.#sinceMs = this.#ports.clock.monotonicMs();
  }

  get #stateMs(): number {
    return this.#ports.clock.monotonicMs() - this.#sinceMs;
  }

  get #sentSize(): number {
    return this.#pastSentSize + (this.#client?.connection.sentSize ?? 0);
  }

  get #skipCount(): number {
    return this.#pastSkipCount + (this.#subscriber?.skipCount ?? 0);
  }

  #log(level: "info" | "warn", event: string, fields: Readonly<Record<string, unknown>>): void {
    const { url } = this.#stream;
    this.#ports.logger[level](event, { url, destination: this.#destination.shown, ...fields });
  }
}
