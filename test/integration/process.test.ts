/**
 * Goal: the server behaves as init scripts, systemd and operators expect: exit codes, signals, the
 * pid file, the log file, and an API that says which server this is.
 *
 * Method: start it as a process, with peers connected, and look at what it does.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { type Program, runProgram } from "../support/program.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import {
  launchServer,
  RUNTIME_ENVIRONMENT,
  SLUICE,
  startServer,
  TEST_RUNTIME,
  type TestServer,
} from "../support/server.ts";
import { waitFor, within } from "../support/wait.ts";

const VIDEO = 9;
const VERSION = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  }
).version;

/** As SRS exits when its configuration or a resource fails. */
const EXIT_FAILED = 255;

/** What an operator calls at once; init systems wait longer. */
const STOP_MS_MAX = 3000;

function sluice(...args: string[]): ReturnType<typeof runProgram> {
  return runProgram(SLUICE, args, { environment: RUNTIME_ENVIRONMENT });
}

async function start(config: Record<string, unknown> = {}): Promise<TestServer> {
  const server = await startServer({ config });
  onTestFinished(() => server.stop());
  return server;
}

/** A publisher and one player of each kind, who all have got media. */
async function populate(
  server: TestServer,
): Promise<{ publisher: Program; rtmp: RtmpPeer; http: FlvCapture }> {
  const publisher = publishFile(await media("h264-aac.flv"), server.rtmpUrl("live/show"));
  onTestFinished(async () => void (await publisher.end()));
  const http = await FlvCapture.http(server.httpUrl("/live/show.flv"));
  const rtmp = await RtmpPeer.play(server.rtmpUrl("live/show"));
  await http.waitForTags(VIDEO, 10);
  await rtmp.waitForMedia("video", 10);
  return { publisher, rtmp, http };
}

describe("the command line", () => {
  test("-h shows the help", async () => {
    for (const args of [["-h"], ["--help"], ["-?"]]) {
      const { code, stdout } = await sluice(...args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: sluice /);
    }
  });

  test("-v shows the version", async () => {
    for (const option of ["-v", "-V"]) {
      expect(await sluice(option)).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
    }
  });

  test("--version shows what it is made of too", async () => {
    const { code, stdout, stderr } = await sluice("--version");
    const origin =
      TEST_RUNTIME === "compiled" ? "commit ([0-9a-f]{12}(-dirty)?|unknown)" : "from sources";
    const runtime = TEST_RUNTIME === "compiled" ? "bun" : TEST_RUNTIME;
    expect(stdout).toMatch(
      new RegExp(`^sluice ${VERSION} \\(${origin}, ${runtime} \\d+\\.\\d+\\.\\d+\\)\n$`),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("its own configurations can be had as files, and used", async () => {
    const { folder } = await start();
    for (const name of ["default", "demo", "full"]) {
      const file = `${folder}/${name}.yaml`;
      expect((await sluice("config", name, "-o", file)).code).toBe(0);
      expect(readFileSync(file, "utf8")).toBe((await sluice("config", name)).stdout);
      expect((await sluice("-t", "-c", file)).code).toBe(0);
    }
    const again = await sluice("config", "-o", `${folder}/default.yaml`);
    expect(again).toMatchObject({
      code: EXIT_FAILED,
      stderr: expect.stringContaining("it exists"),
    });
    expect((await sluice("-t")).stdout).toContain("built-in default test is successful");
  });

  test("-g shows the signature", async () => {
    expect(await sluice("-g")).toEqual({ code: 0, stdout: `Sluice/${VERSION}\n`, stderr: "" });
  });

  test("an unknown option and a missing file are refused", async () => {
    for (const args of [["-x"], ["-c"], ["-c", "/nonexistent/sluice.yaml"]]) {
      const { code, stderr } = await sluice(...args);
      expect(code).toBe(EXIT_FAILED);
      expect(stderr).toContain("Cannot ");
    }
  });

  test("-t tells a good configuration from a bad one", async () => {
    const server = await start();
    const file = `${server.folder}/tested.yaml`;
    writeFileSync(file, "listen: 1935\n");
    const good = await sluice("-t", "-c", file);
    expect(good.code).toBe(0);
    expect(good.stdout).toContain(`config file ${file} test is successful`);

    writeFileSync(file, "listen: 1935\nmax_conections: 10\n");
    const bad = await sluice("-t", "-c", file);
    expect(bad.code).toBe(EXIT_FAILED);
    expect(bad.stdout).toContain(`${file}:2`);
    expect(bad.stdout).toContain('"max_connections"');
    expect(bad.stdout).toContain(`config file ${file} test is failed`);
  });

  test("what cannot be started ends with a reason, never with exit status 0", async () => {
    const server = await start();
    const file = `${server.folder}/failing.yaml`;
    const mount = "vhosts: {a: {http_remux: {mount: '[vhost]/[app]/[app]/[stream].flv'}}}";
    for (const [text, reason] of [
      // Below a file there can be no folder. (Below /proc, Node's mkdir tries for ever.)
      [`srs_log_tank: file\nsrs_log_file: ${file}/logs/sluice.log\n`, "Cannot open log file"],
      [`${mount}\n`, "vhosts.a.http_remux.mount: Expected"],
      ["vhosts: {__defaultVhost__: {enabled: false}}\ntest_stream: {enabled: true}\n", "no vhost"],
    ] as const) {
      writeFileSync(file, text);
      const { code, stderr } = await sluice("-c", file);
      expect(code, reason).toBe(EXIT_FAILED);
      expect(stderr).toContain(reason);
    }
  });

  test("a port in use ends the start with a reason", async () => {
    const first = await start();
    const second = await launchServer({ config: { listen: `127.0.0.1:${first.ports.rtmp}` } });
    onTestFinished(async () => void (await second.process.end()));
    const { code } = await within("the second server's end", second.process.exited);
    expect(code).toBe(EXIT_FAILED);
    expect(second.log).toContain(String(first.ports.rtmp));
  });
});

describe("the API", () => {
  test("says which server this is, on its own port and on the HTTP port, in SRS's order", async () => {
    const server = await start();
    const [major, minor, revision] = VERSION.split(".").map(Number);
    for (const url of [server.apiUrl("/api/v1/versions"), server.httpUrl("/api/v1/versions")]) {
      const { status, headers, text } = await httpGet(url);
      expect(status).toBe(200);
      expect(headers["content-type"]).toMatch(/^application\/json/);
      expect(headers["server"]).toBe(`Sluice/${VERSION}`);
      const body = JSON.parse(text) as Record<string, unknown>;
      expect(Object.keys(body)).toEqual(["code", "server", "service", "pid", "data"]);
      expect(body).toMatchObject({ code: 0, pid: String(server.process.pid) });
      expect(body["server"]).toMatch(/^vid-[0-9a-z]{7}$/);
      expect(body["service"]).toMatch(/^[0-9a-z]{8}$/);
      expect(text).toContain(
        `"data":{"major":${major},"minor":${minor},"revision":${revision},"version":"${VERSION}"}`,
      );
    }
  });
});

describe("signals", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s stops at once, peers or not", async (signal) => {
    const server = await start();
    const { rtmp, http } = await populate(server);
    const startMs = performance.now();
    expect(await server.signal(signal)).toEqual({ code: 0, signal: undefined });
    expect(performance.now() - startMs).toBeLessThan(STOP_MS_MAX);
    await http.waitForEnd();
    await waitFor("the end of the RTMP player", () => rtmp.isClosed);
  });

  test("SIGQUIT lets those who are there finish, and takes nobody new", async () => {
    const server = await start();
    const { publisher, rtmp, http } = await populate(server);
    server.process.kill("SIGQUIT");
    for (const port of [server.ports.rtmp, server.ports.http, server.ports.api]) {
      await waitFor(`port ${port} to close`, () =>
        RawSocket.open(port).then(
          (socket) => void socket.close(),
          () => true,
        ),
      );
    }
    await expect(RtmpPeer.play(server.rtmpUrl("live/show"))).rejects.toThrow();
    const pictures = http.tags().filter(({ type }) => type === VIDEO).length;
    await http.waitForTags(VIDEO, pictures + 25);
    await rtmp.waitForMedia("video", rtmp.of("video").length + 10);

    http.close();
    rtmp.close();
    publisher.kill("SIGTERM");
    const exit = await within("the graceful end", server.process.exited);
    expect(exit).toEqual({ code: 0, signal: undefined });
  });

  test("SIGTERM ends the waiting of SIGQUIT, in order", async () => {
    const server = await start();
    const { publisher } = await populate(server);
    server.process.kill("SIGQUIT");
    await waitFor(
      "the graceful stop",
      () => server.events("waiting for sessions to end").length > 0,
    );
    const exit = await server.signal("SIGTERM");
    expect(exit).toEqual({ code: 0, signal: undefined });
    expect(server.events("stopped")).toHaveLength(1);
    await within("the publisher's end", publisher.exited);
  });

  test("a second SIGQUIT forces the end", async () => {
    const server = await start();
    await populate(server);
    server.process.kill("SIGQUIT");
    await waitFor("the graceful stop to begin", () => server.events("stopping").length > 0);
    const exit = await server.signal("SIGQUIT");
    expect(exit.code).toBe(1);
  });

  test("SIGUSR1 opens the log file anew", async () => {
    const server = await start({ srs_log_tank: "file", srs_log_file: "./sluice.log" });
    const file = `${server.folder}/sluice.log`;
    renameSync(file, `${file}.1`);
    server.process.kill("SIGUSR1");
    await waitFor("a new log file", () => existsSync(file));
  });
});

describe("the pid file", () => {
  test("holds the process id, keeps a second server out, and goes with the server", async () => {
    const server = await start({ pid: "./run/sluice.pid" });
    const file = `${server.folder}/run/sluice.pid`;
    expect(readFileSync(file, "utf8")).toBe(String(server.process.pid));

    const second = await launchServer({ config: { pid: file } });
    onTestFinished(async () => void (await second.process.end()));
    const { code } = await within("the second server's end", second.process.exited);
    expect(code).toBe(EXIT_FAILED);
    expect(readFileSync(file, "utf8")).toBe(String(server.process.pid));

    await server.signal("SIGTERM");
    expect(existsSync(file)).toBe(false);
  });

  test("of a server that was killed does not keep the next one out", async () => {
    const dead = await start({ pid: "./sluice.pid" });
    await dead.signal("SIGKILL");
    const file = `${dead.folder}/sluice.pid`;
    const next = await start({ pid: file });
    expect(readFileSync(file, "utf8")).toBe(String(next.process.pid));
  });
});
