/**
 * Goal: every line of a session carries its id, JSON is JSON, levels hold, and a rotated file is let
 * go of.
 *
 * Method: loggers that write into a string and into a file that is moved away.
 */

import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLogging } from "../../src/app/logging.ts";

function createLog(format: "json" | "pretty", level: "debug" | "info" = "info") {
  let text = "";
  const target = (part: string) => {
    text += part;
  };
  const { logger } = createLogging({ level, format, hasColour: false, target });
  return { logger, lines: () => text.trimEnd().split("\n") };
}

test("children carry their parents' fields, and their own win", () => {
  const { logger, lines } = createLog("json");
  logger.child({ clientId: "a", kind: 1 }).child({ kind: 2 }).info("play started", { url: "/x" });
  expect(JSON.parse(lines()[0] ?? "")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    clientId: "a",
    kind: 2,
    url: "/x",
    event: "play started",
  });
});

test("lines below the level are left out", () => {
  const { logger, lines } = createLog("pretty");
  logger.debug("first");
  logger.info("second");
  expect(lines()).toEqual([expect.stringContaining("INFO  second")]);
});

test("errors come with their stack", () => {
  const { logger, lines } = createLog("json");
  logger.error("close failed", { error: new Error("Broken") });
  expect(JSON.parse(lines()[0] ?? "")).toMatchObject({
    error: { message: "Broken", stack: expect.stringContaining("logging.test.ts") },
  });
});

test("a file that was moved away is written anew after reopen", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-log-"));
  const path = join(folder, "logs", "sluice.log");
  const logging = createLogging({ level: "info", format: "json", hasColour: false, target: path });
  logging.logger.info("first");
  renameSync(path, `${path}.1`);
  logging.logger.info("second");
  logging.reopen();
  logging.logger.info("third");
  const events = (file: string) => readFileSync(file, "utf8").match(/first|second|third/g);
  expect(events(`${path}.1`)).toEqual(["first", "second"]);
  expect(events(path)).toEqual(["third"]);
  rmSync(folder, { recursive: true });
});

test("a file that is not to be trusted is neither written to nor taken in place of the old one", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "sluice.log");
  let isTrusted = false;
  const open = () =>
    createLogging({
      ...{ level: "info", format: "json", hasColour: false, target: path },
      isTrusted: (_path, descriptor) => descriptor > 2 && isTrusted,
    });
  expect(open).toThrow("a link leads there");
  isTrusted = true;
  const logging = open();
  renameSync(path, `${path}.1`);
  isTrusted = false;
  expect(() => logging.reopen()).toThrow("a link leads there");
  logging.logger.info("told");
  expect(readFileSync(`${path}.1`, "utf8")).toContain("told");
  expect(readFileSync(path, "utf8")).toBe("");
});
