/**
 * Goal: the npm package can be installed without a network, the example of docs/embedding.md does on
 * each runtime what the page says of it, and its types are enough for a strict compiler.
 *
 * Method: the package is built, packed and installed by npm into an empty folder, in which the example
 * is started as its readers would; FFmpeg publishes, HTTP plays, a signal has it stop; tsc compiles a
 * program that uses all of it.
 */

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BIN, findBun } from "../../scripts/programs.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { Program } from "../support/program.ts";
import { ROOT } from "../support/server.ts";
import { waitFor, within } from "../support/wait.ts";

const EXAMPLE = `${ROOT}docs/examples/embedding.js`;
const LOOPBACK_PORT = "127.0.0.1:0";
const DENO_FLAGS = ["run", "--quiet", "--allow-all", "--node-modules-dir=manual"];

const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  node: [`${BIN}node`],
  bun: [findBun(), "--no-install"],
  deno: [`${BIN}deno`, ...DENO_FLAGS],
};

let folder: string;

/** @throws {Error} If it fails, with what it has printed. */
async function run(name: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(name, args, { cwd });
  return stdout;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice npm "));
  await run("npm", ["run", "-s", "build:npm"], ROOT);
  await run("npm", ["pack", "--pack-destination", folder], `${ROOT}dist/npm`);
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  writeFileSync(join(folder, "package.json"), `{ "private": true, "type": "module" }\n`);
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${archive}`], folder);
  cpSync(EXAMPLE, join(folder, "embedding.js"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(runtime: string, file: string, args: readonly string[] = []): Program {
  const [program = "", ...flags] = RUNTIMES[runtime] ?? [];
  const environment = { RTMP_PORT: LOOPBACK_PORT, HTTP_PORT: LOOPBACK_PORT };
  const child = new Program(program, [...flags, file, ...args], {
    workingFolder: folder,
    environment,
  });
  onTestFinished(async () => void (await child.end()));
  return child;
}

/** What the program has printed behind `before` on a line of its own. */
function printed(program: Program, before: string): Promise<string> {
  return waitFor(`"${before}"`, async () => {
    const { exit, stdout, stderr } = program;
    if (exit !== undefined) throw new Error(`It ended: ${stdout}\n${stderr}`);
    return stdout
      .split("\n")
      .find((line) => line.startsWith(before))
      ?.slice(before.length);
  });
}

describe.each(Object.keys(RUNTIMES))("on %s", (runtime) => {
  test("the example serves, asks its hooks, and ends by itself", async () => {
    const program = start(runtime, "embedding.js");
    const url = await printed(program, "Publish to ");
    const page = await printed(program, "Watch at ");
    expect(url).toMatch(/^rtmp:\/\/127\.0\.0\.1:\d+\/live\/livestream\?key=secret$/);
    const file = await media("h264-aac.flv");

    const denied = publishFile(file, url.replace("secret", "guess"));
    expect((await within("the refusal", denied.exited)).code).not.toBe(0);
    expect(program.stdout).toContain("session.refused /live/livestream\n");

    const publisher = publishFile(file, url);
    onTestFinished(async () => void (await publisher.end()));
    await printed(program, "stream.ready /live/livestream");
    const answer = await fetch(`${page}live/livestream.flv`);
    expect(answer.status).toBe(200);
    const { value } = (await answer.body?.getReader().read()) ?? {};
    expect(new TextDecoder("latin1").decode(value?.subarray(0, 3))).toBe("FLV");

    expect((await httpGet(`${page}private/show.flv`)).status).toBe(401);
    expect((await httpGet(page)).text).toContain("<html");
    expect((await httpGet(`${page}hls.mjs`)).status).toBe(200);

    program.kill("SIGINT");
    expect(await within("the end", program.exited)).toEqual({ code: 0, signal: undefined });
    expect(program.stdout).toMatch(/Stopped\n$/);
    expect(program.stderr).toBe("");
  });

  test("two servers do not meet, and leave nothing behind that keeps the program", async () => {
    writeFileSync(join(folder, "two.js"), TWO_SERVERS);
    const program = start(runtime, "two.js");
    expect(await within("the end", program.exited)).toEqual({ code: 0, signal: undefined });
    expect(program.stdout).toBe("SystemError EADDRINUSE\nConfigError listne\ndone\n");
    expect(program.stderr).toBe("");
  });

  test("the package's thread finds its module and libopus", async () => {
    writeFileSync(join(folder, "thread.js"), THREAD);
    const program = start(runtime, "thread.js");
    expect(await within("the end", program.exited)).toEqual({ code: 0, signal: undefined });
    expect(program.stdout).toBe("done\n");
  });

  test("the program of the package finds its configurations", async () => {
    const program = start(runtime, "node_modules/sluice/lib/program.js", ["config", "full"]);
    expect(await within("the end", program.exited)).toEqual({ code: 0, signal: undefined });
    expect(program.stdout).toBe(readFileSync(`${ROOT}conf/full.yaml`, "utf8"));
  });
});

/** `Symbol.asyncDispose` is called as `await using` would. */
const TWO_SERVERS = `
  import { createServer } from "sluice";
  const listen = "127.0.0.1:0";
  const config = {
    listen,
    http_server: { enabled: true, listen },
    http_api: { enabled: true, listen },
    rtc_server: { enabled: true, listen },
  };
  const first = await createServer({ config });
  await first.start();
  const taken = "127.0.0.1:" + first.ports.find(({ protocol }) => protocol === "rtmp").port;
  const second = await createServer({ config: { ...config, listen: taken } });
  await second.start().catch(({ name, code }) => console.log(name, code));
  await createServer({ config: { listne: 1 } }).catch(({ name, issues }) =>
    console.log(name, issues[0].path),
  );
  const third = await createServer({ config });
  await third.start();
  await first.stop();
  await third.reconfigure({ ...config, http_api: { enabled: false } });
  await third[Symbol.asyncDispose]();
  console.log("done");
`;

/** As the server asks it for a job; the messages are its own. The packet is silence (RFC 6716, 3.1). */
const THREAD = `
  import { Worker } from "node:worker_threads";
  const url = new URL("node_modules/sluice/lib/audio-transcoder.js", import.meta.url);
  const worker = new Worker(url);
  worker.on("error", (error) => { throw error; });
  worker.on("message", ({ message, failure }) => {
    console.log(failure?.message ?? message.type);
    void worker.terminate();
  });
  const payload = Uint8Array.of(0xf8, 0xff, 0xfe);
  const from = { codec: "opus", decoderConfigurationRecord: undefined };
  worker.postMessage({ type: "open", job: 1, from, to: "aac", bitrate: 64000 });
  worker.postMessage({ type: "write", job: 1, packet: { dtsMs: 0, payload } });
`;

test("the page shows the example", () => {
  const page = readFileSync(`${ROOT}docs/embedding.md`, "utf8");
  expect(page).toContain(`\`\`\`js\n${readFileSync(EXAMPLE, "utf8")}\`\`\`\n`);
});

test("npx finds the program", async () => {
  const program = join(folder, "node_modules/.bin/sluice");
  expect(await run(`${BIN}node`, [program, "-g"], folder)).toMatch(/^Sluice\//);
});

test("the package needs no other, and holds nothing of this machine", async () => {
  const installed = readdirSync(join(folder, "node_modules")).filter(
    (name) => !name.startsWith("."),
  );
  expect(installed).toEqual(["sluice"]);
  const lib = join(folder, "node_modules/sluice/lib");
  for (const name of readdirSync(lib)) {
    expect(readFileSync(join(lib, name), "utf8").includes(ROOT), name).toBe(false);
  }
});

test("its types are enough for a strict compiler, without types of a runtime", async () => {
  writeFileSync(join(folder, "consumer.ts"), CONSUMER);
  const options = {
    ...{ target: "es2022", module: "nodenext", types: [], noEmit: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
  };
  const config = { compilerOptions: options, files: ["consumer.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  expect(await run(`${BIN}tsc`, ["-p", "."], folder)).toBe("");
});

const CONSUMER = `
  import {
    ConfigError, createServer, fromPino, type ConfigInput, type HookRequest, type SluiceEvent,
  } from "sluice";

  const config: ConfigInput = {
    listen: ["127.0.0.1:1935", 0],
    vhosts: { "example.org": { play: { gop_cache: true }, hls: { hls_fragment: 2 } } },
  };
  // @ts-expect-error The name is wrong.
  export const wrongName: ConfigInput = { listne: 1935 };
  // @ts-expect-error The value is wrong.
  export const wrongValue: ConfigInput = { max_connections: "many" };

  const log = (fields: object, event: string): void => void [fields, event];
  const server = await createServer({
    config,
    logger: fromPino({ debug: log, info: log, warn: log, error: log }),
    onPublish: ({ stream }: HookRequest) => stream !== "",
    onPlay: async () => ({ refuse: "no", as: "not_found" }),
    onEvent: (event) => {
      if (event.type === "recording.finished") tell(event.file, event.durationMs);
    },
  });
  function tell(file: string, durationMs: number): void {
    void [file, durationMs];
  }
  try {
    await server.start();
  } catch (error) {
    if (error instanceof ConfigError) tell(error.issues[0]?.path ?? "", 0);
  }
  for await (const event of server.events(["stream.ready"])) {
    const seen: SluiceEvent = event;
    if (seen.type === "stream.ready") tell(seen.stream, seen.delayMs);
  }
  const [stream] = await server.streams();
  tell(stream?.video?.codec ?? "", server.ports[0]?.port ?? 0);
  const { needsRestart } = await server.reconfigure({ ...config, listen: 1936 });
  tell(needsRestart.join(), server.totals.sentSize);
  await server.kick("abc", "enough");
  await server.stopGracefully();
  await server[Symbol.asyncDispose]();
`;
