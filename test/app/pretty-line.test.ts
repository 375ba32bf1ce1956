/**
 * Goal: a log line can be read at a glance, and nothing that comes from outside can break it.
 *
 * Method: JSON lines as pino writes them, with the line each should become.
 */

import { expect, test } from "vitest";
import { prettyLine } from "../../src/app/pretty-line.ts";

const line = (fields: object, hasColour = false): string =>
  prettyLine(
    JSON.stringify({ level: "info", time: "2026-01-02T03:04:05.678Z", ...fields }),
    hasColour,
  );

test("shows time, level, session, event, then the fields", () => {
  expect(line({ clientId: "k2x8a0bq", event: "play started", url: "/live/a", sentSize: 7 })).toBe(
    "2026-01-02 03:04:05.678 INFO  [k2x8a0bq] play started url=/live/a sentSize=7\n",
  );
});

test("colours warnings and errors only where there is colour", () => {
  const coloured = line({ level: "warn", event: "x" }, true);
  expect(coloured).toBe("\u001b[33m2026-01-02 03:04:05.678 WARN  x\u001b[0m\n");
  expect(line({ level: "warn", event: "x" })).not.toContain("\u001b");
  expect(line({ event: "x" }, true)).not.toContain("\u001b");
});

test("escapes what a stream's name could do to a terminal or to the next line", () => {
  const shown = line({ event: "x", url: "/live/\u001b[2J\r\n2026 fake \u009b", reason: "\u0000" });
  expect(shown).toBe(
    "2026-01-02 03:04:05.678 INFO  x url=/live/\\x1b[2J\\x0d\\x0a2026 fake \\x9b reason=\\x00\n",
  );
});

test("cuts what is too long to read", () => {
  expect(line({ event: "x", url: "a".repeat(10_000) }).length).toBeLessThan(600);
});

test("puts an error's stack below", () => {
  const error = { type: "Error", message: "Broken", stack: "Error: Broken\n    at f (a.ts:1:2)" };
  expect(line({ level: "error", event: "x", error })).toBe(
    "2026-01-02 03:04:05.678 ERROR x error=Broken\nError: Broken\n    at f (a.ts:1:2)\n",
  );
});
