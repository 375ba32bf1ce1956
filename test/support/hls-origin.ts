/**
 * Another server's HLS in memory: a stream of MPEG-TS in segments of a second, of which the newest are in
 * its playlist.
 *
 * @module
 */

import { ByteWriter } from "../../src/base/byte-writer.ts";
import { writeAdtsHeader } from "../../src/codec/aac/adts.ts";
import type { HttpAnswer } from "../../src/protocols/http/handler.ts";
import type { HttpRequest } from "../../src/protocols/http/request.ts";
import { HttpServer } from "../../src/protocols/http/server.ts";
import { TsMuxer } from "../../src/remux/mpegts/ts-muxer.ts";
import { MemoryCrypto } from "../../src/runtime/memory/memory-crypto.ts";
import { AAC, audioFrame, H264, IDR, SLICE, SOUND, videoFrame } from "../remux/mpegts/tracks.ts";
import { toId3 } from "./id3.ts";
import type { MemoryServer } from "./memory-server.ts";

/** What an address leads to. */
type Answerer = (request: HttpRequest) => HttpAnswer | undefined;

export interface SegmentOptions {
  readonly hasVideo?: boolean;
  readonly hasAudio?: boolean;
  /** Added to all times. Milliseconds. */
  readonly offsetMs?: number;
}

/** The segment of a second from `index` on: 10 pictures and 20 sounds. */
export function createSegment(index: number, options: SegmentOptions = {}): Uint8Array {
  const { hasVideo = true, hasAudio = true, offsetMs = 0 } = options;
  const muxer = new TsMuxer();
  muxer.setTracks({ ...(hasVideo ? { video: H264 } : {}), ...(hasAudio ? { audio: AAC } : {}) });
  const writer = new ByteWriter();
  muxer.writeTables(writer);
  for (let ms = 0; ms < 1_000; ms += 50) {
    const atMs = offsetMs + index * 1_000 + ms;
    const isKeyFrame = ms === 0;
    if (hasVideo && ms % 100 === 0) {
      muxer.writeFrame(writer, videoFrame(atMs, [isKeyFrame ? IDR : SLICE], { isKeyFrame }));
    }
    if (hasAudio) muxer.writeFrame(writer, audioFrame(atMs, SOUND));
  }
  muxer.flushAudio(writer);
  return writer.view();
}

/** The sound of the second from `index` on: some 43 frames of AAC. */
export function createPackedAudio(index: number): Uint8Array {
  const writer = new ByteWriter();
  const format = { profile: 1, samplingFrequencyIndex: 4, channelConfiguration: 2 };
  const first = Math.ceil((index * 44_100) / 1_024);
  writer.writeBytes(toId3(Math.round((first * 1_024 * 90_000) / 44_100)));
  for (let frame = first; frame * 1_024 < (index + 1) * 44_100; frame++) {
    writeAdtsHeader(writer, format, SOUND.length);
    writer.writeBytes(SOUND);
  }
  return writer.view();
}

export class HlsOrigin {
  readonly requests: string[] = [];
  /** Segments in the playlist. */
  windowLength = 6;
  /** Lines in front of the segment of that number. */
  linesOf: (index: number) => string = () => "";
  isEnded = false;
  /** Nothing comes behind the segment in front of this one, and the playlist says so. */
  endAt: number | undefined;
  /** What answers, before the playlist and the segments do. */
  answer: Answerer = () => undefined;
  /** The body of a segment. */
  segment: (index: number) => Uint8Array = (index) => createSegment(index);
  readonly #server: MemoryServer;
  readonly #startMs: number;

  constructor(server: MemoryServer) {
    this.#server = server;
    this.#startMs = server.runtime.clock.monotonicMs() - 20_000;
  }

  async listen(port: number): Promise<void> {
    const { runtime, logging } = this.#server;
    const { clock, tcp } = runtime;
    const server = new HttpServer({
      handler: (request) => {
        this.requests.push(request.path);
        return this.answer(request) ?? this.#answer(request);
      },
      ...{ clock, crypto: new MemoryCrypto(), logger: logging.logger, serverName: "origin" },
      limits: {},
    });
    await tcp.listen({ host: "127.0.0.1", port }, (socket) => server.accept(socket));
  }

  /** The number of the next segment. */
  get nextIndex(): number {
    return Math.floor((this.#server.runtime.clock.monotonicMs() - this.#startMs) / 1_000);
  }

  playlist(name = ""): string {
    const next = this.isEnded ? this.windowLength : (this.endAt ?? this.nextIndex);
    const first = next - this.windowLength;
    const segments = Array.from({ length: this.windowLength }, (_, place) => {
      const index = first + place;
      return `${this.linesOf(index)}#EXTINF:1.000,\n${name}${index}.ts\n`;
    });
    return [
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${first}\n`,
      ...segments,
      this.isEnded || this.endAt !== undefined ? "#EXT-X-ENDLIST\n" : "",
    ].join("");
  }

  #answer({ path }: HttpRequest): HttpAnswer {
    if (path.endsWith(".m3u8")) return { status: 200, body: this.playlist() };
    const index = /(\d+)\.ts$/.exec(path)?.[1];
    if (index === undefined) return { status: 404, body: "" };
    return { status: 200, body: this.segment(Number(index)) };
  }
}
