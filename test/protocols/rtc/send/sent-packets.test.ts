/**
 * Goal: what was sent is found by its number for a second or more, across wraps, in bounded memory.
 *
 * Method: slow and fast senders, and numbers that were never sent.
 */

import { expect, test } from "vitest";
import { SentPackets } from "../../../../src/protocols/rtc/send/sent-packets.ts";

test("gives numbers of 16 bits and finds what they belong to", () => {
  const sent = new SentPackets();
  expect(sent.find(0)).toBeUndefined();
  for (let count = 0; count < 65_540; count++) sent.add(1_000 + (count % 10), count * 10);
  expect(sent.add(500, 655_400)).toBe(4);
  expect(sent.find(4)).toBe(65_540);
  expect(sent.find(65_535)).toBe(65_535);
  expect(sent.sentMs(65_535)).toBe(655_350);
  expect([sent.takeSize(65_535), sent.takeSize(65_535)]).toEqual([1_005, 0]);
  expect(sent.find(5)).toBeUndefined();
  expect(sent.find(60_000)).toBeUndefined();
  expect(sent.capacity).toBe(256);
});

test("has room for a second of a fast sender, and not for any more", () => {
  const sent = new SentPackets();
  for (let count = 0; count < 4_000; count++) sent.add(1_200, count);
  expect(sent.capacity).toBe(1_024);
  expect(sent.find(3_000)).toBe(3_000);
  expect(sent.sentMs(3_000)).toBe(3_000);
  for (let count = 0; count < 50_000; count++) sent.add(1_200, 4_000);
  expect(sent.capacity).toBe(8_192);
  expect(sent.find(54_000 - 8_192)).toBe(54_000 - 8_192);
});

test("what is lost is told once, and may come all the same", () => {
  const sent = new SentPackets();
  sent.add(70_000, 0);
  sent.add(900, 0);
  expect([sent.reportLost(1), sent.reportLost(1), sent.isLost(1)]).toEqual([true, false, true]);
  expect([sent.takeSize(1), sent.isLost(1), sent.reportLost(1)]).toEqual([900, false, false]);
  expect(sent.isLost(0)).toBe(false);
  expect(sent.takeSize(0)).toBe(0x7fff);
});
