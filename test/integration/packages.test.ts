/**
 * Goal: packages hold what they should, where it should be, and are the same each time they are made.
 *
 * Method: make them of dist/sluice, quickly compressed, and look inside with the tools of the systems
 * that they are for; lintian judges the Debian package.
 */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/server.ts";

const COMPILED = `${ROOT}dist/sluice`;
const RELEASE = `${ROOT}dist/release/`;
/** Making one takes seconds, as 120 MB are copied and compressed. */
const PATIENCE_MS = 120_000;

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { version: string };
const IS_ARM = process.arch === "arm64";
const DEB = `${RELEASE}sluice_${version}_${IS_ARM ? "arm64" : "amd64"}.deb`;
const RPM = `${RELEASE}sluice-${version}-1.${IS_ARM ? "aarch64" : "x86_64"}.rpm`;
const TARGET = `linux-${IS_ARM ? "arm64" : "x64"}`;
const ARCHIVE = `${RELEASE}sluice-${version}-${TARGET}.tar.gz`;

const folder = mkdtempSync(`${tmpdir()}/sluice-packages-`);
beforeAll(() => {
  writeFileSync(`${folder}/sluice.js`, "console.log(process.argv.slice(2).join());\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is asked for on every system. */
const EVERYWHERE = [
  "/usr/bin/sluice",
  "/usr/lib/systemd/system/sluice.service",
  "/usr/lib/systemd/system/sluice.socket",
  "/etc/sluice/sluice.yaml",
  "/etc/default/sluice",
  "/etc/logrotate.d/sluice",
  "/usr/share/man/man8/sluice.8.gz",
  "/usr/share/man/man5/sluice.yaml.5.gz",
  "/usr/share/bash-completion/completions/sluice",
  "/usr/share/doc/sluice/examples/full.yaml",
];

async function run(name: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(name, args, { patienceMs: PATIENCE_MS });
  expect(stderr.replace("running with root privileges is not recommended!\n", "")).toBe("");
  expect(code).toBe(0);
  return stdout;
}

function make(kind: string, name: string, program: string): Promise<string> {
  return run(`${ROOT}scripts/with-node`, `package-${kind}.ts`, name, "--binary", program);
}

function digest(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

describe("the Debian package", () => {
  beforeAll(() => make("deb", IS_ARM ? "arm64" : "amd64", COMPILED), PATIENCE_MS);

  test("has all files, owned by root", async () => {
    const lines = (await run("dpkg-deb", "--contents", DEB)).trim().split("\n");
    const files = lines.map((line) => line.split(/\s+/));
    expect(files.map(([, owner]) => owner).filter((owner) => owner !== "root/root")).toEqual([]);
    const paths = files.map((fields) => fields[5]?.slice(1));
    for (const path of [...EVERYWHERE, "/etc/init.d/sluice"]) expect(paths).toContain(path);
    const modeOf = (path: string) => files.find((fields) => fields[5] === `.${path}`)?.[0];
    expect(modeOf("/usr/bin/sluice")).toBe("-rwxr-xr-x");
    expect(modeOf("/etc/init.d/sluice")).toBe("-rwxr-xr-x");
    expect(modeOf("/etc/sluice/sluice.yaml")).toBe("-rw-r--r--");
  });

  test("keeps what the operator changes", async () => {
    const conffiles = await run("dpkg-deb", "--info", DEB, "conffiles");
    const paths = ["default/sluice", "init.d/sluice", "logrotate.d/sluice", "sluice/sluice.yaml"];
    expect(conffiles).toBe(paths.map((path) => `/etc/${path}\n`).join(""));
  });

  test("has the program as it was built: stripped, it would be none", async () => {
    await run("dpkg-deb", "--extract", DEB, `${folder}/deb`);
    expect(digest(`${folder}/deb/usr/bin/sluice`)).toBe(digest(COMPILED));
    await run(COMPILED, "-t", "-c", `${folder}/deb/etc/sluice/sluice.yaml`);
  });

  test("lintian has nothing to say", async () => {
    expect(await run("lintian", "--info", DEB)).toBe("");
  });
});

describe("the Debian package for Node", () => {
  const deb = `${RELEASE}sluice_${version}_armhf.deb`;

  beforeAll(async () => {
    await make("deb", "armhf", `${folder}/sluice.js`);
  }, PATIENCE_MS);
  // It is none to be handed on.
  afterAll(() => rmSync(deb, { force: true }));

  test("depends on Node, and starts on it", async () => {
    expect(await run("dpkg-deb", "--field", deb, "Depends")).toContain("nodejs (>= 18)");
    await run("dpkg-deb", "--extract", deb, `${folder}/armhf`);
    const launcher = readFileSync(`${folder}/armhf/usr/bin/sluice`, "utf8");
    const script = launcher.replace("/usr/lib/sluice/", `${folder}/armhf/usr/lib/sluice/`);
    expect(await run("sh", "-c", script, "sluice", "-c", "a b")).toBe("-c,a b\n");
  });

  test("lintian has nothing to say", async () => {
    expect(await run("lintian", "--info", deb)).toBe("");
  });

  test("is the same when it is made again", async () => {
    const first = digest(deb);
    await make("deb", "armhf", `${folder}/sluice.js`);
    expect(digest(deb)).toBe(first);
  });
});

describe("the RPM package", () => {
  beforeAll(async () => {
    const args = ["package-rpm.ts", IS_ARM ? "aarch64" : "x86_64", "--binary", COMPILED];
    const options = { patienceMs: PATIENCE_MS };
    const { code, stderr } = await runProgram(`${ROOT}scripts/with-node`, args, options);
    expect(code, stderr).toBe(0);
  }, PATIENCE_MS);

  test("has all files, with their owners", async () => {
    const format = "[%{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILENAMES}\n]";
    const lines = (await run("rpm", "-qp", "--queryformat", format, RPM)).trim().split("\n");
    const paths = lines.map((line) => line.split(" ")[2]);
    for (const path of EVERYWHERE) expect(paths).toContain(path);
    expect(lines).toContain("-rwxr-xr-x root:root /usr/bin/sluice");
    expect(lines).toContain("-rw-r----- root:sluice /etc/sluice/sluice.yaml");
    expect(lines).toContain("drwxr-x--- sluice:sluice /var/lib/sluice");
    const config = await run("rpm", "-qp", "--configfiles", RPM);
    expect(config).toContain("/etc/sluice/sluice.yaml\n");
  });

  test("has the program as it was built", async () => {
    const digests = await run(
      "rpm",
      "-qp",
      "--queryformat",
      "[%{FILENAMES} %{FILEDIGESTS}\n]",
      RPM,
    );
    expect(digests).toContain(`/usr/bin/sluice ${digest(COMPILED)}\n`);
  });
});

test(
  "the archive is the same when it is made again, and has what install.sh installs",
  async () => {
    // Of something small in place of the program, as it is not looked at.
    await make("tar", TARGET, `${folder}/sluice.js`);
    onTestFinished(() => rmSync(ARCHIVE));
    const first = digest(ARCHIVE);
    await make("tar", TARGET, `${folder}/sluice.js`);
    expect(digest(ARCHIVE)).toBe(first);
    const names = (await run("tar", "-tzf", ARCHIVE)).trim().split("\n");
    const top = `sluice-${version}-${TARGET}/`;
    const parts = [
      "sluice",
      "install.sh",
      "sluice.yaml",
      "init.d/sluice",
      "systemd/sluice.service",
    ];
    for (const name of parts) expect(names).toContain(top + name);
  },
  PATIENCE_MS,
);
