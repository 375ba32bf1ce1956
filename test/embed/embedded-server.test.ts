/**
 * Goal: a program can start, ask, change and stop a server that it has inside, several of them beside
 * one another; faults are errors of the call that made them, and nothing is left behind.
 *
 * Method: the server in memory, with peers of RTMP and HTTP.
 */

import { expect, test } from "vitest";
import { ConfigError, RefusedError } from "../../src/base/errors.ts";
import { EmbeddedServer } from "../../src/embed/embedded-server.ts";
import type { ServerOptions, SluiceEvent } from "../../src/embed/server-options.ts";
import type { Reconfigured } from "../../src/embed/sluice-server.ts";
import { MemoryNetwork, settle } from "../support/memory-network.ts";

const LISTEN = { listen: 0, http_server: { enabled: true, listen: 0 } };
const NO_ASSETS = { get: () => undefined };

function create(options: ServerOptions, network: MemoryNetwork = new MemoryNetwork()): Started {
  const { runtime, logging } = network;
  const { logger } = logging;
  const server = new EmbeddedServer({ runtime, assets: NO_ASSETS }, { logger, ...options });
  return { network, server };
}

interface Started {
  readonly network: MemoryNetwork;
  readonly server: EmbeddedServer;
}

async function start(options: ServerOptions = {}, network?: MemoryNetwork): Promise<Started> {
  const started = create({ config: LISTEN, ...options }, network);
  await started.server.start();
  return started;
}

function rtmpUrl({ server }: Started, stream = "show"): string {
  return `rtmp://127.0.0.1:${portOf(server, "rtmp")}/live/${stream}`;
}

function portOf({ ports }: EmbeddedServer, protocol: string): number {
  return ports.find((port) => port.protocol === protocol)?.port ?? 0;
}

async function stop({ network, server }: Started): Promise<void> {
  await network.finish(server.stop());
}

test("tells which ports the system has chosen", async () => {
  const started = await start();
  const { server } = started;
  const [rtmp, http] = [portOf(server, "rtmp"), portOf(server, "http")];
  expect(rtmp).toBeGreaterThan(0);
  expect(http).toBeGreaterThan(0);
  expect(server.urls).toEqual({
    watch: `http://localhost:${http}/`,
    publish: `rtmp://localhost:${rtmp}/live/livestream`,
    api: undefined,
  });
  await stop(started);
  expect(server.ports).toEqual([]);
});

test("tells of streams and sessions, and disconnects", async () => {
  const started = await start();
  const { server, network } = started;
  const publisher = await network.publish(rtmpUrl(started));
  await publisher.start();
  const [stream] = await server.streams();
  expect(stream).toMatchObject({ app: "live", name: "show", video: { codec: "h264" } });
  const [session] = await server.sessions();
  expect(session).toMatchObject({ isPublishing: true, stream: "show" });
  expect(await server.kick("nobody")).toBe(false);
  expect(await server.kick(session?.clientId ?? "", "enough")).toBe(true);
  await settle();
  expect(await server.sessions()).toEqual([]);
  expect(server.totals.sessionsTotal).toBe(1);
  await stop(started);
});

test("asks its hooks, and tells its events", async () => {
  const events: SluiceEvent[] = [];
  const started = await start({
    onPublish: ({ stream, query }) => stream === "show" && query === "key=1",
    onPlay: () => ({ refuse: "not today" }),
    onEvent: (event) => void events.push(event),
  });
  const { network, server } = started;
  const seen: string[] = [];
  const looped = (async () => {
    for await (const { type } of server.events(["stream.published", "stream.unpublished"])) {
      seen.push(type);
    }
  })();
  await expect(network.publish(rtmpUrl(started))).rejects.toThrow();
  const publisher = await network.publish(`${rtmpUrl(started)}?key=1`);
  await publisher.start();
  await expect(network.play(rtmpUrl(started))).rejects.toThrow();
  const refused = events.filter(({ type }) => type === "session.refused");
  expect(refused).toMatchObject([
    { action: "publish", by: "hook", reason: "forbidden" },
    { action: "play", by: "hook", reason: "forbidden" },
  ]);
  await stop(started);
  await looped;
  expect(seen).toEqual(["stream.published", "stream.unpublished"]);
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["server.started", "stream.ready", "server.stopping"]),
  );
});

test("a hook that throws and a listener that throws disturb nobody else", async () => {
  const started = await start({
    onPlay: ({ stream }) => {
      if (stream === "bad") throw new Error("no database");
      return true;
    },
    onEvent: () => {
      throw new Error("no queue");
    },
  });
  const { network } = started;
  const publisher = await network.publish(rtmpUrl(started));
  await publisher.start();
  await expect(network.play(rtmpUrl(started, "bad"))).rejects.toThrow();
  const player = await network.play(rtmpUrl(started));
  await publisher.send();
  await settle();
  expect(player.count("video")).toBeGreaterThan(0);
  expect(network.events("hook failed")).toHaveLength(1);
  expect(network.events("event not taken").length).toBeGreaterThan(2);
  await stop(started);
});

test("a log that throws disturbs nobody", async () => {
  const fail = (): never => {
    throw new Error("disk full");
  };
  const started = await start({ logger: { debug: fail, info: fail, warn: fail, error: fail } });
  await (await started.network.publish(rtmpUrl(started))).start();
  await stop(started);
});

test("without a log nothing is said anywhere", async () => {
  const started = await start({ logger: undefined });
  await (await started.network.publish(rtmpUrl(started))).start();
  await stop(started);
  expect(started.network.logText).toBe("");
});

test("a configuration that is wrong is told with paths, at the beginning and later", async () => {
  const wrong = { vhosts: { a: { play: { gop_cahce: true } } } } as ServerOptions["config"];
  expect(() => create({ config: wrong })).toThrow(/vhosts.a.play.gop_cahce: Unknown setting/);
  const started = await start();
  await expect(started.server.reconfigure(wrong)).rejects.toThrow(ConfigError);
  expect(portOf(started.server, "rtmp")).toBeGreaterThan(0);
  await stop(started);
});

test("another configuration changes what it names, and disconnects nobody", async () => {
  const events: SluiceEvent[] = [];
  const started = await start({ onEvent: (event) => void events.push(event) });
  const { server, network } = started;
  const publisher = await network.publish(rtmpUrl(started));
  await publisher.start();
  const rtmp = portOf(server, "rtmp");
  const config = { ...LISTEN, http_server: { enabled: false }, utc_time: true };
  expect(await server.reconfigure(config)).toEqual({
    changed: ["http_server.enabled", "http_server.listen"],
    needsRestart: ["utc_time"],
  });
  expect(server.ports).toEqual([{ protocol: "rtmp", host: "0.0.0.0", port: rtmp }]);
  expect(await server.sessions()).toHaveLength(1);
  expect(events).toContainEqual(
    expect.objectContaining({ type: "configuration.reloaded", cause: "host" }),
  );
  await stop(started);
  await expect(server.reconfigure(config)).rejects.toThrow(RefusedError);
});

test("a file is read, and read anew", async () => {
  const network = new MemoryNetwork();
  const { files } = network.runtime;
  await files.makeFolder("/etc");
  await files.write("/etc/sluice.yaml", "listen: $PORT\nhttp_server: {enabled: false}\n");
  const configFile = "/etc/sluice.yaml";
  expect(() => create({ configFile }, network)).toThrow(ConfigError);
  await files.write(configFile, "listen: 1940\nhttp_server: {enabled: false}\n");
  const environment = { SLUICE_CHUNK_SIZE: "1000" };
  const started = create({ configFile, environment }, network);
  await started.server.start();
  expect(portOf(started.server, "rtmp")).toBe(1940);
  await files.write(configFile, "listen: 1941\nhttp_server: {enabled: false}\n");
  expect(await started.server.reconfigure()).toEqual({ changed: ["listen"], needsRestart: [] });
  expect(portOf(started.server, "rtmp")).toBe(1941);
  await files.write(configFile, "listen: [");
  await expect(started.server.reconfigure()).rejects.toThrow(/sluice.yaml:1/);
  await stop(started);
});

test("a port that is taken is an error of start, behind which nothing is open", async () => {
  const network = new MemoryNetwork();
  const first = await start({ config: { ...LISTEN, listen: 1945 } }, network);
  const second = create(
    { config: { http_server: { listen: 8081 }, listen: [1946, 1945] } },
    network,
  );
  await expect(network.finish(second.server.start())).rejects.toThrow("already in use");
  expect(second.server.ports).toEqual([]);
  await expect(network.open(1946)).rejects.toThrow("ECONNREFUSED");
  await expect(second.server.start()).rejects.toThrow(RefusedError);
  await expect(second.server.reconfigure({})).rejects.toThrow("the server has stopped");
  // A loop that begins now ends.
  expect(await Promise.race([second.server.events().next(), settle()])).toMatchObject({
    done: true,
  });
  await stop(first);
  expect(network.timerCount).toBe(0);
});

test("a reload by the API that fails meanwhile is not taken for the one that was asked for", async () => {
  const network = new MemoryNetwork();
  const { files } = network.runtime;
  const other = await start({ config: { ...LISTEN, listen: 1945 } }, network);
  const api = { enabled: true, listen: 1985, raw_api: { enabled: true, allow_reload: true } };
  const config = { ...LISTEN, listen: 1946, http_api: api };
  await files.makeFolder("/etc");
  await files.write("/etc/a.yaml", JSON.stringify(config));
  let reconfigured: Promise<Reconfigured> | undefined;
  const started = create(
    {
      configFile: "/etc/a.yaml",
      logger: {
        ...{ debug: () => undefined, info: () => undefined, error: () => undefined },
        // The file has been read then, and its ports have not been opened.
        warn: () => {
          reconfigured ??= started.server.reconfigure({ ...config, listen: 1947 });
        },
      },
    },
    network,
  );
  await started.server.start();
  await files.write("/etc/a.yaml", JSON.stringify({ ...config, listen: 1945, work_dir: "/tmp" }));
  await network.finish(network.fetch("/api/v1/raw?rpc=reload", { port: 1985 }));
  await settle();
  expect(reconfigured).toBeDefined();
  expect(await network.finish(Promise.resolve(reconfigured))).toMatchObject({
    changed: ["listen"],
  });
  expect(portOf(started.server, "rtmp")).toBe(1947);
  await stop(started);
  await stop(other);
});

test("two servers of one program know nothing of each other", async () => {
  const network = new MemoryNetwork();
  const [one, other] = [await start({}, network), await start({}, network)];
  await (await network.publish(rtmpUrl(one))).start();
  expect(await one.server.streams()).toHaveLength(1);
  expect(await other.server.streams()).toEqual([]);
  await stop(one);
  await (await network.publish(rtmpUrl(other))).start();
  expect(await other.server.streams()).toHaveLength(1);
  await stop(other);
  expect(network.timerCount).toBe(0);
  expect(network.openSockets).toEqual([]);
});

test("a stop while it starts, and a second stop, come to an end", async () => {
  const started = create({ config: LISTEN });
  const { server, network } = started;
  const starting = server.start();
  await network.finish(Promise.all([server.stop(), server.stop(), starting]));
  expect(server.ports).toEqual([]);
  expect(network.timerCount).toBe(0);
  await network.finish(server[Symbol.asyncDispose]());
  const { done } = await server.events().next();
  expect(done).toBe(true);
});

test("one that was never started can be stopped", async () => {
  const started = create({ config: LISTEN });
  await stop(started);
  await expect(started.server.start()).rejects.toThrow(RefusedError);
});

test("a graceful stop waits for who is there", async () => {
  const started = await start({ config: { ...LISTEN, grace_start_wait: 0, grace_final_wait: 0 } });
  const { server, network } = started;
  const publisher = await network.publish(rtmpUrl(started));
  await publisher.start();
  let isStopped = false;
  const stopping = server.stopGracefully().then(() => {
    isStopped = true;
  });
  await network.advance(3_000);
  expect(isStopped).toBe(false);
  await publisher.leave();
  await network.finish(stopping);
  expect(network.timerCount).toBe(0);
});

test("a stop ends the waiting of a graceful stop, and leaves no timer behind", async () => {
  const started = await start();
  const { server, network } = started;
  await (await network.publish(rtmpUrl(started))).start();
  const graceful = server.stopGracefully();
  await settle();
  const stopping = Promise.all([server.stop(), graceful]);
  await network.finish(stopping);
  expect(network.timerCount).toBe(0);
});

test("what is for a program of its own is told to be unused", async () => {
  const started = await start({ config: { workers: "auto", work_dir: "/tmp" } });
  const warnings = started.network.events("configuration warning").map(({ warning }) => warning);
  expect(warnings).toEqual([
    "workers: Not used by a server inside of another program",
    "work_dir: Not used by a server inside of another program",
  ]);
  await stop(started);
});
