/**
 * Goal: the values of the header extensions that WebRTC uses mean what their definitions say.
 *
 * Method: bytes and values from the definitions, limits, wraps, and values of a wrong size.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  ABS_SEND_TIME_SIZE,
  ABS_SEND_TIME_WRAP_MS,
  decodeAbsSendTime,
  writeAbsSendTime,
} from "../../../src/codec/rtp/abs-send-time.ts";
import { decodeAudioLevel, encodeAudioLevel } from "../../../src/codec/rtp/audio-level.ts";
import { decodeSdesExtension, encodeSdesExtension } from "../../../src/codec/rtp/sdes-extension.ts";
import {
  decodeTransportSequenceNumber,
  writeTransportSequenceNumber,
} from "../../../src/codec/rtp/transport-sequence-number.ts";
import { fromHex } from "../../support/hex.ts";

describe("abs-send-time", () => {
  function encode(timeMs: number): Uint8Array {
    const bytes = new Uint8Array(ABS_SEND_TIME_SIZE + 1);
    writeAbsSendTime(bytes, 1, timeMs);
    return bytes.subarray(1);
  }

  test("is 6 bits of seconds and 18 of their fraction", () => {
    expect(decodeAbsSendTime(fromHex("040000"))).toBe(1_000);
    expect(decodeAbsSendTime(fromHex("020000"))).toBe(500);
    expect(decodeAbsSendTime(fromHex("ffffff"))).toBeCloseTo(63_999.996, 3);
    expect(encode(1_000)).toEqual(fromHex("040000"));
    expect(encode(63_500)).toEqual(fromHex("fe0000"));
  });

  test("wraps", () => {
    expect(encode(ABS_SEND_TIME_WRAP_MS)).toEqual(fromHex("000000"));
    const timeMs = 1_700_000_000_123.25;
    const decoded = decodeAbsSendTime(encode(timeMs));
    expect(decoded).toBeCloseTo(timeMs % ABS_SEND_TIME_WRAP_MS, 2);
  });

  test("has three bytes", () => {
    expect(() => decodeAbsSendTime(fromHex("0000"))).toThrow(MalformedError);
    expect(() => decodeAbsSendTime(fromHex("00000000"))).toThrow(MalformedError);
  });
});

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

describe("audio level", () => {
  test("is a flag and minus dBov", () => {
    expect(decodeAudioLevel(fromHex("9e"))).toEqual({ isVoice: true, levelDbov: -30 });
    expect(decodeAudioLevel(fromHex("7f"))).toEqual({ isVoice: false, levelDbov: -127 });
    expect(decodeAudioLevel(fromHex("00"))).toEqual({ isVoice: false, levelDbov: 0 });
    expect(encodeAudioLevel({ isVoice: true, levelDbov: -30.4 })).toEqual(fromHex("9e"));
    expect(encodeAudioLevel({ isVoice: false, levelDbov: -300 })).toEqual(fromHex("7f"));
    expect(encodeAudioLevel({ isVoice: false, levelDbov: 3 })).toEqual(fromHex("00"));
  });

  test("has one byte", () => {
    expect(() => decodeAudioLevel(fromHex(""))).toThrow(MalformedError);
    expect(() => decodeAudioLevel(fromHex("0000"))).toThrow(MalformedError);
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
