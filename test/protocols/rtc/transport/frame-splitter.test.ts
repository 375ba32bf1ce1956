/**
 * Goal: datagrams come out of a TCP connection as they went in, however the bytes are cut, and no peer
 * makes the splitter hold more than one frame.
 *
 * Method: a sequence of frames cut at every byte, and into single bytes; sizes at the limit; noise.
 */

import { expect, test } from "vitest";
import { MalformedError } from "../../../../src/base/errors.ts";
import {
  encodeFrame,
  FrameSplitter,
} from "../../../../src/protocols/rtc/transport/frame-splitter.ts";
import { fromHex, joinBytes } from "../../../support/hex.ts";
import { unlessMalformed } from "../../../support/malformed.ts";
import { noise } from "../../../support/noise.ts";

const DATAGRAMS = [fromHex("0102"), new Uint8Array(), fromHex("ff"), new Uint8Array(300).fill(7)];
const BYTES = joinBytes(...DATAGRAMS.map(encodeFrame));

function split(...pieces: readonly Uint8Array[]): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  const splitter = new FrameSplitter((datagram) => datagrams.push(datagram.slice()));
  for (const piece of pieces) {
    const copy = piece.slice();
    splitter.write(copy);
    copy.fill(0xee);
  }
  return datagrams;
}

test("a frame is its size in 16 bits, and the datagram", () => {
  expect(encodeFrame(fromHex("aabbcc"))).toEqual(fromHex("0003 aabbcc"));
  expect(encodeFrame(new Uint8Array(300)).subarray(0, 2)).toEqual(fromHex("012c"));
});

test("frames cut anywhere", () => {
  expect(split(BYTES)).toEqual(DATAGRAMS);
  for (let cut = 0; cut <= BYTES.length; cut++) {
    expect(split(BYTES.subarray(0, cut), BYTES.subarray(cut))).toEqual(DATAGRAMS);
  }
  expect(split(...Array.from(BYTES, (byte) => Uint8Array.of(byte)))).toEqual(DATAGRAMS);
});

test("a frame that is larger than any datagram is refused by its size alone", () => {
  const large = new Uint8Array(4_096);
  expect(split(encodeFrame(large))).toEqual([large]);
  expect(() => split(fromHex("1001"))).toThrow(MalformedError);
  expect(() => split(fromHex("0001 aa ffff"))).toThrow(MalformedError);
});

test("noise", () => {
  for (const bytes of noise(2_000, 60)) unlessMalformed(() => split(bytes, bytes));
});
