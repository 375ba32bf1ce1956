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

/** Bytes of a message that have come: from, to. */
type Piece = readonly [from: number, to: number];

interface Assembly {
  readonly type: number;
  readonly body: Uint8Array;
  /** In order, with holes between them. */
  pieces: readonly Piece[];
}

export class MessageAssembler {
  #next = 0;
  readonly #assemblies = new Map<number, Assembly>();

  /** The message sequence number that is handed on next. */
  get next(): number {
    return this.#next;
  }

  /** Copies a piece, unless its message has been handed on or is too far ahead. */
  add(fragment: HandshakeFragment): void {
    const { messageSequence, length, type, fragmentOffset, bytes } = fragment;
    if (messageSequence < this.#next || messageSequence >= this.#next + AHEAD_MAX) return;
    const known = this.#assemblies.get(messageSequence);
    // Nobody says which of two stories is the right one; with the wrong one the handshake fails.
    const isSame = known?.type === type && known.body.length === length;
    const assembly =
      known !== undefined && isSame ? known : { type, body: new Uint8Array(length), pieces: [] };
    const piece: Piece = [fragmentOffset, fragmentOffset + bytes.length];
    const pieces = bytes.length === 0 ? assembly.pieces : merge(assembly.pieces, piece);
    // What fills a hole is taken even if there are as many as there may be.
    if (pieces.length > PIECES_MAX) return;
    assembly.body.set(bytes, fragmentOffset);
    assembly.pieces = pieces;
    this.#assemblies.set(messageSequence, assembly);
  }

  /** The next message, if it is whole. */
  take(): HandshakeMessage | undefined {
    const messageSequence = this.#next;
    const assembly = this.#assemblies.get(messageSequence);
    if (assembly === undefined || !isWhole(assembly)) return undefined;
    this.#assemblies.delete(messageSequence);
    this.#next += 1;
    return { type: assembly.type, messageSequence, body: assembly.body };
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

function isWhole({ body, pieces }: Assembly): boolean {
  if (body.length === 0) return true;
  const [first] = pieces;
  return pieces.length === 1 && first?.[0] === 0 && first[1] === body.length;
}
