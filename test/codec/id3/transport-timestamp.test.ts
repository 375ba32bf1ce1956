/**
 * Goal: the time of a segment of packed audio is found wherever other frames and tags stand around it,
 * and hostile tags end in MalformedError alone.
 *
 * Method: tags written out by hand after the specification; each cut at every byte; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { readId3 } from "../../../src/codec/id3/transport-timestamp.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

const OWNER = new TextEncoder().encode("com.apple.streaming.transportStreamTimestamp\0");
/** 45 bytes of owner and 8 of time: 0x35. */
const PRIV = joinBytes(fromHex("50524956 00000035 0000"), OWNER, fromHex("00000001 00000005"));
const TITLE = joinBytes(fromHex("54495432 00000003 0000"), fromHex("00 61 62"));
/** 10 bytes of header and 63 of the frame: 0x3f. */
const TAG = joinBytes(fromHex("494433 0400 00 0000003f"), PRIV);
const TIME = 0x1_0000_0005;

describe("readId3()", () => {
  test.each([
    ["alone", TAG, TAG.length, TIME],
    ["behind a title", joinBytes(fromHex("494433 0400 00 0000004c"), TITLE, PRIV), 86, TIME],
    ["in the second tag", joinBytes(fromHex("494433 0400 00 0000000d"), TITLE, TAG), 96, TIME],
    [
      "before padding",
      joinBytes(fromHex("494433 0400 00 00000043"), PRIV, fromHex("00000000")),
      77,
      TIME,
    ],
    [
      "with a footer",
      joinBytes(fromHex("494433 0400 10 0000003f"), PRIV, new Uint8Array(10)),
      83,
      TIME,
    ],
    [
      "of version 3, whose sizes have eight bits",
      joinBytes(
        fromHex("494433 0300 00 00000149"),
        fromHex("54495432 00000080 0000"),
        new Uint8Array(128),
        PRIV,
      ),
      211,
      TIME,
    ],
    ["missing", joinBytes(fromHex("494433 0400 00 0000000d"), TITLE), 23, undefined],
    [
      "of somebody else",
      joinBytes(
        fromHex("494433 0400 00 0000003f"),
        PRIV.map((byte) => (byte === 0x61 ? 0x62 : byte)),
      ),
      73,
      undefined,
    ],
    ["no tag at all", fromHex("fff15080"), 0, undefined],
  ])("%s", (_, tags, size, timestamp) => {
    const bytes = joinBytes(tags, fromHex("fff15080"));
    expect(readId3(bytes)).toEqual({ size, timestamp });
  });

  test("takes the lower 33 bits", () => {
    const bytes = TAG.slice();
    bytes.set([0xff, 0xff, 0xff, 0xff], bytes.length - 8);
    expect(readId3(bytes).timestamp).toBe(TIME);
  });

  test("throws nothing but MalformedError, wherever it is cut, and on noise", () => {
    for (let cut = 3; cut < TAG.length; cut++) {
      expect(() => readId3(TAG.subarray(0, cut))).toThrow("cut off");
    }
    for (const bytes of noise(2_000, 80)) {
      unlessMalformed(() => readId3(joinBytes(fromHex("494433"), bytes)));
    }
  });
});
