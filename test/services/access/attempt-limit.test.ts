/**
 * Goal: who guesses has to wait, longer and longer; who does not is left alone; all is forgiven after a
 * time; and no number of addresses fills the memory.
 *
 * Method: a clock that the test moves.
 */

import { describe, expect, test } from "vitest";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { AttemptLimit } from "../../../src/services/access/attempt-limit.ts";

function start(failuresMax = 3) {
  const clock = new ManualClock();
  const limit = new AttemptLimit({ clock, failuresMax: () => failuresMax });
  const fail = (address: string, count: number): void => {
    for (let i = 0; i < count; i++) limit.failed(address);
  };
  /** How long the address has to wait from now on, to a tenth of a second. */
  const waitMs = (address: string): number => {
    let waited = 0;
    while (limit.isHeldOff(address)) {
      clock.advance(100);
      waited += 100;
    }
    return waited;
  };
  return { clock, limit, fail, waitMs };
}

test.each([
  ["a network of 56 bits", (i: number) => `2001:db8:0:${(i % 200).toString(16)}::1`, 12],
  ["one of 48 bits", (i: number) => `2001:db8:0:${(i * 256).toString(16)}::1`, 48],
])("who has %s has no more tries than are meant for it", (_, addressOf, tries) => {
  const { limit } = start();
  let count = 0;
  for (; count < 200 && !limit.isHeldOff(addressOf(count)); count++) limit.failed(addressOf(count));
  expect(count).toBe(tries);
  expect(limit.isHeldOff("2001:db9::1")).toBe(false);
});

describe("an address that fails", () => {
  test("is free to do so a few times", () => {
    const { limit } = start();
    expect([limit.failed("a"), limit.failed("a")]).toEqual([false, false]);
    expect(limit.isHeldOff("a")).toBe(false);
    expect(limit.failed("a")).toBe(true);
    expect(limit.isHeldOff("a")).toBe(true);
  });

  test("waits twice as long each time, up to five minutes", () => {
    const { limit, fail, waitMs } = start();
    fail("192.0.2.1", 2);
    const waits = Array.from({ length: 12 }, () => {
      limit.failed("192.0.2.1");
      return waitMs("192.0.2.1") / 1_000;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  test("is a stranger after ten quiet minutes", () => {
    const { clock, limit, fail } = start();
    fail("192.0.2.1", 8);
    clock.advance(10 * 60_000);
    fail("192.0.2.1", 2);
    expect(limit.isHeldOff("192.0.2.1")).toBe(false);
  });

  test("is forgotten by the sweep then, and not before", () => {
    const { clock, limit, fail } = start();
    fail("192.0.2.1", 1);
    clock.advance(5 * 60_000);
    fail("192.0.2.2", 1);
    clock.advance(5 * 60_000);
    limit.sweep(clock.monotonicMs());
    expect(limit.size).toBe(1);
    clock.advance(5 * 60_000);
    limit.sweep(clock.monotonicMs());
    expect(limit.size).toBe(0);
  });

  test("holds nobody else off", () => {
    const { limit, fail } = start();
    fail("192.0.2.1", 9);
    expect(limit.isHeldOff("192.0.2.2")).toBe(false);
  });

  test("is the same in all spellings", () => {
    const { limit, fail } = start();
    fail("192.0.2.1", 3);
    expect(limit.isHeldOff("::ffff:192.0.2.1")).toBe(true);
  });

  test("is all of its network of 64 bits by IPv6", () => {
    const { limit, fail } = start();
    for (const host of ["1", "2", "ffff:1:2:3"]) fail(`2001:db8::${host}`, 1);
    expect(limit.isHeldOff("2001:db8::3")).toBe(true);
    expect(limit.isHeldOff("2001:db8:0:1::1")).toBe(false);
  });

  test("may go on where there is no limit", () => {
    const { limit, fail } = start(0);
    fail("192.0.2.1", 1_000);
    expect(limit.isHeldOff("192.0.2.1")).toBe(false);
    expect(limit.size).toBe(0);
  });
});

test("a flood of addresses pushes out those who have been silent longest", () => {
  const { limit, fail } = start();
  fail("192.0.2.1", 3);
  for (let i = 0; i < 15_000; i++) limit.failed(`10.0.${i >> 8}.${i & 255}`);
  expect(limit.isHeldOff("192.0.2.1")).toBe(true);
  for (let i = 0; i < 30_000; i++) limit.failed(`10.1.${i >> 8}.${i & 255}`);
  expect(limit.size).toBe(20_000);
  expect(limit.isHeldOff("192.0.2.1")).toBe(false);
});
