/**
 * Goal: heads of requests are read as RFC 9112 has them, at whatever byte they are cut; whatever a
 * proxy in front could read in another way is refused, with the status that says why.
 *
 * Method: heads written out by hand, each cut at every byte and fed byte by byte; a table of the
 * known tricks of request smuggling; mutations of a good head and seeded noise.
 */

import { describe, expect, test } from "vitest";
import {
  FIELD_COUNT_MAX,
  HEAD_SIZE_MAX,
  URI_SIZE_MAX,
} from "../../../src/codec/http/head-reader.ts";
import { HttpMalformedError } from "../../../src/codec/http/http-malformed-error.ts";
import { type RequestHead, RequestHeadReader } from "../../../src/codec/http/request-head.ts";
import { noise } from "../../support/noise.ts";

const GET = [
  "GET /live/livestream.flv?vhost=a.com HTTP/1.1",
  "Host: 127.0.0.1:8080",
  "User-Agent:Lavf/60.16.100",
  "X-Empty:",
  "X-Blank: \t padded value\t ",
  "Accept: a",
  "accept: b",
  "",
  "",
].join("\r\n");

const GET_HEAD = {
  method: "GET",
  target: "/live/livestream.flv?vhost=a.com",
  versionMinor: 1,
  bodySize: 0,
  fields: [
    ["host", "127.0.0.1:8080"],
    ["user-agent", "Lavf/60.16.100"],
    ["x-empty", ""],
    ["x-blank", "padded value"],
    ["accept", "a"],
    ["accept", "b"],
  ],
};

/** One byte a character. */
function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Feeds `pieces` and returns what the reader found: heads, and how much it left of the last piece. */
function readAll(pieces: readonly Uint8Array[]): { heads: RequestHead[]; left: number } {
  const reader = new RequestHeadReader();
  const heads: RequestHead[] = [];
  let left = 0;
  for (const piece of pieces) {
    let offset = 0;
    left = 0;
    while (offset < piece.length) {
      const result = reader.read(piece, offset);
      if (result === undefined) break;
      heads.push(result[0]);
      offset = result[1];
      left = piece.length - offset;
    }
  }
  return { heads, left };
}

function readOne(text: string): RequestHead {
  const [head] = readAll([toBytes(text)]).heads;
  if (head === undefined) throw new Error("the head is incomplete");
  return head;
}

function statusOf(text: string): number | undefined {
  try {
    readAll([toBytes(text)]);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(HttpMalformedError);
    return (error as HttpMalformedError).status;
  }
}

function plain(head: RequestHead | undefined): unknown {
  return head === undefined ? undefined : { ...head, fields: [...head.fields] };
}

describe("RequestHeadReader", () => {
  test("reads a head and tells where it ends", () => {
    const { heads, left } = readAll([toBytes(`${GET}rest`)]);
    expect(heads.map(plain)).toEqual([GET_HEAD]);
    expect(left).toBe(4);
  });

  test("reads the same wherever the head is cut, and waits until it is whole", () => {
    const bytes = toBytes(GET);
    for (let cut = 1; cut < bytes.length; cut++) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(readAll(pieces.slice(0, 1)).heads, `cut at ${cut}`).toEqual([]);
      expect(readAll(pieces).heads.map(plain), `cut at ${cut}`).toEqual([GET_HEAD]);
    }
  });

  test("reads byte by byte, from pieces that are overwritten later", () => {
    const reader = new RequestHeadReader();
    const piece = new Uint8Array(1);
    let result: [RequestHead, number] | undefined;
    for (const byte of toBytes(GET)) {
      piece[0] = byte;
      result = reader.read(piece, 0);
    }
    expect(plain(result?.[0])).toEqual(GET_HEAD);
    expect(result?.[1]).toBe(1);
  });

  test("reads one head behind the other, past empty lines in between", () => {
    const { heads, left } = readAll([toBytes(`\r\n${GET}\r\n\r\n${GET}`)]);
    expect(heads.map(plain)).toEqual([GET_HEAD, GET_HEAD]);
    expect(left).toBe(0);
  });

  test("knows whether a head has begun", () => {
    const reader = new RequestHeadReader();
    expect(reader.isStarted).toBe(false);
    reader.read(toBytes("G"), 0);
    expect(reader.isStarted).toBe(true);
    reader.read(toBytes(GET.slice(1)), 0);
    expect(reader.isStarted).toBe(false);
  });

  test("keeps bytes above ASCII one by one", () => {
    const head = readOne("GET /\xe7\x9b\xb4 HTTP/1.0\r\nX: \xff\x80\xa0\r\n\r\n");
    expect(head.target).toBe("/\xe7\x9b\xb4");
    expect(head.fields.get("x")).toBe("\xff\x80\xa0");
  });

  test("looks fields up in any case and joins repeated ones", () => {
    const { fields } = readOne(GET);
    expect(fields.get("ACCEPT")).toBe("a, b");
    expect(fields.getAll("Accept")).toEqual(["a", "b"]);
    expect(fields.has("X-EMPTY")).toBe(true);
    expect(fields.get("x-missing")).toBeUndefined();
    expect(fields.hasToken("accept", "b")).toBe(true);
    expect(fields.hasToken("accept", "c")).toBe(false);
  });

  test.each([
    { lines: "", bodySize: 0 },
    { lines: "Content-Length: 0\r\n", bodySize: 0 },
    { lines: "Content-Length: 007\r\n", bodySize: 7 },
    { lines: "Content-Length: 5\r\nContent-Length: 5\r\n", bodySize: 5 },
    { lines: "Content-Length: 999999999999999\r\n", bodySize: 999_999_999_999_999 },
    { lines: "Transfer-Encoding: Chunked\r\n", bodySize: "chunked" },
  ])("takes the size of the body from $lines", ({ lines, bodySize }) => {
    expect(readOne(`POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`).bodySize).toBe(bodySize);
  });

  test.each([
    { name: "HTTP/1.0 without Host", text: "GET / HTTP/1.0\r\n\r\n" },
    { name: "an empty Host", text: "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
    { name: "an IPv6 Host", text: "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n" },
    { name: "a later minor version", text: "GET / HTTP/1.9\r\nHost: a\r\n\r\n" },
    { name: "an unknown method", text: "M-SEARCH * HTTP/1.1\r\nHost: a\r\n\r\n" },
  ])("accepts $name", ({ text }) => {
    expect(statusOf(text)).toBeUndefined();
  });
});

describe("RequestHeadReader refuses", () => {
  const host = "Host: a\r\n";

  test.each([
    // Framing that two readers could take in two ways.
    [
      "both lengths",
      `POST / HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    [
      "two lengths",
      `POST / HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 5\r\n\r\n`,
      400,
    ],
    [
      "two spellings of a length",
      `POST / HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 04\r\n\r\n`,
      400,
    ],
    ["a list of lengths", `POST / HTTP/1.1\r\n${host}Content-Length: 4, 4\r\n\r\n`, 400],
    ["a signed length", `POST / HTTP/1.1\r\n${host}Content-Length: +4\r\n\r\n`, 400],
    ["a negative length", `POST / HTTP/1.1\r\n${host}Content-Length: -4\r\n\r\n`, 400],
    ["a hexadecimal length", `POST / HTTP/1.1\r\n${host}Content-Length: 0x4\r\n\r\n`, 400],
    ["a length with a point", `POST / HTTP/1.1\r\n${host}Content-Length: 4.0\r\n\r\n`, 400],
    ["an empty length", `POST / HTTP/1.1\r\n${host}Content-Length:\r\n\r\n`, 400],
    [
      "an immense length",
      `POST / HTTP/1.1\r\n${host}Content-Length: 1234567890123456\r\n\r\n`,
      413,
    ],
    ["chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    ["chunked not last", `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked, gzip\r\n\r\n`, 400],
    ["chunked twice", `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked, chunked\r\n\r\n`, 400],
    [
      "chunked twice in two lines",
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    ["another coding", `POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
    ["an unknown coding", `POST / HTTP/1.1\r\n${host}Transfer-Encoding: identity\r\n\r\n`, 400],
    ["an empty coding", `POST / HTTP/1.1\r\n${host}Transfer-Encoding:\r\n\r\n`, 400],
    ["a hidden coding", `POST / HTTP/1.1\r\n${host}Transfer-Encoding: \x0bchunked\r\n\r\n`, 400],
    [
      "a coding with U+00A0",
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: \xa0chunked\r\n\r\n`,
      400,
    ],
    // Lines that two readers could cut in two ways.
    ["a space before the colon", `GET / HTTP/1.1\r\n${host}Content-Length : 4\r\n\r\n`, 400],
    ["a tab before the colon", `GET / HTTP/1.1\r\n${host}X\t: 4\r\n\r\n`, 400],
    ["a folded line", `GET / HTTP/1.1\r\n${host}X: 1\r\n 2\r\n\r\n`, 400],
    ["a folded first line", `GET / HTTP/1.1\r\n ${host}\r\n`, 400],
    ["a bare line feed", `GET / HTTP/1.1\r\n${host}X: 1\nY: 2\r\n\r\n`, 400],
    ["a bare line feed at the end", `GET / HTTP/1.1\r\n${host}\n`, 400],
    ["a bare line feed behind the request line", `GET / HTTP/1.1\n${host}\r\n`, 400],
    ["a bare carriage return", `GET / HTTP/1.1\r\n${host}X: 1\rY: 2\r\n\r\n`, 400],
    ["a bare carriage return at the end", `GET / HTTP/1.1\r\n${host}\rX`, 400],
    ["a bare carriage return in front", `\rGET / HTTP/1.1\r\n${host}\r\n`, 400],
    ["a bare line feed in front", `\nGET / HTTP/1.1\r\n${host}\r\n`, 400],
    ["NUL in a value", `GET / HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`, 400],
    ["DEL in a value", `GET / HTTP/1.1\r\n${host}X: \x7f\r\n\r\n`, 400],
    ["NUL in a name", `GET / HTTP/1.1\r\n${host}X\0: a\r\n\r\n`, 400],
    ["a byte above ASCII in a name", `GET / HTTP/1.1\r\n${host}X\xff: a\r\n\r\n`, 400],
    ["an empty name", `GET / HTTP/1.1\r\n${host}: a\r\n\r\n`, 400],
    ["a name without a colon", `GET / HTTP/1.1\r\n${host}X\r\n\r\n`, 400],
    // Request lines.
    ["no target", `GET HTTP/1.1\r\n${host}\r\n`, 400],
    ["an empty target", `GET  HTTP/1.1\r\n${host}\r\n`, 400],
    ["no version", `GET /\r\n${host}\r\n`, 400],
    ["a space in the target", `GET /a b HTTP/1.1\r\n${host}\r\n`, 400],
    ["two spaces", `GET /  HTTP/1.1\r\n${host}\r\n`, 400],
    ["a space behind the version", `GET / HTTP/1.1 \r\n${host}\r\n`, 400],
    ["a space in front", ` GET / HTTP/1.1\r\n${host}\r\n`, 400],
    ["a tab as a space", `GET\t/ HTTP/1.1\r\n${host}\r\n`, 400],
    ["a tab in the target", `GET /\t HTTP/1.1\r\n${host}\r\n`, 400],
    ["a method that is no token", `GE(T / HTTP/1.1\r\n${host}\r\n`, 400],
    ["a version in lower case", `GET / http/1.1\r\n${host}\r\n`, 400],
    ["a version of two digits", `GET / HTTP/1.10\r\n${host}\r\n`, 400],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["HTTP/0.9", `GET / HTTP/0.9\r\n${host}\r\n`, 505],
    ["a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00", 400],
    ["an RTMP handshake", "\x03\x00\x00\x00\x00", 400],
    // Hosts.
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["two Hosts", `GET / HTTP/1.1\r\n${host}${host}\r\n`, 400],
    ["a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
    ["a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400],
    ["a Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
    // Limits.
    ["a long method", `${"A".repeat(33)} / HTTP/1.1\r\n${host}\r\n`, 501],
  ])("%s", (_, text, status) => {
    expect(statusOf(text)).toBe(status);
  });

  test.each([
    [
      "a target",
      (size: number) => `GET /${"a".repeat(size - 1)} HTTP/1.1\r\n${host}\r\n`,
      URI_SIZE_MAX,
      414,
    ],
    [
      "a head",
      (size: number) =>
        GET.replace("\r\n\r\n", `\r\nX: ${"a".repeat(size - GET.length - 5)}\r\n\r\n`),
      HEAD_SIZE_MAX,
      431,
    ],
    [
      "fields",
      (count: number) => `GET / HTTP/1.1\r\n${host}${"X: 1\r\n".repeat(count - 1)}\r\n`,
      FIELD_COUNT_MAX,
      431,
    ],
  ])("%s over the limit, and not one at it", (_, make, limit, status) => {
    expect(statusOf(make(limit))).toBeUndefined();
    expect(statusOf(make(limit + 1))).toBe(status);
  });

  test.each([
    ["an endless target", "GET /", "a", 414],
    ["an endless value", `GET / HTTP/1.1\r\n${host}X: `, "a", 431],
    ["an endless name", `GET / HTTP/1.1\r\n${host}`, "a", 431],
    ["endless fields", `GET / HTTP/1.1\r\n${host}`, "X: 1\r\n", 431],
    ["endless empty lines", "", "\r\n", 431],
  ])("%s before it ends", (_, start, piece, status) => {
    const reader = new RequestHeadReader();
    const feed = (): void => {
      reader.read(toBytes(start), 0);
      for (let size = 0; size <= HEAD_SIZE_MAX; size += piece.length)
        reader.read(toBytes(piece), 0);
    };
    expect(feed).toThrow(expect.objectContaining({ status }));
  });

  test("nothing in any other way than by HttpMalformedError: mutations", () => {
    const bytes = toBytes(GET);
    let at = 0;
    for (const [a = 0, b = 0, c = 0] of noise(5_000, 3)) {
      const mutated = bytes.slice();
      at = (at * 31 + a * 7 + b + 1) % bytes.length;
      mutated[at] = c;
      try {
        readAll([mutated.subarray(0, b), mutated.subarray(b)]);
      } catch (error) {
        expect(error).toBeInstanceOf(HttpMalformedError);
      }
    }
  });

  test("nothing in any other way than by HttpMalformedError: noise", () => {
    for (const bytes of noise(5_000, 60)) {
      try {
        readAll([bytes]);
        readAll([toBytes("GET / HTTP/1.1\r\nHost: a\r\nX"), bytes]);
      } catch (error) {
        expect(error).toBeInstanceOf(HttpMalformedError);
      }
    }
  });
});
