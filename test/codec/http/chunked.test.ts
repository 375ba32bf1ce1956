/**
 * Goal: bodies in chunks are taken apart wherever they are cut, never past their end, and with bounds
 * on all that is not data.
 *
 * Method: a body written out by hand after RFC 9112, section 7.1, cut at every byte; a table of
 * malformed ones; bounds tried from both sides; noise.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import {
  ChunkedDecoder,
  chunkOverhead,
  encodeChunk,
  encodeLastChunk,
  writeChunkHeader,
} from "../../../src/codec/http/chunked.ts";
import { HttpMalformedError } from "../../../src/codec/http/http-malformed-error.ts";
import { noise } from "../../support/noise.ts";

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function decodeAll(pieces: readonly Uint8Array[]): { text: string; isDone: boolean; left: number } {
  const decoder = new ChunkedDecoder();
  let text = "";
  let left = 0;
  for (const piece of pieces) {
    const end = decoder.decode(piece, 0, (data) => {
      text += String.fromCharCode(...data);
    });
    left += piece.length - end;
  }
  return { text, isDone: decoder.isDone, left };
}

function decodeText(text: string): ReturnType<typeof decodeAll> {
  return decodeAll([toBytes(text)]);
}

describe("ChunkedDecoder", () => {
  test("decodes sizes, extensions, data with line ends in it, and trailers", () => {
    const body = "5;a=b\r\nhello\r\n00A\r\n, \r\nworld!\r\n0;c\r\nX: 1\r\nY: 2\r\n\r\n";
    expect(decodeText(body)).toEqual({ text: "hello, \r\nworld!", isDone: true, left: 0 });
  });

  test("stops behind the body", () => {
    expect(decodeText("1\r\na\r\n0\r\n\r\nGET /")).toEqual({ text: "a", isDone: true, left: 5 });
  });

  test("decodes the same wherever the body is cut", () => {
    const bytes = toBytes("5;a=b\r\nhello\r\nb\r\n, \r\nworld!?\r\n0\r\nX: 1\r\n\r\n");
    const whole = { text: "hello, \r\nworld!?", isDone: true, left: 0 };
    for (let cut = 0; cut <= bytes.length; cut++) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(decodeAll(pieces), `cut at ${cut}`).toEqual(whole);
      expect(decodeAll(pieces.slice(0, 1)).isDone).toBe(cut === bytes.length);
    }
    expect(decodeAll(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test("hands data on as views", () => {
    const input = toBytes("3\r\nabc\r\n");
    new ChunkedDecoder().decode(input, 0, (data) => expect(data.buffer).toBe(input.buffer));
    expect.assertions(1);
  });

  test.each([
    "\r\n",
    ";a\r\n",
    "g\r\n",
    "-1\r\n",
    "0x1\r\n",
    " 1\r\n",
    "1 \r\n",
    "1\n",
    "1\rx",
    "1;a\nb",
    "1;\0\r\n",
    "1\r\nab",
    "1\r\na\rb",
    "1\r\na\n",
    "123456789\r\n",
    "0\r\n\rx",
    "0\r\nX: 1\n",
    "0\r\nX: \0\r\n",
  ])("refuses %j", (text) => {
    expect(() => decodeText(text)).toThrow(
      expect.objectContaining({ name: "MalformedError", status: 400 }),
    );
  });

  test.each([
    ["extensions", (size: number) => `1;${"a".repeat(size)}\r\nb\r\n0\r\n\r\n`, 256],
    ["trailers", (size: number) => `0\r\n${"a".repeat(size - 2)}\r\nbb\r\n\r\n`, 4096],
  ])("bounds %s", (_, make, limit) => {
    expect(decodeText(make(limit)).isDone).toBe(true);
    expect(() => decodeText(make(limit + 1))).toThrow(HttpMalformedError);
  });

  test("throws nothing but HttpMalformedError on noise", () => {
    for (const bytes of noise(5_000, 40)) {
      const text = [...bytes].map((byte) => "0123456789abF;\r\n x\0"[byte % 19]).join("");
      try {
        decodeText(text);
        decodeText(`3\r\n${text}`);
      } catch (error) {
        expect(error).toBeInstanceOf(HttpMalformedError);
      }
    }
  });
});

describe("encodeChunk()", () => {
  test("writes the bytes of the specification", () => {
    expect(encodeChunk(toBytes("hello world!!!!!"))).toEqual(toBytes("10\r\nhello world!!!!!\r\n"));
    expect(encodeLastChunk()).toEqual(toBytes("0\r\n\r\n"));
  });

  test("can be written in parts, into a buffer of known size", () => {
    const writer = new ByteWriter(4);
    writeChunkHeader(writer, 0x1f);
    expect(writer.view()).toEqual(toBytes("1f\r\n"));
    for (const size of [1, 15, 16, 255, 256, 70_000]) {
      expect(encodeChunk(new Uint8Array(size)).length).toBe(size + chunkOverhead(size));
    }
  });
});
