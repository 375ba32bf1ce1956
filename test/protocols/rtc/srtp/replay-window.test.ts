/**
 * Goal: no packet is taken twice, and none of those that come late for a good reason is lost.
 *
 * Method: against a set of all indices, in orders of chance; the guess of an index by its definition.
 */

import { describe, expect, test } from "vitest";
import { estimatePacketIndex } from "../../../../src/protocols/rtc/srtp/packet-index.ts";
import { ReplayWindow } from "../../../../src/protocols/rtc/srtp/replay-window.ts";
import { createRandom } from "../../../support/seeded-random.ts";

describe("ReplayWindow", () => {
  test("knows what has been there, whatever the order", () => {
    const random = createRandom(7);
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let highest = 65_000;
    for (let i = 0; i < 6000; i++) {
      // Mostly the next one, sometimes an old one, seldom a jump.
      const kind = random(100);
      const index =
        kind < 60 ? highest + 1 : kind < 99 ? highest - random(1200) : highest + random(5000);
      const isKnown = seen.has(index) || index <= highest - 1024;
      expect(window.isFresh(index)).toBe(!isKnown || seen.size === 0);
      if (!window.isFresh(index)) continue;
      window.add(index);
      seen.add(index);
      highest = seen.size === 1 ? index : Math.max(highest, index);
      expect(window.highest).toBe(highest);
    }
  });

  test("takes the first one, whatever it is, and nothing below 0", () => {
    for (const index of [0, 1, 1023, 1024, 2 ** 47 + 5]) {
      const window = new ReplayWindow();
      expect(window.highest).toBe(-1);
      expect(window.isFresh(index)).toBe(true);
      window.add(index);
      expect(window.isFresh(index)).toBe(false);
      expect(window.isFresh(-1)).toBe(false);
      expect(window.isFresh(index + 1)).toBe(true);
    }
  });

  test("reaches back 1,023 packets", () => {
    const window = new ReplayWindow();
    window.add(5000);
    expect(window.isFresh(5000 - 1023)).toBe(true);
    expect(window.isFresh(5000 - 1024)).toBe(false);
  });
});

describe("estimatePacketIndex()", () => {
  const at = (rollover: number, sequenceNumber: number): number =>
    rollover * 65_536 + sequenceNumber;

  test.each([
    { highest: -1, sequenceNumber: 65_535, index: 65_535 },
    { highest: at(0, 10), sequenceNumber: 11, index: at(0, 11) },
    { highest: at(0, 65_535), sequenceNumber: 0, index: at(1, 0) },
    { highest: at(1, 2), sequenceNumber: 65_534, index: at(0, 65_534) },
    { highest: at(3, 0), sequenceNumber: 32_768, index: at(3, 32_768) },
    { highest: at(3, 0), sequenceNumber: 32_769, index: at(2, 32_769) },
    { highest: at(3, 40_000), sequenceNumber: 7_232, index: at(3, 7_232) },
    { highest: at(3, 40_000), sequenceNumber: 7_231, index: at(4, 7_231) },
    { highest: at(0, 2), sequenceNumber: 65_534, index: undefined },
    { highest: 2 ** 48 - 1, sequenceNumber: 0, index: undefined },
    { highest: 2 ** 48 - 2, sequenceNumber: 65_535, index: 2 ** 48 - 1 },
  ])("$sequenceNumber after $highest is $index", ({ highest, sequenceNumber, index }) => {
    expect(estimatePacketIndex(sequenceNumber, highest)).toBe(index);
  });
});
