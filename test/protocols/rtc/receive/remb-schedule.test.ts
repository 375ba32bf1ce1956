/**
 * Goal: the limit is said at once, every second, and when it changes.
 *
 * Method: the times at which there is something to send.
 */

import { expect, test } from "vitest";
import { RembSchedule } from "../../../../src/protocols/rtc/receive/remb-schedule.ts";

test("says the limit at once, every second, and when it changes", () => {
  const schedule = new RembSchedule(2_000_000);
  expect(schedule.take(1, [], 0)).toBeUndefined();
  expect(schedule.take(1, [5, 6], 10)).toEqual({
    type: "remb",
    senderSsrc: 1,
    bitrate: 2_000_000,
    ssrcs: [5, 6],
  });
  expect(schedule.take(1, [5], 1_009)).toBeUndefined();
  expect(schedule.take(1, [5], 1_010)).toMatchObject({ bitrate: 2_000_000 });
  schedule.configure(2_000_000);
  expect(schedule.take(1, [5], 1_020)).toBeUndefined();
  schedule.configure(500_000);
  expect(schedule.take(1, [5], 1_020)).toMatchObject({ bitrate: 500_000 });
});
