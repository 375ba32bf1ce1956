/**
 * The client's side of an RTMP conversation: what edges, forwarders, ingest and the benchmark use to
 * play from and publish to other servers.
 *
 * Spec: Adobe RTMP 1.0, section 7.2.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { ClosedError, ProtocolError, TimeoutError } from "../../base/errors.ts";
import { type AmfObject, type AmfValue, amfString, toAmfObject } from "../../codec/amf0/value.ts";
import { prependSetDataFrame } from "../../codec/flv/script-data.ts";
import { splitAggregate } from "../../codec/rtmp/aggregate.ts";
import { ChunkStreamId } from "../../codec/rtmp/chunk-encoder.ts";
import { decodeCommand, decodeData, type RtmpCommand } from "../../codec/rtmp/command.ts";
import {
  encodeSetBufferLength,
  type RtmpMessage,
  RtmpMessageType,
} from "../../codec/rtmp/message.ts";
import type { Crypto, Tcp, TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import type { RtmpTarget } from "./client-target.ts";
import { MEDIA_SIZE_MAX, RtmpConnection, type RtmpConnectionHandler } from "./connection.ts";
import { sendCommand, sendStreamCommand } from "./send-command.ts";
import { toStatusError } from "./status-error.ts";

/** What the client needs of the runtime. */
export interface RtmpClientPorts {
  readonly tcp: Pick<Tcp, "connect">;
  readonly clock: Clock;
  readonly crypto: Crypto;
}

export interface RtmpClientOptions {
  /** For the connection, and for each answer of the server. */
  readonly timeoutMs: number;
  /** Ends the connection if the server sends nothing for so long; 0: never. */
  readonly idleTimeoutMs: number;
  /** What we send in chunks of. */
  readonly chunkSize: number;
  /** Bytes that may wait to be sent. */
  readonly outputSizeMax: number;
  /** Further or other properties of `connect`'s command object, such as `pageUrl`. */
  readonly properties?: Readonly<Record<string, AmfValue>>;
  /** The second argument of `connect`. */
  readonly extra?: AmfObject;
}

/** What a client hears of the server. */
export interface RtmpClientHandler {
  /** Media of a stream being played: as for RtmpPublication. */
  audio(timestamp: number, payload: Uint8Array): void;
  video(timestamp: number, payload: Uint8Array): void;
  data(timestamp: number, name: string, payload: Uint8Array): void;
  /** After a `writeShared` that took less than all: go on. */
  drain(): void;
  /** The connection is over; called once, last. RtmpStatusError if the server said why. */
  closed(error?: Error): void;
}

/** What Flash Player 15 on Windows says of itself; SRS's own clients say it too. */
const FLASH_PLAYER: Readonly<Record<string, AmfValue>> = {
  flashVer: "WIN 15,0,0,239",
  fpad: false,
  capabilities: 239,
  audioCodecs: 3575,
  videoCodecs: 252,
  videoFunction: 1,
  objectEncoding: 0,
};
/** FourCcInfoMask: we hand on any codec. */
const CAN_FORWARD = 0x04;

const WINDOW_SIZE = 2_500_000; // As SRS's clients announce.
const PLAY_BUFFER_MS = 1_000;
const START_LIVE_OR_RECORDED = -2;
const SWEEP_MS = 1_000;

interface Waiter {
  readonly resolve: (command: RtmpCommand) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Connects to a server: TCP, TLS, the handshake, and `connect`.
 *
 * @throws {ClosedError} If the server cannot be reached or hangs up.
 * @throws {TimeoutError} If it takes too long.
 * @throws {RtmpStatusError} If it refuses.
 */
export async function connectRtmp(
  ports: RtmpClientPorts,
  target: RtmpTarget,
  options: RtmpClientOptions,
  handler: RtmpClientHandler,
): Promise<RtmpClient> {
  const early = new EarlyHandler();
  const { host, port, tls } = target;
  const { timeoutMs } = options;
  const address = { host, port, timeoutMs, ...(tls === undefined ? {} : { tls }) };
  const socket = await ports.tcp.connect(address, early);
  if (early.isClosed) throw new ClosedError("Cannot connect: the server hung up");
  const client = new RtmpClient(ports, socket, options, handler);
  await client.connect(target);
  return client;
}

/** Listens in the moment between the connection and whoever takes it over. */
class EarlyHandler implements TcpHandler {
  isClosed = false;
  data(): void {
    // A server that speaks first does not speak RTMP; the handshake will not come about.
  }
  drain(): void {
    // Nothing has been written.
  }
  close(): void {
    this.isClosed = true;
  }
}

/** One connection to a server. After `connectRtmp`, call `play` or `publish`, once. */
export class RtmpClient implements RtmpConnectionHandler {
  readonly #connection: RtmpConnection;
  readonly #handler: RtmpClientHandler;
  readonly #options: RtmpClientOptions;
  readonly #clock: Clock;
  readonly #sweep: Timer;
  readonly #calls = new Map<number, Waiter>();
  /** Waits for the handshake, or for the status that answers `play` or `publish`. */
  #waiter: Waiter | undefined;
  #expectedCode = "";
  #lastTransactionId = 0;
  #messageStreamId = 0;
  /** The stream that is published, or was asked for. */
  #published = "";
  #serverInformation: AmfValue;

  /** Takes over a connection that has been made. */
  constructor(
    ports: Pick<RtmpClientPorts, "clock" | "crypto">,
    socket: TcpSocket,
    options: RtmpClientOptions,
    handler: RtmpClientHandler,
  ) {
    this.#clock = ports.clock;
    this.#options = options;
    this.#handler = handler;
    const { outputSizeMax, timeoutMs } = options;
    const connectionOptions = {
      crypto: ports.crypto,
      outputSizeMax,
      handshakeTimeoutMs: timeoutMs,
    };
    const nowMs = ports.clock.monotonicMs();
    this.#connection = new RtmpConnection(socket, this, connectionOptions, nowMs);
    this.#connection.setMessageSizeMax(MEDIA_SIZE_MAX);
    this.#sweep = ports.clock.setInterval(SWEEP_MS, () => {
      this.#connection.checkDeadline(this.#clock.monotonicMs());
    });
  }

  /** For byte counts, addresses and the chunk size. */
  get connection(): RtmpConnection {
    return this.#connection;
  }

  /** What the server said of itself in its answer to `connect`; SRS says it in `data`. */
  get serverInformation(): AmfValue {
    return this.#serverInformation;
  }

  /** The message stream that `createStream` gave. */
  get messageStreamId(): number {
    return this.#messageStreamId;
  }

  /** Handshake and `connect`. */
  async connect(target: Pick<RtmpTarget, "tcUrl" | "app">): Promise<void> {
    const opened = this.#wait((waiter) => {
      this.#waiter = waiter;
    }, "the handshake");
    this.#connection.start();
    await opened;
    const any = toAmfObject({ "*": CAN_FORWARD });
    const object = toAmfObject({
      app: target.app,
      ...FLASH_PLAYER,
      tcUrl: target.tcUrl,
      fourCcList: ["*"],
      videoFourCcInfoMap: any,
      audioFourCcInfoMap: any,
      ...this.#options.properties,
    });
    const { extra } = this.#options;
    const result = await this.#call("connect", object, extra === undefined ? [] : [extra]);
    this.#serverInformation = result.args[0];
    this.#connection.setIdleTimeout(this.#options.idleTimeoutMs);
    this.#connection.setWindowAcknowledgementSize(WINDOW_SIZE);
    this.#connection.setChunkSize(this.#options.chunkSize);
  }

  /**
   * Publishes. Resolves when the server has agreed; then send.
   *
   * @throws {RtmpStatusError} If the server refuses.
   */
  async publish(stream: string): Promise<void> {
    this.#published = stream;
    // As Flash Media Live Encoder does; some servers ask for it. Nobody waits for the answers.
    this.#send("releaseStream", this.#nextTransactionId(), [stream]);
    this.#send("FCPublish", this.#nextTransactionId(), [stream]);
    await this.#createStream();
    const started = this.#waitForStatus("NetStream.Publish.Start");
    this.#sendOnStream("publish", this.#nextTransactionId(), [stream, "live"]);
    await started;
  }

  /**
   * Plays. Resolves when the server has agreed; media may come before that.
   *
   * @throws {RtmpStatusError} If the server refuses.
   */
  async play(stream: string): Promise<void> {
    await this.#createStream();
    const started = this.#waitForStatus("NetStream.Play.Start");
    const bufferLength = encodeSetBufferLength(this.#messageStreamId, PLAY_BUFFER_MS);
    this.#connection.sendControl(RtmpMessageType.UserControl, bufferLength);
    this.#sendOnStream("play", 0, [stream, START_LIVE_OR_RECORDED]);
    await started;
  }

  /** Sends an FLV body. `timestamp`: 32 bits, unsigned, ms. The payload must not change any more. */
  sendAudio(timestamp: number, payload: Uint8Array): void {
    this.#sendMedia(RtmpMessageType.Audio, ChunkStreamId.Audio, timestamp, payload);
  }

  sendVideo(timestamp: number, payload: Uint8Array): void {
    this.#sendMedia(RtmpMessageType.Video, ChunkStreamId.Video, timestamp, payload);
  }

  /** Sends script data, such as `onMetaData`, for the server to keep for its players. */
  sendData(timestamp: number, payload: Uint8Array): void {
    const framed = prependSetDataFrame(payload);
    this.#sendMedia(RtmpMessageType.DataAmf0, ChunkStreamId.Data, timestamp, framed);
  }

  /** Writes chunks that others share; see RtmpConnection. */
  writeShared(bytes: Uint8Array): number {
    return this.#connection.writeShared(bytes);
  }

  /** Takes leave and closes once everything has been sent. */
  close(): void {
    if (this.#connection.isClosed) return;
    if (this.#published !== "")
      this.#send("FCUnpublish", this.#nextTransactionId(), [this.#published]);
    if (this.#messageStreamId !== 0) this.#send("deleteStream", 0, [this.#messageStreamId]);
    this.#connection.end();
  }

  /** Closes at once. `closed` follows, with `error` if there is one. */
  destroy(error?: Error): void {
    this.#connection.destroy(error);
  }

  // RtmpConnectionHandler ---------------------------------------------------------------------------

  opened(): void {
    this.#takeWaiter()?.resolve({ name: "", transactionId: 0, object: null, args: [] });
  }

  message(message: RtmpMessage): void {
    switch (message.typeId) {
      case RtmpMessageType.Audio:
        this.#handler.audio(message.timestamp, message.payload);
        break;
      case RtmpMessageType.Video:
        this.#handler.video(message.timestamp, message.payload);
        break;
      case RtmpMessageType.DataAmf0:
      case RtmpMessageType.DataAmf3: {
        const data = decodeData(message.typeId, message.payload);
        if (data !== undefined) this.#handler.data(message.timestamp, data.name, data.payload);
        break;
      }
      case RtmpMessageType.CommandAmf0:
      case RtmpMessageType.CommandAmf3:
        this.#receiveCommand(decodeCommand(message.typeId, message.payload));
        break;
      case RtmpMessageType.Aggregate:
        for (const part of splitAggregate(message)) this.message(part);
        break;
      default: // Stream events and shared objects: nothing here has a use for them.
        break;
    }
  }

  drained(): void {
    this.#handler.drain();
  }

  closed(error: Error | undefined): void {
    this.#sweep.cancel();
    const reason = error ?? new ClosedError("Cannot go on: the server hung up");
    this.#takeWaiter()?.reject(reason);
    for (const call of this.#calls.values()) call.reject(reason);
    this.#calls.clear();
    if (error === undefined) this.#handler.closed();
    else this.#handler.closed(error);
  }

  // Inside ------------------------------------------------------------------------------------------

  #receiveCommand(command: RtmpCommand): void {
    const { name, transactionId } = command;
    if (name === "_result" || name === "_error") {
      const call = this.#calls.get(transactionId);
      this.#calls.delete(transactionId);
      if (name === "_result") call?.resolve(command);
      else call?.reject(toStatusError(command.args[0]));
    } else if (name === "onStatus") {
      this.#receiveStatus(command);
    }
  }

  #receiveStatus(command: RtmpCommand): void {
    const information = command.args[0];
    if (amfString(information, "level") === "error") {
      // Whatever it is about, there is nothing else that this connection is for.
      throw toStatusError(information);
    }
    if (this.#waiter === undefined) return;
    if (amfString(information, "code") === this.#expectedCode) this.#takeWaiter()?.resolve(command);
  }

  async #createStream(): Promise<void> {
    const result = await this.#call("createStream", null, []);
    const id = result.args[0];
    if (typeof id !== "number") throw new ProtocolError("Cannot use stream: the server gave no id");
    this.#messageStreamId = id;
  }

  #call(name: string, object: AmfValue, args: readonly AmfValue[]): Promise<RtmpCommand> {
    const id = this.#nextTransactionId();
    const answered = this.#wait((waiter) => {
      this.#calls.set(id, waiter);
    }, `the answer to "${name}"`);
    sendCommand(this.#connection, { name, transactionId: id, object, args });
    return answered;
  }

  #waitForStatus(code: string): Promise<RtmpCommand> {
    this.#expectedCode = code;
    return this.#wait((waiter) => {
      this.#waiter = waiter;
    }, `"${code}"`);
  }

  /** A promise that the connection's end, or the timeout, rejects; both end the connection. */
  #wait(register: (waiter: Waiter) => void, what: string): Promise<RtmpCommand> {
    return new Promise((resolve, reject) => {
      if (this.#connection.isClosed) {
        reject(new ClosedError("Cannot go on: the connection is closed"));
        return;
      }
      const timer = this.#clock.setTimer(this.#options.timeoutMs, () => {
        this.#connection.destroy(new TimeoutError(`Cannot wait longer for ${what}`));
      });
      register({
        resolve: (command) => {
          timer.cancel();
          resolve(command);
        },
        reject: (error) => {
          timer.cancel();
          reject(error);
        },
      });
    });
  }

  #takeWaiter(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }

  #nextTransactionId(): number {
    this.#lastTransactionId += 1;
    return this.#lastTransactionId;
  }

  #send(name: string, transactionId: number, args: readonly AmfValue[]): void {
    sendCommand(this.#connection, { name, transactionId, object: null, args });
  }

  #sendOnStream(name: string, transactionId: number, args: readonly AmfValue[]): void {
    const command = { name, transactionId, object: null, args };
    sendStreamCommand(this.#connection, command, this.#messageStreamId);
  }

  #sendMedia(typeId: number, chunkStreamId: number, timestamp: number, payload: Uint8Array): void {
    const messageStreamId = this.#messageStreamId;
    this.#connection.send({ typeId, timestamp, messageStreamId, chunkStreamId, payload });
  }
}
