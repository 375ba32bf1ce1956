/**
 * HTTP-FLV and WebSocket-FLV players that keep every byte they get.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { get as httpGet, type IncomingMessage, type RequestOptions } from "node:http";
import { get as httpsGet } from "node:https";
import { waitFor, within } from "./wait.ts";

/** Bytes of the FLV header with the first PreviousTagSize. */
const HEADER_SIZE = 13;

/** One FLV tag as received. */
export interface CapturedTag {
  /** 8 audio, 9 video, 18 script data. */
  readonly type: number;
  readonly timestamp: number;
  readonly body: Buffer;
}

export class FlvCapture {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The server has ended the stream. */
  isEnded = false;
  #chunks: Buffer[] = [];
  #close: () => void;

  constructor(
    response: { statusCode?: number | undefined; headers: IncomingMessage["headers"] },
    close: () => void,
  ) {
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.#close = close;
  }

  /** Requests by HTTP(S); resolves with the head of the answer. */
  static async http(
    url: string,
    options: RequestOptions & { ca?: string } = {},
  ): Promise<FlvCapture> {
    const get = url.startsWith("https:") ? httpsGet : httpGet;
    const response = await within(
      `an answer of ${url}`,
      new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { agent: false, ...options }, resolve).once("error", reject);
      }),
    );
    const capture = new FlvCapture(response, () => response.destroy());
    response.on("data", (chunk: Buffer) => capture.push(chunk));
    response.on("close", () => capture.ended());
    response.on("error", () => capture.ended());
    return capture;
  }

  /** Opens a WebSocket; resolves when it is open. */
  static async webSocket(url: string): Promise<FlvCapture> {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    const capture = new FlvCapture({ statusCode: 101, headers: {} }, () => socket.close());
    socket.onmessage = ({ data }) => capture.push(Buffer.from(data as ArrayBuffer));
    socket.onclose = () => capture.ended();
    await within(
      `a WebSocket to ${url}`,
      new Promise<void>((resolve, reject) => {
        socket.onopen = () => resolve();
        socket.onerror = () => reject(new Error(`Cannot open ${url}`));
      }),
    );
    return capture;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  ended(): void {
    this.isEnded = true;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** The tags that have come whole. */
  tags(): CapturedTag[] {
    const { bytes } = this;
    const tags: CapturedTag[] = [];
    let offset = HEADER_SIZE;
    while (offset + 15 <= bytes.length) {
      const size = bytes.readUIntBE(offset + 1, 3);
      const end = offset + 11 + size;
      if (end + 4 > bytes.length) break;
      tags.push({
        type: bytes.readUInt8(offset) & 0x1f,
        timestamp: bytes.readUIntBE(offset + 4, 3) + bytes.readUInt8(offset + 7) * 0x1000000,
        body: bytes.subarray(offset + 11, end),
      });
      offset = end + 4;
    }
    return tags;
  }

  /** Waits until tags of that type have come. */
  async waitForTags(type: number, count: number): Promise<CapturedTag[]> {
    return waitFor(`${count} FLV tags of type ${type}`, () => {
      const tags = this.tags().filter((tag) => tag.type === type);
      if (tags.length >= count) return tags;
      if (this.isEnded)
        throw new Error(`The stream ended after ${tags.length} tags of type ${type}`);
      return undefined;
    });
  }

  async waitForEnd(): Promise<void> {
    await waitFor("the end of the stream", () => this.isEnded);
  }

  /** Writes what came, up to the last whole tag, for FFmpeg to read. */
  save(path: string): string {
    const tags = this.tags();
    const size = tags.reduce((sum, { body }) => sum + body.length + 15, HEADER_SIZE);
    writeFileSync(path, this.bytes.subarray(0, size));
    return path;
  }

  close(): void {
    this.#close();
  }
}
