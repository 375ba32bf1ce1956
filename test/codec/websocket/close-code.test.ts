/**
 * Goal: close frames say and understand what RFC 6455, sections 5.5.1 and 7.4, allow.
 *
 * Method: payloads written out by hand; every code there is; reasons cut inside a character; noise.
 */

import { describe, expect, test } from "vitest";
import { decodeClose, encodeClose } from "../../../src/codec/websocket/close-code.ts";
import { WebSocketMalformedError } from "../../../src/codec/websocket/websocket-malformed-error.ts";
import { noise } from "../../support/noise.ts";

describe("decodeClose()", () => {
  test("decodes code and reason", () => {
    const payload = Uint8Array.of(0x03, 0xe9, 0x62, 0x79, 0x65);
    expect(decodeClose(payload)).toEqual({ code: 1001, reason: "bye" });
    expect(decodeClose(payload.subarray(0, 2))).toEqual({ code: 1001, reason: "" });
    expect(decodeClose(payload.subarray(0, 0))).toEqual({ code: 1005, reason: "" });
  });

  test("accepts the codes that may be sent and no others", () => {
    const accepted: number[] = [];
    for (let code = 0; code <= 0xffff; code++) {
      try {
        decodeClose(Uint8Array.of(code >>> 8, code & 0xff));
        accepted.push(code);
      } catch (error) {
        expect(error).toMatchObject({ closeCode: 1002 });
      }
    }
    const registered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
    const free = Array.from({ length: 2_000 }, (_, index) => 3_000 + index);
    expect(accepted).toEqual([...registered, ...free]);
  });

  test.each([
    ["half a code", Uint8Array.of(0x03)],
    ["a reason that is not UTF-8", Uint8Array.of(0x03, 0xe8, 0xff)],
    ["a reason cut inside a character", Uint8Array.of(0x03, 0xe8, 0xe7, 0x9b)],
  ])("refuses %s", (_, payload) => {
    expect(() => decodeClose(payload)).toThrow(WebSocketMalformedError);
  });

  test("throws nothing but WebSocketMalformedError on noise", () => {
    for (const bytes of noise(3_000, 10)) {
      try {
        decodeClose(bytes);
        decodeClose(Uint8Array.of(0x03, 0xe8, ...bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(WebSocketMalformedError);
      }
    }
  });
});

describe("encodeClose()", () => {
  test("writes code and reason", () => {
    expect(encodeClose(1001, "bye")).toEqual(Uint8Array.of(0x03, 0xe9, 0x62, 0x79, 0x65));
  });

  test.each([
    ["a".repeat(123), 123],
    ["a".repeat(124), 123],
    ["直".repeat(41), 123],
    [`a${"直".repeat(41)}`, 121],
    [`aa${"直".repeat(41)}`, 122],
  ])("cuts a reason between characters, so that it fits a control frame", (reason, size) => {
    const payload = encodeClose(1000, reason);
    expect(payload.length).toBe(2 + size);
    expect(reason.startsWith(decodeClose(payload).reason)).toBe(true);
  });
});
