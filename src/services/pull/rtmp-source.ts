/**
 * A stream that is played from another server by RTMP.
 *
 * @module
 */

import { ClosedError, toError } from "../../base/errors.ts";
import {
  connectRtmp,
  type RtmpClient,
  type RtmpClientHandler,
} from "../../protocols/rtmp/client.ts";
import { parseRtmpUrl } from "../../protocols/rtmp/client-target.ts";
import { FlvToStream } from "../../remux/flv/to-stream.ts";
import {
  PULL_TIMEOUT_MS,
  type PullPorts,
  type PullSource,
  type PullTarget,
} from "./pull-source.ts";

const OPTIONS = {
  timeoutMs: PULL_TIMEOUT_MS,
  idleTimeoutMs: 0, // The live core closes a publisher that falls silent.
  chunkSize: 4_096,
  outputSizeMax: 64 * 1024,
};

export class RtmpSource implements PullSource, RtmpClientHandler {
  readonly #ports: PullPorts;
  readonly #url: string;
  readonly #target: PullTarget;
  #client: RtmpClient | undefined;
  #output: FlvToStream | undefined;
  #isOver = false;

  constructor(ports: PullPorts, url: string, target: PullTarget) {
    this.#ports = ports;
    this.#url = url;
    this.#target = target;
  }

  start(): void {
    this.#play().catch((error: unknown) => this.#end(toError(error)));
  }

  stop(): void {
    this.#isOver = true;
    this.#client?.close();
  }

  // RtmpClientHandler -------------------------------------------------------------------------------

  audio(timestamp: number, payload: Uint8Array): void {
    this.#output?.audio(timestamp, payload);
  }

  video(timestamp: number, payload: Uint8Array): void {
    this.#output?.video(timestamp, payload);
  }

  data(_timestamp: number, _name: string, payload: Uint8Array): void {
    this.#output?.scriptData(payload);
  }

  drain(): void {
    // Commands alone are sent.
  }

  closed(error?: Error): void {
    this.#end(error ?? new ClosedError("The server hung up"));
  }

  // -------------------------------------------------------------------------------------------------

  async #play(): Promise<void> {
    const target = parseRtmpUrl(this.#url);
    const tls = target.tls === undefined ? {} : { tls: this.#ports.tls };
    const client = await connectRtmp(this.#ports, { ...target, ...tls }, OPTIONS, this);
    this.#client = client;
    if (this.#isOver) return client.close();
    const publication = await this.#target.begin();
    if (this.#isOver) return client.close();
    this.#output = new FlvToStream(publication);
    await client.play(target.stream);
  }

  #end(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#client?.destroy();
    this.#target.lost(error);
  }
}
