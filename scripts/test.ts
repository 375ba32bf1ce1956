/**
 * Runs every test there is, in an order that finds the cheap faults first, and sums up. Stops at
 * the first part that fails unless told to go on with `--keep-going`. A word picks the parts whose
 * title holds it: `npm test -- integration`. Integration tests mostly wait for time to pass, as their
 * peers send and play in real time: those of one server run beside those of another.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { PORT_PART } from "./free-port.ts";
import { BIN, findBun, ROOT } from "./programs.ts";

interface Part {
  readonly title: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Vitest writes its figures here; a part without counts as one test. */
  readonly report?: string;
  /** Parts with lanes follow one another within a lane, and run beside those of other lanes. */
  readonly lane?: string;
}

interface Counts {
  passed: number;
  failed: number;
}

/** What Vitest's JSON reporter writes, as far as it is read here. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
}

const REPORTS = `${ROOT}dist/.test/`;
const DENO = `${BIN}deno`;
const VITEST = `${ROOT}node_modules/vitest/vitest.mjs`;
const NODE = process.execPath;

const integrationFile = (name: string): string => `test/integration/${name}.test.ts`;

/** They need no server, or build one. */
const SERVERLESS_TESTS = [
  ...["aac-encoder", "build", "cmaf-files", "dtls-interop", "npm-package", "rtc-answers"],
].map(integrationFile);
/** What they ask of the server other tests ask on every runtime: commands of the documentation. */
const DOCS_TESTS = ["docs-commands"].map(integrationFile);
/** What they ask of the server is the same on every runtime: the pages themselves. */
const PAGE_TESTS = ["rtc-pages"].map(integrationFile);
/** They are about what is installed, which holds the compiled server. */
const PACKAGING_TESTS = ["packages", "service-files", "service-script"].map(integrationFile);
/** They say how long something takes, and run with nothing beside them. */
const QUIET_TESTS = ["players-latency", "rtc-timing"].map(integrationFile);
/** Likewise; what they look at is how browsers take what is the same on every runtime. */
const QUIET_PAGE_TESTS = ["rtc-ladder"].map(integrationFile);
/** The compiled server differs from that on Bun in how it starts and where its files are. */
const COMPILED_TESTS = ["background", "delivery", "page", "process", "service-manager", "tls"].map(
  integrationFile,
);

/** They play packaged and endless streams in a browser, or read the page with one. */
const PLAYER_TESTS = ["page", "page-ways", "players", "players-codecs", "players-life"].map(
  integrationFile,
);
/** They publish and play by WebRTC in a browser. */
const RTC_TESTS = ["console", "rtc", "rtc-network", "rtc-hostile"].map(integrationFile);
/** They wait for FFmpeg to hang, and longer than any other. */
const PROGRAM_TESTS = ["programs"].map(integrationFile);
/** They wait until there is something to be kept, or for the server to take up a change. */
const RECORDING_TESTS = ["recordings", "recordings-life", "reload"].map(integrationFile);
/** They start many processes. */
const WORKER_TESTS = ["workers"].map(integrationFile);

/** About as long as each other: some eleven minutes on two cores, a quarter of whose time is left. */
const LANES = {
  bun: "first",
  node: "second",
  deno: "third",
  "players on node": "fourth",
  "players on deno": "fourth",
  "workers on node": "fourth",
  "players on bun": "fifth",
  "WebRTC on bun": "fifth",
  "WebRTC on node": "fifth",
  "WebRTC on deno": "fifth",
  "workers on bun": "fifth",
  "workers on deno": "fifth",
  "programs on bun": "sixth",
  "programs on node": "sixth",
  "programs on deno": "sixth",
  compiled: "sixth",
  "smoke of the benchmark": "sixth",
  "recordings on bun": "seventh",
  "recordings on node": "seventh",
  "recordings on deno": "seventh",
  "smoke of the soak test": "seventh",
} as const;

const RUNTIMES = ["node", "bun", "deno"] as const;

/** All parts, in their order. */
function listParts(): Part[] {
  const runners = {
    node: [NODE, VITEST],
    bun: [findBun(), "--bun", VITEST],
    deno: [DENO, "run", "-A", "--unstable-net", "--node-modules-dir=manual", "npm:vitest"],
  };
  return [
    { title: "types", command: [`${BIN}tsc`, "-p", ROOT] },
    {
      title: "types of the pure folders",
      command: [`${BIN}tsc`, "-p", `${ROOT}tsconfig.pure.json`],
    },
    { title: "lint", command: [`${BIN}biome`, "check", ROOT] },
    ...Object.entries(runners).map(([name, runner]) =>
      vitestPart(`unit and runtime on ${name}`, runner, ["unit", "runtime"]),
    ),
    { title: "tools for the integration tests", command: [`${ROOT}scripts/install-test-tools`] },
    { title: "build", command: [NODE, `${ROOT}scripts/build.ts`] },
    ...RUNTIMES.map((name) => {
      const tests = name === "bun" ? [...QUIET_TESTS, ...QUIET_PAGE_TESTS] : QUIET_TESTS;
      return integrationPart(`latency with the server on ${name}`, name, tests);
    }),
    ...RUNTIMES.map((name) => {
      const without = notBesideOthers(name).flatMap((file) => ["--exclude", file]);
      return inLane(integrationPart(`integration with the server on ${name}`, name, without), name);
    }),
    ...RUNTIMES.flatMap((name) => {
      const rtcTests = name === "bun" ? [...RTC_TESTS, ...PAGE_TESTS] : RTC_TESTS;
      type What = "players" | "WebRTC" | "programs" | "recordings" | "workers";
      const part = (what: What, tests: readonly string[]): Part => {
        const title = `integration of ${what} with the server on ${name}`;
        return inLane(integrationPart(title, name, tests), `${what} on ${name}`);
      };
      return [
        part("players", PLAYER_TESTS),
        part("WebRTC", rtcTests),
        part("programs", PROGRAM_TESTS),
        part("recordings", RECORDING_TESTS),
        part("workers", WORKER_TESTS),
      ];
    }),
    inLane(
      integrationPart("integration with the compiled server", "compiled", [
        ...COMPILED_TESTS,
        ...PACKAGING_TESTS,
      ]),
      "compiled",
    ),
    smokePart("smoke of the benchmark", "bench"),
    smokePart("smoke of the soak test", "soak"),
  ];
}

/** Files that the part of all others leaves to other parts, or to another runtime. */
function notBesideOthers(runtime: string): readonly string[] {
  const apart = [...QUIET_TESTS, ...QUIET_PAGE_TESTS, ...PAGE_TESTS, ...PACKAGING_TESTS];
  const lanes = [
    ...[...PLAYER_TESTS, ...RTC_TESTS, ...PROGRAM_TESTS],
    ...[...RECORDING_TESTS, ...WORKER_TESTS],
  ];
  const once = runtime === "bun" ? [] : [...SERVERLESS_TESTS, ...DOCS_TESTS];
  return [...apart, ...lanes, ...once];
}

/** @param args Of Vitest. */
function integrationPart(title: string, runtime: string, args: readonly string[]): Part {
  const part = vitestPart(title, [NODE, VITEST], ["integration"]);
  const environment = { SLUICE_TEST_RUNTIME: runtime };
  return { ...part, command: [...part.command, ...args], environment };
}

function smokePart(title: keyof typeof LANES, folder: string): Part {
  const command = [NODE, `${ROOT}scripts/${folder}/main.ts`, "--smoke"];
  return inLane({ title, command }, title);
}

function inLane(part: Part, name: keyof typeof LANES): Part {
  return { ...part, lane: LANES[name] };
}

function vitestPart(title: string, runner: readonly string[], projects: readonly string[]): Part {
  const report = `${REPORTS}${title.replaceAll(/\W+/g, "-")}.json`;
  const command = [
    ...[...runner, "run"],
    ...projects.flatMap((project) => ["--project", project]),
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
  ];
  return { title, command, report };
}

async function run(part: Part): Promise<Counts> {
  const { title, report, lane } = part;
  const startMs = Date.now();
  if (lane === undefined) process.stdout.write(`\n=== ${title}\n`);
  const { status, output } = await runProgram(part);
  const counts = report === undefined ? { passed: 0, failed: 0 } : readCounts(report);
  // Also faults outside any test, as an error that nobody caught, count.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  if (report === undefined && status === 0) counts.passed = 1;
  const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
  const verdict = counts.failed === 0 ? "passed" : "FAILED";
  // What runs beside others tells all at its end, so that it can be read.
  const told = lane === undefined ? "" : `\n=== ${title}\n${output}`;
  process.stdout.write(`${told}=== ${title}: ${verdict} in ${seconds} s\n`);
  return counts;
}

function runProgram({
  command,
  environment,
  lane,
}: Part): Promise<{ readonly status: number; readonly output: string }> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: lane === undefined ? "inherit" : ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...portsOf(lane), ...environment },
    });
    const keep = (text: unknown): void => {
      output += text;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("error", (error) => resolve({ status: 1, output: `${output}${error.message}\n` }));
    child.once("close", (code) => resolve({ status: code ?? 1, output }));
  });
}

/** Each lane has ports of its own, so that nobody takes that of a server that is started again. */
function portsOf(lane: string | undefined): Readonly<Record<string, string>> {
  const names = [...new Set<string>(Object.values(LANES))];
  return lane === undefined ? {} : { [PORT_PART]: `${names.indexOf(lane) + 1}/${names.length}` };
}

function readCounts(report: string): Counts {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8")) as Report;
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 }; // Vitest did not get as far; its exit status says so.
  }
}

/** Runs parts until one fails. @returns What they came to. */
async function runAll(parts: readonly Part[], isStopped: () => boolean): Promise<Counts> {
  const total: Counts = { passed: 0, failed: 0 };
  for (const part of parts) {
    if (isStopped()) break;
    const { passed, failed } = await run(part);
    total.passed += passed;
    total.failed += failed;
    if (failed > 0) hasFailed = true;
  }
  return total;
}

let hasFailed = false;

/** Parts that follow one another, and then those that run beside one another, and so on. */
function groupParts(parts: readonly Part[]): Part[][][] {
  const groups: Part[][][] = [];
  let before: Part | undefined;
  for (const part of parts) {
    const isBeside = part.lane !== undefined && before?.lane !== undefined;
    const group = isBeside ? groups.at(-1) : undefined;
    const lane = group?.find(([first]) => first?.lane === part.lane);
    if (lane !== undefined) lane.push(part);
    else if (group !== undefined) group.push([part]);
    else groups.push([[part]]);
    before = part;
  }
  return groups;
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const isKeptGoing = words.includes("--keep-going");
  const picks = words.filter((word) => !word.startsWith("--"));
  const parts = listParts().filter(
    ({ title }) => picks.length === 0 || picks.some((word) => title.includes(word)),
  );
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });
  const total: Counts = { passed: 0, failed: 0 };
  const isStopped = (): boolean => hasFailed && !isKeptGoing;
  for (const lanes of groupParts(parts)) {
    for (const counts of await Promise.all(lanes.map((lane) => runAll(lane, isStopped)))) {
      total.passed += counts.passed;
      total.failed += counts.failed;
    }
  }
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = total.failed === 0 && parts.length > 0 ? 0 : 1;
}

await main();
