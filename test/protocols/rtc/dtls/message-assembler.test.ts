/**
 * Goal: messages come out whole and in their order, whatever pieces they come in, and no peer makes
 * the assembler keep more than a few messages.
 *
 * Method: every order of the pieces of three messages; overlaps; pieces that contradict each other.
 */

import { describe, expect, test } from "vitest";
import {
  HANDSHAKE_SIZE_MAX,
  type HandshakeFragment,
  type HandshakeMessage,
} from "../../../../src/codec/dtls/handshake-message.ts";
import { MessageAssembler } from "../../../../src/protocols/rtc/dtls/message-assembler.ts";

function piece(messageSequence: number, from: number, to: number, length = 6): HandshakeFragment {
  const bytes = Uint8Array.from({ length: to - from }, (_, i) => 16 * messageSequence + from + i);
  return { type: messageSequence, length, messageSequence, fragmentOffset: from, bytes };
}

function body(messageSequence: number, length = 6): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 16 * messageSequence + i);
}

function drain(assembler: MessageAssembler): HandshakeMessage[] {
  const messages: HandshakeMessage[] = [];
  for (let next = assembler.take(); next !== undefined; next = assembler.take())
    messages.push(next);
  return messages;
}

function* permute<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length < 2) yield [...items];
  for (const [index, item] of items.entries()) {
    if (items.length < 2) return;
    for (const rest of permute(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

describe("MessageAssembler", () => {
  test("takes pieces in any order", () => {
    const pieces = [
      ...[piece(0, 0, 2), piece(0, 2, 3), piece(0, 3, 6)],
      ...[piece(1, 0, 0, 0), piece(2, 0, 4), piece(2, 3, 6)],
    ];
    for (const order of permute(pieces)) {
      const assembler = new MessageAssembler();
      const messages = order.flatMap((one) => {
        assembler.add(one);
        return drain(assembler);
      });
      expect(messages.map(({ messageSequence }) => messageSequence)).toEqual([0, 1, 2]);
      expect(messages.map((message) => message.body)).toEqual([body(0), body(1, 0), body(2)]);
    }
  });

  test("waits for the last byte, whatever is repeated and empty", () => {
    const assembler = new MessageAssembler();
    for (let i = 0; i < 500; i++) {
      assembler.add(piece(0, 0, 3));
      assembler.add(piece(0, 4, 6));
      assembler.add(piece(0, 3, 3));
      assembler.add(piece(0, 2, 3));
    }
    expect(drain(assembler)).toEqual([]);
    assembler.add(piece(0, 1, 5));
    expect(drain(assembler)).toHaveLength(1);
  });

  test("hands on each message once", () => {
    const assembler = new MessageAssembler();
    assembler.add(piece(0, 0, 6));
    expect(drain(assembler)).toHaveLength(1);
    assembler.add(piece(0, 0, 6));
    expect(drain(assembler)).toEqual([]);
    expect(assembler.next).toBe(1);
  });

  test("keeps nothing that is far ahead", () => {
    const assembler = new MessageAssembler();
    for (let i = 1; i < 100; i++) assembler.add(piece(i, 0, 6));
    assembler.add(piece(0, 0, 6));
    expect(drain(assembler)).toHaveLength(8);
  });

  test("of two stories the later one is taken, and none of the former", () => {
    const assembler = new MessageAssembler();
    assembler.add(piece(0, 0, 3));
    assembler.add({ ...piece(0, 3, 6), type: 9 });
    expect(drain(assembler)).toEqual([]);
    assembler.add({ ...piece(0, 0, 3), type: 9 });
    expect(drain(assembler)).toMatchObject([{ type: 9 }]);
  });

  test("takes a bounded amount of memory, however often the peer changes its story", () => {
    const assembler = new MessageAssembler();
    for (let i = 0; i < 4_000; i++) {
      const length = HANDSHAKE_SIZE_MAX - (i % 500) * 32;
      assembler.add({ ...piece(1 + (i % 20), 0, 3, length), type: i % 256 });
    }
    expect(assembler.allocatedSize).toBeLessThanOrEqual(2 * 8 * HANDSHAKE_SIZE_MAX);
  });

  test("a story that is told in memory of another has none of its bytes", () => {
    const assembler = new MessageAssembler();
    assembler.add({ ...piece(0, 0, 20, 21), bytes: new Uint8Array(20).fill(9) });
    assembler.add(piece(0, 4, 6));
    expect(drain(assembler)).toEqual([]);
    assembler.add(piece(0, 0, 4));
    expect(drain(assembler)).toEqual([{ type: 0, messageSequence: 0, body: body(0) }]);
  });

  test("has a limit of holes, which may be filled by what is sent again", () => {
    const assembler = new MessageAssembler();
    const send = (first: number): void => {
      for (let i = first; i < 400; i += 2) assembler.add(piece(0, i, i + 1, 400));
    };
    send(0);
    send(1);
    // Most of the even bytes were one hole too many.
    expect(drain(assembler)).toEqual([]);
    send(0);
    send(1);
    send(0);
    expect(drain(assembler)).toHaveLength(1);
  });
});
