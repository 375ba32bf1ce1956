/**
 * The built-in test picture: an FLV file, published in a loop as if an encoder sent it, so that there
 * is something to watch before there is an encoder.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { ClosedError, RefusedError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";
import { decodeFlvHeader } from "../../codec/flv/header.ts";
import { decodeFlvTag, type FlvTag, FlvTagType } from "../../codec/flv/tag.ts";
import { decodeVideoBody, VideoPacketType } from "../../codec/flv/video-body.ts";
import type { Publication } from "../../live/publication.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import { FlvToStream } from "../../remux/flv/to-stream.ts";

/** How often tags are looked after: about once a picture. */
const TICK_MS = 40;
/** How soon to try again after somebody else published under its name. */
const RETRY_MS = 5_000;

export interface TestStreamPorts {
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class TestStream {
  readonly #ports: TestStreamPorts;
  readonly #name: StreamName;
  readonly #loop: FlvLoop;
  #publication: Publication | undefined;
  /** Of the pictures, or of the next attempt. */
  #timer: Timer | undefined;
  #isStopped = false;

  /** @param file An FLV file whose video frames are evenly spaced. */
  constructor(ports: TestStreamPorts, name: StreamName, file: Uint8Array) {
    this.#ports = ports;
    this.#name = name;
    this.#loop = new FlvLoop(file);
  }

  /** Publishes, as soon as nobody else publishes under its name. */
  async start(): Promise<void> {
    const { hub, clock, logger } = this.#ports;
    const publisher = {
      clientId: "test",
      close: (reason: string) => {
        logger.warn("test stream stopped", { reason });
        this.stop();
      },
    };
    let publication: Publication;
    try {
      publication = await hub.publish(this.#name, publisher);
    } catch (error) {
      this.#startLater(error);
      return;
    }
    if (this.#isStopped) {
      publication.end();
      return;
    }
    const output = new FlvToStream(publication);
    const startMs = clock.monotonicMs();
    this.#publication = publication;
    this.#timer = clock.setInterval(TICK_MS, () => {
      this.#loop.sendDue(clock.monotonicMs() - startMs, output);
    });
    logger.info("test stream published", { url: formatStreamUrl(this.#name) });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#publication?.end();
    this.#publication = undefined;
  }

  #startLater(error: unknown): void {
    if (error instanceof ClosedError) return; // The server is about to end.
    if (!(error instanceof RefusedError)) throw error;
    const { clock, logger } = this.#ports;
    const isFirst = this.#timer === undefined;
    if (isFirst) logger.warn("test stream not published", { reason: error.reason });
    if (!this.#isStopped) this.#timer = clock.setTimer(RETRY_MS, () => void this.start());
  }
}

/** A position in an endless repetition of a file. */
class FlvLoop {
  readonly #tags: readonly FlvTag[];
  readonly #periodMs: number;
  #index = 0;
  #offsetMs = 0;

  constructor(file: Uint8Array) {
    const tags = readTags(file);
    const times = tags.filter(isPicture).map((tag) => tag.timestampMs);
    const [lastMs = 0, previousMs = 0] = times.slice(-2).reverse();
    this.#periodMs = lastMs - (times[0] ?? 0) + (lastMs - previousMs);
    assert(this.#periodMs > 0, "the test stream lasts");
    this.#tags = tags.filter((tag) => tag.timestampMs < this.#periodMs);
  }

  /** Hands out what is due at `ms`, and nothing if so much time has passed that it was asleep. */
  sendDue(ms: number, output: FlvToStream): void {
    if (ms > this.#offsetMs + 2 * this.#periodMs) this.#offsetMs = ms - (ms % this.#periodMs);
    for (;;) {
      const tag = this.#tags[this.#index];
      if (tag === undefined) {
        this.#index = 0;
        this.#offsetMs += this.#periodMs;
      } else if (this.#offsetMs + tag.timestampMs > ms) {
        return;
      } else {
        this.#index += 1;
        send(tag, this.#offsetMs + tag.timestampMs, output);
      }
    }
  }
}

function isPicture({ type, data }: FlvTag): boolean {
  if (type !== FlvTagType.Video) return false;
  return decodeVideoBody(data)?.packetType === VideoPacketType.CodedFrames;
}

function send(tag: FlvTag, timestampMs: number, output: FlvToStream): void {
  switch (tag.type) {
    case FlvTagType.Audio:
      output.audio(timestampMs, tag.data);
      break;
    case FlvTagType.Video:
      output.video(timestampMs, tag.data);
      break;
    case FlvTagType.ScriptData:
      output.scriptData(tag.data);
      break;
  }
}

function readTags(file: Uint8Array): FlvTag[] {
  const [, start] = decodeFlvHeader(file) ?? [];
  assert(start !== undefined, "the test stream has a header");
  const tags: FlvTag[] = [];
  let decoded = decodeFlvTag(file, start);
  while (decoded !== undefined) {
    const [tag, end] = decoded;
    tags.push(tag);
    decoded = decodeFlvTag(file, end);
  }
  return tags;
}
