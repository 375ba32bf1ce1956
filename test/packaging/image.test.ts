/**
 * Goal: the image holds what Containerfile and its users go by: ports, user, links, files.
 *
 * Method: read Containerfile, .dockerignore and the lists of the script that fills the image. To build
 * it takes programs and images that are not on every machine: docs/container.md says how.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import {
  COPIES,
  FOLDERS,
  LINKS,
  LOADER_FOLDERS,
  TARGET_BY_ARCHITECTURE,
  TEXTS,
  USER_ID,
} from "../../scripts/build/container-tree.ts";
import { copyReadable, writeReadable } from "../../scripts/build/readable-file.ts";
import { findTarget } from "../../scripts/build/targets.ts";
import { VERSION } from "../../src/base/version.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { ROOT } from "../support/server.ts";
import { loadSluiceConfig, portsOf, readFile } from "./packaging-files.ts";

const CONTAINERFILE = readContainerfile("Containerfile");

/** With each instruction in a line. */
function readContainerfile(path: string): string {
  return readFile(path).replaceAll("\\\n", " ");
}

/** What stands behind an instruction, in order; of the last stage alone. */
function instructions(name: string, text = CONTAINERFILE): string[] {
  const stage = text.slice(text.lastIndexOf("\nFROM "));
  return [...stage.matchAll(new RegExp(`^${name} +(.*)$`, "gm"))].map(([, words = ""]) => words);
}

const config = (environment: Readonly<Record<string, string>> = {}) =>
  loadSluiceConfig(readFile("packaging/container/sluice.yaml"), environment);

describe("the configuration inside", () => {
  test("is good, and opens the ports that are exposed", () => {
    expect(instructions("EXPOSE").join(" ").split(/ +/).toSorted()).toEqual(portsOf(config()));
  });

  test("shows a picture, and lets nobody from outside use the API", () => {
    expect(config()).toMatchObject({
      testStream: { enabled: true },
      httpApi: { auth: { enabled: false } },
    });
  });

  test("takes the address for WebRTC from CANDIDATE, as SRS's does", () => {
    expect(config({ CANDIDATE: "192.0.2.7" }).rtcServer.candidate).toEqual(["192.0.2.7"]);
    expect(config().rtcServer.candidate).toEqual(["*"]);
  });

  test("variables of SRS's image are known", () => {
    const environment = { SRS_DAEMON: "off", SRS_IN_DOCKER: "on", SRS_LISTEN: "1936" };
    expect(config(environment).listen).toEqual([{ host: "0.0.0.0", port: 1936 }]);
  });
});

describe("Containerfile", () => {
  test("starts the server, and asks it whether it is well", () => {
    const [check = ""] = instructions("HEALTHCHECK");
    const [start = ""] = instructions("CMD");
    expect(JSON.parse(check.slice(check.indexOf("[")))).toEqual(["sluice", "health", "--pid", "1"]);
    const [program, ...words] = JSON.parse(start);
    expect(program).toBe("sluice");
    const command = parseArguments(words, {});
    expect(command).toEqual({
      name: "run",
      file: "/usr/local/srs/conf/srs.conf",
      isForeground: false,
    });
    expect(LINKS["usr/local/srs/conf/srs.conf"]).toBe("/etc/sluice/sluice.yaml");
  });

  test("names the user, the version and the volume that the rest goes by", () => {
    expect(instructions("USER")).toEqual([`${USER_ID}:${USER_ID}`]);
    expect(CONTAINERFILE).toContain(`--chown=${USER_ID}:${USER_ID} /image/state/ /var/lib/`);
    expect(instructions("ARG")).toContain(`VERSION=${VERSION}`);
    expect(instructions("VOLUME")).toEqual(['["/var/lib/sluice"]']);
    expect(instructions("WORKDIR")).toEqual(["/usr/local/srs"]);
    const variables = instructions("ENV")
      .join(" ")
      .split(/ +/)
      .map((text) => text.split("="));
    expect(Object.fromEntries(variables)).toEqual({
      PATH: "/usr/bin",
      SLUICE_WORK_DIR: "/var/lib/sluice",
      SRS_IN_DOCKER: "on",
    });
  });

  test("its context has what is copied, and nothing that is private", () => {
    const lines = readFile(".dockerignore")
      .split("\n")
      .filter((line) => !/^(#|$)/.test(line));
    expect(lines[0]).toBe("*");
    const kept = lines.slice(1).map((line) => line.replace(/^!/, ""));
    const isKept = (path: string) => kept.some((one) => path === one || path.startsWith(`${one}/`));
    for (const file of Object.values(COPIES)) {
      expect(existsSync(`${ROOT}${file}`), file).toBe(true);
      expect(isKept(file), file).toBe(true);
    }
    expect(["src", "scripts", "web", "package-lock.json"].every(isKept)).toBe(true);
    expect([".git", "node_modules", "test", "dist/sluice", ".env"].some(isKept)).toBe(false);
  });
});

test("the image with FFmpeg is run like the other one", () => {
  const text = readContainerfile("packaging/container/Containerfile.ffmpeg");
  const names = ["USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD"];
  for (const name of names) expect(instructions(name, text)).toEqual(instructions(name));
  expect([`PATH=/usr/bin ${instructions("ENV", text)[0]}`]).toEqual(instructions("ENV"));
  expect(text).toContain(`useradd --uid ${USER_ID} --gid ${USER_ID} `);
});

describe("what is in the image", () => {
  test("every architecture has a program and a place for its loader", () => {
    expect(Object.keys(LOADER_FOLDERS)).toEqual(Object.keys(TARGET_BY_ARCHITECTURE));
    for (const name of Object.values(TARGET_BY_ARCHITECTURE))
      expect(findTarget(name).name).toBe(name);
  });

  test("links lead to what is there, from folders that are there", () => {
    const folders = new Set(FOLDERS.map(([path]) => path));
    for (const [path, target] of Object.entries(LINKS)) {
      expect(folders, path).toContain(path.slice(0, path.lastIndexOf("/")));
      const isThere = target === "/usr/bin/sluice" || target.slice(1) in COPIES;
      expect(isThere, path).toBe(true);
    }
    expect(LINKS["usr/local/srs/objs/srs"]).toBe("/usr/bin/sluice");
  });

  test("files may be read by the user, though nobody else may read the checkout", () => {
    const folder = mkdtempSync(`${tmpdir()}/image-`);
    try {
      writeFileSync(`${folder}/private`, "listen: 1935", { mode: 0o600 });
      copyReadable(`${folder}/private`, `${folder}/copied`);
      expect(statSync(`${folder}/copied`).mode & 0o777).toBe(0o644);
      expect(readFileSync(`${folder}/copied`, "utf8")).toBe("listen: 1935");
      writeReadable(`${folder}/private`, "listen: 1936");
      expect(statSync(`${folder}/private`).mode & 0o777).toBe(0o644);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("everybody may write to /tmp, and the user has a name", () => {
    expect(FOLDERS).toContainEqual(["tmp", 0o1777]);
    expect(TEXTS["etc/passwd"]).toMatch(new RegExp(`^sluice:x:${USER_ID}:${USER_ID}:`, "m"));
    expect(TEXTS["etc/group"]).toMatch(new RegExp(`^sluice:x:${USER_ID}:$`, "m"));
  });
});
