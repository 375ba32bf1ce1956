/**
 * One RTMP connection, of either role: handshake, chunks, and the control messages that need no
 * one's decision. What the other messages mean is up to the session above it.
 *
 * Spec: Adobe RTMP 1.0, sections 5 and 7.1.7.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { ClosedError, TimeoutError, toError } from "../../base/errors.ts";
import { ChunkDecoder } from "../../codec/rtmp/chunk-decoder.ts";
import {
  CHUNK_SIZE_DEFAULT,
  ChunkStreamId,
  chunkedSize,
  writeChunks,
} from "../../codec/rtmp/chunk-encoder.ts";
import { ClientHandshake, ServerHandshake } from "../../codec/rtmp/handshake.ts";
import {
  decodeUint32,
  decodeUserControl,
  encodeUint32,
  encodeUserControl,
  type RtmpMessage,
  RtmpMessageType,
  UserControlEvent,
} from "../../codec/rtmp/message.ts";
import type { Crypto, TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import { OutputQueue } from "./output-queue.ts";
import { StallWatch } from "./stall-watch.ts";

/** Who is told of what happens on a connection. */
export interface RtmpConnectionHandler {
  /** The handshake is over. */
  opened(): void;
  /** A message arrived that the connection does not answer itself. */
  message(message: RtmpMessage): void;
  /** After a `writeShared` that took less than all: go on. */
  drained(): void;
  /** The connection is over; called once, last. `error` says why, unless the peer simply left. */
  closed(error: Error | undefined): void;
}

/** What all connections of a listener have in common. */
export interface RtmpConnectionOptions {
  readonly crypto: Crypto;
  /** Bytes of our own messages that may wait for the peer to read; it is closed beyond that. */
  readonly outputSizeMax: number;
  /** How long the handshake may take: both ends have 3 KiB to exchange in two round trips. */
  readonly handshakeTimeoutMs: number;
}

/** What we say last should leave in a moment; a peer that does not read is not waited for. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Our own messages are small: a peer that takes none of them for so long is gone. */
const WRITE_TIMEOUT_MS = 30_000;
/** A whole message is progress; so is this much of one, for large pictures on thin lines. */
const PROGRESS_SIZE = 16 * 1024;
/** Read on while a question is open, so that a peer that leaves is noticed, but only so far. */
const HELD_SIZE_MAX = 64 * 1024;
/** At most one acknowledgement a read anyway; a smaller window would make it one each time. */
const ACK_WINDOW_MIN = 4096;

/** Before publishing, a peer has nothing to send but commands; the largest carry tokens of 4 KiB. */
export const COMMAND_SIZE_MAX: number = 64 * 1024;
/** What the message header can say. A key frame of 16 MiB is at the far end of what encoders make. */
export const MEDIA_SIZE_MAX = 0xff_ffff;

export class RtmpConnection implements TcpHandler {
  readonly #socket: TcpSocket;
  readonly #handler: RtmpConnectionHandler;
  readonly #options: RtmpConnectionOptions;
  readonly #output: OutputQueue;
  readonly #decoder = new ChunkDecoder({
    messageSizeMax: COMMAND_SIZE_MAX,
    partialSizeMax: 2 * COMMAND_SIZE_MAX,
  });
  #handshake: ServerHandshake | ClientHandshake | undefined;
  #chunkSize = CHUNK_SIZE_DEFAULT;
  #ackWindow = 0;
  #sentWindow = 0;
  #receivedSize = 0;
  #acknowledgedSize = 0;
  #messageCount = 0;
  #batch: ByteWriter | undefined;
  /** Whether the owner of shared blocks waits to be told to go on. */
  #isOwnerWaiting = false;
  #isDecoding = false;
  #isHeld = false;
  #isPaused = false;
  #isClosing = false;
  #isClosed = false;
  #error: Error | undefined;

  readonly #reading = new StallWatch();
  readonly #writing = new StallWatch();
  readonly #startedMs: number;
  #idleTimeoutMs = 0;
  #closingSinceMs: number | undefined;

  /** @param nowMs The time, of the clock that `checkDeadline` will be called by. */
  constructor(
    socket: TcpSocket,
    handler: RtmpConnectionHandler,
    options: RtmpConnectionOptions,
    nowMs: number,
  ) {
    this.#socket = socket;
    this.#handler = handler;
    this.#options = options;
    this.#output = new OutputQueue(socket, options.outputSizeMax);
    this.#startedMs = nowMs;
    socket.handler = this;
  }

  /** Waits for the client to begin. @param timeSeconds What the handshake says the time is. */
  accept(timeSeconds: number): void {
    this.#handshake = new ServerHandshake(this.#options.crypto, timeSeconds);
  }

  /** Begins as the client. */
  start(): void {
    const handshake = new ClientHandshake(this.#options.crypto);
    this.#handshake = handshake;
    this.#write(handshake.start());
  }

  get socket(): TcpSocket {
    return this.#socket;
  }

  /** Bytes received from the socket, and bytes that it has taken. */
  get receivedSize(): number {
    return this.#receivedSize;
  }

  get sentSize(): number {
    return this.#output.sentSize;
  }

  /** Bytes of our own messages that the socket has not taken yet. */
  get waitingSize(): number {
    return this.#output.waitingSize;
  }

  /** Our chunk size: what `writeShared` must be cut by. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#isClosing;
  }

  /** The address that a proxy in front claimed, until the handshake is over. */
  get proxiedAddress(): string | undefined {
    return this.#handshake instanceof ServerHandshake ? this.#handshake.proxiedAddress : undefined;
  }

  /** Lets the peer send messages of this size from now on. */
  setMessageSizeMax(size: number): void {
    this.#decoder.limits.messageSizeMax = size;
    // One message whole and others interleaved with it; the decoder allocates what it announces.
    this.#decoder.limits.partialSizeMax = 2 * size;
  }

  /** Closes the connection if no message arrives for so long; 0: never. */
  setIdleTimeout(timeoutMs: number): void {
    this.#idleTimeoutMs = timeoutMs;
    this.#reading.reset();
  }

  /** Announces our chunk size, and uses it. */
  setChunkSize(size: number): void {
    this.sendControl(RtmpMessageType.SetChunkSize, encodeUint32(size));
    this.#chunkSize = size;
  }

  /** Acknowledges as if the peer had announced this window, unless it has announced another. */
  assumeWindowAcknowledgementSize(size: number): void {
    if (this.#ackWindow === 0) this.#ackWindow = size;
  }

  /** Asks the peer to acknowledge every `size` bytes. */
  setWindowAcknowledgementSize(size: number): void {
    this.sendControl(RtmpMessageType.WindowAcknowledgementSize, encodeUint32(size));
    this.#sentWindow = size;
  }

  /** Sends a control message: on chunk stream 2, message stream 0. */
  sendControl(typeId: number, payload: Uint8Array): void {
    const chunkStreamId = ChunkStreamId.Control;
    this.send({ typeId, timestamp: 0, messageStreamId: 0, chunkStreamId, payload });
  }

  /** Sends a message. What the socket does not take is queued, up to a limit. */
  send(message: RtmpMessage): void {
    if (this.isClosed) return;
    const { typeId, timestamp, messageStreamId, chunkStreamId, payload } = message;
    const header = { format: 0, chunkStreamId, timestamp, typeId, messageStreamId } as const;
    if (this.#isDecoding) {
      this.#batch ??= new ByteWriter(1024);
      writeChunks(this.#batch, header, payload, this.#chunkSize);
      return;
    }
    const writer = new ByteWriter(chunkedSize(header, payload.length, this.#chunkSize));
    writeChunks(writer, header, payload, this.#chunkSize);
    this.#write(writer.view());
  }

  /**
   * Writes chunks that others share: `bytes` begin where a message begins, or where the last call
   * stopped, and end where a message ends. A block begun must be continued with its exact rest, behind
   * which there may be more, unless `abandonShared` is called; messages of our own wait until then.
   *
   * @returns How many bytes were taken. If fewer than all, `drained` follows.
   */
  writeShared(bytes: Uint8Array): number {
    if (this.isClosed) return 0;
    this.#flushBatch();
    const taken = this.#output.writeShared(bytes);
    this.#isOwnerWaiting = taken < bytes.length;
    return taken;
  }

  /**
   * Whoever wrote shared chunks writes no more of them: the rest of what was begun is sent by the
   * connection itself, ahead of all else. The next shared chunks begin where a message begins.
   */
  abandonShared(): void {
    this.#isOwnerWaiting = false;
    if (!this.isClosed) this.#output.abandonShared();
  }

  /** True while a question is open. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Keeps what arrives until `resolve`: a question is open whose answer decides what it means. */
  hold(): void {
    this.#isHeld = true;
  }

  /** The question is answered: does `action`, then goes on with what has arrived meanwhile. */
  resolve(action: () => void): void {
    this.#isHeld = false;
    this.setIdleTimeout(this.#idleTimeoutMs); // The time that we took is not the peer's.
    if (this.isClosed) return;
    this.#decode(action);
    if (this.#isPaused && !this.#isHeld) {
      this.#isPaused = false;
      this.#socket.resume();
    }
  }

  /**
   * Closes once what was sent has left, a shared block begun included, or after five seconds; nothing
   * that arrives counts any more.
   */
  end(error?: Error): void {
    if (this.isClosed) return;
    this.#flushBatch();
    this.abandonShared();
    if (this.isClosed) return; // Too much waited.
    this.#error = error;
    this.#isClosing = true;
    // Reading goes on, to nothing: a socket closed with unread bytes would take back our last words.
    if (this.#isPaused) this.#socket.resume();
    if (this.#output.isEmpty) this.#socket.end();
  }

  /** Closes at once. */
  destroy(error?: Error): void {
    if (this.#isClosed) return;
    if (!this.#isClosing) this.#error = error;
    this.#isClosing = true;
    this.#socket.destroy();
  }

  /** To be called now and then, every second or so: closes what has taken too long. */
  checkDeadline(nowMs: number): void {
    if (this.#isClosed) return;
    if (this.#isClosing) {
      this.#closingSinceMs ??= nowMs;
      if (nowMs - this.#closingSinceMs >= CLOSE_TIMEOUT_MS) this.destroy();
    } else if (this.#handshake !== undefined) {
      if (nowMs - this.#startedMs >= this.#options.handshakeTimeoutMs) {
        this.destroy(new TimeoutError("Cannot wait longer for the RTMP handshake"));
      }
    } else {
      this.#checkWriting(nowMs);
      this.#checkReading(nowMs);
    }
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    this.#receivedSize += bytes.length;
    if (this.#isClosing || this.#isClosed) return;
    if (this.#handshake === undefined) {
      this.#decoder.push(bytes);
      if (!this.#isDecoding) this.#decode();
      return;
    }
    try {
      this.#shakeHands(this.#handshake, bytes);
    } catch (error) {
      this.destroy(toError(error));
      return;
    }
    if (this.#handshake === undefined) this.#decode();
  }

  drain(): void {
    if (!this.#output.isSharing && !this.#output.flush()) return;
    if (this.#isClosing) {
      this.#socket.end();
      return;
    }
    if (!this.#isOwnerWaiting) return;
    this.#isOwnerWaiting = false;
    try {
      this.#handler.drained();
    } catch (error) {
      this.destroy(toError(error));
    }
  }

  close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handshake = undefined;
    this.#batch = undefined;
    this.#handler.closed(this.#error ?? error);
  }

  // Inside ------------------------------------------------------------------------------------------

  #shakeHands(handshake: ServerHandshake | ClientHandshake, bytes: Uint8Array): void {
    const answer = handshake.receive(bytes);
    if (answer !== undefined) this.#write(answer);
    if (!handshake.isDone) return;
    const rest = handshake.takeRest();
    this.#handler.opened();
    this.#handshake = undefined;
    if (rest.length > 0) this.#decoder.push(rest);
  }

  /**
   * Does `first`, then hands on what has arrived whole; stops while a question is open. What is sent
   * meanwhile leaves in one write. Whatever goes wrong ends this connection and nothing else.
   */
  #decode(first?: () => void): void {
    assert(!this.#isDecoding, "messages are handed on one at a time");
    this.#isDecoding = true;
    try {
      first?.();
      while (!this.#isHeld && !this.#isClosing) {
        const message = this.#decoder.next();
        if (message === undefined) break;
        this.#messageCount += 1;
        this.#receive(message);
      }
      this.#acknowledge();
    } catch (error) {
      this.destroy(toError(error));
    } finally {
      this.#isDecoding = false;
    }
    this.#flushBatch();
    if (this.#isHeld && !this.#isPaused && this.#decoder.bufferedSize > HELD_SIZE_MAX) {
      this.#isPaused = true;
      this.#socket.pause();
    }
  }

  #receive(message: RtmpMessage): void {
    switch (message.typeId) {
      case RtmpMessageType.SetChunkSize:
      case RtmpMessageType.Abort:
        return; // The decoder has obeyed.
      case RtmpMessageType.Acknowledgement:
        return; // TCP tells better what the peer has taken.
      case RtmpMessageType.WindowAcknowledgementSize:
        this.#ackWindow = decodeUint32(message.payload);
        return;
      case RtmpMessageType.SetPeerBandwidth:
        this.#limitBandwidth(decodeUint32(message.payload));
        return;
      case RtmpMessageType.UserControl:
        if (!this.#answerPing(message.payload)) this.#handler.message(message);
        return;
      default:
        this.#handler.message(message);
    }
  }

  /** Answers as the specification asks: by the window that we now acknowledge by, if it is news. */
  #limitBandwidth(size: number): void {
    if (size > 0 && size !== this.#sentWindow) this.setWindowAcknowledgementSize(size);
  }

  #answerPing(payload: Uint8Array): boolean {
    const { event, value } = decodeUserControl(payload);
    if (event !== UserControlEvent.PingRequest) return false;
    const answer = encodeUserControl(UserControlEvent.PingResponse, value);
    this.sendControl(RtmpMessageType.UserControl, answer);
    return true;
  }

  /** Acknowledges as SRS does: as soon as half of the window has arrived. */
  #acknowledge(): void {
    if (this.#ackWindow === 0) return;
    const window = Math.max(this.#ackWindow, ACK_WINDOW_MIN);
    if (this.#receivedSize - this.#acknowledgedSize < window / 2) return;
    this.#acknowledgedSize = this.#receivedSize;
    const total = this.#receivedSize % 0x1_0000_0000;
    this.sendControl(RtmpMessageType.Acknowledgement, encodeUint32(total));
  }

  #flushBatch(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    if (!this.isClosed) this.#write(batch.view());
  }

  #write(bytes: Uint8Array): void {
    if (this.#output.write(bytes)) return;
    this.destroy(new ClosedError("Cannot send: the peer has stopped reading"));
  }

  #checkWriting(nowMs: number): void {
    if (this.#output.isEmpty) this.#writing.reset();
    if (this.#writing.stalledMs(this.#output.sentSize, nowMs) < WRITE_TIMEOUT_MS) return;
    this.destroy(new TimeoutError("Cannot wait longer for the peer to read"));
  }

  #checkReading(nowMs: number): void {
    if (this.#isHeld) this.#reading.reset();
    const progress = this.#messageCount + Math.floor(this.#receivedSize / PROGRESS_SIZE);
    const stalledMs = this.#reading.stalledMs(progress, nowMs);
    if (this.#idleTimeoutMs === 0 || stalledMs < this.#idleTimeoutMs) return;
    this.destroy(new TimeoutError(`Cannot wait longer for a message: none in ${stalledMs} ms`));
  }
}
