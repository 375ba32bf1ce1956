/**
 * An RTMP client that does as it is told, right or wrong, on a socket in memory; and a handler for the
 * session at the other end that writes down what it is asked.
 *
 * @module
 */

import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import { AmfObject, type AmfValue, EcmaArray, toAmfObject } from "../../../src/codec/amf0/value.ts";
import { ChunkDecoder } from "../../../src/codec/rtmp/chunk-decoder.ts";
import { writeChunks } from "../../../src/codec/rtmp/chunk-encoder.ts";
import { decodeCommand } from "../../../src/codec/rtmp/command.ts";
import { type RtmpMessage, RtmpMessageType } from "../../../src/codec/rtmp/message.ts";
import {
  type RtmpServerOptions,
  RtmpServerSession,
} from "../../../src/protocols/rtmp/server-session.ts";
import type {
  RtmpConnectInfo,
  RtmpPlayback,
  RtmpPlayRequest,
  RtmpPublication,
  RtmpPublishRequest,
  RtmpSessionHandler,
  RtmpWireSettings,
} from "../../../src/protocols/rtmp/session-handler.ts";
import { MemoryCrypto } from "../../../src/runtime/memory/memory-crypto.ts";
import { createSocketPair, type MemorySocket } from "../../../src/runtime/memory.ts";
import type { TcpHandler } from "../../../src/runtime/runtime.ts";

const ANSWER_SIZE = 1 + 2 * 1536; // S0, S1 and S2.

/** Lets everything happen that needs no time: sockets in memory deliver by microtasks. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export class RawPeer implements TcpHandler {
  readonly socket: MemorySocket;
  readonly received: RtmpMessage[] = [];
  /** The sizes of what arrived at once. */
  readonly reads: number[] = [];
  isClosed = false;
  #handshakeLeft = ANSWER_SIZE;
  #decoder = new ChunkDecoder({ messageSizeMax: 0xff_ffff, partialSizeMax: 64 << 20 });
  #seen = 0;

  constructor(socket: MemorySocket) {
    this.socket = socket;
    socket.handler = this;
  }

  /** C0, C1 and C2 of a client that does not sign and does not wait. */
  async shakeHands(): Promise<void> {
    const bytes = new Uint8Array(1 + 2 * 1536);
    bytes[0] = 3;
    this.socket.write(bytes);
    await settle();
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  send(message: Partial<RtmpMessage>, chunkSize = 128): void {
    const header = {
      format: 0,
      chunkStreamId: message.chunkStreamId ?? 3,
      timestamp: message.timestamp ?? 0,
      typeId: message.typeId ?? RtmpMessageType.CommandAmf0,
      messageStreamId: message.messageStreamId ?? 0,
    } as const;
    const writer = new ByteWriter();
    writeChunks(writer, header, message.payload ?? new Uint8Array(), chunkSize);
    this.write(writer.view());
  }

  /** Sends a command; on the message stream if it is about one. */
  command(name: string, transactionId: number, ...rest: AmfValue[]): void {
    const isOnStream = ["publish", "play", "play2", "pause", "closeStream"].includes(name);
    const payload = encodeAmf0(name, transactionId, ...(rest.length === 0 ? [null] : rest));
    this.send({ payload, messageStreamId: isOnStream ? 1 : 0 });
  }

  async call(name: string, transactionId: number, ...rest: AmfValue[]): Promise<string[]> {
    this.command(name, transactionId, ...rest);
    await settle();
    return this.news();
  }

  async connect(properties: Record<string, AmfValue> = {}): Promise<string[]> {
    const all = { app: "live", tcUrl: "rtmp://127.0.0.1:1935/live", ...properties };
    return this.call("connect", 1, toAmfObject(all));
  }

  /** What arrived since the last call, in the manner of the captures of SRS. */
  news(): string[] {
    const fresh = this.received.slice(this.#seen);
    this.#seen = this.received.length;
    return fresh.map(describeMessage);
  }

  data(bytes: Uint8Array): void {
    this.reads.push(bytes.length);
    const skipped = Math.min(this.#handshakeLeft, bytes.length);
    this.#handshakeLeft -= skipped;
    this.#decoder.push(bytes.slice(skipped));
    for (let next = this.#decoder.next(); next !== undefined; next = this.#decoder.next()) {
      this.received.push(next);
    }
  }

  drain(): void {
    // Tests write little.
  }

  close(): void {
    this.isClosed = true;
  }
}

export function describeMessage(message: RtmpMessage): string {
  const { typeId, payload, messageStreamId, chunkStreamId } = message;
  const place = `csid=${chunkStreamId} sid=${messageStreamId}`;
  if (typeId === RtmpMessageType.CommandAmf0) {
    const { name, transactionId, object, args } = decodeCommand(typeId, payload);
    return `${place} ${name} ${transactionId} ${[object, ...args].map(describeValue).join(" ")}`;
  }
  return `${place} type=${typeId} ${Array.from(payload, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function describeValue(value: AmfValue): string {
  if (value === undefined) return "undefined";
  if (!(value instanceof AmfObject)) return JSON.stringify(value);
  const properties = [...value].map(([key, property]) => `${key}:${describeValue(property)}`);
  return `${value instanceof EcmaArray ? "ecma" : ""}{${properties.join(",")}}`;
}

/** A promise that the test resolves or rejects. */
export interface Question<Answer> {
  readonly answer: Promise<Answer>;
  yes(answer: Answer): void;
  no(error: Error): void;
}

function ask<Answer>(): Question<Answer> {
  let yes: (answer: Answer) => void = () => undefined;
  let no: (error: Error) => void = () => undefined;
  const answer = new Promise<Answer>((resolve, reject) => {
    yes = resolve;
    no = reject;
  });
  return { answer, yes, no };
}

/** Says yes to everything, unless told to think about it or to refuse, and writes it all down. */
export class RecordingHandler implements RtmpSessionHandler {
  readonly clientId = "client01";
  readonly events: string[] = [];
  readonly errors: (Error | undefined)[] = [];
  readonly media: [type: string, timestamp: number, size: number][] = [];
  connectInfo: RtmpConnectInfo | undefined;
  publishRequest: RtmpPublishRequest | undefined;
  playRequest: RtmpPlayRequest | undefined;
  refusal: Error | undefined;
  isThinking = false;
  question: Question<void> = ask();
  onStart: () => void = () => undefined;
  onDrain: () => void = () => undefined;
  onMedia: () => void = () => undefined;
  onClosed: () => void = () => undefined;

  wireSettings: RtmpWireSettings = { chunkSize: 60_000, inAckSize: 0, outAckSize: 2_500_000 };

  async connect(info: RtmpConnectInfo): Promise<RtmpWireSettings> {
    this.connectInfo = info;
    this.events.push(`connect ${info.tcUrl}`);
    await this.#answer();
    return this.wireSettings;
  }

  async publish(request: RtmpPublishRequest): Promise<RtmpPublication> {
    this.publishRequest = request;
    const { vhost, app, stream, param } = request.url;
    this.events.push(`publish ${vhost} ${app} ${stream}${param} ${request.publisherType}`);
    await this.#answer();
    return {
      audio: (timestamp, payload) => this.#record("audio", timestamp, payload),
      video: (timestamp, payload) => this.#record("video", timestamp, payload),
      data: (timestamp, name, payload) => this.#record(`data ${name}`, timestamp, payload),
      close: () => void this.events.push("unpublish"),
    };
  }

  async play(request: RtmpPlayRequest): Promise<RtmpPlayback> {
    this.playRequest = request;
    const { vhost, app, stream, param } = request.url;
    this.events.push(`play ${vhost} ${app} ${stream}${param}`);
    await this.#answer();
    return {
      start: () => {
        this.events.push("start");
        this.onStart();
      },
      drain: () => {
        this.events.push("drain");
        this.onDrain();
      },
      pause: () => void this.events.push("pause"),
      unpause: () => void this.events.push("unpause"),
      close: () => void this.events.push("stop"),
    };
  }

  closed(error?: Error): void {
    this.events.push("closed");
    this.errors.push(error);
    this.onClosed();
  }

  /** What happened since the last call. */
  news(): string[] {
    return this.events.splice(0);
  }

  async #answer(): Promise<void> {
    if (this.isThinking) {
      this.question = ask();
      await this.question.answer;
    }
    if (this.refusal !== undefined) throw this.refusal;
  }

  #record(type: string, timestamp: number, payload: Uint8Array): void {
    this.media.push([type, timestamp, payload.length]);
    this.onMedia();
  }
}

export const SERVER_OPTIONS: RtmpServerOptions = {
  crypto: new MemoryCrypto(),
  outputSizeMax: 1 << 20,
  handshakeTimeoutMs: 30_000,
  identity: { name: "Sluice", version: "1.2.3", pid: 4711 },
  mediaSizeMax: 0xff_ffff,
};

export interface Stage {
  readonly peer: RawPeer;
  readonly session: RtmpServerSession;
  readonly handler: RecordingHandler;
  /** The session's end of the connection. */
  readonly socket: MemorySocket;
}

/** A session, and a client connected to it. */
export function setStage(options: Partial<RtmpServerOptions> = {}, capacity?: number): Stage {
  const [clientSocket, socket] = createSocketPair(capacity);
  const handler = new RecordingHandler();
  const session = new RtmpServerSession(socket, handler, { ...SERVER_OPTIONS, ...options }, 0);
  return { peer: new RawPeer(clientSocket), session, handler, socket };
}

/** The same, with a client that has connected to the application already. */
export async function setConnectedStage(
  options: Partial<RtmpServerOptions> = {},
  capacity?: number,
): Promise<Stage> {
  const stage = setStage(options, capacity);
  await stage.peer.shakeHands();
  await stage.peer.connect();
  stage.handler.news();
  return stage;
}
