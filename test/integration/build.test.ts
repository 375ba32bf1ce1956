/**
 * Goal: what is built is the same wherever it is built, holds all that it needs, and says what is
 * inside.
 *
 * Method: build from two copies of the sources, in which there is no repository; remove them; start
 * what they gave in an empty folder, without a configuration, publish to it and play from it.
 */

import { createHash } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { collectPackages } from "../../scripts/build/packages-inside.ts";
import { copySources, startAlone, temporaryFolder } from "../support/built-program.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { OpusListener } from "../support/opus-listener.ts";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const VIDEO = 9;
const SCRIPTS = ["build.ts", "build-node.ts"];
/** The program of this machine, as released. */
const TARGET = `linux-${arch()}`;
const { version: VERSION } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
  version: string;
};
const PROGRAM = `sluice-${VERSION}-${TARGET}`;
const SBOM = `sluice-${VERSION}.cdx.json`;

/** What was built, by what it is called below dist/; from the first copy. */
let folder: string;
/** Digests of the same from both copies. */
const digests: Record<string, string>[] = [];

async function build(copy: string): Promise<void> {
  for (const script of SCRIPTS) {
    const args = [script, ...(script === "build.ts" ? [TARGET] : [])];
    const environment = { SOURCE_COMMIT: "", SOURCE_DATE_EPOCH: "" };
    const { code, stderr } = await runProgram(join(copy, "scripts/with-node"), args, {
      environment,
      patienceMs: 60_000,
    });
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
  }
}

function digestAll(dist: string): Record<string, string> {
  const names = ["release", "node"].flatMap((name) =>
    readdirSync(join(dist, name)).map((file) => `${name}/${file}`),
  );
  const hash = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(join(dist, name)))
      .digest("hex");
  return Object.fromEntries(names.map((name) => [name, hash(name)]));
}

beforeAll(async () => {
  folder = temporaryFolder("built");
  for (const name of ["one", "another place"]) {
    const copy = join(folder, name);
    mkdirSync(copy);
    copySources(copy);
    await build(copy);
    digests.push(digestAll(join(copy, "dist")));
    if (digests.length === 1) renameSync(join(copy, "dist"), join(folder, "dist"));
    rmSync(copy, { recursive: true });
  }
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("two builds of the same sources are the same", () => {
  const [one = {}, another] = digests;
  expect(Object.keys(one).sort()).toEqual([
    "node/package.json",
    "node/sluice.js",
    "release/SHA256SUMS",
    `release/${PROGRAM}`,
    `release/${SBOM}`,
  ]);
  expect(another).toEqual(one);
});

test("no path of the machine that built it is inside", () => {
  for (const name of [`release/${PROGRAM}`, "node/sluice.js"]) {
    expect(readFileSync(join(folder, "dist", name)).includes(folder), name).toBe(false);
  }
});

test("checksums are there of all that is released", async () => {
  const release = join(folder, "dist/release");
  const check = await runProgram("sha256sum", ["-c", "SHA256SUMS"], { workingFolder: release });
  expect(check.stdout).toBe(`${PROGRAM}: OK\n${SBOM}: OK\n`);
});

test("the list of what is inside has the packages that are, and the programs", () => {
  interface Part {
    name: string;
    version?: string;
    hashes?: { alg: string; content: string }[];
    licenses: object[];
    components?: Part[];
  }
  const list = JSON.parse(readFileSync(join(folder, "dist/release", SBOM), "utf8")) as {
    metadata: { component: Part };
    components: Part[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  const { bun, ...rest } = Object.fromEntries(list.components.map((part) => [part.name, part]));
  const names = Object.keys(rest);
  const known = [...collectPackages().keys()];
  expect(names).toEqual(known.filter((name) => names.includes(name)));
  expect(names).toEqual(
    expect.arrayContaining(["@evan/opus", "hls.js", "hono", "mpegts.js", "yaml"]),
  );
  expect(names).not.toContain("split2"); // Of pino, which needs it for threads alone.
  expect(bun?.version).toMatch(/^1\./);
  for (const part of Object.values(rest)) {
    expect(part.version).toBe(collectPackages().get(part.name)?.version);
    expect(part.hashes).toEqual([
      { alg: "SHA-512", content: expect.stringMatching(/^[\da-f]{128}$/) },
    ]);
    expect(part.licenses).toHaveLength(1);
  }
  expect(rest["@evan/opus"]?.components?.map(({ name }) => name)).toEqual(["libopus"]);
  const content = digests[0]?.[`release/${PROGRAM}`];
  expect(list.metadata.component).toMatchObject({ name: "sluice", version: VERSION });
  expect(list.metadata.component.components).toEqual([
    { type: "file", name: PROGRAM, hashes: [{ alg: "SHA-256", content }] },
  ]);
  expect(list.dependencies[0]?.dependsOn).toContain(`pkg:npm/bun@${bun?.version}`);
});

test("the file for Node says on an older one which it needs", async () => {
  const older = join(folder, "older.cjs");
  writeFileSync(older, 'Object.defineProperty(process.versions, "node", { value: "16.20.2" });');
  const args = ["--require", older, join(folder, "dist/node/sluice.js"), "-v"];
  const { code, stdout, stderr } = await runProgram(process.execPath, args);
  expect(stderr).toMatch(/^sluice: Node 18 or later is needed, and this one is v/);
  expect({ code, stdout }).toEqual({ code: 255, stdout: "" });
});

describe.each([
  ["the program", `release/${PROGRAM}`, [], "bun"],
  ["the file for Node", "node/sluice.js", [process.execPath], "node"],
])("%s alone", (_, file, runner, runtime) => {
  /** Copies it into a folder of its own. */
  function install(): { readonly place: string; readonly command: string[] } {
    const place = temporaryFolder("alone");
    const name = file.endsWith(".js") ? "sluice.js" : "sluice";
    linkSync(join(folder, "dist", file), join(place, name));
    return { place, command: [...runner, `./${name}`] };
  }

  test("says what it is made of", async () => {
    const { place, command } = install();
    onTestFinished(() => rmSync(place, { recursive: true }));
    const [program = "", ...args] = [...command, "--version"];
    const { stdout } = await runProgram(program, args, { workingFolder: place });
    expect(stdout).toMatch(
      new RegExp(`^sluice ${VERSION} \\(commit unknown, ${runtime} \\d+\\.\\d+\\.\\d+\\)\\n$`),
    );
  });

  test("serves its pages, and what is published to it, with sound for all", async () => {
    const { place, command } = install();
    const server = await startAlone(command, place);
    onTestFinished(() => server.stop());
    const page = await httpGet(server.httpUrl("/watch.html"));
    expect(page.text).toBe(readFileSync(`${ROOT}web/watch.html`, "utf8"));
    const script = await httpGet(server.httpUrl("/mpegts.js"));
    expect(script.text.length).toBeGreaterThan(100_000);

    const url = server.rtmpUrl("live/show");
    const publisher = publishFile(await media("h264-aac.flv"), url, { isLooped: true });
    onTestFinished(async () => void (await publisher.end()));
    const player = await FlvCapture.http(server.httpUrl("/live/show.flv"));
    await player.waitForTags(VIDEO, 30);
    player.close();
    // Made of AAC by the thread, with libopus.
    const listener = await OpusListener.play(server.httpUrl("/rtc/v1/whep/?app=live&stream=show"));
    onTestFinished(() => listener.close());
    await waitFor("sound", () => listener.packets.length >= 50);
    expect(listener.loudness).toBeGreaterThan(0.01);
    expect(listener.videoCount).toBeGreaterThan(0);
    expect(readdirSync(place)).toHaveLength(1);
  });
});
