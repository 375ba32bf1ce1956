/**
 * Goal: heads of responses are written as RFC 9112 and SRS have them, cannot be split by a value, and
 * those of other servers are understood.
 *
 * Method: golden heads, among them one that SRS sent; each cut at every byte; a table of bodies'
 * sizes; noise.
 */

import { describe, expect, test } from "vitest";
import { HttpMalformedError } from "../../../src/codec/http/http-malformed-error.ts";
import {
  encodeResponseHead,
  type ResponseHead,
  ResponseHeadReader,
} from "../../../src/codec/http/response-head.ts";
import { noise } from "../../support/noise.ts";

// What SRS 7 answers to a player of HTTP-FLV.
const SRS_HEAD = [
  "HTTP/1.1 200 OK",
  "Connection: Close",
  "Content-Type: video/x-flv",
  "Server: SRS/7.0.18(Hang)",
  "Transfer-Encoding: chunked",
  "",
  "",
].join("\r\n");

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function read(text: string, method = "GET"): ResponseHead | undefined {
  return new ResponseHeadReader().read(toBytes(text), 0, method)?.[0];
}

describe("encodeResponseHead()", () => {
  test("writes the head that SRS writes", () => {
    const bytes = encodeResponseHead(200, [
      ["Connection", "Close"],
      ["Content-Type", "video/x-flv"],
      ["Server", "SRS/7.0.18(Hang)"],
      ["Transfer-Encoding", "chunked"],
    ]);
    expect(bytes).toEqual(toBytes(SRS_HEAD));
  });

  test("writes one byte a character, and no phrase for a status without one", () => {
    expect(encodeResponseHead(599, [["X", "\xe9"]])).toEqual(
      toBytes("HTTP/1.1 599 \r\nX: \xe9\r\n\r\n"),
    );
  });

  test.each([
    ["X", "a\r\nSet-Cookie: b"],
    ["X", "a\nb"],
    ["X", "a\0b"],
    ["X", "直"],
    ["X: a\r\nY", "b"],
    ["", "b"],
  ])("does not let %j: %j split the head", (name, value) => {
    expect(() => encodeResponseHead(200, [[name, value]])).toThrow("Assertion failed");
  });
});

describe("ResponseHeadReader", () => {
  test("reads what SRS sends, wherever it is cut", () => {
    const bytes = toBytes(`${SRS_HEAD}abc`);
    for (let cut = 0; cut < SRS_HEAD.length; cut++) {
      const reader = new ResponseHeadReader();
      expect(reader.read(bytes.subarray(0, cut), 0, "GET"), `cut at ${cut}`).toBeUndefined();
      const result = reader.read(bytes.subarray(cut), 0, "GET");
      expect(result?.[0]).toMatchObject({ status: 200, reason: "OK", bodySize: "chunked" });
      expect(result?.[0].fields.get("content-type")).toBe("video/x-flv");
      expect(result?.[1]).toBe(SRS_HEAD.length - cut);
    }
  });

  test.each([
    ["GET", "200 OK", "Content-Length: 5\r\n", 5],
    ["GET", "200 OK", "Transfer-Encoding: chunked\r\n", "chunked"],
    ["GET", "200 OK", "", "endless"],
    ["HEAD", "200 OK", "Content-Length: 5\r\n", 0],
    ["GET", "204 No Content", "", 0],
    ["GET", "304 Not Modified", "Content-Length: 5\r\n", 0],
    ["GET", "101 Switching Protocols", "", 0],
  ])("%s: %s with %j has a body of %s", (method, line, fields, bodySize) => {
    expect(read(`HTTP/1.1 ${line}\r\n${fields}\r\n`, method)?.bodySize).toBe(bodySize);
  });

  test("understands HTTP/1.0 and a status line without a phrase", () => {
    expect(read("HTTP/1.0 200\r\n\r\n")).toMatchObject({ versionMinor: 0, reason: "" });
  });

  test.each([
    "HTTP/2 200 OK\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 999 OK\r\n\r\n",
    "HTTP/1.1 200OK\r\n\r\n",
    "\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\nX: 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
  ])("refuses %j", (text) => {
    expect(() => read(text)).toThrow(HttpMalformedError);
  });

  test("throws nothing but HttpMalformedError on noise", () => {
    for (const bytes of noise(3_000, 60)) {
      try {
        new ResponseHeadReader().read(bytes, 0, "GET");
        const reader = new ResponseHeadReader();
        reader.read(toBytes("HTTP/1.1 200 OK\r\n"), 0, "GET");
        reader.read(bytes, 0, "GET");
      } catch (error) {
        expect(error).toBeInstanceOf(HttpMalformedError);
      }
    }
  });
});
