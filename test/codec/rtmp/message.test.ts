/**
 * Goal: control messages are those of RTMP 1.0, sections 5.4 and 7.1.7, byte for byte.
 *
 * Method: golden payloads, and every length below the whole.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  BandwidthLimit,
  decodeUint32,
  decodeUserControl,
  encodeSetBufferLength,
  encodeSetPeerBandwidth,
  encodeUint32,
  encodeUserControl,
  UserControlEvent,
} from "../../../src/codec/rtmp/message.ts";
import { fromHex } from "../../support/hex.ts";

describe("protocol control", () => {
  test("carries one number", () => {
    expect(encodeUint32(2_500_000)).toEqual(fromHex("002625a0"));
    expect(decodeUint32(fromHex("002625a0"))).toBe(2_500_000);
    expect(decodeUint32(fromHex("ffffffff 00"))).toBe(0xffff_ffff);
  });

  test("carries a bandwidth with its limit type", () => {
    expect(encodeSetPeerBandwidth(2_500_000, BandwidthLimit.Dynamic)).toEqual(
      fromHex("002625a002"),
    );
    expect(decodeUint32(fromHex("002625a002"))).toBe(2_500_000);
  });

  test.each(["", "00", "000000"])("throws MalformedError for %j", (hex) => {
    expect(() => decodeUint32(fromHex(hex))).toThrow(MalformedError);
  });
});

describe("user control", () => {
  test.each([
    ["0000 00000001", UserControlEvent.StreamBegin, 1],
    ["0001 00000001", UserControlEvent.StreamEof, 1],
    ["0004 00000001", UserControlEvent.StreamIsRecorded, 1],
    ["0006 ffffffff", UserControlEvent.PingRequest, 0xffff_ffff],
    ["0007 00003039", UserControlEvent.PingResponse, 12_345],
  ])("%s", (hex, event, value) => {
    expect(encodeUserControl(event, value)).toEqual(fromHex(hex));
    expect(decodeUserControl(fromHex(hex))).toEqual({ event, value, bufferLengthMs: 0 });
  });

  test("tells a buffer length", () => {
    const bytes = fromHex("0003 00000001 00000bb8"); // As FFmpeg sends it.
    expect(encodeSetBufferLength(1, 3000)).toEqual(bytes);
    const control = { event: UserControlEvent.SetBufferLength, value: 1, bufferLengthMs: 3000 };
    expect(decodeUserControl(bytes)).toEqual(control);
  });

  test("may lack what its event would have", () => {
    expect(decodeUserControl(fromHex("001a 01"))).toEqual({
      event: 26,
      value: 0,
      bufferLengthMs: 0,
    });
    expect(decodeUserControl(fromHex("0003 00000001 00"))).toEqual({
      event: 3,
      value: 1,
      bufferLengthMs: 0,
    });
  });

  test.each(["", "00"])("throws MalformedError for %j", (hex) => {
    expect(() => decodeUserControl(fromHex(hex))).toThrow(MalformedError);
  });
});
