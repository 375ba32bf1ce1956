/**
 * Goal: the server takes as many connections as it is told to, no more, and recovers when they leave.
 *
 * Method: connections counted in and out by hand.
 */

import { expect, test } from "vitest";
import { ConnectionLimit } from "../../src/live/connection-limit.ts";

const full = expect.objectContaining({ reason: "too_many_connections" });

test("refuses beyond the limit, and takes again when one has left", () => {
  const limit = new ConnectionLimit({ connectionsMax: 2, connectionsPerAddressMax: 0 });
  limit.enter("a");
  limit.enter("a");
  expect(() => limit.enter("b")).toThrow(full);
  expect(limit.count).toBe(2);
  limit.leave("a");
  limit.enter("b");
  expect(limit.count).toBe(2);
});

test("refuses one address without refusing another", () => {
  const limit = new ConnectionLimit({ connectionsMax: 0, connectionsPerAddressMax: 1 });
  limit.enter("a");
  expect(() => limit.enter("a")).toThrow(full);
  limit.enter("b");
  limit.leave("a");
  limit.enter("a");
});

test("tells only so many of those it refuses", () => {
  const limit = new ConnectionLimit({ connectionsMax: 1, connectionsPerAddressMax: 0 });
  const told = Array.from({ length: 1_000 }, () => limit.enterTold()).filter(Boolean).length;
  expect(told).toBe(64);
  limit.leaveTold();
  expect(limit.enterTold()).toBe(true);
});

test("a limit that is set later counts those who are there", () => {
  const limit = new ConnectionLimit({ connectionsMax: 0, connectionsPerAddressMax: 0 });
  limit.enter("a");
  limit.enter("a");
  limit.configure({ connectionsMax: 3, connectionsPerAddressMax: 2 });
  expect(() => limit.enter("a")).toThrow(full);
  limit.enter("b");
  expect(() => limit.enter("c")).toThrow(full);
  limit.leave("a");
  limit.enter("a");
});

test("a connection that changes hands keeps its place under a lower limit", () => {
  const limit = new ConnectionLimit({ connectionsMax: 0, connectionsPerAddressMax: 0 });
  limit.enter("a");
  limit.enter("a");
  limit.configure({ connectionsMax: 1, connectionsPerAddressMax: 1 });
  limit.leave("a");
  limit.retake("a");
  expect(limit.count).toBe(2);
  expect(() => limit.enter("b")).toThrow(full);
});
