/**
 * Goal: what workers say about datagrams comes out as it went in, however the connection cuts it, and
 * nothing else is taken.
 *
 * Method: bytes as the format says; every cut of two messages; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../../src/base/errors.ts";
import {
  type Handed,
  HandedKind,
  HandedReader,
  handedSize,
  isHandable,
  writeHanded,
} from "../../../../src/services/cluster/sharing/handed-datagram.ts";
import { fromHex } from "../../../support/hex.ts";
import { unlessMalformed } from "../../../support/malformed.ts";
import { noise } from "../../../support/noise.ts";

const DATAGRAM: Handed = {
  kind: HandedKind.Datagram,
  bytes: fromHex("80 60 0001"),
  address: "192.0.2.1",
  port: 50_000,
};
const MINE: Handed = {
  kind: HandedKind.Mine,
  bytes: new Uint8Array(),
  address: "2001:db8::1",
  port: 1,
};

function encode(...all: readonly Handed[]): Uint8Array {
  const bytes = new Uint8Array(all.reduce((size, one) => size + handedSize(one), 0));
  let offset = 0;
  for (const one of all) offset = writeHanded(bytes, offset, one);
  return bytes;
}

/** Reads the pieces, and keeps what has been read. */
function read(...pieces: readonly Uint8Array[]): Handed[] {
  const all: Handed[] = [];
  const reader = new HandedReader({
    handed: (handed) => all.push({ ...handed, bytes: handed.bytes.slice() }),
  });
  for (const piece of pieces) reader.read(piece);
  return all;
}

describe("messages", () => {
  test("are as the format says", () => {
    const bytes = fromHex("01 0004 c350 09 3139322e302e322e31 80600001");
    expect(encode(DATAGRAM)).toEqual(bytes);
    expect(read(encode(DATAGRAM, MINE))).toEqual([DATAGRAM, MINE]);
  });

  test("come out the same, however they are cut", () => {
    const bytes = encode(DATAGRAM, MINE, DATAGRAM);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual([DATAGRAM, MINE, DATAGRAM]);
    }
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(read(...single)).toEqual([DATAGRAM, MINE, DATAGRAM]);
  });

  test("without their end are none", () => {
    const bytes = encode(DATAGRAM);
    for (let size = 0; size < bytes.length; size++) {
      expect(read(bytes.subarray(0, size))).toEqual([]);
    }
  });

  test("have the largest datagram that there is, and no larger one", () => {
    const largest = { ...DATAGRAM, bytes: new Uint8Array(65_535).fill(7) };
    expect(isHandable(largest)).toBe(true);
    expect(read(encode(largest))).toEqual([largest]);
    expect(isHandable({ ...largest, bytes: new Uint8Array(65_536) })).toBe(false);
    expect(isHandable({ ...DATAGRAM, address: "a".repeat(129) })).toBe(false);
  });

  test.each([
    ["an unknown kind", "05 0000 0001 00"],
    ["an answer of HTTP", "48545450 2f31 2e31"],
    ["an address that is too long", "01 0000 0001 81"],
  ])("are not %s", (_name, text) => {
    expect(() => read(fromHex(text))).toThrow(MalformedError);
  });

  test("noise ends the conversation, and nothing more", () => {
    for (const bytes of noise(500, 300)) unlessMalformed(() => read(bytes));
  });
});
