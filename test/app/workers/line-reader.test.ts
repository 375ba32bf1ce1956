/**
 * Goal: lines arrive whole however the bytes are cut, in bounded memory.
 *
 * Method: a text with characters of several bytes, cut at every byte; lines at the limit and over it;
 * seeded noise.
 */

import { describe, expect, test } from "vitest";
import { LineReader } from "../../../src/app/workers/line-reader.ts";
import { MalformedError } from "../../../src/base/errors.ts";
import { noise } from "../../support/noise.ts";

const TEXT = 'first\n\n{"name":"Füße 直播"}\nlast\n';
const LINES = ["first", "", '{"name":"Füße 直播"}', "last"];
const BYTES = new TextEncoder().encode(TEXT);

function read(...pieces: readonly Uint8Array[]): string[] {
  const reader = new LineReader(1_000);
  const lines: string[] = [];
  for (const piece of pieces) reader.read(piece, (line) => lines.push(line));
  return lines;
}

describe("LineReader", () => {
  test("reads lines that come together", () => {
    expect(read(BYTES)).toEqual(LINES);
  });

  test("reads them cut at any byte, and byte by byte", () => {
    for (let cut = 0; cut <= BYTES.length; cut++) {
      expect(read(BYTES.subarray(0, cut), BYTES.subarray(cut)), `cut at ${cut}`).toEqual(LINES);
    }
    expect(read(...Array.from(BYTES, (byte) => Uint8Array.of(byte)))).toEqual(LINES);
  });

  test("keeps a line whose end has not come", () => {
    expect(read(BYTES.subarray(0, BYTES.length - 1))).toEqual(LINES.slice(0, -1));
  });

  test("does not depend on bytes that are overwritten once they have been read", () => {
    const reader = new LineReader(100);
    const lines: string[] = [];
    const piece = new TextEncoder().encode("half");
    reader.read(piece, (line) => lines.push(line));
    piece.fill(0x78);
    reader.read(Uint8Array.of(0x0a), (line) => lines.push(line));
    expect(lines).toEqual(["half"]);
  });

  test("takes a line of the largest size and refuses a longer one, ended or not", () => {
    const line = (size: number, end: string): Uint8Array =>
      new TextEncoder().encode(`${"x".repeat(size)}${end}`);
    const lines: string[] = [];
    const take = (reader: LineReader, bytes: Uint8Array): void =>
      reader.read(bytes, (text) => lines.push(text));
    take(new LineReader(10), line(10, "\n"));
    expect(lines).toEqual(["xxxxxxxxxx"]);
    expect(() => take(new LineReader(10), line(11, "\n"))).toThrow(MalformedError);
    expect(() => take(new LineReader(10), line(11, ""))).toThrow(MalformedError);
    const reader = new LineReader(10);
    take(reader, line(6, ""));
    expect(() => take(reader, line(5, ""))).toThrow(MalformedError);
  });

  test("refuses what is no UTF-8", () => {
    expect(() => read(Uint8Array.of(0xc3, 0x0a))).toThrow(MalformedError);
  });

  test("survives noise", () => {
    let count = 0;
    for (const all of noise(2_000, 60)) {
      const bytes = all.map((byte) => (byte > 0x7f ? 0x0a : byte)); // Many lines.
      if (all.length % 2 === 0) bytes.set(all.subarray(0, 2)); // Some of which are no UTF-8.
      try {
        count += read(bytes, bytes).length;
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
    expect(count).toBeGreaterThan(10);
  });
});
