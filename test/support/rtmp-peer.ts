/**
 * An RTMP client of our own on a real socket, for what FFmpeg does not speak or does not show.
 *
 * @module
 */

import { connectRtmp, type RtmpClient } from "../../src/protocols/rtmp/client.ts";
import { parseRtmpUrl } from "../../src/protocols/rtmp/client-target.ts";
import { createNodeRuntime } from "../../src/runtime/node.ts";
import type { TlsConnectOptions } from "../../src/runtime/runtime.ts";
import { PATIENCE_MS, waitFor } from "./wait.ts";

export interface RtmpMedia {
  readonly type: "audio" | "video" | "data";
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

export class RtmpPeer {
  readonly received: RtmpMedia[] = [];
  isClosed = false;
  error: Error | undefined;
  #client: RtmpClient | undefined;

  get client(): RtmpClient {
    if (this.#client === undefined) throw new Error("The peer is not connected");
    return this.#client;
  }

  async #connect(url: string, tls: TlsConnectOptions | undefined): Promise<string> {
    const target = parseRtmpUrl(url);
    this.#client = await connectRtmp(
      createNodeRuntime(),
      tls === undefined ? target : { ...target, tls },
      {
        timeoutMs: PATIENCE_MS,
        idleTimeoutMs: 0,
        chunkSize: 60_000,
        outputSizeMax: 64 * 1024 * 1024,
      },
      {
        audio: (timestamp, payload) => this.#receive("audio", timestamp, payload),
        video: (timestamp, payload) => this.#receive("video", timestamp, payload),
        data: (timestamp, _name, payload) => this.#receive("data", timestamp, payload),
        drain: () => undefined,
        closed: (error) => {
          this.isClosed = true;
          this.error = error;
        },
      },
    );
    return target.stream;
  }

  /** Connects and publishes. @throws {Error} If the server refuses. */
  static async publish(url: string, tls?: TlsConnectOptions): Promise<RtmpPeer> {
    const peer = new RtmpPeer();
    const stream = await peer.#connect(url, tls);
    await peer.client.publish(stream);
    return peer;
  }

  /** Connects and plays. */
  static async play(url: string, tls?: TlsConnectOptions): Promise<RtmpPeer> {
    const peer = new RtmpPeer();
    const stream = await peer.#connect(url, tls);
    await peer.client.play(stream);
    return peer;
  }

  of(type: RtmpMedia["type"]): RtmpMedia[] {
    return this.received.filter((media) => media.type === type);
  }

  /** Waits until `count` messages of a type have come. */
  async waitForMedia(type: RtmpMedia["type"], count: number): Promise<RtmpMedia[]> {
    await waitFor(`${count} ${type} messages`, () => {
      if (this.isClosed) throw new Error(`The server hung up: ${String(this.error)}`);
      return this.of(type).length >= count;
    });
    return this.of(type);
  }

  close(): void {
    this.#client?.close();
  }

  #receive(type: RtmpMedia["type"], timestamp: number, payload: Uint8Array): void {
    this.received.push({ type, timestamp, payload });
  }
}
