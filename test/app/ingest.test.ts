/**
 * Goal: FFmpeg fetches what is configured with SRS's command lines; a reload and the API add, change and
 * take away ingesters at once; a source that is gone, hangs or ends costs nothing but itself.
 *
 * Method: the whole server in memory; the command lines are those that the real SRS made. The test plays
 * FFmpeg.
 */

import { describe, expect, test } from "vitest";
import { settle } from "../support/memory-network.ts";
import { obey, programsOf, runningOf } from "../support/memory-programs.ts";
import {
  API_PORT,
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

/** The configuration with which the real SRS was watched. */
const SRS = `listen 127.0.0.1:1935; max_connections 200; ff_log_dir /var/srs/ff;
http_api { enabled on; listen 127.0.0.1:1985; }
vhost ingest.srs.com {
  ingest livestream { enabled on; input { type file; url /srv/media/source.flv; } ffmpeg /var/srs/ffwrap.sh; engine { enabled off; output rtmp://127.0.0.1:[port]/live/ingest?vhost=[vhost]; } }
  ingest st { enabled on; input { type stream; url rtmp://127.0.0.1/live/nothing; } ffmpeg /var/srs/ffwrap.sh; engine { enabled on; vcodec libx264; vbitrate 200; vprofile main; vpreset superfast; acodec aac; output rtmp://127.0.0.1:[port]/live/ingest2?vhost=[vhost]; } } }
`;
const KEY = /[?&]sluice_key=[0-9a-f]{32}$/;

interface Ingest {
  readonly id: string;
  readonly state: string;
  readonly input: string;
  readonly output: string;
  readonly kills: number;
}

async function ingests(server: MemoryServer): Promise<Ingest[]> {
  const { text } = await server.fetch("/api/v1/ingests", { port: API_PORT });
  return (JSON.parse(text) as { ingests: Ingest[] }).ingests;
}

function ingest(url: string, more: ConfigValue = {}, input: ConfigValue = {}): ConfigValue {
  const engines = { e: { output: "rtmp://127.0.0.1:[port]/live/film?vhost=[vhost]" } };
  return { enabled: true, input: { type: "file", url, ...input }, engines, ...more };
}

const toConfig = (all: ConfigValue): ConfigValue => defaultVhost({ ingest: all });

async function reload(server: MemoryServer, all: ConfigValue): Promise<void> {
  await server.finish(server.sluice.reconfigure(memoryConfig(toConfig(all))));
  await obey(server);
}

/** What runs, by its input. */
function inputs(server: MemoryServer): (string | undefined)[] {
  return runningOf(server).map(({ command }) => command[command.indexOf("-i") + 1]);
}

describe("command lines", () => {
  test("are those of SRS", async () => {
    const server = await MemoryServer.start(SRS);
    await settle();
    const commands = programsOf(server).map(({ command: [program, ...args] }) => {
      expect(program).toBe("/var/srs/ffwrap.sh");
      expect(args.slice(0, 2)).toEqual(["-progress", "pipe:1"]);
      expect(args.at(-1)).toMatch(KEY);
      return args.slice(2).join(" ").replace(KEY, "");
    });
    expect(commands).toEqual([
      "-loglevel info -re -i /srv/media/source.flv -vcodec copy -acodec copy -f flv -y rtmp://127.0.0.1:1935/live/ingest?vhost=ingest.srs.com",
      "-loglevel info -re -f flv -i rtmp://127.0.0.1/live/nothing -vcodec libx264 -b:v 200000 -threads 1 -profile:v main -preset superfast -acodec aac -f flv -y rtmp://127.0.0.1:1935/live/ingest2?vhost=ingest.srs.com",
    ]);
    for (const child of programsOf(server)) child.print("log", "stderr");
    await settle();
    const folder = "/var/srs/ff/ffmpeg-ingest-ingest.srs.com-live-";
    expect(await server.runtime.files.readText(`${folder}ingest.log`)).toBe("log");
    expect(await server.runtime.files.readText(`${folder}ingest2.log`)).toBe("log");
  });

  test("have further options of ours for sources of all kinds, and do not name the default vhost", async () => {
    const server = await MemoryServer.start(
      toConfig({
        camera: ingest(
          "rtsp://user:pass@192.0.2.1/stream",
          {},
          { type: "stream", options: { rtsp_transport: "tcp", nostats: "" } },
        ),
        device: ingest("/dev/video0", {}, { type: "device", options: { f: "v4l2" } }),
      }),
    );
    await settle();
    const commands = programsOf(server).map(({ command }) => command.slice(3).join(" "));
    expect(commands.map((command) => command.replace(KEY, ""))).toEqual([
      "-loglevel info -re -rtsp_transport tcp -nostats -i rtsp://user:pass@192.0.2.1/stream -vcodec copy -acodec copy -f flv -y rtmp://127.0.0.1:1935/live/film",
      "-loglevel info -f v4l2 -i /dev/video0 -vcodec copy -acodec copy -f flv -y rtmp://127.0.0.1:1935/live/film",
    ]);
    expect(await ingests(server)).toMatchObject([
      {
        input: "rtsp://192.0.2.1/stream",
        output: "rtmp://127.0.0.1:1935/live/film",
        state: "running",
      },
      { input: "/dev/video0" },
    ]);
    expect(server.logText).not.toContain("pass");
  });
});

describe("ingesters", () => {
  test("come, change and go with a reload, which leaves the others alone", async () => {
    const server = await MemoryServer.start(toConfig({ a: ingest("a"), b: ingest("b") }));
    await settle();
    expect(inputs(server)).toEqual(["a", "b"]);
    await reload(server, { a: ingest("a"), b: ingest("b2"), c: ingest("c") });
    expect(inputs(server).sort()).toEqual(["a", "b2", "c"]);
    expect(programsOf(server)).toHaveLength(4);
    await reload(server, { a: ingest("a", { enabled: false }) });
    expect(inputs(server)).toEqual([]);
    expect(await ingests(server)).toEqual([]);
  });

  test("that have played their file play it again, and go on with the server alone", async () => {
    const server = await MemoryServer.start(toConfig({ a: ingest("a") }));
    await settle();
    await server.advance(10_000);
    programsOf(server)[0]?.finish({ code: 0, signal: undefined });
    await settle();
    await server.advance(10);
    expect(inputs(server)).toEqual(["a"]);
    await server.stop();
    expect(inputs(server)).toEqual([]);
  });

  test("whose source hangs are begun anew", async () => {
    const server = await MemoryServer.start(toConfig({ a: ingest("rtsp://a") }));
    await server.advance(40_000);
    expect(await ingests(server)).toMatchObject([{ state: "running", kills: 1 }]);
  });

  test("do not keep a server that stops gracefully from its end", async () => {
    const server = await MemoryServer.start(toConfig({ a: ingest("a") }));
    await settle();
    const publisher = await server.publish(programsOf(server)[0]?.command.at(-1) ?? "");
    const stopping = server.sluice.stopGracefully();
    await server.advance(1_000);
    expect(programsOf(server)[0]?.signals).toEqual(["SIGTERM"]);
    await obey(server);
    await publisher.leave();
    await server.finish(stopping);
    expect(runningOf(server)).toEqual([]);
  });

  test.each([
    [ingest(""), "input.url: Expected a URL or a path"],
    [ingest("a", { engines: {} }), "engines: Expected an engine with an output"],
    [ingest("a", { engines: { e: {} } }), "engines.e.output: Expected a URL or a path"],
  ])("as %j are refused", (value, fault) => {
    expect(() => memoryConfig(toConfig({ a: value }))).toThrow(fault);
  });
});

describe("the API", () => {
  const act = async (server: MemoryServer, what: string, method = "POST") => {
    const { status } = await server.fetch(`/api/v1/ingests/${what}`, { port: API_PORT, method });
    await obey(server);
    return status;
  };

  test("stops one and starts it again", async () => {
    const server = await MemoryServer.start(toConfig({ a: ingest("a"), b: ingest("b") }));
    await settle();
    expect(await act(server, "stop?id=a")).toBe(200);
    expect(inputs(server)).toEqual(["b"]);
    expect((await ingests(server)).map(({ id, state }) => `${id} ${state}`)).toEqual([
      "a stopped",
      "b running",
    ]);
    await server.advance(60_000);
    expect(inputs(server)).not.toContain("a");
    expect(await act(server, "start?id=a&vhost=__defaultVhost__")).toBe(200);
    expect(inputs(server)).toContain("a");
  });

  test("has it stay stopped over a reload that does not change it", async () => {
    const server = await MemoryServer.start(toConfig({ a: ingest("a") }));
    await settle();
    await act(server, "stop?id=a");
    await reload(server, { a: ingest("a"), b: ingest("b") });
    expect(inputs(server)).toEqual(["b"]);
    await reload(server, { a: ingest("a2") });
    expect(inputs(server)).toEqual(["a2"]);
  });

  test("tells of what it does not know, and does nothing by reading", async () => {
    const server = await MemoryServer.start(toConfig({ a: ingest("a") }));
    await settle();
    expect(await act(server, "stop?id=x")).toBe(404);
    expect(await act(server, "stop?id=a&vhost=x")).toBe(404);
    expect(await act(server, "stop")).toBe(400);
    expect(await act(server, "stop?id=a", "GET")).toBe(405);
    const foreign = await server.fetch("/api/v1/ingests/stop?id=a", {
      ...{ port: API_PORT, method: "POST" },
      fields: [
        ["User-Agent", "Mozilla/5.0"],
        ["Referer", "http://elsewhere.example/"],
      ],
    });
    expect(foreign.status).toBe(403);
    expect(inputs(server)).toEqual(["a"]);
  });
});
