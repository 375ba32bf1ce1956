/**
 * A stream that is fetched from another server by HTTP-FLV.
 *
 * @module
 */

import { ClosedError, ProtocolError, toError } from "../../base/errors.ts";
import { FlvStreamReader } from "../../codec/flv/stream-reader.ts";
import { type FlvTag, FlvTagType } from "../../codec/flv/tag.ts";
import type { ResponseHead } from "../../codec/http/response-head.ts";
import {
  HttpClient,
  type HttpClientExchange,
  type ResponseReceiver,
} from "../../protocols/http/client.ts";
import { FlvToStream } from "../../remux/flv/to-stream.ts";
import {
  PULL_TIMEOUT_MS,
  type PullPorts,
  type PullSource,
  type PullTarget,
} from "./pull-source.ts";

/** A stream without pictures for so long is taken for a dead connection. */
const SILENCE_MS_MAX = 30_000;

export class FlvSource implements PullSource, ResponseReceiver {
  readonly #ports: PullPorts;
  readonly #url: string;
  readonly #target: PullTarget;
  #exchange: HttpClientExchange | undefined;
  #reader: FlvStreamReader | undefined;
  /** What came before it was known whether it may be published. */
  #early: Uint8Array[] = [];
  #isOver = false;

  constructor(ports: PullPorts, url: string, target: PullTarget) {
    this.#ports = ports;
    this.#url = url;
    this.#target = target;
  }

  start(): void {
    const { tls } = this.#ports;
    const timeoutMs = Math.max(PULL_TIMEOUT_MS, SILENCE_MS_MAX);
    this.#exchange = new HttpClient(this.#ports).request({ url: this.#url, timeoutMs, tls }, this);
  }

  stop(): void {
    this.#isOver = true;
    this.#exchange?.abort();
  }

  // ResponseReceiver --------------------------------------------------------------------------------

  head({ status }: ResponseHead): void {
    if (status !== 200) throw new ProtocolError(`The server answers ${status}`);
    this.#exchange?.pause();
    this.#begin().catch((error: unknown) => this.#end(toError(error)));
  }

  data(bytes: Uint8Array): void {
    if (this.#reader === undefined) this.#early.push(bytes);
    else this.#reader.read(bytes);
  }

  end(): void {
    this.#end(new ClosedError("The server has ended the stream"));
  }

  fail(error: Error): void {
    this.#end(error);
  }

  // -------------------------------------------------------------------------------------------------

  async #begin(): Promise<void> {
    const publication = await this.#target.begin();
    if (this.#isOver) return;
    const output = new FlvToStream(publication);
    const reader = new FlvStreamReader({
      header: () => undefined,
      tag: (tag) => writeTag(output, tag),
    });
    this.#reader = reader;
    for (const bytes of this.#early.splice(0)) reader.read(bytes);
    this.#exchange?.resume();
  }

  #end(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#exchange?.abort();
    this.#target.lost(error);
  }
}

function writeTag(output: FlvToStream, { type, timestampMs, data }: FlvTag): void {
  switch (type) {
    case FlvTagType.Audio:
      output.audio(timestampMs, data);
      break;
    case FlvTagType.Video:
      output.video(timestampMs, data);
      break;
    case FlvTagType.ScriptData:
      output.scriptData(data);
      break;
  }
}
