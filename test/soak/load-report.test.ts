/**
 * Goal: a load whose players were not served as they must be is a fault, whatever of it went wrong, and
 * no other load is.
 *
 * Method: a report of the load generator, with one thing changed at a time.
 */

import { expect, test } from "vitest";
import {
  countServed,
  judgeLoad,
  type LoadReport,
  parseLoadReport,
} from "../../scripts/soak/load-report.ts";

const HEALTHY = { stalls: { count: 0 }, gaps: { count: 0 }, lostFrames: 0 };
const LOAD: LoadReport = {
  schema: 1,
  isOk: true,
  problems: [],
  players: [
    { class: "healthy", players: { connectedMax: 8 } },
    { class: "stalled", players: { connectedMax: 4 } },
    { class: "healthy", players: { connectedMax: 2 } },
  ],
  healthy: HEALTHY,
};

test("all were served", () => {
  expect(judgeLoad(LOAD)).toEqual([]);
  expect(countServed(LOAD)).toBe(10);
});

test("frames that are not counted are not lost", () => {
  const { stalls, gaps } = HEALTHY;
  expect(judgeLoad({ ...LOAD, healthy: { stalls, gaps } })).toEqual([]);
});

test.each<[Partial<LoadReport>, string]>([
  [{ isOk: false, problems: ["1 player failed"] }, "Not served: 1 player failed"],
  [{ isOk: false }, "Not served, and no reason given"],
  [{ healthy: { ...HEALTHY, stalls: { count: 2 } } }, "Players that read stood still 2 times"],
  [{ healthy: { ...HEALTHY, gaps: { count: 3 } } }, "Players that read missed something 3 times"],
  [{ healthy: { ...HEALTHY, lostFrames: 4 } }, "Players that read lost 4 frames"],
])("%o", (change, fault) => {
  expect(judgeLoad({ ...LOAD, ...change })).toEqual([fault]);
});

test("what is only doubtful is no fault of the server", () => {
  expect(judgeLoad({ ...LOAD, problems: ["The meter was busy"] })).toEqual([]);
});

test.each(["", "Cannot start", '{"schema":2}', "{"])("%j is no report", (output) => {
  expect(parseLoadReport(output)).toBeUndefined();
});

test("a report is read", () => {
  expect(parseLoadReport(JSON.stringify(LOAD))).toEqual(LOAD);
});
