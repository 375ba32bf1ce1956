/**
 * Goal: what is published here arrives at other servers as it is, for as long as it is published; a
 * server that is gone, slow or unwilling disturbs nobody, and is tried again; nothing goes in circles.
 *
 * Method: the whole server in memory, with other whole servers beside it.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import { Sluice } from "../../src/app/sluice.ts";
import { encodeAmf0 } from "../../src/codec/amf0/encode.ts";
import { toAmfObject } from "../../src/codec/amf0/value.ts";
import { answer, HookBackend, NO } from "../support/hook-backend.ts";
import { KEY_FRAME, type MemoryRtmpPeer, settle } from "../support/memory-network.ts";
import {
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

const OTHER_PORT = 19_350;
const OTHER = `127.0.0.1:${OTHER_PORT}`;
const SHOW = "rtmp://127.0.0.1/live/show?k=v";
const BACKEND_PORT = 8085;
const BACKEND = `http://127.0.0.1:${BACKEND_PORT}/forward`;
const METADATA = encodeAmf0("onMetaData", toAmfObject({ width: 768, encoder: "test" }));
const DIRECT = { min_latency: true, publish: { grace_ms: 0 } };

interface Forward {
  readonly url: string;
  readonly destination: string;
  readonly state: string;
  readonly connects: number;
  readonly failures: number;
  readonly problem: string | null;
  readonly send_bytes: number;
  readonly skips: number;
}

/** Another server on the same machine. */
async function startOther(
  server: MemoryServer,
  vhost: ConfigValue = {},
  port = OTHER_PORT,
): Promise<Sluice> {
  const config = memoryConfig({
    listen: port,
    http_server: { enabled: false },
    http_api: { enabled: false },
    server_id: `vid-other-${port}`,
    ...defaultVhost({ ...DIRECT, ...vhost }),
  });
  const { runtime, logging } = server;
  const other = new Sluice({
    config,
    runtime,
    logger: logging.logger.child({ other: port }),
    assets: { get: () => undefined },
  });
  await other.start();
  onTestFinished(() => server.finish(other.stop()));
  return other;
}

function start(forward: ConfigValue, more: ConfigValue = {}): Promise<MemoryServer> {
  return MemoryServer.start({
    server_id: "vid-own",
    ...defaultVhost({ ...DIRECT, forward: { enabled: true, ...forward } }),
    ...more,
  });
}

async function publish(server: MemoryServer): Promise<MemoryRtmpPeer> {
  const publisher = await server.publish(SHOW);
  await publisher.start(METADATA);
  return publisher;
}

async function forwards(server: MemoryServer): Promise<Forward[]> {
  const { text } = await server.fetch("/api/v1/forwards", { port: 1985 });
  return (JSON.parse(text) as { forwards: Forward[] }).forwards;
}

describe("a published stream", () => {
  test("arrives with its metadata, and leaves with its publisher", async () => {
    const server = await start({ destination: [OTHER] });
    await startOther(server);
    const player = await server.play(`rtmp://${OTHER}/live/show`);
    const publisher = await publish(server);
    for (let i = 0; i < 5; i++) await publisher.send();
    await server.advance(1_000);
    expect(player.count("video")).toBe(1 + 6);
    expect(player.count("audio")).toBe(1 + 6);
    expect(player.received.filter((one) => one.endsWith("onMetaData"))).toHaveLength(1);
    expect(await forwards(server)).toMatchObject([
      {
        url: "/live/show",
        destination: `rtmp://${OTHER}/live/show`,
        state: "forwarding",
        connects: 1,
        failures: 0,
        problem: null,
        skips: 0,
      },
    ]);
    await publisher.leave();
    await server.advance(1_000);
    expect(server.events("stream unpublished")).toHaveLength(2);
    expect(await forwards(server)).toEqual([]);
    expect(server.events("forward ended")).toMatchObject([{ connects: 1, skips: 0 }]);
  });

  test("takes its vhost and its query along, as from SRS", async () => {
    const server = await MemoryServer.start({
      vhosts: { "fwd.example": { ...DIRECT, forward: { enabled: true, destination: [OTHER] } } },
    });
    await startOther(server);
    const publisher = await server.publish("rtmp://127.0.0.1/live/show?vhost=fwd.example&k=v");
    await publisher.start();
    await server.advance(1_000);
    const sessions = server.events("stream published").filter((line) => line["other"]);
    expect(sessions).toMatchObject([{ url: "/live/show" }]); // It has no such vhost.
    expect(await forwards(server)).toMatchObject([{ url: "fwd.example/live/show" }]);
  });

  test("goes to several, of which one is not there at first", async () => {
    const server = await start({ destination: [OTHER, "127.0.0.1:19351"] });
    await startOther(server);
    const publisher = await publish(server);
    await server.advance(3_000);
    expect((await forwards(server)).map(({ state }) => state)).toEqual(["forwarding", "pausing"]);
    const [, waiting] = await forwards(server);
    expect(waiting?.problem).toContain("ECONNREFUSED");
    await startOther(server, {}, 19_351);
    for (let i = 0; i < 40; i++) {
      await publisher.send(KEY_FRAME, 1_000);
      await server.advance(1_000);
    }
    expect((await forwards(server)).map(({ state }) => state)).toEqual([
      "forwarding",
      "forwarding",
    ]);
  });

  test("goes on where a server has died and returned", async () => {
    const server = await start({ destination: [OTHER] });
    const other = await startOther(server);
    const publisher = await publish(server);
    await server.advance(1_000);
    await server.finish(other.stop());
    await publisher.send();
    await server.advance(5_000);
    expect((await forwards(server))[0]?.failures).toBeGreaterThan(0);
    await startOther(server);
    const player = await server.play(`rtmp://${OTHER}/live/show`);
    for (let i = 0; i < 20; i++) {
      await publisher.send(KEY_FRAME, 1_000);
      await server.advance(1_000);
    }
    expect(await forwards(server)).toMatchObject([{ state: "forwarding", connects: 2 }]);
    expect(player.count("video")).toBeGreaterThan(5);
    expect(publisher.isClosed).toBe(false);
  });

  test("is not held up by a server that takes nothing, which is left in the end", async () => {
    const server = await start(
      { destination: [OTHER] },
      defaultVhost({
        ...DIRECT,
        play: { write_timeout: 5, queue_length: 3 },
        forward: { enabled: true, destination: [OTHER] },
      }),
    );
    await startOther(server);
    const player = await server.play(SHOW);
    const publisher = await publish(server);
    await server.advance(1_000);
    const wires = server.runtime.tcp.connections.filter(([, end]) => end.localPort === OTHER_PORT);
    for (const [, end] of wires) end.pause();
    for (let i = 0; i < 200; i++) {
      await publisher.send(largeFrame(), 1_000);
      await server.advance(1_000);
      if ((await forwards(server))[0]?.failures === 1) break;
    }
    expect(await forwards(server)).toMatchObject([{ failures: 1 }]);
    expect(player.isClosed).toBe(false);
    expect(player.count("video")).toBeGreaterThan(5);
  });

  test("stays where it is while it may return, and goes on there", async () => {
    const vhost = { ...DIRECT, publish: { grace_ms: 10_000 } };
    const server = await start(
      {},
      defaultVhost({ ...vhost, forward: { enabled: true, destination: [OTHER] } }),
    );
    await startOther(server);
    const player = await server.play(`rtmp://${OTHER}/live/show`);
    const publisher = await publish(server);
    await server.advance(1_000);
    await publisher.leave();
    await server.advance(3_000);
    const next = await publish(server);
    for (let i = 0; i < 3; i++) await next.send();
    await server.advance(1_000);
    expect(await forwards(server)).toMatchObject([{ connects: 1, failures: 0 }]);
    expect(player.count("video")).toBeGreaterThan(5);
  });
});

describe("a reload", () => {
  test("sends what is published elsewhere, at once", async () => {
    const server = await start({ destination: [OTHER] });
    await startOther(server);
    await startOther(server, {}, 19_351);
    const publisher = await publish(server);
    await server.advance(1_000);
    const config = (forward: ConfigValue): ConfigValue => ({
      server_id: "vid-own",
      ...defaultVhost({ ...DIRECT, forward }),
    });
    const reload = (forward: ConfigValue): Promise<void> =>
      server.finish(server.sluice.reconfigure(memoryConfig(config(forward))));
    await reload({ enabled: true, destination: ["127.0.0.1:19351"] });
    await publisher.send(KEY_FRAME);
    await server.advance(1_000);
    expect(await forwards(server)).toMatchObject([
      { destination: "rtmp://127.0.0.1:19351/live/show", state: "forwarding" },
    ]);
    await reload({ enabled: false });
    await settle();
    expect(await forwards(server)).toEqual([]);
    await reload({ enabled: true, destination: [OTHER] });
    await server.advance(1_000);
    expect(await forwards(server)).toMatchObject([{ state: "forwarding" }]);
    expect(publisher.isClosed).toBe(false);
  });
});

describe("a circle", () => {
  test("of two servers is not entered", async () => {
    const server = await start({ destination: [OTHER] });
    await startOther(server, { forward: { enabled: true, destination: ["127.0.0.1:1935"] } });
    const publisher = await publish(server);
    await server.advance(2_000);
    expect(publisher.isClosed).toBe(false);
    expect(await forwards(server)).toMatchObject([{ state: "forwarding" }]);
    const failures = server.events("forward failed").filter((line) => line["other"] === OTHER_PORT);
    expect(failures[0]?.["reason"]).toMatch("the stream comes from this server");
  });

  test("under other names is not entered either", async () => {
    const server = await start({ destination: [`rtmp://${OTHER}/live/[stream]_x`] });
    await startOther(server, {
      forward: { enabled: true, destination: ["rtmp://127.0.0.1:1935/live/[stream]_y"] },
    });
    await publish(server);
    await server.advance(5_000);
    const published = server.events("stream published").map((line) => line["url"]);
    expect(published).toEqual(["/live/show", "/live/show_x"]);
  });

  test("of one server is not entered", async () => {
    const server = await start({ destination: ["127.0.0.1:1935"] });
    await publish(server);
    await server.advance(1_000);
    expect(await forwards(server)).toEqual([]);
    expect(server.events("forward refused")).toMatchObject([
      { reason: "Cannot forward: it would come back to this server" },
    ]);
  });
});

describe("a backend", () => {
  async function startWith(body: string): Promise<{ server: MemoryServer; backend: HookBackend }> {
    const backend = new HookBackend(() => body);
    const server = await start({ backend: BACKEND });
    await backend.listen(server.runtime.tcp, BACKEND_PORT);
    await startOther(server);
    return { server, backend };
  }

  test("says where to", async () => {
    const urls = [`rtmp://${OTHER}/live/elsewhere`];
    const { server, backend } = await startWith(
      answer(JSON.stringify({ code: 0, data: { urls } })),
    );
    const player = await server.play(`rtmp://${OTHER}/live/elsewhere`);
    await publish(server);
    await server.advance(1_000);
    expect(backend.requests[0]?.fields).toMatchObject({
      action: "on_forward",
      stream: "show",
      param: "?k=v",
    });
    expect(player.count("video")).toBe(2);
  });

  test("that says nowhere has the stream stay here", async () => {
    const { server } = await startWith(answer('{"code":0,"data":{"urls":[]}}'));
    const publisher = await publish(server);
    await server.advance(1_000);
    expect(publisher.isClosed).toBe(false);
    expect(await forwards(server)).toEqual([]);
  });

  test("that says no lets nobody publish, as in SRS", async () => {
    const { server } = await startWith(NO);
    await expect(server.publish(SHOW)).rejects.toThrow();
    await settle();
    expect(server.events("stream published")).toEqual([]);
  });

  test("may not have a stream sent to what is no RTMP", async () => {
    const urls = ["http://127.0.0.1:8085/x", "rtmp://", 7];
    const { server } = await startWith(answer(JSON.stringify({ code: 0, data: { urls } })));
    const publisher = await publish(server);
    await server.advance(1_000);
    expect(publisher.isClosed).toBe(false);
    expect(await forwards(server)).toEqual([]);
    expect(server.events("forward refused")).toHaveLength(2);
  });
});

test("a stop of the server takes leave of the others", async () => {
  const server = await start({ destination: [OTHER] });
  await startOther(server);
  await publish(server);
  await server.advance(1_000);
  await server.stop();
  await server.advance(1_000);
  const ended = server.events("session ended").filter((line) => line["other"] === OTHER_PORT);
  expect(ended).toMatchObject([{ type: "fmle-publish", reason: "peer_closed" }]);
});

/** A key frame of 100 KB. */
function largeFrame(): Uint8Array {
  const frame = new Uint8Array(100_000);
  frame.set(KEY_FRAME);
  return frame;
}
