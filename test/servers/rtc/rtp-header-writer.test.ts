/**
 * Goal: the bytes in front of each payload are those of RFC 3550 and RFC 8285, whatever was there
 * before.
 *
 * Method: headers written one over the other, against bytes written out by hand.
 */

import { expect, test } from "vitest";
import { RtpHeaderWriter } from "../../../src/servers/rtc/rtp-header-writer.ts";
import { fromHex } from "../../support/hex.ts";

test("a header has twelve bytes", () => {
  const header = new RtpHeaderWriter({
    ssrc: 0xfedc_ba98,
    payloadType: 106,
    sequenceId: undefined,
  });
  expect([header.size, header.hasSequence]).toEqual([12, false]);
  header.set(true, 0x1_0203, 0xa0b0_c0d0);
  expect(header.bytes).toEqual(fromHex("80 ea 0203 a0b0c0d0 fedcba98"));
  header.set(false, 0xffff, 1);
  expect(header.bytes).toEqual(fromHex("80 6a ffff 00000001 fedcba98"));
});

test("with the transport-wide sequence number it has twenty", () => {
  const header = new RtpHeaderWriter({ ssrc: 1, payloadType: 96, sequenceId: 3 });
  expect([header.size, header.hasSequence]).toEqual([20, true]);
  header.set(false, 7, 8);
  header.setTransportSequence(0x1_2345);
  expect(header.bytes).toEqual(fromHex("90 60 0007 00000008 00000001 bede 0001 31 2345 00"));
  header.setTransportSequence(1);
  expect(header.bytes.subarray(16)).toEqual(fromHex("31 0001 00"));
});
