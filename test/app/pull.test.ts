/**
 * Goal: a stream of another server is a stream here, for as long as the configuration says so and the
 * other server has it; whatever that one does, it is tried again, and nobody else notices.
 *
 * Method: the whole server in memory, with another whole server beside it, and wires on which the test
 * answers what no server would.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import { Sluice } from "../../src/app/sluice.ts";
import { answer, HookBackend } from "../support/hook-backend.ts";
import { KEY_FRAME, type MemoryRtmpPeer, settle } from "../support/memory-network.ts";
import {
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

const OTHER_RTMP = 19_350;
const OTHER_HTTP = 18_080;
const WIRE = 9_000;
const DIRECT = { min_latency: true, publish: { grace_ms: 0, firstpkt_timeout: 5_000 } };
const BY_RTMP = { url: `rtmp://127.0.0.1:${OTHER_RTMP}/live/show`, stream: "live/copy" };
const BY_FLV = {
  url: `http://127.0.0.1:${OTHER_HTTP}/live/show.flv?token=s3cr3t`,
  stream: "live/copy",
};

interface Pull {
  readonly state: string;
  readonly connects: number;
  readonly failures: number;
  readonly problem: string | null;
  readonly source: string;
}

function configOf(pull: ConfigValue): ConfigValue {
  return defaultVhost({ ...DIRECT, pull });
}

async function startOther(server: MemoryServer): Promise<Sluice> {
  const other = new Sluice({
    config: memoryConfig({
      listen: OTHER_RTMP,
      http_server: { enabled: true, listen: OTHER_HTTP },
      http_api: { enabled: false },
      ...defaultVhost(DIRECT),
    }),
    runtime: server.runtime,
    logger: server.logging.logger.child({ other: true }),
    assets: { get: () => undefined },
  });
  await other.start();
  onTestFinished(() => server.finish(other.stop()));
  return other;
}

async function publish(server: MemoryServer): Promise<MemoryRtmpPeer> {
  const publisher = await server.publish(BY_RTMP.url);
  await publisher.start();
  return publisher;
}

/** So many seconds, with a key frame in each. */
async function go(server: MemoryServer, publisher: MemoryRtmpPeer, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await publisher.send(KEY_FRAME, 1_000);
    await server.advance(1_000);
  }
}

async function pulls(server: MemoryServer): Promise<Pull[]> {
  const { text } = await server.fetch("/api/v1/pulls", { port: 1985 });
  return (JSON.parse(text) as { pulls: Pull[] }).pulls;
}

describe.each([
  ["RTMP", BY_RTMP],
  ["HTTP-FLV", BY_FLV],
])("by %s", (_, one) => {
  test("a stream is a stream here", async () => {
    const server = await MemoryServer.start(configOf({ one }));
    await startOther(server);
    const publisher = await publish(server);
    const player = await server.play(server.rtmpUrl("live/copy"));
    await go(server, publisher, 8);
    expect(player.count("video")).toBeGreaterThan(4);
    expect(player.count("audio")).toBeGreaterThan(4);
    expect(await pulls(server)).toMatchObject([{ state: "pulling", problem: null }]);
    expect(server.logText).not.toContain("s3cr3t");
    const { text } = await server.fetch("/api/v1/streams/", { port: 1985 });
    expect(text).toContain('"name":"copy"');
  });

  test("is fetched again when the other server has died and returned", async () => {
    const server = await MemoryServer.start(configOf({ one }));
    const other = await startOther(server);
    await go(server, await publish(server), 3);
    await server.finish(other.stop());
    await server.advance(10_000);
    expect((await pulls(server))[0]?.state).not.toBe("pulling");
    await startOther(server);
    const publisher = await publish(server);
    const player = await server.play(server.rtmpUrl("live/copy"));
    await go(server, publisher, 40);
    expect(await pulls(server)).toMatchObject([{ state: "pulling" }]);
    expect(player.count("video")).toBeGreaterThan(3);
  });

  test("waits for its turn where somebody else publishes", async () => {
    const server = await MemoryServer.start(configOf({ one }));
    await startOther(server);
    const mine = await server.publish(server.rtmpUrl("live/copy"));
    await mine.start();
    const publisher = await publish(server);
    await go(server, publisher, 5);
    expect(mine.isClosed).toBe(false);
    expect((await pulls(server))[0]?.problem).toContain("stream is busy");
    await mine.leave();
    await go(server, publisher, 40);
    expect(await pulls(server)).toMatchObject([{ state: "pulling" }]);
  });
});

test("a reload fetches others, and leaves what is not wanted", async () => {
  const server = await MemoryServer.start(configOf({ one: BY_RTMP }));
  await startOther(server);
  const publisher = await publish(server);
  await go(server, publisher, 3);
  const reload = (pull: ConfigValue): Promise<void> =>
    server.finish(server.sluice.reconfigure(memoryConfig(configOf(pull))));
  await reload({ one: BY_RTMP, two: { ...BY_FLV, stream: "live/second" } });
  await go(server, publisher, 3);
  expect((await pulls(server)).map(({ connects }) => connects)).toEqual([1, 1]);
  await reload({ two: { ...BY_FLV, stream: "live/second", enabled: false } });
  await settle();
  expect(await pulls(server)).toEqual([]);
  expect(server.events("pull ended")).toHaveLength(2);
});

test.each([
  ["404", answer("no", "404 Not Found")],
  ["no FLV", answer("no FLV at all, but long enough")],
  [
    "FLV that breaks off",
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nFLV\x01\x05\x00\x00\x00\x09",
  ],
])("a server that answers with %s is tried again, not too often", async (_, text) => {
  const backend = new HookBackend(({ socket }) => {
    void Promise.resolve().then(() => socket.end());
    return text;
  });
  const server = await MemoryServer.start(
    configOf({ one: { url: `http://127.0.0.1:${WIRE}/x.flv`, stream: "live/copy" } }),
    { prepare: async ({ runtime }) => void (await backend.listen(runtime.tcp, WIRE)) },
  );
  await server.advance(120_000);
  expect(backend.requests.length).toBeGreaterThan(3);
  expect(backend.requests.length).toBeLessThan(20);
  expect((await pulls(server))[0]?.failures).toBe(backend.requests.length);
});

test("one that sends nothing is closed, and fetched again", async () => {
  const backend = new HookBackend(() => "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  const server = await MemoryServer.start(
    configOf({ one: { url: `http://127.0.0.1:${WIRE}/x.flv`, stream: "live/copy" } }),
    { prepare: async ({ runtime }) => void (await backend.listen(runtime.tcp, WIRE)) },
  );
  await server.advance(20_000);
  expect((await pulls(server))[0]).toMatchObject({ problem: "Closed here: first_frame_timeout" });
  expect(backend.requests.length).toBeGreaterThan(1);
});

test("nothing is fetched by a server that is to stop when everybody has left", async () => {
  const server = await MemoryServer.start(configOf({ one: BY_RTMP }));
  await startOther(server);
  const publisher = await publish(server);
  const player = await server.play(server.rtmpUrl("live/copy"));
  await go(server, publisher, 3);
  const stopping = server.sluice.stopGracefully();
  await server.advance(1_000);
  expect(server.events("pull ended")).toHaveLength(1);
  expect(publisher.isClosed).toBe(false); // That one is the other server's.
  await player.leave();
  await server.finish(stopping);
});

test("a stop leaves nothing behind", async () => {
  const server = await MemoryServer.start(
    configOf({ one: BY_RTMP, two: { ...BY_FLV, stream: "live/b" } }),
  );
  const other = await startOther(server);
  await go(server, await publish(server), 3);
  await server.stop();
  await server.finish(other.stop());
  await server.advance(60_000);
  expect(server.timerCount).toBe(0);
  expect(server.openSockets).toEqual([]);
});
