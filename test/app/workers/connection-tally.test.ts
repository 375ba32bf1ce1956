/**
 * Goal: each worker knows how many connections the others have, in all and from each address, also
 * when one of them is gone.
 *
 * Method: three workers with overlapping addresses.
 */

import { expect, test } from "vitest";
import { ConnectionTally } from "../../../src/app/workers/connection-tally.ts";

test("counts what the others have", () => {
  const tally = new ConnectionTally();
  tally.update(0, 5, { "10.0.0.1": 3, "10.0.0.2": 2 });
  tally.update(1, 7, { "10.0.0.1": 4 });
  expect([0, 1, 2].map((worker) => tally.elsewhere(worker))).toEqual([7, 5, 12]);
  expect([0, 1, 2].map((worker) => tally.elsewhereFrom(worker, "10.0.0.1"))).toEqual([4, 3, 7]);
  expect(tally.elsewhereFrom(0, "10.0.0.2")).toBe(0);
  expect(tally.elsewhereFrom(1, "10.0.0.2")).toBe(2);
});

test("takes the latest count of an address, and keeps those that have not changed", () => {
  const tally = new ConnectionTally();
  tally.update(0, 5, { "10.0.0.1": 3, "10.0.0.2": 2 });
  tally.update(0, 3, { "10.0.0.1": 1 });
  expect(tally.elsewhere(1)).toBe(3);
  expect(tally.elsewhereFrom(1, "10.0.0.1")).toBe(1);
  expect(tally.elsewhereFrom(1, "10.0.0.2")).toBe(2);
});

test("forgets addresses without connections, and workers that are gone", () => {
  const tally = new ConnectionTally();
  tally.update(0, 5, { "10.0.0.1": 3, "10.0.0.2": 2 });
  tally.update(1, 1, { "10.0.0.1": 1 });
  tally.update(0, 3, { "10.0.0.2": 0 });
  expect([...tally.addresses()]).toEqual(["10.0.0.1"]);
  expect(tally.remove(0)).toEqual(["10.0.0.1"]);
  expect(tally.elsewhere(1)).toBe(0);
  expect(tally.elsewhere(0)).toBe(1);
  expect(tally.elsewhereFrom(0, "10.0.0.1")).toBe(1);
  expect(tally.remove(2)).toEqual([]);
  tally.remove(1);
  expect([...tally.addresses()]).toEqual([]);
});
