/**
 * Goal: whoever collects SRS's heartbeats gets ours: at the start and each interval, with the same keys
 * in the same order; a collector that is gone or slow costs a line in the log and nothing else.
 *
 * Method: the whole server in memory, and a collector at a port of the same machine whose answers the
 * test decides. Keys are those of a heartbeat captured from SRS 7.0.18.
 */

import { expect, onTestFinished, test } from "vitest";
import { HttpServer } from "../../../src/protocols/http/server.ts";
import type { TcpListener } from "../../../src/runtime/runtime.ts";
import { MemoryServer } from "../../support/memory-server.ts";
import { installProc } from "../../support/proc-texts.ts";

const PORT = 8085;

interface Heard {
  readonly line: string;
  readonly mediaType: string | undefined;
  readonly body: Record<string, unknown>;
}

interface Collector {
  readonly heard: Heard[];
  /** What it answers with; `undefined` for never. */
  status: number | undefined;
  close(): Promise<void>;
}

async function collect({ runtime, logging }: MemoryServer): Promise<Collector> {
  const heard: Heard[] = [];
  const collector: Collector = { heard, status: 200, close: () => listener.close() };
  const { clock, crypto } = runtime;
  const server = new HttpServer({
    handler: async (request) => {
      const body = JSON.parse(await request.text()) as Heard["body"];
      const mediaType = request.headers.get("content-type");
      heard.push({ line: `${request.method} ${request.target}`, mediaType, body });
      const { status } = collector;
      return status === undefined ? new Promise(() => undefined) : { status, body: "0" };
    },
    clock,
    logger: logging.logger,
    crypto,
    serverName: "collector",
  });
  const listener: TcpListener = await runtime.tcp.listen(
    { host: "127.0.0.1", port: PORT },
    (socket) => server.accept(socket),
  );
  onTestFinished(() => server.destroy());
  return collector;
}

async function start(more = "summaries on; ports on;", prepare = collect) {
  let collector: Collector | undefined;
  const server = await MemoryServer.start(
    `
    listen 127.0.0.1:1935; max_connections 500; daemon off; srs_log_tank console;
    http_api { enabled on; listen 127.0.0.1:1985; }
    http_server { enabled on; listen 127.0.0.1:8080; }
    heartbeat { enabled on; interval 9; device_id "my-srs-device"; ${more}
                url http://127.0.0.1:${PORT}/api/v1/servers?token=secret; }
    vhost __defaultVhost__ { }
    `,
    {
      prepare: async (made) => {
        await installProc(made.runtime.files);
        collector = await prepare(made);
      },
    },
  );
  await server.advance(0);
  if (collector === undefined) throw new Error("There is no collector");
  return { server, collector };
}

test("the message has SRS's keys in their order", async () => {
  const { server, collector } = await start();
  const { text } = await server.fetch("/api/v1/summaries", { port: 1985 });
  const summary = JSON.parse(text) as { data: { self: object; system: object } };
  expect(collector.heard).toMatchObject([
    { line: "POST /api/v1/servers?token=secret", mediaType: "application/json" },
  ]);
  const body = collector.heard[0]?.body ?? {};
  expect(Object.entries(body)).toEqual([
    ["device_id", "my-srs-device"],
    ["ip", ""],
    ["server", expect.stringMatching(/^vid-\w{7}$/)],
    ["service", expect.stringMatching(/^\w{8}$/)],
    ["pid", "4242"],
    ["summaries", { data: expect.anything() }],
    ["rtmp", ["127.0.0.1:1935"]],
    ["http", ["127.0.0.1:8080"]],
    ["api", ["127.0.0.1:1985"]],
  ]);
  const { data } = body["summaries"] as typeof summary;
  expect(Object.keys(data)).toEqual(["ok", "now_ms", "self", "system"]);
  expect(Object.keys(data.self)).toEqual(Object.keys(summary.data.self));
  expect(Object.keys(data.system)).toEqual(Object.keys(summary.data.system));
});

test("one at the start, and then one each interval, until the server stops", async () => {
  const { server, collector } = await start("");
  expect(collector.heard.map(({ body }) => Object.keys(body))).toEqual([
    ["device_id", "ip", "server", "service", "pid"],
  ]);
  await server.advance(8_000);
  expect(collector.heard).toHaveLength(1);
  await server.advance(1_000);
  expect(collector.heard).toHaveLength(2);
  await server.advance(27_000);
  expect(collector.heard).toHaveLength(5);
  await server.stop();
  await server.advance(60_000);
  expect(collector.heard).toHaveLength(5);
  expect(server.timerCount).toBe(0);
});

test("a collector that fails is logged once, and again when it is back", async () => {
  const { server, collector } = await start();
  collector.status = 503;
  await server.advance(36_000);
  expect(server.events("heartbeat not sent")).toEqual([
    expect.objectContaining({
      url: "http://127.0.0.1:8085/api/v1/servers",
      reason: "Cannot use answer: its status is 503",
    }),
  ]);
  collector.status = 204;
  await server.advance(27_000);
  expect(server.events("heartbeat sent again")).toHaveLength(1);
  await collector.close();
  await server.advance(27_000);
  expect(server.events("heartbeat not sent")).toHaveLength(2);
  expect(server.logText).not.toContain("secret");
});

test("while one waits for its answer there is no other", async () => {
  const { server, collector } = await start();
  collector.status = undefined;
  await server.advance(9_000);
  expect(collector.heard).toHaveLength(2);
  await server.advance(27_000);
  expect(collector.heard).toHaveLength(2);
  await server.advance(12_000);
  expect(server.events("heartbeat not sent")).toHaveLength(1);
  expect(collector.heard.length).toBeGreaterThan(2);
  await server.stop(); // Not held up by one that waits.
});

test("the address is that of the environment, or of the machine", async () => {
  const withVariable = await start("", async (server) => {
    server.runtime.host.environment["SRS_DEVICE_IP"] = "192.0.2.99";
    return collect(server);
  });
  expect(withVariable.collector.heard[0]?.body["ip"]).toBe("192.0.2.99");
});

test("none is sent unless it is switched on", async () => {
  const server = await MemoryServer.start();
  const collector = await collect(server);
  await server.advance(60_000);
  expect(collector.heard).toEqual([]);
});
