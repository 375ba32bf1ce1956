/**
 * Goal: the number of workers is a number or `auto`; what is neither is an error with its line; the
 * variables by which workers know themselves are no settings.
 *
 * Method: configurations of every spelling.
 */

import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";

function load(text: string, environment: Record<string, string> = {}) {
  const path = text.includes(";") ? "a.conf" : "a.yaml";
  return loadConfig({ source: { path, text }, environment, readText: () => "" });
}

describe("workers", () => {
  test.each([
    ["listen: 1935\n", "1"],
    ["workers: 1\n", "1"],
    ["workers: 16\n", "16"],
    ["workers: 256\n", "256"],
    ["workers: auto\n", "auto"],
    ["listen 1935; workers 4; vhost __defaultVhost__ {}", "4"],
  ])("%j are %s", (text, expected) => {
    expect(load(text).config.workers).toBe(expected);
  });

  test("can be set by the environment", () => {
    expect(load("workers: 1\n", { SLUICE_WORKERS: "auto" }).config.workers).toBe("auto");
  });

  test.each(["0", "-1", "257", "1.5", "many", '""', "01"])("cannot be %s", (value) => {
    expect(() => load(`listen: 1935\nworkers: ${value}\n`)).toThrow(
      /^a\.yaml:2: workers: Expected auto or a number from 1 to 256/,
    );
  });

  test("cannot share a port that the system is to choose", () => {
    expect(() => load("listen: 0\nworkers: 2\n")).toThrow("cannot share a port 0");
    expect(() => load("listen: 0\nworkers: auto\n")).toThrow("cannot share a port 0");
    expect(load("listen: 0\n").config.workers).toBe("1");
    const api = "http_api: {enabled: false, listen: 0}\n";
    expect(load(`${api}workers: 2\n`).config.workers).toBe("2");
  });
});

test("a worker's own variables are not taken for settings that nobody knows", () => {
  const environment = { SLUICE_WORKER: "1", SLUICE_WORKER_SOCKET: "/tmp/a/control" };
  expect(load("listen: 1935\n", environment).warnings).toEqual([]);
});
