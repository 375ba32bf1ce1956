/**
 * Goal: the keys of the handshake are those of RFC 6455.
 *
 * Method: the example of its section 1.3; a table of what is no key.
 */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  encodeWebSocketKey,
  isWebSocketKey,
  toAcceptKey,
} from "../../../src/codec/websocket/handshake.ts";

const sha1 = (data: Uint8Array): Uint8Array => createHash("sha1").update(data).digest();

describe("toAcceptKey()", () => {
  test("answers the example of the specification", () => {
    expect(toAcceptKey("dGhlIHNhbXBsZSBub25jZQ==", sha1)).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  });
});

describe("isWebSocketKey()", () => {
  test("knows the keys that clients make", () => {
    const bytes = new TextEncoder().encode("the sample nonce");
    expect(encodeWebSocketKey(bytes)).toBe("dGhlIHNhbXBsZSBub25jZQ==");
    expect(isWebSocketKey(encodeWebSocketKey(bytes))).toBe(true);
  });

  test.each(["", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25=", "dGhlIHNhbXBsZSBub25jZ!=="])(
    "refuses %j",
    (key) => {
      expect(isWebSocketKey(key)).toBe(false);
    },
  );
});
