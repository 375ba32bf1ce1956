/**
 * Goal: what the documentation says to type can be typed, in every language, and what it shows of the
 * API's answers is what the API answers.
 *
 * Method: run each `sh` block of README.md and docs/ against servers that are started for it, by a table
 * (test/support/docs/command-rules.ts) that knows each command. What cannot be run is held against what
 * exists. Addresses of pages are asked for, and blocks of JSON are compared in shape
 * with answers.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findRule } from "../support/docs/command-rules.ts";
import { type CodeBlock, readPages } from "../support/docs/markdown.ts";
import { joinLines, splitShell } from "../support/docs/shell-commands.ts";
import { DocsWorld } from "../support/docs/world.ts";
import { runProgram } from "../support/program.ts";
import { startServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const pages = readPages();
const blocks = pages.flatMap((page) => page.blocks);

/** Translations have the same blocks: once is enough. */
const shellBlocks = blocks
  .filter(({ language }) => language === "sh")
  .filter(({ text }, index, all) => all.findIndex((other) => other.text === text) === index);

let world: DocsWorld;

beforeAll(async () => {
  world = await DocsWorld.open();
});

afterAll(() => world?.close());

/** Publishers have the same name, and follow one another. */
let publishing: Promise<unknown> = Promise.resolve();

const commandsOf = (block: CodeBlock) =>
  splitShell(block.text).map((text) => {
    const command = joinLines(text);
    return { command, rule: findRule(command) };
  });

/** The block as a script, and what is wrong with commands that are not run. */
async function prepare(block: CodeBlock): Promise<{ lines: string[]; objections: string[] }> {
  const lines: string[] = [];
  const objections: string[] = [];
  for (const { command, rule } of commandsOf(block)) {
    if (rule === undefined) {
      objections.push(`no rule for: ${command}`);
    } else if (rule.how === "held" || !(await isThere(rule.needs))) {
      objections.push(...(rule.check?.(command) ?? []).map((one) => `${one}: ${command}`));
    } else {
      const translated = world.translate(command, rule);
      if (rule.server === "empty") lines.push("idle");
      const quoted = `'${(rule.evidence ?? "").replaceAll("'", "'\\''")}'`;
      lines.push(rule.how === "moment" ? `moment ${quoted} ${translated}` : translated);
    }
  }
  return { lines, objections };
}

async function isThere(program: string | undefined): Promise<boolean> {
  if (program === undefined) return true;
  return (await runProgram("sh", ["-c", `command -v ${program}`])).code === 0;
}

async function runBlock(block: CodeBlock): Promise<void> {
  const { lines, objections } = await prepare(block);
  expect(objections).toEqual([]);
  if (lines.length === 0) return;
  const isLeaving = commandsOf(block).some(({ rule }) => rule?.server === "leaving");
  const leaving = isLeaving ? await startServer() : undefined;
  const { pid } = leaving?.process ?? world.played.process;
  const { code, stdout, stderr } = await runProgram("sh", ["-e", "-c", lines.join("\n")], {
    workingFolder: world.createWorkingFolder(block.text, pid),
    environment: await world.createEnvironment(),
    patienceMs: 120_000,
  });
  expect({ code, output: code === 0 ? "" : `${lines.join("\n")}\n${stdout}\n${stderr}` }).toEqual({
    code: 0,
    output: "",
  });
  if (leaving !== undefined) {
    expect(await leaving.process.exited).toMatchObject({ code: 0 });
    await leaving.stop();
  }
}

describe.concurrent("commands", () => {
  test.each(shellBlocks.map((block) => [`${block.page}:${block.line}`, block] as const))(
    "%s",
    async (_, block) => {
      const isPublishing = commandsOf(block).some(({ rule }) => rule?.server === "empty");
      const before = publishing;
      const done = isPublishing ? before.then(() => runBlock(block)) : runBlock(block);
      if (isPublishing) publishing = done.catch(() => undefined);
      await done;
    },
    240_000,
  );
});

const SHELL_BLOCK = /```sh\n[\s\S]*?```/g;
const SHOWN_ADDRESS = /https?:\/\/(?:localhost|HOST|127\.0\.0\.1):(?:8080|1985)\/[^\] "'`<>)|]*/g;
/** They need recordings, or the right to change something; other tests have both. */
const NOT_FOR_EVERYBODY = /\?from=|\/api\//;

describe.concurrent("addresses that pages show", () => {
  const shown = pages.flatMap(
    ({ text }) => text.replaceAll(SHELL_BLOCK, "").match(SHOWN_ADDRESS) ?? [],
  );
  const addresses = [...new Set(shown)].filter((address) => !NOT_FOR_EVERYBODY.test(address));

  test.each(addresses)("%s", async (address) => {
    const end = new AbortController();
    const { status } = await fetch(world.translateAddress(address), { signal: end.signal });
    end.abort(); // A live stream has no end.
    // Offers are posted there.
    expect(status).toBe(/\/(whip|whep)\//.test(address) ? 405 : 200);
  });
});

/** Where two values differ in the names and types of what is in them; of lists the first entry counts. */
function differences(shown: unknown, real: unknown, path: string): string[] {
  if (shown === null || real === null) return [];
  if (Array.isArray(shown) && Array.isArray(real))
    return differences(shown[0], real[0], `${path}[]`);
  if (typeof shown !== typeof real) return [`${path}: ${typeof shown}, ${typeof real}`];
  if (typeof shown !== "object" || typeof real !== "object") return [];
  const [names, realNames] = [Object.keys(shown ?? {}), Object.keys(real ?? {})];
  if (names.join() !== realNames.join()) return [`${path}: ${names}, ${realNames}`];
  const fieldOf = (value: unknown, name: string): unknown =>
    (value as Record<string, unknown>)[name];
  return names.flatMap((name) =>
    differences(fieldOf(shown, name), fieldOf(real, name), `${path}.${name}`),
  );
}

describe("answers that pages show", () => {
  const answersOf = (page: string, name: string): unknown[] =>
    blocks
      .filter((block) => block.page === page && block.language === "json")
      .map(({ text }) => JSON.parse(text) as Record<string, unknown>)
      .filter((value) => name in value);

  test.each([
    ["docs/forward.md", "forwards"],
    ["docs/transcode.md", "transcodes"],
    ["docs/ingest.md", "ingests"],
  ])("%s shows %s as they are", async (page, name) => {
    const [shown] = answersOf(page, name) as [Record<string, unknown>];
    const real = await waitFor(`an entry of ${name}`, async () => {
      const answer = await fetch(world.played.apiUrl(`/api/v1/${name}`));
      const value = (await answer.json()) as Record<string, unknown[]>;
      const progress = (value[name]?.[0] as { progress?: unknown } | undefined)?.progress;
      return progress !== null && (value[name]?.length ?? 0) > 0 && value;
    });
    expect(differences(shown[name], real[name], name)).toEqual([]);
  });

  test("docs/doctor.md shows what the doctor says", async () => {
    const [shown] = answersOf("docs/doctor.md", "findings");
    const { stdout } = await runProgram("sluice", ["doctor", "-c", "conf/sluice.yaml", "--json"], {
      workingFolder: world.createWorkingFolder("", world.played.process.pid),
      environment: await world.createEnvironment(),
    });
    expect(differences(shown, JSON.parse(stdout), "doctor")).toEqual([]);
  });
});
