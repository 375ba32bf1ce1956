/**
 * Goal: a source comes out in order and whole whatever the network does, as far as there is time;
 * what is left out is said; delays stay within the limits.
 *
 * Method: a publisher that answers NACKs over a link in virtual time that loses, reorders and
 * repeats in both directions, across a wrap of sequence numbers; then restarts by hand.
 */

import { describe, expect, test } from "vitest";
import type { RtpPacket } from "../../../../src/codec/rtp/rtp-packet.ts";
import { TrackReceiver } from "../../../../src/protocols/rtc/receive/track-receiver.ts";
import { type ExchangeOptions, exchange, rtpPacket } from "../../../support/rtp-publisher.ts";
import { createRandom } from "../../../support/seeded-random.ts";

const CLOCK_RATE = 90_000;

interface Outcome {
  readonly receiver: TrackReceiver;
  readonly deliveredCount: number;
  readonly lostCount: number;
  readonly delayMsMax: number;
  readonly orderFaults: number;
}

function run(options: Partial<ExchangeOptions>, isNackEnabled = true, isRtx = true): Outcome {
  const full = {
    seed: 1,
    delayMs: 20,
    packetCount: 10_000,
    periodMs: 5,
    firstIndex: 60_000,
    ...options,
  };
  let nowMs = 0;
  let next: number | undefined;
  let deliveredCount = 0;
  let lostCount = 0;
  let delayMsMax = 0;
  let orderFaults = 0;
  const receiver = new TrackReceiver(
    { ssrc: 1, clockRate: CLOCK_RATE, isNackEnabled },
    {
      packet: (packet, sequence) => {
        if (sequence !== (next ?? sequence) || packet.sequenceNumber !== (sequence & 0xffff))
          orderFaults++;
        next = sequence + 1;
        deliveredCount++;
        const sentMs = (sequence - full.firstIndex) * full.periodMs;
        delayMsMax = Math.max(delayMsMax, nowMs - sentMs);
      },
      lost: (sequence, count) => {
        if (sequence !== next) orderFaults++;
        next = sequence + count;
        lostCount += count;
      },
    },
  );
  exchange(full, {
    receive(packet, isRepair, atMs) {
      nowMs = atMs;
      if (isRepair && isRtx) receiver.repair(packet, atMs);
      else receiver.receive(packet, atMs);
    },
    tick(atMs) {
      nowMs = atMs;
      if (atMs % 10 !== 0) return [];
      receiver.tick(atMs);
      const sequenceNumbers: number[] = [];
      receiver.collectNacks(atMs, sequenceNumbers);
      return sequenceNumbers;
    },
  });
  return { receiver, deliveredCount, lostCount, delayMsMax, orderFaults };
}

describe("with NACKs", () => {
  test.each([
    // Loss in percent each way, jitter, what may be lost in the end, in packets of 10,000.
    [0, 0, 0],
    [0, 20, 0],
    [1, 0, 1],
    [5, 10, 5],
    [20, 10, 30],
    [50, 10, 800],
  ])(
    "%i percent lost, %i ms of jitter: at most %i packets missing",
    (lossPercent, jitterMs, most) => {
      const outcome = run({ lossPercent, jitterMs, duplicatePercent: 2 });
      expect(outcome.orderFaults).toBe(0);
      expect(outcome.lostCount).toBeLessThanOrEqual(most);
      expect(outcome.deliveredCount + outcome.lostCount).toBeGreaterThan(9_980);
      expect(outcome.delayMsMax).toBeLessThanOrEqual(20 + jitterMs + 500 + 10 + 60);
      expect(outcome.receiver.waitingCount).toBe(0);
    },
  );

  test.each([10, 60, 120])("5 percent lost at a delay of %i ms", (delayMs) => {
    const outcome = run({ lossPercent: 5, delayMs });
    expect(outcome.orderFaults).toBe(0);
    expect(outcome.lostCount).toBeLessThan(30);
    expect(outcome.receiver.nacks.roundTripMs).toBeGreaterThan(2 * delayMs - 1);
    expect(outcome.receiver.nacks.roundTripMs).toBeLessThan(2 * delayMs + 12);
  });

  test("repairs that come as plain resends serve as well", () => {
    const outcome = run({ lossPercent: 5 }, true, false);
    expect(outcome.orderFaults).toBe(0);
    expect(outcome.lostCount).toBeLessThan(6);
  });

  test("requests are not many more than losses", () => {
    const { receiver } = run({ lossPercent: 5 });
    expect(receiver.nacks.askedCount).toBeGreaterThan(450);
    expect(receiver.nacks.askedCount).toBeLessThan(700);
  });

  test("reordering alone makes next to no requests", () => {
    const { receiver } = run({ jitterMs: 8 });
    expect(receiver.nacks.askedCount).toBeLessThan(50);
  });
});

test("without NACKs a gap holds up nobody for more than 40 ms", () => {
  const outcome = run({ lossPercent: 5, jitterMs: 10 }, false);
  expect(outcome.orderFaults).toBe(0);
  expect(outcome.receiver.nacks.askedCount).toBe(0);
  expect(outcome.lostCount).toBeGreaterThan(400);
  expect(outcome.lostCount).toBeLessThan(600);
  expect(outcome.delayMsMax).toBeLessThanOrEqual(20 + 10 + 40 + 10);
});

test("whatever numbers come, order holds and nothing grows", () => {
  const random = createRandom(17);
  let last = Number.NEGATIVE_INFINITY;
  const receiver = new TrackReceiver(
    { ssrc: 1, clockRate: CLOCK_RATE, isNackEnabled: true },
    {
      packet: (packet, sequence) => {
        if (sequence <= last || packet.sequenceNumber !== (sequence & 0xffff)) expect.fail("order");
        last = sequence;
      },
      lost: () => undefined,
    },
  );
  let index = 0;
  for (let nowMs = 0; nowMs < 30_000; nowMs++) {
    if (random(300) === 0) index = random(65_536);
    index += random(4);
    const packet = rtpPacket(random(20) === 0 ? random(65_536) : index);
    if (random(5) === 0) receiver.repair(packet, nowMs);
    else receiver.receive(packet, nowMs);
    if (nowMs % 10 !== 0) continue;
    receiver.tick(nowMs);
    const sequenceNumbers: number[] = [];
    receiver.collectNacks(nowMs, sequenceNumbers);
    if (sequenceNumbers.length > 256 || receiver.nacks.missingCount > 512) expect.fail("NACKs");
    if (receiver.waitingCount > 1_024 || receiver.nacks.missingCount < 0) expect.fail("bound");
  }
  expect(last).toBeGreaterThan(0);
});

describe("by hand", () => {
  function create() {
    const out: string[] = [];
    const receiver = new TrackReceiver(
      { ssrc: 1, clockRate: CLOCK_RATE, isNackEnabled: true },
      {
        packet: (packet: RtpPacket) => out.push(`${packet.sequenceNumber}`),
        lost: (sequence, count) => out.push(`lost ${sequence & 0xffff}+${count}`),
      },
    );
    return { out, receiver };
  }

  test("a source that begins anew loses not even its first packet", () => {
    const { out, receiver } = create();
    for (const index of [100, 101, 103, 50_000, 50_001, 50_002]) {
      receiver.receive(rtpPacket(index), 0);
    }
    expect(out).toEqual([
      "100",
      "101",
      "lost 102+1",
      "103",
      "lost 50000+0",
      "50000",
      "50001",
      "50002",
    ]);
    const report = receiver.report(0);
    expect(report).toMatchObject({ cumulativeLost: 0, fractionLost: 0 });
    expect((report?.highestSequenceNumber ?? 0) & 0xffff).toBe(50_002);
    expect(receiver.nacks.takeAbandonedCount()).toBe(1);
  });

  test("says what is missing, to tell whose retransmission is whose", () => {
    const { receiver } = create();
    for (const index of [65_534, 65_537]) receiver.receive(rtpPacket(index), 0);
    const numbers = [65_533, 65_534, 65_535, 0, 1, 2];
    const missing = numbers.filter((number) => receiver.isMissing(number));
    expect(missing).toEqual([65_535, 0]);
    receiver.repair(rtpPacket(65_535), 0);
    expect(receiver.isMissing(65_535)).toBe(false);
  });

  test("a repair is not counted as received, and none can go ahead of its source", () => {
    const { out, receiver } = create();
    receiver.repair(rtpPacket(5), 0);
    for (const index of [1, 3]) receiver.receive(rtpPacket(index), 0);
    receiver.repair(rtpPacket(2), 0);
    receiver.repair(rtpPacket(9), 0);
    expect(out).toEqual(["1", "2", "3"]);
    expect(receiver.report(0)).toMatchObject({ cumulativeLost: 1, fractionLost: 85 });
  });
});
