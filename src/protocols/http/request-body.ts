/**
 * The body of a request: taken from the wire at the pace of its reader.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { ChunkedDecoder } from "../../codec/http/chunked.ts";
import type { BodySize } from "../../codec/http/request-head.ts";
import { HttpError } from "./http-error.ts";

/** What waits for the reader before the peer is held back: two reads of a socket. */
const WAITING_SIZE_MAX = 128 * 1024;
/** Below it pieces are joined, so that a body in chunks of one byte costs no object for each. */
const PIECE_SIZE_MIN = 1_024;

/** The reader wants more, or has taken some: answer 100, or let the peer go on. */
export type BodyDemand = () => void;

export class RequestBody {
  readonly #chunked: ChunkedDecoder | undefined;
  readonly #demand: BodyDemand;
  /** Bytes still to come, unless the body is in chunks. */
  #missingSize: number;
  #pieces: Uint8Array[] = [];
  #small: ByteWriter | undefined;
  #waitingSize = 0;
  #isDropped = false;
  #failure: Error | undefined;
  #reading: ((failure: Error | undefined) => void) | undefined;

  constructor(size: BodySize, demand: BodyDemand) {
    this.#chunked = size === "chunked" ? new ChunkedDecoder() : undefined;
    this.#missingSize = size === "chunked" ? 0 : size;
    this.#demand = demand;
  }

  // The connection's side -------------------------------------------------------------------------

  /** All of it has come. */
  get isComplete(): boolean {
    return this.#chunked === undefined ? this.#missingSize === 0 : this.#chunked.isDone;
  }

  /** The peer should wait until the reader has caught up. */
  get isFull(): boolean {
    return this.#waitingSize >= WAITING_SIZE_MAX;
  }

  /** How much is still to come; unknown if in chunks. */
  get missingSize(): number | undefined {
    return this.#chunked === undefined ? this.#missingSize : undefined;
  }

  /**
   * Takes what belongs to the body from `offset` on.
   *
   * @returns The offset behind it.
   * @throws {HttpMalformedError}
   */
  accept(input: Uint8Array, offset: number): number {
    let end: number;
    if (this.#chunked === undefined) {
      end = Math.min(input.length, offset + this.#missingSize);
      this.#missingSize -= end - offset;
      this.#push(input.subarray(offset, end));
    } else {
      end = this.#chunked.decode(input, offset, (data) => this.#push(data));
    }
    if (this.#waitingSize > 0 || this.isComplete) this.#wake(undefined);
    return end;
  }

  /** No more will come: what the reader has not got is lost. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#drop();
    this.#wake(error);
  }

  /** Nobody will read it: forgets it, and what is still to come. */
  discard(): void {
    this.#isDropped = true;
    this.#drop();
  }

  // The reader's side -----------------------------------------------------------------------------

  /** The next piece as soon as there is one; `undefined` at the end. One call at a time. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#waitingSize === 0 && !this.isComplete) {
      this.#demand();
      await this.#wait();
    }
    return this.#take();
  }

  /** The whole body. @throws {HttpError} 413 if it has more than `sizeMax` bytes. */
  async readAll(sizeMax: number): Promise<Uint8Array> {
    if ((this.missingSize ?? 0) + this.#waitingSize > sizeMax) throw tooLarge(sizeMax);
    // What a peer says it will send is not reserved before it has sent some.
    const writer = new ByteWriter(Math.max(256, this.#waitingSize));
    for (let piece = await this.read(); piece !== undefined; piece = await this.read()) {
      if (writer.size + piece.length > sizeMax) throw tooLarge(sizeMax);
      writer.writeBytes(piece);
    }
    return writer.view();
  }

  /** The body as a stream, which errs with HttpError 413 past `sizeMax` bytes. */
  toStream(sizeMax: number): ReadableStream<Uint8Array> {
    let size = 0;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const piece = await this.read();
          size += piece?.length ?? 0;
          if (size > sizeMax) throw tooLarge(sizeMax);
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
        cancel: () => this.discard(),
      },
      { highWaterMark: 0 },
    );
  }

  #push(piece: Uint8Array): void {
    if (this.#isDropped || piece.length === 0) return;
    this.#waitingSize += piece.length;
    if (piece.length < PIECE_SIZE_MIN) {
      this.#small ??= new ByteWriter(PIECE_SIZE_MIN);
      this.#small.writeBytes(piece);
      return;
    }
    this.#closeSmall();
    this.#pieces.push(piece);
  }

  #closeSmall(): void {
    if (this.#small === undefined) return;
    this.#pieces.push(this.#small.take());
    this.#small = undefined;
  }

  #take(): Uint8Array | undefined {
    if (this.#pieces.length === 0) this.#closeSmall();
    const wasFull = this.isFull;
    const piece = this.#pieces.shift();
    this.#waitingSize -= piece?.length ?? 0;
    if (wasFull && !this.isFull) this.#demand();
    return piece;
  }

  #drop(): void {
    this.#pieces = [];
    this.#small = undefined;
    this.#waitingSize = 0;
  }

  #wait(): Promise<void> {
    assert(this.#reading === undefined, "a body has one reader");
    return new Promise((resolve, reject) => {
      this.#reading = (failure) => {
        if (failure === undefined) resolve();
        else reject(failure);
      };
    });
  }

  #wake(failure: Error | undefined): void {
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.(failure);
  }
}

function tooLarge(sizeMax: number): HttpError {
  return new HttpError(413, `Cannot read request body: it has more than ${sizeMax} bytes`);
}
