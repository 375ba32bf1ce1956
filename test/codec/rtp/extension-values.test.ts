/**
 * Goal: the values of the header extensions that WebRTC uses mean what their definitions say.
 *
 * Method: bytes and values from the definitions, limits, wraps, and values of a wrong size.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { decodeSdesExtension, encodeSdesExtension } from "../../../src/codec/rtp/sdes-extension.ts";
import {
  decodeTransportSequenceNumber,
  writeTransportSequenceNumber,
} from "../../../src/codec/rtp/transport-sequence-number.ts";
import { fromHex } from "../../support/hex.ts";

describe("transport sequence number", () => {
  test("is two bytes", () => {
    expect(decodeTransportSequenceNumber(fromHex("fffe"))).toBe(0xfffe);
    expect(() => decodeTransportSequenceNumber(fromHex("ff"))).toThrow(MalformedError);
    expect(() => decodeTransportSequenceNumber(fromHex("ffffff"))).toThrow(MalformedError);
  });

  test("is written without what is beyond 16 bits", () => {
    const bytes = new Uint8Array(4);
    writeTransportSequenceNumber(bytes, 1, 0x3_1234);
    expect(bytes).toEqual(fromHex("00123400"));
  });
});

describe("mid and rid", () => {
  test("are tokens", () => {
    expect(decodeSdesExtension(fromHex("30"))).toBe("0");
    expect(decodeSdesExtension(fromHex("617564696f"))).toBe("audio");
    expect(encodeSdesExtension("hi-1")).toEqual(fromHex("68692d31"));
    expect(decodeSdesExtension(encodeSdesExtension("{a}~!.+*"))).toBe("{a}~!.+*");
    expect(() => encodeSdesExtension("a b")).toThrow("Assertion");
  });

  test.each(["", "61 00", "61 20 62", "c3a4", "7f", "612f62", "2e2e2f", "61 0a", "22", "3a"])(
    "are not %s",
    (hex) => {
      expect(() => decodeSdesExtension(fromHex(hex))).toThrow(MalformedError);
    },
  );
});
