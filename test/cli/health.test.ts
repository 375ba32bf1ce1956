/**
 * Goal: `sluice health` asks the server that it is told of, by the configuration that this server was
 * started with, and says of no server that it is well which is not.
 *
 * Method: whole servers in memory, command lines, and command lines of processes.
 */

import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/cli/arguments.ts";
import { runHealth } from "../../src/cli/health.ts";
import { type ConfigValue, MemoryServer } from "../support/memory-server.ts";

const AUTH = { enabled: true, username: "admin", password: "secret" };

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ask(server: MemoryServer, typed: string): Promise<Answer> {
  const { host } = server.runtime;
  host.printed.stdout = "";
  host.printed.stderr = "";
  const words = typed.split(" ").filter((word) => word !== "");
  const readConfig = (name: string) => (name === "demo" ? "listen: 1936" : "listen: 1935");
  const code = await server.finish(runHealth(words, server.runtime, readConfig));
  return { code, ...host.printed };
}

/** A server whose configuration is in /a.yaml too. */
function start(config: ConfigValue): Promise<MemoryServer> {
  return MemoryServer.start(config, { files: { "/a.yaml": JSON.stringify(config) } });
}

describe("sluice health", () => {
  test.each<[string, ConfigValue, string]>([
    ["the API", {}, "http://127.0.0.1:1985/healthz answers with 200\n"],
    [
      "the API behind a password",
      { http_api: { enabled: true, listen: 1990, auth: AUTH } },
      "http://127.0.0.1:1990/healthz answers with 200\n",
    ],
    [
      "an address of its own",
      { http_api: { enabled: true, listen: "127.0.0.2:1985" } },
      "http://127.0.0.2:1985/healthz answers with 200\n",
    ],
    [
      "streams alone",
      { http_api: { enabled: false }, http_server: { enabled: true, listen: "[::1]:8080" } },
      "http://[::1]:8080/api/v1/versions answers with 200\n",
    ],
    [
      "metrics",
      { http_api: { enabled: false }, exporter: { enabled: true, listen: 9972 } },
      "http://127.0.0.1:9972/healthz answers with 200\n",
    ],
    [
      "RTMP alone",
      { http_api: { enabled: false }, http_server: { enabled: false } },
      "Port 1935 of 127.0.0.1 takes connections\n",
    ],
  ])("asks at %s", async (_, config, stdout) => {
    const usual = { http_api: { enabled: true }, http_server: { enabled: true } };
    const server = await start({ ...usual, ...config });
    expect(await ask(server, "-c /a.yaml")).toEqual({ code: 0, stdout, stderr: "" });
  });

  test("says so if nobody answers", async () => {
    const server = await start({ http_api: { enabled: true } });
    await server.putFile("/b.yaml", "http_api: { enabled: true, listen: 1986 }");
    await server.putFile("/c.yaml", "listen: 1936");
    const { code, stderr } = await ask(server, "-c /b.yaml");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^http:\/\/127\.0\.0\.1:1986\/healthz does not answer: ./);
    expect(await ask(server, "-c /c.yaml")).toMatchObject({ code: 1, stdout: "" });
    expect(await ask(server, "-c /none.yaml")).toMatchObject({ code: 1, stdout: "" });
  });

  test("takes the configuration inside, as the server does", async () => {
    const server = await MemoryServer.start({});
    expect(await ask(server, "")).toMatchObject({ code: 0, stdout: expect.stringMatching(/1935/) });
    expect(await ask(server, "--demo")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/1936/),
    });
  });

  test.each([
    ["sluice", "-c", "/a.yaml"],
    ["./objs/srs", "-c", "/a.yaml"],
    ["/sbin/docker-init", "--", "sluice", "-c", "/a.yaml"],
    ["bun", "--no-env-file", "src/cli/main.ts", "-c", "/a.yaml"],
  ])("takes the command line of a process: %s %s %s", async (...words) => {
    const server = await start({ http_api: { enabled: true, listen: 1990 } });
    await server.putFile("/proc/1/cmdline", words.map((word) => `${word}\0`).join(""));
    expect(await ask(server, "--pid 1")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/:1990\/healthz/),
    });
  });

  test("a file that was spoilt while the server runs is not the server's illness", async () => {
    const server = await start({});
    await server.putFile("/proc/1/cmdline", "sluice\0-c\0/a.yaml\0");
    await server.putFile("/a.yaml", "lisen: 1");
    expect(await ask(server, "--pid 1")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/lisen/),
    });
    expect(await ask(server, "-c /a.yaml")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/lisen/),
    });
    expect(await ask(server, "--pid 2")).toMatchObject({ code: 1 });
  });

  test("nor is one that is gone, or names one that is", async () => {
    const server = await start({});
    await server.putFile("/proc/1/cmdline", "sluice\0-c\0/none.yaml\0");
    await server.putFile("/proc/3/cmdline", "sluice\0-c\0/a.conf\0");
    await server.putFile("/a.conf", "include none.conf;");
    for (const pid of ["1", "3"]) {
      expect(await ask(server, `--pid ${pid}`)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/none/),
      });
    }
  });

  test.each(["--pid", "--pid x", "--pid 1 2", "-t -c /a.yaml", "-v", "a"])(
    "refuses %s",
    async (typed) => {
      const server = await start({});
      await expect(ask(server, typed)).rejects.toThrow(UsageError);
    },
  );
});

test("GET /healthz is open to everybody, says nothing else, and takes no streams' place", async () => {
  const server = await MemoryServer.start({
    http_server: { enabled: true },
    http_api: { enabled: true, auth: AUTH },
  });
  const answer = await server.fetch("/healthz", { port: 1985 });
  expect(answer).toMatchObject({ status: 200, text: '{"code":0}' });
  expect((await server.fetch("/api/v1/versions", { port: 1985 })).status).toBe(401);
  expect((await server.fetch("/healthz", { port: 1985, method: "POST" })).status).toBe(405);
  expect((await server.fetch("/healthz", { port: 8080 })).status).toBe(404);
});
