/**
 * Goal: every process of a service gives a stream the same id, of SRS's form, and no two streams have
 * the same.
 *
 * Method: fixed pairs, and many names.
 */

import { expect, test } from "vitest";
import { createStreamId, createVhostId } from "../../src/live/stream-id.ts";

test("an id is made of the service and the URL, and of nothing else", () => {
  expect(createStreamId("36etwo4s", "/live/livestream")).toMatch(/^vid-[0-9a-z]{7}$/);
  expect(createStreamId("36etwo4s", "/live/livestream")).toBe(
    createStreamId("36etwo4s", "/live/livestream"),
  );
  expect(createStreamId("36etwo4t", "/live/livestream")).not.toBe(
    createStreamId("36etwo4s", "/live/livestream"),
  );
  expect(createVhostId("36etwo4s", "/live/livestream")).not.toBe(
    createStreamId("36etwo4s", "/live/livestream"),
  );
});

test("10,000 streams have 10,000 ids", () => {
  const ids = new Set<string>();
  for (let n = 0; n < 10_000; n++) ids.add(createStreamId("36etwo4s", `/live/${n}`));
  expect(ids.size).toBe(10_000);
});
