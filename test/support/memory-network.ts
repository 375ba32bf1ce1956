/**
 * A machine in memory with clients for whatever server a test puts there: no ports, no time that
 * passes by itself, the same on every run.
 *
 * @module
 */

import { createLogging, type Logging } from "../../src/app/logging.ts";
import type { ResponseHead } from "../../src/codec/http/response-head.ts";
import { HttpClient, type HttpClientExchange } from "../../src/protocols/http/client.ts";
import type { HttpClientRequest } from "../../src/protocols/http/client-request.ts";
import {
  connectWebSocket,
  type WebSocketClientConnection,
} from "../../src/protocols/http/websocket-client.ts";
import {
  connectRtmp,
  type RtmpClient,
  type RtmpClientPorts,
} from "../../src/protocols/rtmp/client.ts";
import { parseRtmpUrl, type RtmpTarget } from "../../src/protocols/rtmp/client-target.ts";
import type { MemoryHostOptions } from "../../src/runtime/memory/memory-host.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import { ManualClock, type MemorySocket } from "../../src/runtime/memory.ts";
import type { TcpHandler, TcpSocket } from "../../src/runtime/runtime.ts";
import { FlvCapture } from "./flv-capture.ts";
import { fromHex } from "./hex.ts";

/** Never reached: the clients' clock stands still. */
const TIMEOUT_MS = 1_000;
const RTMP_OPTIONS = {
  timeoutMs: TIMEOUT_MS,
  idleTimeoutMs: 0,
  chunkSize: 60_000,
  outputSizeMax: 64 << 20,
};
const ANSWER_SIZE_MAX = 16 << 20;

/** FLV bodies: H.264 and AAC, as encoders send them. */
export const VIDEO_HEADER: Uint8Array = fromHex("17 00 000000 0164001fffe10000010000");
export const KEY_FRAME: Uint8Array = fromHex("17 01 000000 000000016500000000");
export const INTER_FRAME: Uint8Array = fromHex("27 01 000000 000000014100000000");
export const AUDIO_HEADER: Uint8Array = fromHex("af 00 1210");
export const AUDIO_FRAME: Uint8Array = fromHex("af 01 21001122");

export type LogLine = Readonly<Record<string, unknown>>;

export interface FetchOptions extends Partial<Omit<HttpClientRequest, "url">> {
  readonly port?: number;
  /** What the `Host` field says. */
  readonly host?: string;
}

export interface FetchedAnswer {
  readonly status: number;
  readonly head: ResponseHead;
  readonly text: string;
}

export class MemoryNetwork {
  readonly runtime: MemoryRuntime;
  /** What a server would have written to its log, to the last line. */
  logText = "";
  readonly logging: Logging = createLogging({
    level: "debug",
    format: "json",
    hasColour: false,
    target: (text) => {
      this.logText += text;
    },
  });
  /** A clock of their own, so that the server's timers can be counted. */
  readonly #clientPorts: RtmpClientPorts;

  constructor(options: MemoryHostOptions = {}) {
    this.runtime = new MemoryRuntime(options);
    this.runtime.processes.filters.add("/bin/sh"); // It guards programs until the server is gone.
    const { tcp, crypto } = this.runtime;
    this.#clientPorts = { tcp, crypto, clock: new ManualClock() };
  }

  /** The log's lines, those with that event alone. */
  events(event?: string): LogLine[] {
    const lines = this.logText.split("\n").filter((line) => line !== "");
    const values = lines.map((line) => JSON.parse(line) as LogLine);
    return event === undefined ? values : values.filter((line) => line["event"] === event);
  }

  /** The server's ends of the connections that are open. */
  get openSockets(): MemorySocket[] {
    return this.runtime.tcp.connections.map(([, server]) => server).filter((s) => !s.isClosed);
  }

  /** Timers that the server has set. */
  get timerCount(): number {
    return this.runtime.clock.timerCount;
  }

  /** Lets time pass, in steps in which the server looks after its sessions. */
  async advance(ms: number, stepMs = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.runtime.clock.advance(Math.min(stepMs, left));
      await nextTurn();
    }
    await settle();
  }

  /** Lets time pass until `promise` has settled, as of a server that waits for something. */
  async finish<T>(promise: Promise<T>, stepMs = 10): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    for (let step = 0; step < 1_000; step++) {
      await settle();
      if (isSettled) return promise;
      this.runtime.clock.advance(stepMs);
    }
    throw new Error("The promise does not settle");
  }

  // Clients -----------------------------------------------------------------------------------------

  /** Connects by RTMP. @throws {Error} If the server refuses. */
  async connect(target: string | RtmpTarget): Promise<MemoryRtmpPeer> {
    const parsed = typeof target === "string" ? parseRtmpUrl(target) : target;
    const peer = new MemoryRtmpPeer(parsed.stream);
    peer.client = await connectRtmp(this.#clientPorts, parsed, RTMP_OPTIONS, peer);
    await settle();
    return peer;
  }

  /** Connects and publishes. @throws {Error} If the server refuses. */
  async publish(target: string | RtmpTarget): Promise<MemoryRtmpPeer> {
    const peer = await this.connect(target);
    await peer.publish();
    await settle();
    return peer;
  }

  /** Connects and plays. */
  async play(target: string | RtmpTarget): Promise<MemoryRtmpPeer> {
    const peer = await this.connect(target);
    await peer.play();
    await settle();
    return peer;
  }

  /** Asks for a stream by HTTP; the answer comes when there is something to send. */
  async watch(url: string, fields: HttpClientRequest["fields"] = []): Promise<MemoryViewer> {
    const viewer = new MemoryViewer();
    viewer.exchange = new HttpClient(this.#clientPorts).request(
      { url, fields, timeoutMs: TIMEOUT_MS },
      viewer,
    );
    await settle();
    return viewer;
  }

  /** The same by WebSocket. @throws {Error} If the server refuses. */
  async watchByWebSocket(url: string): Promise<MemoryViewer> {
    const viewer = new MemoryViewer();
    const request = { url, timeoutMs: TIMEOUT_MS };
    viewer.webSocket = await connectWebSocket(this.#clientPorts, request, {
      message: (message) => {
        if (typeof message !== "string") viewer.data(message);
      },
      drain: () => undefined,
      close: ({ code }, error) => viewer.closed(code, error),
    });
    await settle();
    return viewer;
  }

  /** Sends a request and waits for the whole answer. */
  async fetch(path: string, options: FetchOptions = {}): Promise<FetchedAnswer> {
    const { port = 8080, host = "127.0.0.1", ...more } = options;
    const request = { url: `http://${host}:${port}${path}`, timeoutMs: TIMEOUT_MS, ...more };
    const answer = await new HttpClient(this.#clientPorts).fetch(
      { redirectsMax: 0, ...request },
      ANSWER_SIZE_MAX,
    );
    const { status, head, body } = answer;
    return { status, head, text: new TextDecoder().decode(body) };
  }

  /** Opens a connection on which a test says whatever it likes. */
  async open(port: number): Promise<MemoryWire> {
    const wire = new MemoryWire();
    wire.socket = await this.runtime.tcp.connect(
      { host: "127.0.0.1", port, timeoutMs: TIMEOUT_MS },
      wire,
    );
    await settle();
    return wire;
  }
}

export class MemoryRtmpPeer {
  /** What has come, such as `video 40`: type and timestamp. */
  readonly received: string[] = [];
  isClosed = false;
  error: Error | undefined;
  readonly #stream: string;
  #client: RtmpClient | undefined;
  /** The timestamp of what is sent next. */
  sentMs = 0;

  constructor(stream: string) {
    this.#stream = stream;
  }

  get client(): RtmpClient {
    if (this.#client === undefined) throw new Error("The peer is not connected");
    return this.#client;
  }

  set client(client: RtmpClient) {
    this.#client = client;
  }

  publish(stream: string = this.#stream): Promise<void> {
    return this.client.publish(stream);
  }

  play(stream: string = this.#stream): Promise<void> {
    return this.client.play(stream);
  }

  /** Sends sequence headers and a key frame, behind metadata if there are any. */
  async start(metadata?: Uint8Array): Promise<void> {
    if (metadata !== undefined) this.client.sendData(this.sentMs, metadata);
    this.client.sendVideo(this.sentMs, VIDEO_HEADER);
    this.client.sendAudio(this.sentMs, AUDIO_HEADER);
    await this.send(KEY_FRAME);
  }

  /** The same without sound. */
  async startVideo(): Promise<void> {
    this.client.sendVideo(this.sentMs, VIDEO_HEADER);
    this.client.sendVideo(this.sentMs, KEY_FRAME);
    this.sentMs += 40;
    await settle();
  }

  /** Sends a picture and a sound. @param durationMs How much later the next ones are. */
  async send(picture: Uint8Array = INTER_FRAME, durationMs = 40): Promise<void> {
    this.client.sendVideo(this.sentMs, picture);
    this.client.sendAudio(this.sentMs, AUDIO_FRAME);
    this.sentMs += durationMs;
    await settle();
  }

  count(type: "audio" | "video" | "data"): number {
    return this.received.filter((media) => media.startsWith(type)).length;
  }

  /** Takes leave, as encoders and players do that are stopped. */
  async leave(): Promise<void> {
    this.client.close();
    await settle();
  }

  /** Is gone without a word. */
  async vanish(): Promise<void> {
    this.client.destroy();
    await settle();
  }

  pause(): void {
    this.client.connection.socket.pause();
  }

  resume(): void {
    this.client.connection.socket.resume();
  }

  // RtmpClientHandler -------------------------------------------------------------------------------

  audio(timestamp: number): void {
    this.received.push(`audio ${timestamp}`);
  }

  video(timestamp: number): void {
    this.received.push(`video ${timestamp}`);
  }

  data(timestamp: number, name: string): void {
    this.received.push(`data ${timestamp} ${name}`);
  }

  drain(): void {
    // Tests send little.
  }

  closed(error?: Error): void {
    this.isClosed = true;
    this.error = error;
  }
}

/** A viewer of HTTP-FLV or WebSocket-FLV. */
export class MemoryViewer {
  status: number | undefined;
  answerHead: ResponseHead | undefined;
  error: Error | undefined;
  /** Of the WebSocket's close frame. */
  closeCode: number | undefined;
  exchange: HttpClientExchange | undefined;
  webSocket: WebSocketClientConnection | undefined;
  readonly capture: FlvCapture = new FlvCapture({ headers: {} }, () => undefined);

  get isEnded(): boolean {
    return this.capture.isEnded;
  }

  /** How many FLV tags have come: 8 audio, 9 video, 18 script data. */
  count(type: 8 | 9 | 18): number {
    return this.capture.tags().filter((tag) => tag.type === type).length;
  }

  /** Is gone without a word. */
  async vanish(): Promise<void> {
    this.exchange?.abort();
    this.webSocket?.socket.destroy();
    await settle();
  }

  pause(): void {
    this.exchange?.pause();
    this.webSocket?.socket.pause();
  }

  resume(): void {
    this.exchange?.resume();
    this.webSocket?.socket.resume();
  }

  // ResponseReceiver --------------------------------------------------------------------------------

  head(head: ResponseHead): void {
    this.status = head.status;
    this.answerHead = head;
  }

  data(bytes: Uint8Array): void {
    this.capture.push(Buffer.from(bytes));
  }

  end(): void {
    this.capture.ended();
  }

  fail(error: Error): void {
    this.error = error;
    this.capture.ended();
  }

  closed(code: number, error: Error | undefined): void {
    this.closeCode = code;
    this.error = error;
    this.capture.ended();
  }
}

/** A connection as it is: bytes as text, one character each. */
export class MemoryWire implements TcpHandler {
  text = "";
  isClosed = false;
  #socket: TcpSocket | undefined;

  get socket(): TcpSocket {
    if (this.#socket === undefined) throw new Error("The wire is not connected");
    return this.#socket;
  }

  set socket(socket: TcpSocket) {
    this.#socket = socket;
  }

  async send(text: string | Uint8Array): Promise<void> {
    const isText = typeof text === "string";
    this.socket.write(isText ? Uint8Array.from(text, (letter) => letter.charCodeAt(0)) : text);
    await settle();
  }

  async vanish(): Promise<void> {
    this.socket.destroy();
    await settle();
  }

  data(bytes: Uint8Array): void {
    for (const byte of bytes) this.text += String.fromCharCode(byte);
  }

  drain(): void {
    // Tests write little.
  }

  close(): void {
    this.isClosed = true;
  }
}

/** Lets everything happen that needs no time: sockets in memory deliver by microtasks. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
