/**
 * Goal: bin/sluice starts the server from wherever it is called, on the runtime that is asked for,
 * and says what to do where it cannot.
 *
 * Method: call it by links, from other folders, with a wrong runtime, and in a copy without packages.
 */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../support/program.ts";
import { ROOT, RUNTIME_ENVIRONMENT } from "../support/server.ts";

const LAUNCHER = `${ROOT}bin/sluice`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice launcher "));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("it runs through links, relative and absolute, from any folder", async () => {
  symlinkSync(LAUNCHER, join(folder, "first"));
  symlinkSync("first", join(folder, "second"));
  const { code, stdout } = await runProgram("./second", ["-g"], {
    workingFolder: folder,
    environment: RUNTIME_ENVIRONMENT,
  });
  expect(stdout).toMatch(/^Sluice\//);
  expect(code).toBe(0);
});

test("a .env file in the working folder has no effect", async () => {
  writeFileSync(join(folder, ".env"), "SRS_ENV_ONLY=on\nSLUICE_ENV_ONLY=on\n");
  // With that variable set, it would be the configuration of the environment.
  const { code, stdout } = await runProgram(LAUNCHER, ["-t"], {
    workingFolder: folder,
    environment: RUNTIME_ENVIRONMENT,
  });
  expect(stdout).toContain("built-in default");
  expect(code).toBe(0);
});

test("an unknown runtime is named", async () => {
  const environment = { SLUICE_RUNTIME: "python" };
  const { code, stderr } = await runProgram(LAUNCHER, ["-v"], { environment });
  expect(stderr).toContain("SLUICE_RUNTIME is 'python'");
  expect(code).toBe(1);
});

test("without its packages it says how to get them", async () => {
  mkdirSync(join(folder, "bin"));
  copyFileSync(LAUNCHER, join(folder, "bin", "sluice"));
  const { code, stderr } = await runProgram(join(folder, "bin", "sluice"), ["-v"]);
  expect(stderr).toContain("npm ci");
  expect(code).toBe(1);
});
