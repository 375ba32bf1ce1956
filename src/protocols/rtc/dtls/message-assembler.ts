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
/** No honest peer cuts a message into more pieces. */
const PIECES_MAX = 64;

interface Assembly {
  readonly type: number;
  readonly body: Uint8Array;
  /** What has come: from, to. Not merged; few. */
  readonly pieces: (readonly [number, number])[];
}

export class MessageAssembler {
  #next: number;
  readonly #assemblies = new Map<number, Assembly>();

  /** @param next The message sequence number that the first message has. */
  constructor(next = 0) {
    this.#next = next;
  }

  /** The message sequence number that is handed on next. */
  get next(): number {
    return this.#next;
  }

  /** @returns Whether it is of a message that has been handed on: the peer sends a flight again. */
  add(fragment: HandshakeFragment): boolean {
    const { messageSequence, length, type, fragmentOffset, bytes } = fragment;
    if (messageSequence < this.#next) return true;
    if (messageSequence >= this.#next + AHEAD_MAX) return false;
    const known = this.#assemblies.get(messageSequence);
    // Nobody says which of two stories is the right one; with the wrong one the handshake fails.
    const isSame = known?.type === type && known.body.length === length;
    const assembly =
      known !== undefined && isSame ? known : { type, body: new Uint8Array(length), pieces: [] };
    if (assembly.pieces.length >= PIECES_MAX) return false;
    assembly.body.set(bytes, fragmentOffset);
    assembly.pieces.push([fragmentOffset, fragmentOffset + bytes.length]);
    this.#assemblies.set(messageSequence, assembly);
    return false;
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

function isWhole({ body, pieces }: Assembly): boolean {
  let end = 0;
  for (const [from, to] of pieces.sort(([a], [b]) => a - b)) {
    if (from > end) return false;
    end = Math.max(end, to);
  }
  return end === body.length;
}
