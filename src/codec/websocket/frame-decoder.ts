/**
 * Takes a WebSocket peer's frames apart as they arrive and joins fragments into messages.
 *
 * Spec: RFC 6455, sections 5.2 to 5.5. No extension is ever agreed upon, so the RSV bits are 0.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { WebSocketCloseCode } from "./close-code.ts";
import { applyMask, WebSocketOpcode } from "./frame.ts";
import { WebSocketMalformedError } from "./websocket-malformed-error.ts";

export interface FrameDecoderOptions {
  /** Clients mask their frames and servers do not; the other way round is an error. */
  readonly isMasked: boolean;
  /** Of a message, all fragments together. */
  readonly messageSizeMax: number;
}

/** A whole message or a control frame; never a continuation. The payload may be a view. */
export type ReceiveMessage = (opcode: WebSocketOpcode, payload: Uint8Array) => void;

const CONTROL_SIZE_MAX = 125;
const HEADER_SIZE_MAX = 14;
const FIN = 0x80;
const RSV = 0x70;
const MASK = 0x80;
const CONTROL = 0x8;

export class FrameDecoder {
  readonly #options: FrameDecoderOptions;
  readonly #header: Uint8Array = new Uint8Array(HEADER_SIZE_MAX);
  #headerSize = 0;
  /** Bytes of the payload of the current frame that are still to come; -1 in its header. */
  #missingSize = -1;
  #payloadSize = 0;
  /** The opcode of the fragmented message being joined. */
  #fragmentedOpcode: WebSocketOpcode | undefined;
  /** What has come of the message; a control frame may come in between and has its own. */
  #message: ByteWriter | undefined;
  #control: ByteWriter | undefined;

  constructor(options: FrameDecoderOptions) {
    this.#options = options;
  }

  /** Takes all of `input`. @throws {WebSocketMalformedError} */
  decode(input: Uint8Array, receive: ReceiveMessage): void {
    let at = 0;
    while (at < input.length) {
      at = this.#missingSize < 0 ? this.#readHeader(input, at) : at;
      if (this.#missingSize < 0) continue;
      const end = Math.min(input.length, at + this.#missingSize);
      this.#readPayload(input.subarray(at, end), receive);
      at = end;
    }
  }

  #readHeader(input: Uint8Array, offset: number): number {
    let at = offset;
    while (at < input.length) {
      this.#header[this.#headerSize] = input[at] ?? 0;
      this.#headerSize += 1;
      at += 1;
      if (this.#headerSize === 2) this.#checkStart(at - 2);
      if (this.#headerSize >= 2 && this.#headerSize === this.#headerSizeNeeded()) {
        this.#startPayload(at - this.#headerSize);
        break;
      }
    }
    return at;
  }

  #headerSizeNeeded(): number {
    const sizeCode = (this.#header[1] ?? 0) & ~MASK;
    const maskSize = this.#options.isMasked ? 4 : 0;
    if (sizeCode < 126) return 2 + maskSize;
    return (sizeCode === 126 ? 4 : 10) + maskSize;
  }

  /** Checks all that the first two bytes say, before anything is kept. */
  #checkStart(at: number): void {
    const [first = 0, second = 0] = this.#header;
    const opcode = first & 0x0f;
    const isControl = (opcode & CONTROL) !== 0;
    if ((first & RSV) !== 0) throw malformed("a reserved bit is set", at);
    if (!isOpcode(opcode)) throw malformed(`opcode ${opcode} is unknown`, at);
    if (((second & MASK) !== 0) !== this.#options.isMasked) {
      throw malformed(this.#options.isMasked ? "it is not masked" : "it is masked", at);
    }
    if (isControl && (first & FIN) === 0) throw malformed("a control frame is fragmented", at);
    if (isControl && (second & ~MASK) > CONTROL_SIZE_MAX) {
      throw malformed("a control frame is too large", at);
    }
    const isContinuation = opcode === WebSocketOpcode.Continuation;
    if (!isControl && isContinuation !== (this.#fragmentedOpcode !== undefined)) {
      throw malformed("fragments are out of order", at);
    }
  }

  #startPayload(at: number): void {
    const size = this.#readSize(at);
    const [first = 0] = this.#header;
    const opcode = (first & 0x0f) as WebSocketOpcode;
    if ((opcode & CONTROL) === 0) {
      if ((this.#message?.size ?? 0) + size > this.#options.messageSizeMax) {
        const message = "Cannot decode frame: the message is too large";
        throw new WebSocketMalformedError(WebSocketCloseCode.MessageTooBig, message, at);
      }
      if (opcode !== WebSocketOpcode.Continuation) this.#fragmentedOpcode = opcode;
    }
    this.#payloadSize = size;
    this.#missingSize = size;
  }

  #readSize(at: number): number {
    const view = new DataView(this.#header.buffer);
    const sizeCode = view.getUint8(1) & ~MASK;
    if (sizeCode < 126) return sizeCode;
    const isShort = sizeCode === 126;
    const size = isShort
      ? view.getUint16(2)
      : view.getUint32(2) * 0x1_0000_0000 + view.getUint32(6);
    if (size < (isShort ? 126 : 0x1_0000)) throw malformed("its size has too many bytes", at);
    return size;
  }

  #readPayload(part: Uint8Array, receive: ReceiveMessage): void {
    const [first = 0] = this.#header;
    const opcode = (first & 0x0f) as WebSocketOpcode;
    const isControl = (opcode & CONTROL) !== 0;
    const isWhole = part.length === this.#payloadSize;
    const phase = this.#payloadSize - this.#missingSize;
    this.#missingSize -= part.length;
    const isLast = this.#missingSize === 0;
    const isFinal = (first & FIN) !== 0;

    const joined = isControl ? this.#control : this.#message;
    const payload = this.#unmask(part, phase);
    if (isLast) this.#endFrame();
    if (isWhole && isFinal && joined === undefined) {
      this.#deliver(opcode, payload, receive);
      return;
    }
    const writer = joined ?? new ByteWriter(Math.max(CONTROL_SIZE_MAX, part.length));
    if (isControl) this.#control = writer;
    else this.#message = writer;
    writer.writeBytes(payload);
    if (isLast && isFinal) this.#deliver(opcode, writer.view(), receive);
  }

  #endFrame(): void {
    this.#headerSize = 0;
    this.#missingSize = -1;
  }

  #deliver(opcode: WebSocketOpcode, payload: Uint8Array, receive: ReceiveMessage): void {
    if ((opcode & CONTROL) !== 0) {
      this.#control = undefined;
      receive(opcode, payload);
      return;
    }
    const messageOpcode = this.#fragmentedOpcode ?? opcode;
    this.#message = undefined;
    this.#fragmentedOpcode = undefined;
    receive(messageOpcode, payload);
  }

  #unmask(part: Uint8Array, phase: number): Uint8Array {
    if (!this.#options.isMasked) return part;
    const copy = part.slice();
    applyMask(copy, this.#header.subarray(this.#headerSize - 4, this.#headerSize), phase);
    return copy;
  }
}

function isOpcode(value: number): value is WebSocketOpcode {
  return value <= WebSocketOpcode.Binary || (value >= CONTROL && value <= WebSocketOpcode.Pong);
}

function malformed(why: string, offset: number): WebSocketMalformedError {
  const message = `Cannot decode frame: ${why}`;
  return new WebSocketMalformedError(WebSocketCloseCode.ProtocolError, message, offset);
}
