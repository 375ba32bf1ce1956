/**
 * Goal: every worker agrees on who has a session, by its name alone; a worker has those whose names it
 * has made itself.
 *
 * Method: all numbers of workers that there can be; names with every character that ICE allows.
 */

import { expect, test } from "vitest";
import {
  ufragPrefix,
  workerOfUfrag,
} from "../../../../src/services/cluster/sharing/session-owner.ts";

const ICE_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/";

test("a worker has the names that it makes", () => {
  for (let worker = 0; worker < 256; worker++) {
    const prefix = ufragPrefix(worker);
    expect(prefix).toMatch(/^[0-9a-z]{2}$/);
    expect(workerOfUfrag(`${prefix}4fk2x9ab`, worker + 1)).toBe(worker);
    expect(workerOfUfrag(`${prefix}4fk2x9ab`, 256)).toBe(worker);
  }
});

test("the first characters are a number to the base of 36", () => {
  expect(ufragPrefix(255)).toBe("73");
  expect(workerOfUfrag("73zz", 256)).toBe(255);
  expect(workerOfUfrag("zz", 1_296)).toBe(1_295);
});

test("every name has an owner among the workers, and not all have the same", () => {
  for (const workerCount of [1, 2, 3, 7]) {
    const owners = new Set<number>();
    for (const first of ICE_CHARACTERS) {
      for (const second of ICE_CHARACTERS) {
        owners.add(workerOfUfrag(`${first}${second}ab`, workerCount));
      }
    }
    expect([...owners].sort()).toEqual(Array.from({ length: workerCount }, (_, i) => i));
  }
  expect(workerOfUfrag("", 4)).toBe(0);
});
