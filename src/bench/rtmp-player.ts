/**
 * An RTMP player that looks at what it is sent and keeps nothing.
 *
 * Specification: Adobe RTMP 1.0, sections 5.4 and 7.2.2.
 *
 * @module
 */

import { ByteWriter } from "../base/byte-writer.ts";
import type { Timer } from "../base/clock.ts";
import { ClosedError, ProtocolError, TimeoutError, toError } from "../base/errors.ts";
import { type AmfValue, amfString, toAmfObject } from "../codec/amf0/value.ts";
import { CHUNK_SIZE_DEFAULT, ChunkStreamId, writeChunks } from "../codec/rtmp/chunk-encoder.ts";
import { decodeCommand, encodeCommand, type RtmpCommand } from "../codec/rtmp/command.ts";
import { ClientHandshake } from "../codec/rtmp/handshake.ts";
import {
  decodeUint32,
  decodeUserControl,
  encodeSetBufferLength,
  encodeUint32,
  encodeUserControl,
  RtmpMessageType,
  UserControlEvent,
} from "../codec/rtmp/message.ts";
import { SocketOutput } from "../protocols/http/socket-output.ts";
import { parseRtmpUrl, type RtmpTarget } from "../protocols/rtmp/client-target.ts";
import { toStatusError } from "../protocols/rtmp/status-error.ts";
import type { TcpHandler, TcpSocket } from "../runtime/runtime.ts";
import { ChunkWalker } from "./chunk-walker.ts";
import { type MediaMessage, MediaType, type MessageSink } from "./media-message.ts";
import { CONNECT_TIMEOUT_MS, type Player, type PlayerPorts, type PlayerTarget } from "./player.ts";
import type { PlayerMeter } from "./player-meter.ts";

const TRANSACTION_CONNECT = 1;
const TRANSACTION_CREATE_STREAM = 2;
const PLAY_BUFFER_MS = 1_000;
const START_LIVE_OR_RECORDED = -2;

/** Connects and plays. What becomes of it, the meter is told. */
export function startRtmpPlayer(ports: PlayerPorts, target: PlayerTarget): Player {
  const player = new RtmpPlayer(ports, target.meter);
  player.start(target).catch((error: unknown) => player.fail(toError(error)));
  return player;
}

class RtmpPlayer implements Player, TcpHandler, MessageSink {
  readonly #ports: PlayerPorts;
  readonly #meter: PlayerMeter;
  readonly #walker: ChunkWalker;
  /** What the server is asked for; of no interest once it has agreed. */
  #target: RtmpTarget | undefined;
  #handshake: ClientHandshake | undefined;
  #socket: TcpSocket | undefined;
  #output: SocketOutput | undefined;
  #timer: Timer | undefined;
  #isPaused = false;
  #isClosed = false;
  #messageStreamId = 0;
  #ackWindow = 0;
  #receivedSize = 0;
  #acknowledgedSize = 0;

  constructor(ports: PlayerPorts, meter: PlayerMeter) {
    this.#ports = ports;
    this.#meter = meter;
    this.#walker = new ChunkWalker(this);
  }

  async start({ url, tls }: PlayerTarget): Promise<void> {
    const { clock, crypto, tcp } = this.#ports;
    this.#meter.start(clock.monotonicMs());
    const target = parseRtmpUrl(url);
    this.#target = target;
    const { host, port } = target;
    const options = { host, port, timeoutMs: CONNECT_TIMEOUT_MS };
    const isTls = target.tls !== undefined;
    const handshake = new ClientHandshake(crypto);
    this.#handshake = handshake;
    this.#timer = clock.setTimer(CONNECT_TIMEOUT_MS, () => {
      this.fail(new TimeoutError(`Cannot wait longer for the server at ${host}:${port} to serve`));
    });
    const socket = await tcp.connect(isTls ? { ...options, tls } : options, this);
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    this.#output = new SocketOutput(socket);
    if (this.#isPaused) socket.pause();
    this.#output.write(handshake.start());
  }

  // Player ------------------------------------------------------------------------------------------

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket?.resume();
  }

  stop(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#socket?.destroy();
  }

  fail(error: Error): void {
    if (this.#isClosed) return;
    this.stop();
    this.#meter.over(error, this.#ports.clock.monotonicMs());
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#receivedSize += bytes.length;
    this.#meter.received(bytes.length, this.#ports.clock.monotonicMs());
    try {
      if (this.#handshake === undefined) this.#walker.walk(bytes, 0, bytes.length);
      else this.#shakeHands(this.#handshake, bytes);
      if (this.#ackWindow > 0) this.#acknowledge();
    } catch (error) {
      this.fail(toError(error));
    }
  }

  drain(): void {
    this.#output?.drain();
  }

  close(error?: Error): void {
    this.fail(error ?? new ClosedError("Connection closed by the server"));
  }

  // MessageSink -------------------------------------------------------------------------------------

  head(message: MediaMessage, bytes: Uint8Array, start: number, end: number): void {
    const { typeId } = message;
    if (typeId === MediaType.Video || typeId === MediaType.Audio) {
      if (this.#target !== undefined) this.#served();
      this.#meter.head(message, bytes, start, end);
    } else if (end - start === message.size) {
      this.#receive(typeId, bytes.slice(start, end));
    }
  }

  end(message: MediaMessage): void {
    this.#meter.end(message);
  }

  // Inside ------------------------------------------------------------------------------------------

  #shakeHands(handshake: ClientHandshake, bytes: Uint8Array): void {
    const answer = handshake.receive(bytes);
    if (answer !== undefined) this.#output?.write(answer);
    if (!handshake.isDone) return;
    this.#handshake = undefined;
    const rest = handshake.takeRest();
    if (this.#target !== undefined) this.#sendConnect(this.#target);
    this.#walker.walk(rest, 0, rest.length);
  }

  /** Takes what is about the connection: control messages and commands. */
  #receive(typeId: number, payload: Uint8Array): void {
    switch (typeId) {
      case RtmpMessageType.SetChunkSize:
        this.#walker.setChunkSize(decodeUint32(payload));
        break;
      case RtmpMessageType.Abort:
        this.#walker.abort(decodeUint32(payload));
        break;
      case RtmpMessageType.WindowAcknowledgementSize:
        this.#ackWindow = decodeUint32(payload);
        break;
      case RtmpMessageType.UserControl:
        this.#answerPing(payload);
        break;
      case RtmpMessageType.CommandAmf0:
      case RtmpMessageType.CommandAmf3:
        this.#receiveCommand(decodeCommand(typeId, payload));
        break;
      default: // Metadata, and what a player has no use for.
        break;
    }
  }

  #receiveCommand({ name, transactionId, args }: RtmpCommand): void {
    const [information] = args;
    if (name === "_error" || amfString(information, "level") === "error") {
      throw toStatusError(information);
    }
    if (name === "onStatus") {
      if (amfString(information, "code") === "NetStream.Play.Start") this.#served();
    } else if (name === "_result" && transactionId === TRANSACTION_CONNECT) {
      this.#send(ChunkStreamId.Command, "createStream", TRANSACTION_CREATE_STREAM, [null]);
    } else if (name === "_result" && transactionId === TRANSACTION_CREATE_STREAM) {
      if (typeof information !== "number") {
        throw new ProtocolError("Cannot use stream: the server gave no id");
      }
      this.#messageStreamId = information;
      this.#sendPlay();
    }
  }

  #sendConnect({ app, tcUrl }: RtmpTarget): void {
    const object = toAmfObject({
      app,
      flashVer: "LNX 9,0,124,2",
      tcUrl,
      fpad: false,
      capabilities: 15,
      audioCodecs: 4071,
      videoCodecs: 252,
      videoFunction: 1,
    });
    this.#send(ChunkStreamId.Command, "connect", TRANSACTION_CONNECT, [object]);
  }

  #sendPlay(): void {
    const bufferLength = encodeSetBufferLength(this.#messageStreamId, PLAY_BUFFER_MS);
    this.#sendMessage(ChunkStreamId.Control, RtmpMessageType.UserControl, bufferLength);
    const stream = this.#target?.stream ?? "";
    this.#send(ChunkStreamId.StreamCommand, "play", 0, [null, stream, START_LIVE_OR_RECORDED]);
  }

  /** The server has said that it serves, or does so without a word. */
  #served(): void {
    this.#target = undefined;
    this.#timer?.cancel();
    this.#meter.connected(this.#ports.clock.monotonicMs());
  }

  #answerPing(payload: Uint8Array): void {
    const { event, value } = decodeUserControl(payload);
    if (event !== UserControlEvent.PingRequest) return;
    const answer = encodeUserControl(UserControlEvent.PingResponse, value);
    this.#sendMessage(ChunkStreamId.Control, RtmpMessageType.UserControl, answer);
  }

  #acknowledge(): void {
    if (this.#receivedSize - this.#acknowledgedSize < this.#ackWindow) return;
    this.#acknowledgedSize = this.#receivedSize;
    const total = encodeUint32(this.#receivedSize % 0x1_0000_0000);
    this.#sendMessage(ChunkStreamId.Control, RtmpMessageType.Acknowledgement, total);
  }

  /** @param values The command object and what follows it. */
  #send(chunkStreamId: number, name: string, id: number, values: readonly AmfValue[]): void {
    const [object = null, ...args] = values;
    const payload = encodeCommand(name, id, object, args);
    this.#sendMessage(chunkStreamId, RtmpMessageType.CommandAmf0, payload);
  }

  #sendMessage(chunkStreamId: number, typeId: number, payload: Uint8Array): void {
    const isOfStream = chunkStreamId === ChunkStreamId.StreamCommand;
    const messageStreamId = isOfStream ? this.#messageStreamId : 0;
    const writer = new ByteWriter(payload.length + 16);
    const header = { format: 0, chunkStreamId, timestamp: 0, typeId, messageStreamId } as const;
    writeChunks(writer, header, payload, CHUNK_SIZE_DEFAULT);
    this.#output?.write(writer.view());
  }
}
