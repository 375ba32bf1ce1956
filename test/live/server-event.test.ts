/**
 * Goal: whoever reads docs/events.md knows every event there is, and none that there is not.
 *
 * Method: the table of the document is compared with the types.
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { recordEvent, SERVER_EVENT_TYPES } from "../../src/live/server-event.ts";

const DOCUMENT = readFileSync(new URL("../../docs/events.md", import.meta.url), "utf8");

test("the document has each event once", () => {
  const table = DOCUMENT.slice(DOCUMENT.indexOf("| event | when |"));
  const rows = table.slice(0, table.indexOf("\n\n")).split("\n").slice(2);
  const names = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(names).toEqual(SERVER_EVENT_TYPES);
});

test("an event is recorded with when and where, and an event of a worker keeps its own", () => {
  const stopping = { type: "server.stopping", isGraceful: true } as const;
  expect(JSON.stringify(recordEvent(stopping, 1_000.4, null))).toBe(
    '{"type":"server.stopping","timeMs":1000,"worker":null,"isGraceful":true}',
  );
  const started = { type: "worker.started", worker: 3, pid: 7 } as const;
  expect(recordEvent(started, 1, null).worker).toBe(3);
});
