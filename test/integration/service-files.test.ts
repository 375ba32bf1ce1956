/**
 * Goal: what the service is made of is right in the eyes of those who read it: systemd, shells, man and
 * Debian.
 *
 * Method: have their own checkers look at it, and complete a command line in bash.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, describe, expect, test } from "vitest";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/server.ts";

const EXPOSURE_MAX = 2.0;
const PACKAGING = `${ROOT}packaging`;
const UNIT = `${PACKAGING}/systemd/sluice.service`;

const SCRIPTS = [
  ...["etc/init.d/sluice", "packaging/install.sh"],
  ...["postinst", "prerm", "postrm"].map((name) => `packaging/deb/${name}`),
  ...["tree", "try-all", "try-install", "try-systemd", "try-sysvinit"].map(
    (name) => `packaging/test/${name}.sh`,
  ),
];
const PAGES = ["sluice.8", "sluice.yaml.5"];

const folder = mkdtempSync(`${tmpdir()}/sluice-service-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("systemd understands the units", async () => {
  // It asks for the program too, which is not installed here.
  for (const name of ["sluice.service", "sluice.socket"]) {
    const text = readFileSync(`${PACKAGING}/systemd/${name}`, "utf8");
    writeFileSync(`${folder}/${name}`, text.replaceAll("/usr/bin/sluice", "/bin/true"));
  }
  const files = ["service", "socket"].map((kind) => `${folder}/sluice.${kind}`);
  const { code, stderr } = await runProgram("systemd-analyze", ["--man=no", "verify", ...files]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
});

test("the service is shut in", async () => {
  const args = ["security", "--offline=true", "--threshold=20", UNIT];
  const { code, stdout } = await runProgram("systemd-analyze", args);
  const [, exposure] = /exposure level for sluice.service: ([\d.]+)/.exec(stdout) ?? [];
  expect(Number(exposure)).toBeLessThanOrEqual(EXPOSURE_MAX);
  expect(code).toBe(0);
});

test.each(SCRIPTS)("shellcheck has nothing to say of %s", async (path) => {
  const { code, stdout } = await runProgram("shellcheck", ["-x", "-P", "SCRIPTDIR", path], {
    workingFolder: ROOT,
  });
  expect(stdout).toBe("");
  expect(code).toBe(0);
});

test.each(PAGES)("man formats %s without a warning", async (page) => {
  const environment = { MANWIDTH: "80", LC_ALL: "C.UTF-8", MAN_KEEP_FORMATTING: "" };
  const { code, stdout, stderr } = await runProgram(
    "man",
    ["--warnings", "-E", "UTF-8", "-l", `${PACKAGING}/man/${page}`],
    { environment },
  );
  expect(stderr).toBe("");
  expect(stdout).toContain("NAME");
  expect(code).toBe(0);
});

describe("bash completes", () => {
  /** What is offered behind these words. */
  function complete(...words: string[]): string[] {
    const script = `. "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const args = ["-c", script, "bash", `${PACKAGING}/completion/sluice.bash`, ...words];
    const { stdout } = spawnSync("bash", args, { encoding: "utf8", cwd: folder });
    return stdout.split("\n").filter((line) => line !== "");
  }

  test("commands and options", () => {
    expect(complete("sluice", "doc")).toEqual(["doctor"]);
    expect(complete("sluice", "--ver")).toEqual(["--version"]);
    expect(complete("sluice", "import", "--str")).toEqual(["--strict"]);
    expect(complete("sluice", "config", "d")).toEqual(["default", "demo"]);
    expect(complete("sluice", "-t", "doc")).toEqual([]);
  });

  test("files where files are wanted, and nothing where nobody knows", () => {
    writeFileSync(`${folder}/mine.yaml`, "");
    expect(complete("sluice", "-t", "-c", "mi")).toEqual(["mine.yaml"]);
    expect(complete("sluice", "import", "mi")).toEqual(["mine.yaml"]);
    expect(complete("sluice", "bench", "--players", "")).toEqual([]);
  });
});
