/**
 * Goal: bytes that come in pieces are there as a whole, and what was seen once does not change when
 * the buffer begins anew.
 *
 * Method: pieces of every size around the capacity; a view that is kept.
 */

import { expect, test } from "vitest";
import { GrowingBuffer } from "../../src/base/growing-buffer.ts";

test.each([1, 3, 4, 5, 9, 64])("joins pieces of %i bytes", (size) => {
  const buffer = new GrowingBuffer(4);
  const all = Uint8Array.from({ length: 64 }, (_, index) => index);
  for (let offset = 0; offset < all.length; offset += size) {
    buffer.append(all.subarray(offset, offset + size));
    expect(buffer.size).toBe(Math.min(all.length, offset + size));
  }
  expect(buffer.view()).toEqual(all);
});

test("begins anew without touching what was seen", () => {
  const buffer = new GrowingBuffer(4);
  buffer.append(Uint8Array.of(1, 2));
  const seen = buffer.view();
  buffer.clear();
  expect([buffer.size, buffer.view().length]).toEqual([0, 0]);
  buffer.append(Uint8Array.of(8, 9));
  expect(seen).toEqual(Uint8Array.of(1, 2));
  expect(buffer.view()).toEqual(Uint8Array.of(8, 9));
});
