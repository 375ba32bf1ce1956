/**
 * Goal: a retransmission finds the stream it repeats, by what SDP said, by its rid, or by who misses
 * the packet.
 *
 * Method: packets as RFC 4588 has them, for each of the ways; then ones that nobody can place.
 */

import { expect, test } from "vitest";
import { MalformedError } from "../../../../src/base/errors.ts";
import {
  type RepairedSources,
  RetransmissionStreams,
} from "../../../../src/protocols/rtc/receive/retransmission-streams.ts";
import { fromHex } from "../../../support/hex.ts";
import { rtpPacket } from "../../../support/rtp-publisher.ts";

const RID_ID = 11;
const ONE_BYTE_PROFILE = 0xbede;

function create(sources: Partial<RepairedSources> = {}) {
  return new RetransmissionStreams(
    { payloadTypes: new Map([[97, 96]]), repairedRidExtensionId: RID_ID },
    { ssrcOfRid: () => undefined, ssrcMissing: () => undefined, ...sources },
  );
}

const repetition = rtpPacket(500, {
  ssrc: 2,
  payloadType: 97,
  timestamp: 777,
  isMarked: true,
  payload: fromHex("ab cd 01 02 03"),
});

test("by the pair that SDP names", () => {
  const streams = create();
  streams.pair(2, 1);
  expect(streams.isRetransmission(repetition)).toBe(true);
  expect(streams.restore(repetition)).toMatchObject({
    ssrc: 1,
    payloadType: 96,
    sequenceNumber: 0xabcd,
    timestamp: 777,
    isMarked: true,
    payload: fromHex("01 02 03"),
  });
});

test("by its rid, which the source's packets need not have any more", () => {
  const streams = create({ ssrcOfRid: (rid) => (rid === "hi" ? 30 : undefined) });
  const extensions = fromHex("b1 68 69 00");
  const named = { ...repetition, extensionProfile: ONE_BYTE_PROFILE, extensions };
  expect(streams.restore(repetition)).toBeUndefined();
  expect(streams.restore(named)).toMatchObject({ ssrc: 30, sequenceNumber: 0xabcd });
  expect(streams.restore(repetition)).toMatchObject({ ssrc: 30 });
});

test("by who misses the packet", () => {
  const asked: number[][] = [];
  const streams = create({
    ssrcMissing: (...question) => {
      asked.push(question);
      return 40;
    },
  });
  expect(streams.restore(repetition)).toMatchObject({ ssrc: 40 });
  expect(streams.restore(repetition)).toMatchObject({ ssrc: 40 });
  expect(asked).toEqual([[96, 0xabcd]]);
});

test("other packets, padding and what is cut off are nobody's", () => {
  const streams = create({ ssrcMissing: () => 1 });
  expect(streams.isRetransmission(rtpPacket(1))).toBe(false);
  expect(streams.restore(rtpPacket(1))).toBeUndefined();
  expect(streams.restore({ ...repetition, payload: fromHex("") })).toBeUndefined();
  expect(() => streams.restore({ ...repetition, payload: fromHex("ab") })).toThrow(MalformedError);
});

test("remembers 32 pairs", () => {
  let questionCount = 0;
  const streams = create({
    ssrcMissing: () => {
      questionCount++;
      return 1;
    },
  });
  for (let ssrc = 100; ssrc < 133; ssrc++) streams.restore({ ...repetition, ssrc });
  streams.restore({ ...repetition, ssrc: 132 });
  expect(questionCount).toBe(33);
  streams.restore({ ...repetition, ssrc: 100 });
  expect(questionCount).toBe(34);
});
