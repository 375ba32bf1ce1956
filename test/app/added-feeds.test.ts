/**
 * Goal: who may change the server can have it fetch streams that its configuration does not name, and
 * fetch them no more, with the checks that a file would get; nobody else can, nothing configured is
 * touched, and nothing is run that the configuration does not name.
 *
 * Method: the whole server in memory, asked over its API. The test plays FFmpeg.
 */

import { describe, expect, test } from "vitest";
import { AddedFeeds } from "../../src/app/added-feeds.ts";
import { DEFAULT_VHOST } from "../../src/base/stream-name.ts";
import { MemoryNetwork, settle } from "../support/memory-network.ts";
import { obey, runningOf } from "../support/memory-programs.ts";
import {
  API_PORT,
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

const ENGINES = { e: { output: "rtmp://127.0.0.1:[port]/live/film" } };
const configured = (url: string): ConfigValue => ({
  enabled: true,
  input: { type: "file", url },
  engines: ENGINES,
});
const toSettings = (url: string): ConfigValue => ({ input: { url }, engines: ENGINES });
const PULL = { url: "rtmp://127.0.0.1:9000/live/a", stream: "live/a" };

function toConfig(vhost: ConfigValue, isAllowed = true): ConfigValue {
  const api = { enabled: true, listen: API_PORT, allow_update: isAllowed };
  return { http_api: api, ...defaultVhost(vhost) };
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

async function ask(
  server: MemoryServer,
  path: string,
  method = "GET",
  settings?: ConfigValue | string,
): Promise<Answered> {
  const text = typeof settings === "string" ? settings : JSON.stringify(settings ?? "");
  const body = new TextEncoder().encode(settings === undefined ? "" : text);
  const answer = await server.fetch(`/api/v1/${path}`, { port: API_PORT, method, body });
  await settle();
  await obey(server);
  return answer;
}

async function list(server: MemoryServer, kind: "ingests" | "pulls"): Promise<unknown[]> {
  const { text } = await ask(server, kind);
  return (JSON.parse(text) as Record<string, unknown[]>)[kind] ?? [];
}

/** What runs, by its input. */
function inputs(server: MemoryServer): (string | undefined)[] {
  return runningOf(server).map(({ command }) => command[command.indexOf("-i") + 1]);
}

describe("ingesters", () => {
  test("are added, changed and taken away, beside those of the configuration", async () => {
    const server = await MemoryServer.start(toConfig({ ingest: { a: configured("a") } }));
    await settle();
    expect(await ask(server, "ingests?id=b", "POST", toSettings("b"))).toMatchObject({
      status: 200,
    });
    expect(inputs(server)).toEqual(["a", "b"]);
    expect(await list(server, "ingests")).toMatchObject([{ id: "a" }, { id: "b", input: "b" }]);
    await ask(server, "ingests?id=b", "POST", toSettings("c"));
    expect(inputs(server)).toEqual(["a", "c"]);
    await ask(server, "ingests/stop?id=b", "POST");
    expect(inputs(server)).toEqual(["a"]);
    await ask(server, "ingests/start?id=b", "POST");
    expect(inputs(server)).toEqual(["a", "c"]);
    expect(await ask(server, "ingests?id=b", "DELETE")).toMatchObject({ status: 200 });
    expect(inputs(server)).toEqual(["a"]);
    expect(await ask(server, "ingests?id=b", "DELETE")).toMatchObject({ status: 404 });
    expect(server.events("ingest added")).toHaveLength(2);
    expect(server.events("ingest taken away")).toHaveLength(1);
  });

  test("of the configuration are not changed, and win when a reload brings one", async () => {
    const server = await MemoryServer.start(toConfig({ ingest: { a: configured("a") } }));
    await settle();
    for (const method of ["POST", "DELETE"]) {
      const answer = await ask(server, "ingests?id=a", method, toSettings("x"));
      expect(answer).toMatchObject({ status: 409, text: expect.stringContaining("configuration") });
    }
    await ask(server, "ingests?id=b", "POST", toSettings("b"));
    const all = { a: configured("a"), b: configured("configured") };
    const next = memoryConfig(toConfig({ ingest: all }));
    await server.finish(server.sluice.reconfigure(next));
    await obey(server);
    expect(inputs(server)).toEqual(["a", "configured"]);
  });

  test("stay through a reload, and go with their vhost", async () => {
    const server = await MemoryServer.start({
      ...toConfig({}),
      vhosts: { __defaultVhost__: {}, other: {} },
    });
    await ask(server, "ingests?vhost=other&id=b", "POST", toSettings("b"));
    await server.finish(
      server.sluice.reconfigure(
        memoryConfig({ ...toConfig({}), vhosts: { __defaultVhost__: {}, other: {} } }),
      ),
    );
    await obey(server);
    expect(inputs(server)).toEqual(["b"]);
    await server.finish(server.sluice.reconfigure(memoryConfig(toConfig({}))));
    await obey(server);
    expect(inputs(server)).toEqual([]);
  });
});

test("pulled streams are added and taken away", async () => {
  const server = await MemoryServer.start(toConfig({}));
  expect(await ask(server, "pulls?id=a", "POST", PULL)).toMatchObject({ status: 200 });
  expect(await list(server, "pulls")).toMatchObject([{ id: "a", url: "/live/a" }]);
  expect(await ask(server, "pulls?id=a", "DELETE")).toMatchObject({ status: 200 });
  expect(await list(server, "pulls")).toEqual([]);
});

describe("what is refused", () => {
  test("anything, unless it is allowed", async () => {
    const server = await MemoryServer.start(toConfig({}, false));
    const answer = await ask(server, "ingests?id=b", "POST", toSettings("b"));
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining("allow_update") });
    expect(inputs(server)).toEqual([]);
  });

  test("what a page of another site asks", async () => {
    const server = await MemoryServer.start(toConfig({}));
    const { status } = await server.fetch("/api/v1/ingests?id=b", {
      port: API_PORT,
      method: "POST",
      body: new TextEncoder().encode(JSON.stringify(toSettings("b"))),
      fields: [
        ["User-Agent", "Mozilla/5.0"],
        ["Sec-Fetch-Site", "cross-site"],
      ],
    });
    expect(status).toBe(403);
    expect(inputs(server)).toEqual([]);
  });

  test.each([
    ["ingests?id=b", toSettings(""), 400, "ingest.input.url: Expected a URL or a path"],
    ["ingests?id=b", { input: { url: "b" } }, 400, "ingest.engines: Expected an engine"],
    ["ingests?id=b", { ...toSettings("b"), ffmpeg: "/bin/sh" }, 400, "configuration alone"],
    ["ingests?id=b", { ...toSettings("b"), nonsense: 1 }, 400, "nonsense"],
    ["ingests?id=b", "{", 400, "Expected settings as JSON"],
    ["ingests?id=b", "[]", 400, "Expected settings as JSON"],
    ["ingests?id=b", "null", 400, "Expected settings as JSON"],
    ["ingests?id=b", `{"x":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, 400, ""],
    ["ingests?id=..%2Fb", toSettings("b"), 400, "Expected an id"],
    ["ingests?id=__proto__", toSettings("b"), 400, "Expected an id"],
    ["ingests", toSettings("b"), 400, "expected an id"],
    ["ingests?id=b&vhost=none", toSettings("b"), 404, "no such vhost"],
    ["ingests?id=b&vhost=__proto__", toSettings("b"), 404, "no such vhost"],
    ["pulls?id=b", { ...PULL, url: "file:///etc/passwd" }, 400, "pull.url: Expected rtmp://"],
    ["pulls?id=b", { ...PULL, stream: "../x" }, 400, "pull.stream: Expected app/stream"],
    ["ingests?id=b", " ".repeat(70_000), 413, ""],
  ])("%s with %j", async (path, settings, status, text) => {
    const server = await MemoryServer.start(toConfig({}));
    const answer = await ask(server, path, "POST", settings);
    expect(answer).toMatchObject({ status, text: expect.stringContaining(text) });
    expect(inputs(server)).toEqual([]);
    expect(await list(server, "pulls")).toEqual([]);
  });

  test("more than 256 of a kind, but not the change of one of them", () => {
    const config = memoryConfig(toConfig({}));
    const feeds = new AddedFeeds(() => config, new MemoryNetwork().logging.logger);
    const add = (id: string): unknown =>
      feeds.change({
        ...{ kind: "pull", vhost: DEFAULT_VHOST, id },
        settings: JSON.stringify({ ...PULL, stream: `live/${id}` }),
      }).problem;
    for (let i = 0; i < 256; i++) expect(add(`p${i}`)).toBeNull();
    expect(add("more")).toBe("too_many");
    expect(add("p7")).toBeNull();
    expect(Object.keys(feeds.config.vhosts[DEFAULT_VHOST]?.pull ?? {})).toHaveLength(256);
  });
});
