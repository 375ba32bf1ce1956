/**
 * Goal: a repeated packet becomes the one that was lost.
 *
 * Method: bytes by the figure of RFC 4588, section 4; payloads that are too short.
 */

import { expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { parseRtpPacket } from "../../../src/codec/rtp/rtp-packet.ts";
import { encodeRtxPayload, restoreRtxPacket } from "../../../src/codec/rtp/rtx.ts";
import { fromHex } from "../../support/hex.ts";

const ORIGINAL = { ssrc: 0x1111_1111, payloadType: 96 };

function parseRtx(payload: string) {
  return parseRtpPacket(fromHex(`80e1 0005 00000bb8 22222222 ${payload}`));
}

test("restores the original", () => {
  expect(restoreRtxPacket(parseRtx("fffe 0a0b0c"), ORIGINAL)).toEqual(
    parseRtpPacket(fromHex("80e0 fffe 00000bb8 11111111 0a0b0c")),
  );
  expect(restoreRtxPacket(parseRtx("0001"), ORIGINAL)).toMatchObject({
    sequenceNumber: 1,
    payload: new Uint8Array(0),
  });
});

test("restores nothing from padding", () => {
  expect(restoreRtxPacket(parseRtx(""), ORIGINAL)).toBeUndefined();
});

test("refuses a payload of one byte", () => {
  expect(() => restoreRtxPacket(parseRtx("ff"), ORIGINAL)).toThrow(MalformedError);
});

test("puts the sequence number in front of the payload", () => {
  expect(encodeRtxPayload(0xfffe, fromHex("0a0b0c"))).toEqual(fromHex("fffe 0a0b0c"));
});
