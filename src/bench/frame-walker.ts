/**
 * Walks over a server's WebSocket frames as they arrive and shows what binary messages carry, piece by
 * piece as it comes.
 *
 * Specification: RFC 6455, section 5.2.
 *
 * @module
 */

import { WebSocketCloseCode } from "../codec/websocket/close-code.ts";
import { WebSocketOpcode } from "../codec/websocket/frame.ts";
import { WebSocketMalformedError } from "../codec/websocket/websocket-malformed-error.ts";

/** Who is told what frames carry. */
export interface FrameSink {
  /** A piece of a binary message; valid during the call. */
  binary(bytes: Uint8Array, start: number, end: number): void;
  /** A control frame, whole. Its payload may be kept. */
  control(opcode: WebSocketOpcode, payload: Uint8Array): void;
}

const HEADER_SIZE_MAX = 10;
const CONTROL_SIZE_MAX = 125;
const CONTROL_FLAG = 0x8;
const MASK_FLAG = 0x80;
const SIZE_16 = 126;
const SIZE_64 = 127;

export class FrameWalker {
  readonly #sink: FrameSink;
  readonly #header: Uint8Array = new Uint8Array(HEADER_SIZE_MAX);
  #headerSize = 0;
  #opcode: WebSocketOpcode = WebSocketOpcode.Continuation;
  /** Whether the message, of which this may be a continuation, is a binary one. */
  #isBinary = false;
  /** Bytes of the frame's payload still to come. */
  #missingSize = 0;
  #control: Uint8Array | undefined;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /**
   * Takes the bytes from `start` to `end`.
   *
   * @throws {WebSocketMalformedError} If they are no frames of a server.
   */
  walk(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#missingSize > 0) at = this.#walkPayload(bytes, at, end);
      else at = this.#readHeader(bytes[at] ?? 0, at);
    }
  }

  /** Headers are few: one for each message of many bytes. @returns The offset behind the byte. */
  #readHeader(byte: number, at: number): number {
    this.#header[this.#headerSize] = byte;
    this.#headerSize += 1;
    if (this.#headerSize >= 2 && this.#headerSize === this.#headerSizeNeeded()) this.#enter(at);
    return at + 1;
  }

  #headerSizeNeeded(): number {
    const sizeCode = (this.#header[1] ?? 0) & ~MASK_FLAG;
    if (sizeCode < SIZE_16) return 2;
    return sizeCode === SIZE_16 ? 4 : 10;
  }

  #enter(at: number): void {
    const [first = 0, second = 0] = this.#header;
    this.#headerSize = 0;
    if ((second & MASK_FLAG) !== 0) throw malformed("it is masked", at);
    this.#opcode = (first & 0x0f) as WebSocketOpcode;
    this.#missingSize = readSize(this.#header);
    if ((this.#opcode & CONTROL_FLAG) !== 0) {
      if (this.#missingSize > CONTROL_SIZE_MAX) throw malformed("a control frame is too large", at);
      this.#control = new Uint8Array(this.#missingSize);
      if (this.#missingSize === 0) this.#endControl();
    } else if (this.#opcode !== WebSocketOpcode.Continuation) {
      this.#isBinary = this.#opcode === WebSocketOpcode.Binary;
    }
  }

  #walkPayload(bytes: Uint8Array, at: number, end: number): number {
    const next = Math.min(end, at + this.#missingSize);
    const control = this.#control;
    if (control !== undefined) {
      control.set(bytes.subarray(at, next), control.length - this.#missingSize);
    }
    this.#missingSize -= next - at;
    if (control === undefined) {
      if (this.#isBinary) this.#sink.binary(bytes, at, next);
    } else if (this.#missingSize === 0) this.#endControl();
    return next;
  }

  #endControl(): void {
    const control = this.#control ?? new Uint8Array();
    this.#control = undefined;
    this.#sink.control(this.#opcode, control);
  }
}

function readSize(header: Uint8Array): number {
  const view = new DataView(header.buffer);
  const sizeCode = view.getUint8(1);
  if (sizeCode < SIZE_16) return sizeCode;
  if (sizeCode < SIZE_64) return view.getUint16(2);
  return view.getUint32(2) * 0x1_0000_0000 + view.getUint32(6);
}

function malformed(why: string, offset: number): WebSocketMalformedError {
  const message = `Cannot walk frame: ${why}`;
  return new WebSocketMalformedError(WebSocketCloseCode.ProtocolError, message, offset);
}
