/**
 * Goal: the API and the metrics tell of the server as it is, at the ports where they belong, and a kick
 * ends a session; who may not ask is refused.
 *
 * Method: the whole server in memory, with publishers and players of every kind, asked over HTTP.
 */

import { expect, test } from "vitest";
import {
  API_PORT,
  type ConfigValue,
  defaultVhost,
  HTTP_PORT,
  MemoryServer,
} from "../support/memory-server.ts";

interface Entry {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly tcUrl: string;
}

const start = (config: ConfigValue = {}): Promise<MemoryServer> =>
  MemoryServer.start({ ...defaultVhost({ http_remux: { enabled: true } }), ...config });

async function ask(server: MemoryServer, path: string, method = "GET") {
  const { status, text } = await server.fetch(path, { port: API_PORT, method });
  expect(status).toBe(200);
  return JSON.parse(text);
}

/** Figures of /metrics by name and labels. */
async function scrape(server: MemoryServer): Promise<Map<string, number>> {
  const { status, text } = await server.fetch("/metrics", { port: API_PORT });
  expect(status).toBe(200);
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [, name = "", value = ""] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)] as const;
    }),
  );
}

test("a stream with a publisher and players of every kind", async () => {
  const server = await start();
  const publisher = await server.publish(server.rtmpUrl("live/show?token=secret"));
  await publisher.start();
  await server.play(server.rtmpUrl("live/show"));
  await server.watch(server.httpUrl("/live/show.flv?token=secret"));
  await server.watchByWebSocket("ws://127.0.0.1:8080/live/show.flv");
  await server.open(1935); // Somebody who says nothing.
  await publisher.send();
  await server.advance(1_000);

  const { streams } = await ask(server, "/api/v1/streams/");
  expect(streams).toMatchObject([
    {
      name: "show",
      app: "live",
      tcUrl: "rtmp://127.0.0.1/live",
      url: "/live/show",
      clients: 4,
      frames: 2,
      publish: { active: true },
      video: { codec: "H264", profile: "High", level: "3.1" },
      audio: { codec: "AAC", sample_rate: 44_100, channel: 2, profile: "LC" },
      sluice: { subscribers: 3, gop_cache: { frames: 4 }, skips: 0 },
    },
  ]);
  const [stream] = streams;
  expect(stream.send_bytes).toBeGreaterThan(2 * stream.recv_bytes);
  expect(stream.kbps.recv_30s).toBeGreaterThanOrEqual(0);
  const { clients } = (await ask(server, "/api/v1/clients/")) as { clients: Entry[] };
  expect(clients.map(({ type }) => type).sort()).toEqual([
    "flv-play",
    "flv-play",
    "fmle-publish",
    "rtmp-play",
  ]);
  expect(clients.every((client) => client.stream === stream.id)).toBe(true);
  const viewers = clients.filter(({ type }) => type === "flv-play");
  expect(viewers.map(({ tcUrl }) => tcUrl)).toEqual(Array(2).fill("http://127.0.0.1/live"));
  const cid = clients.find(({ type }) => type.endsWith("-publish"))?.id;
  expect(stream.publish.cid).toBe(cid);
  expect(JSON.stringify([streams, clients])).not.toContain("secret");

  const answer = await ask(server, `/api/v1/streams/${stream.id}`);
  expect(answer.stream).toMatchObject({ ...stream, live_ms: expect.any(Number) });
  for (const client of clients) {
    expect((await ask(server, `/api/v1/clients/${client.id}`)).client.id).toBe(client.id);
  }
});

test("players that do not read are told apart, with how far they are behind", async () => {
  const server = await start();
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  await publisher.start();
  server.runtime.tcp.capacity = 4_000;
  const player = await server.play(server.rtmpUrl("live/show"));
  const viewer = await server.watch(server.httpUrl("/live/show.flv"));
  await server.watch(server.httpUrl("/live/show.flv"));
  player.pause();
  viewer.pause();
  for (let n = 0; n < 100; n++) {
    await publisher.send(Uint8Array.of(0x27, 1, 0, 0, 0, ...new Uint8Array(200)));
    await server.advance(40, 40);
  }
  await server.advance(1_000);
  const { clients } = await ask(server, "/api/v1/clients/");
  const lags = clients.map(
    ({ type, sluice }: { type: string; sluice: { lag_bytes: number; lag_ms: number } }) =>
      `${type} ${sluice.lag_bytes > 10_000} ${sluice.lag_ms > 1_000}`,
  );
  expect(lags.sort()).toEqual([
    "flv-play false false",
    "flv-play true true",
    "fmle-publish false false",
    "rtmp-play true true",
  ]);
});

test("processor time is that of the last half minute", async () => {
  const server = await start();
  await server.advance(5_000);
  server.runtime.host.cpuUse = { user: 4_000, system: 1_000 };
  await server.advance(5_000);
  expect((await ask(server, "/api/v1/summaries")).data.self.cpu_percent).toBe(0.5);
  await server.advance(60_000);
  expect((await ask(server, "/api/v1/summaries")).data.self.cpu_percent).toBe(0);
});

test("a kick ends the session of a player, and of a publisher", async () => {
  const server = await start();
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  await publisher.start();
  const player = await server.play(server.rtmpUrl("live/show"));
  const viewer = await server.watch(server.httpUrl("/live/show.flv"));
  const idOf = async (type: string): Promise<string> => {
    const { clients } = (await ask(server, "/api/v1/clients/")) as { clients: Entry[] };
    return clients.find((client) => client.type === type)?.id ?? "";
  };
  for (const [type, isGone] of [
    ["rtmp-play", () => player.isClosed],
    ["flv-play", () => viewer.isEnded],
    ["fmle-publish", () => publisher.isClosed],
  ] as const) {
    const id = await idOf(type);
    expect(isGone()).toBe(false);
    expect(await ask(server, `/api/v1/clients/${id}`, "DELETE")).toMatchObject({ code: 0 });
    await server.advance(0);
    expect(isGone()).toBe(true);
    expect(await ask(server, `/api/v1/clients/${id}`)).toEqual({ code: 2049 });
    const [end] = server.events("session ended").filter(({ clientId }) => clientId === id);
    expect(end).toMatchObject({ reason: "kicked_by_api" });
  }
  expect((await ask(server, "/api/v1/clients/")).clients).toEqual([]);
});

test("metrics return to where they began, totals stay", async () => {
  const server = await start();
  const visit = async (): Promise<Map<string, number>> => {
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const player = await server.play(server.rtmpUrl("live/show"));
    const figures = await scrape(server);
    await player.leave();
    await publisher.leave();
    await server.advance(120_000);
    return figures;
  };
  await visit(); // From now on there are figures of its protocol.
  const before = await scrape(server);
  const during = await visit();
  expect(during.get("sluice_streams")).toBe(1);
  expect(during.get("sluice_published_streams")).toBe(1);
  expect(during.get('sluice_sessions{type="rtmp-play"}')).toBe(1);
  expect(during.get('sluice_subscribers{format="rtmp"}')).toBe(1);
  expect(during.get("sluice_connections")).toBe(3); // With the one that asks.
  expect(during.get("sluice_timers")).toBeGreaterThan(0);
  const after = await scrape(server);
  for (const [name, value] of after) {
    if (/_total\b|^process_|_bytes$|_(?:bucket|sum|count)\b/.test(name)) continue;
    expect(value, name).toBe(before.get(name));
  }
  expect([...after.keys()]).toEqual([...before.keys()]);
  expect(after.get("sluice_sessions_total")).toBe(4);
  expect(after.get("sluice_sent_bytes_total")).toBeGreaterThan(
    during.get("sluice_sent_bytes_total") ?? 0,
  );
});

test("the log says for whom the API is", async () => {
  const apiFor = async (http_api: ConfigValue): Promise<unknown[]> => {
    const server = await start({ http_api });
    return server.events("listening").map((line) => line["apiFor"]);
  };
  expect(await apiFor({ enabled: true })).toEqual([undefined, undefined, "this_machine"]);
  const auth = { enabled: true, username: "a", password: "b" };
  expect(await apiFor({ enabled: true, auth })).toEqual([undefined, undefined, "credentials"]);
});

test("who may not ask is told so, as JSON that its page may read", async () => {
  const server = await start({
    http_server: { enabled: true, crossdomain: true },
  });
  const fields = [["Origin", "http://evil.example"]] as const;
  for (const path of ["/api/v1/streams/", "/metrics", "/api/v1/clients/abc"]) {
    const { status, head, text } = await server.fetch(path, { port: API_PORT, fields });
    expect(status).toBe(403);
    expect(JSON.parse(text).message).toContain("http_api.auth");
    expect(head.fields.get("access-control-allow-origin")).toBe("*");
  }
  const versions = await server.fetch("/api/v1/versions", { port: API_PORT, fields });
  expect(versions.status).toBe(200);
});

test("with credentials configured, they open everything and nothing is open without", async () => {
  const auth = { enabled: true, username: "admin", password: "12345678" };
  const server = await start({ http_api: { enabled: true, auth } });
  const fields = [
    ["Authorization", `Basic ${btoa("admin:12345678")}`],
    ["X-Forwarded-For", "192.0.2.1"],
  ] as const;
  for (const path of ["/api/v1/versions", "/api/v1/streams/", "/metrics"]) {
    const refused = await server.fetch(path, { port: API_PORT });
    expect(refused.status).toBe(401);
    expect(refused.head.fields.get("www-authenticate")).toMatch(/^Basic realm=/);
    expect((await server.fetch(path, { port: API_PORT, fields })).status).toBe(200);
  }
  // A question of a browser before it asks has no credentials.
  const options = await server.fetch("/api/v1/streams/", { port: API_PORT, method: "OPTIONS" });
  expect(options.status).toBe(200);
  expect((await server.fetch("/api/v1/versions")).status).toBe(401);
});

test("on a port of its own the streams' server tells nothing of this", async () => {
  const server = await start();
  for (const path of ["/metrics", "/api/v1/streams/", "/api/v1/clients/"]) {
    expect((await server.fetch(path, { port: HTTP_PORT })).status).toBe(404);
  }
});

test("on a port of both, all of it", async () => {
  const server = await start({ http_api: { enabled: true, listen: HTTP_PORT } });
  for (const path of ["/metrics", "/api/v1/streams/", "/api/v1/clients/"]) {
    expect((await server.fetch(path, { port: HTTP_PORT })).status).toBe(200);
  }
});
