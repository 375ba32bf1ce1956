/**
 * Puts the peer's handshake messages together, in whatever pieces and order they come, and hands them
 * on in their own order.
 *
 * Spec: RFC 6347, sections 4.2.2 and 4.2.3.
 *
 * @module
 */

import type { HandshakeFragment, HandshakeMessage } from "../../../codec/dtls/handshake-message.ts";

/** A flight has six messages at most; what is further ahead than that will be sent again. */
const AHEAD_MAX = 8;
/** Holes between them; no honest peer cuts a message into more pieces. */
const PIECES_MAX = 64;

/** The smallest message that is given memory; more of it is given in powers of two. */
const CAPACITY_MIN = 256;

/** Bytes of a message that have come: from, to. */
type Piece = readonly [from: number, to: number];

interface Assembly {
  type: number;
  /** Of the message, in bytes. */
  length: number;
  /** Has room for it, and is used again if the peer tells another story. */
  bytes: Uint8Array;
  /** In order, with holes between them. */
  pieces: readonly Piece[];
}

export class MessageAssembler {
  #next = 0;
  readonly #assemblies = new Map<number, Assembly>();

  /** Bytes of memory that have been taken so far, however often stories have changed. */
  allocatedSize = 0;

  /** The message sequence number that is handed on next. */
  get next(): number {
    return this.#next;
  }

  /** Copies a piece, unless its message has been handed on or is too far ahead. */
  add(fragment: HandshakeFragment): void {
    const { messageSequence, length, type, fragmentOffset, bytes } = fragment;
    if (messageSequence < this.#next || messageSequence >= this.#next + AHEAD_MAX) return;
    const assembly = this.#assemblyOf(messageSequence);
    // Nobody says which of two stories is the right one; with the wrong one the handshake fails.
    if (assembly.type !== type || assembly.length !== length) this.#begin(assembly, type, length);
    const piece: Piece = [fragmentOffset, fragmentOffset + bytes.length];
    const pieces = bytes.length === 0 ? assembly.pieces : merge(assembly.pieces, piece);
    // What fills a hole is taken even if there are as many as there may be.
    if (pieces.length > PIECES_MAX) return;
    assembly.bytes.set(bytes, fragmentOffset);
    assembly.pieces = pieces;
  }

  /** The next message, if it is whole. */
  take(): HandshakeMessage | undefined {
    const messageSequence = this.#next;
    const assembly = this.#assemblies.get(messageSequence);
    if (assembly === undefined || !isWhole(assembly)) return undefined;
    this.#assemblies.delete(messageSequence);
    this.#next += 1;
    const { type, length, bytes } = assembly;
    return { type, messageSequence, body: bytes.subarray(0, length) };
  }

  #assemblyOf(messageSequence: number): Assembly {
    const known = this.#assemblies.get(messageSequence);
    if (known !== undefined) return known;
    const assembly: Assembly = { type: -1, length: 0, bytes: new Uint8Array(), pieces: [] };
    this.#assemblies.set(messageSequence, assembly);
    return assembly;
  }

  /** Bytes of a story before need not be cleared: none is handed on before all have been written. */
  #begin(assembly: Assembly, type: number, length: number): void {
    assembly.type = type;
    assembly.length = length;
    assembly.pieces = [];
    if (assembly.bytes.length >= length) return;
    const capacity = Math.max(CAPACITY_MIN, 2 ** Math.ceil(Math.log2(length)));
    assembly.bytes = new Uint8Array(capacity);
    this.allocatedSize += capacity;
  }
}

/** What touches becomes one. */
function merge(pieces: readonly Piece[], [from, to]: Piece): Piece[] {
  const before = pieces.filter(([, end]) => end < from);
  const behind = pieces.filter(([start]) => start > to);
  const touching = pieces.slice(before.length, pieces.length - behind.length);
  const start = Math.min(from, touching[0]?.[0] ?? from);
  const end = Math.max(to, touching.at(-1)?.[1] ?? to);
  return [...before, [start, end], ...behind];
}

function isWhole({ length, pieces }: Assembly): boolean {
  if (length === 0) return true;
  const [first] = pieces;
  return pieces.length === 1 && first?.[0] === 0 && first[1] === length;
}
