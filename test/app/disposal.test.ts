/**
 * Goal: what was opened last is closed first, and a part that cannot be closed keeps no other open.
 *
 * Method: closings that write down their turn, one of which fails.
 */

import { expect, test } from "vitest";
import { Disposal } from "../../src/app/disposal.ts";
import { MemoryNetwork } from "../support/memory-network.ts";

test("closes in the opposite order, waits for each, and goes on over failures", async () => {
  const network = new MemoryNetwork();
  const disposal = new Disposal(network.logging.logger);
  const closed: string[] = [];
  disposal.add("first", () => void closed.push("first"));
  disposal.add("broken", () => {
    throw new Error("Cannot close: it is stuck");
  });
  disposal.add("late", async () => {
    await Promise.resolve();
    closed.push("late");
  });
  disposal.add("broken later", () => Promise.reject(new Error("Cannot close: it is gone")));
  disposal.add("last", () => void closed.push("last"));
  await disposal.closeAll();
  expect(closed).toEqual(["last", "late", "first"]);
  expect(network.events("close failed")).toMatchObject([
    { level: "error", what: "broken later", error: { message: "Cannot close: it is gone" } },
    { level: "error", what: "broken", error: { message: "Cannot close: it is stuck" } },
  ]);
});

test("closes each thing once, and what is added while closing too", async () => {
  const disposal = new Disposal(new MemoryNetwork().logging.logger);
  const closed: string[] = [];
  disposal.add("a", () => {
    closed.push("a");
    disposal.add("b", () => void closed.push("b"));
  });
  await disposal.closeAll();
  await disposal.closeAll();
  expect(closed).toEqual(["a", "b"]);
});
