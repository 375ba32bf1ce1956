/**
 * Goal: the command line means what it means to SRS's users and scripts.
 *
 * Method: a table of command lines and environments.
 */

import { describe, expect, test } from "vitest";
import { parseArguments, UsageError } from "../../src/cli/arguments.ts";

const run = (file: string | undefined) => ({ name: "run", file, isForeground: false });

describe("parseArguments()", () => {
  test.each([
    ["", {}, { name: "run", file: undefined, builtIn: "default", isForeground: false }],
    ["", { SLUICE_ENV_ONLY: "on" }, run(undefined)],
    ["-t", {}, { name: "test", file: undefined, builtIn: "default" }],
    ["--demo", {}, { name: "run", file: undefined, builtIn: "demo", isForeground: false }],
    [
      "--demo",
      { SRS_ENV_ONLY: "on" },
      { name: "run", file: undefined, builtIn: "demo", isForeground: false },
    ],
    ["-t --demo", {}, { name: "test", file: undefined, builtIn: "demo" }],
    ["config demo", {}, { name: "config", arguments: ["demo"] }],
    ["-h", {}, { name: "help" }],
    ["-?", {}, { name: "help" }],
    ["--help", {}, { name: "help" }],
    ["-v", {}, { name: "version" }],
    ["-V", {}, { name: "version" }],
    ["--version", {}, { name: "version", isLong: true }],
    ["-g", {}, { name: "signature" }],
    ["-G", {}, { name: "signature" }],
    ["-c a.conf", {}, run("a.conf")],
    ["-t -c a.conf", {}, { name: "test", file: "a.conf" }],
    ["-c a.conf -t", {}, { name: "test", file: "a.conf" }],
    ["-c a.conf --foreground", {}, { name: "run", file: "a.conf", isForeground: true }],
    ["-t --foreground -c a.conf", {}, { name: "test", file: "a.conf" }],
    ["-e", {}, run(undefined)],
    ["-t -e", {}, { name: "test", file: undefined }],
    ["-c a.conf", { SRS_ENV_ONLY: "on" }, run(undefined)],
    ["-c a.conf", { SRS_CONFIG_FILE: "b.conf" }, run("b.conf")],
    ["-c a.conf", { SRS_CONFIG_FILE: "b.conf", SLUICE_CONFIG_FILE: "c.yaml" }, run("c.yaml")],
    ["", { SLUICE_CONFIG_FILE: "c.yaml" }, run("c.yaml")],
    ["-h -c a.conf", {}, { name: "help" }],
    ["hash-password", {}, { name: "hash-password", arguments: [] }],
    ["doctor --json", {}, { name: "doctor", arguments: ["--json"] }],
    ["import a.conf -o b.yaml", {}, { name: "import", arguments: ["a.conf", "-o", "b.yaml"] }],
    ["sign-url --seconds 1 a", {}, { name: "sign-url", arguments: ["--seconds", "1", "a"] }],
  ] as const)("%s %j", (typed, environment, expected) => {
    const words = typed.split(" ").filter((word) => word !== "");
    expect(parseArguments(words, environment)).toEqual(expected);
  });

  test.each([
    ["-x", 'Cannot understand option "-x"'],
    ["a.conf", 'Cannot understand option "a.conf"'],
    ["constructor", 'Cannot understand option "constructor"'],
    ["-c", "Cannot use option -c: it needs a file"],
    ["--demo -c a", "Cannot use option --demo with -c or -e: it is a configuration itself"],
    ["--demo -e", "Cannot use option --demo with -c or -e: it is a configuration itself"],
  ])("refuses %s", (typed, message) => {
    expect(() => parseArguments(typed.split(" "), {})).toThrow(new UsageError(message));
  });
});
