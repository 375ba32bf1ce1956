/**
 * RTMP publishers: each sends the source in real time, from its beginning on.
 *
 * @module
 */

import { ByteWriter } from "../base/byte-writer.ts";
import { ClosedError } from "../base/errors.ts";
import { FlvTagType } from "../codec/flv/tag.ts";
import { ChunkStreamId, writeChunks } from "../codec/rtmp/chunk-encoder.ts";
import { connectRtmp, type RtmpClient, type RtmpClientHandler } from "../protocols/rtmp/client.ts";
import { parseRtmpUrl } from "../protocols/rtmp/client-target.ts";
import type { TlsConnectOptions } from "../runtime/runtime.ts";
import { ClientTotals } from "./client-totals.ts";
import { Histogram } from "./histogram.ts";
import { CONNECT_TIMEOUT_MS, type PlayerPorts } from "./player.ts";
import type { Source, SourceTag } from "./source.ts";
import { MARK_SESSION_LIMIT, writeTimeMark } from "./time-mark.ts";
import type { WallTime } from "./wall-time.ts";

/** How often publishers look whether something is due: a fifth of what separates two messages. */
export const PUBLISH_TICK_MS = 4;
/** Nearly every picture is one chunk; as SRS's own clients send. */
const CHUNK_SIZE = 60_000;
/** What one write may hold. A publisher that was held up goes on with the rest at the next tick. */
const WRITE_SIZE_MAX = 1 << 18;
/** Commands that wait for the server to read. */
const OUTPUT_SIZE_MAX = 1 << 20;

const OPTIONS = {
  timeoutMs: CONNECT_TIMEOUT_MS,
  idleTimeoutMs: 0,
  chunkSize: CHUNK_SIZE,
  outputSizeMax: OUTPUT_SIZE_MAX,
};

const CHUNK_STREAM_IDS = {
  [FlvTagType.Audio]: ChunkStreamId.Audio,
  [FlvTagType.Video]: ChunkStreamId.Video,
  [FlvTagType.ScriptData]: ChunkStreamId.Data,
} as const;

/** What all publishers add up to. */
export class PublisherTotals extends ClientTotals {
  // Of the measured window.
  sentSize = 0;
  messageCount = 0;
  /** How much later than due messages were handed to the socket. */
  readonly lateness: Histogram = new Histogram();
  /** Time in which publishers waited for their sockets, of all together, and how often they did. */
  blockedMs = 0;
  blockedCount = 0;

  /** Bytes since the start. */
  sentSizeEver = 0;

  clearWindow(): void {
    this.sentSize = 0;
    this.messageCount = 0;
    this.lateness.clear();
    this.blockedMs = 0;
    this.blockedCount = 0;
  }
}

/** What publishers share. */
export interface PublisherContext {
  readonly ports: PlayerPorts;
  readonly wallTime: WallTime;
  readonly source: Source;
  readonly totals: PublisherTotals;
  readonly tls: TlsConnectOptions;
}

export class Publisher implements RtmpClientHandler {
  readonly #context: PublisherContext;
  #client: RtmpClient | undefined;
  #startMs = 0;
  #index = 0;
  #loopMs = 0;
  #isSending = false;
  #isOver = false;
  /** What the socket has not taken yet, and since when. */
  #rest: Uint8Array | undefined;
  #blockedSinceMs = 0;
  /** What the time marks say of this publisher, and how many pictures it has sent. */
  readonly #sessionId: number;
  #pictureCount = 0;

  constructor(context: PublisherContext) {
    this.#context = context;
    const random = context.ports.crypto.randomBytes(4);
    this.#sessionId =
      new DataView(random.buffer, random.byteOffset).getUint32(0) % MARK_SESSION_LIMIT;
  }

  /** Connects and begins to send. Resolves when that is so, or has failed. */
  async start(url: string): Promise<void> {
    const { ports, totals } = this.#context;
    const startedMs = ports.clock.monotonicMs();
    totals.startedCount += 1;
    try {
      const target = this.#targetOf(url);
      const client = await connectRtmp(ports, target, OPTIONS, this);
      this.#client = client;
      if (this.#isOver) return client.destroy();
      await client.publish(target.stream);
      if (this.#isOver) return;
      totals.connectTime.add((ports.clock.monotonicMs() - startedMs) * 1_000);
      this.#begin(client);
    } catch (error) {
      this.#client?.destroy();
      if (!this.#isOver) totals.failures.add(error);
      this.#isOver = true;
    }
  }

  /** Sends what is due. @param writer Empty, and left so. */
  tick(writer: ByteWriter): void {
    if (!this.#isSending || this.#rest !== undefined) return;
    const { source, totals } = this.#context;
    const { clock } = this.#context.ports;
    // Others may have sent since the tick began, so each message has a time of its own.
    let nowMs = clock.monotonicMs();
    while (writer.size < WRITE_SIZE_MAX) {
      const tag = source.tags[this.#index];
      if (tag === undefined) {
        this.#index = 0;
        this.#loopMs += source.periodMs;
        continue;
      }
      nowMs = clock.monotonicMs();
      const lateMs = nowMs - this.#startMs - this.#loopMs - tag.timestampMs;
      if (lateMs < 0) break;
      this.#index += 1;
      totals.lateness.add(lateMs * 1_000);
      totals.messageCount += 1;
      if (tag.markOffset >= 0) this.#mark(tag, nowMs);
      this.#writeTag(tag, this.#loopMs + tag.timestampMs, writer);
    }
    if (writer.size === 0) return;
    this.#rest = this.#write(writer.take());
    if (this.#rest !== undefined) this.#beginBlocked(nowMs);
  }

  /** The measured window begins: of a wait that is under way, what is to come belongs to it. */
  beginWindow(nowMs: number): void {
    if (this.#rest !== undefined) this.#beginBlocked(nowMs);
  }

  /** The measured window ends. */
  finish(nowMs: number): void {
    if (this.#rest !== undefined) this.#countBlocked(nowMs);
  }

  /** Leaves, as encoders do. */
  stop(): void {
    this.#isOver = true;
    this.#isSending = false;
    this.#client?.close();
  }

  // RtmpClientHandler -------------------------------------------------------------------------------

  audio(): void {
    // A publisher is sent no media.
  }

  video(): void {
    // Likewise.
  }

  data(): void {
    // Likewise.
  }

  drain(): void {
    const rest = this.#rest;
    if (rest === undefined) return;
    this.#rest = this.#write(rest);
    if (this.#rest === undefined) this.#countBlocked(this.#context.ports.clock.monotonicMs());
  }

  closed(error?: Error): void {
    if (this.#isOver || !this.#isSending) return;
    this.#isOver = true;
    this.#isSending = false;
    const { ports, totals } = this.#context;
    this.finish(ports.clock.monotonicMs());
    this.#rest = undefined;
    totals.connectedCount -= 1;
    totals.losses.add(error ?? new ClosedError("Connection closed by the server"));
  }

  // Inside ------------------------------------------------------------------------------------------

  #targetOf(url: string): ReturnType<typeof parseRtmpUrl> {
    const target = parseRtmpUrl(url);
    return target.tls === undefined ? target : { ...target, tls: this.#context.tls };
  }

  #begin(client: RtmpClient): void {
    const { ports, source, totals } = this.#context;
    totals.joinedCount += 1;
    totals.connectedCount += 1;
    totals.connectedCountMax = Math.max(totals.connectedCountMax, totals.connectedCount);
    for (const { type, payload } of source.prologue) {
      if (type === FlvTagType.Video) client.sendVideo(0, payload);
      else if (type === FlvTagType.Audio) client.sendAudio(0, payload);
      else client.sendData(0, payload);
    }
    this.#startMs = ports.clock.monotonicMs();
    this.#isSending = true;
    this.tick(new ByteWriter());
  }

  #mark({ payload, markOffset }: SourceTag, nowMs: number): void {
    const timeUs = this.#context.wallTime.atUs(nowMs);
    const number = this.#pictureCount;
    this.#pictureCount += 1;
    writeTimeMark(payload, markOffset, { timeUs, sessionId: this.#sessionId, number });
  }

  #writeTag(tag: SourceTag, timestamp: number, writer: ByteWriter): void {
    const { type, payload } = tag;
    const messageStreamId = this.#client?.messageStreamId ?? 0;
    const chunkStreamId = CHUNK_STREAM_IDS[type];
    // FLV's tag types are RTMP's message types.
    const header = { format: 0, chunkStreamId, timestamp, typeId: type, messageStreamId } as const;
    writeChunks(writer, header, payload, CHUNK_SIZE);
  }

  /** @returns What the socket has not taken, if that is so. */
  #write(bytes: Uint8Array): Uint8Array | undefined {
    const taken = this.#client?.writeShared(bytes) ?? 0;
    const { totals } = this.#context;
    totals.sentSize += taken;
    totals.sentSizeEver += taken;
    return taken === bytes.length ? undefined : bytes.subarray(taken);
  }

  #beginBlocked(nowMs: number): void {
    this.#blockedSinceMs = nowMs;
    this.#context.totals.blockedCount += 1;
  }

  #countBlocked(nowMs: number): void {
    this.#context.totals.blockedMs += nowMs - this.#blockedSinceMs;
    this.#blockedSinceMs = nowMs;
  }
}
