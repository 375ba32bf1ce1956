/**
 * Goal: events go to who may read them and to no more than may, without end, resumed where they broke
 * off; who does not read holds nobody up.
 *
 * Method: the whole server in memory, its API asked for events as browsers do.
 */

import { describe, expect, test } from "vitest";
import { formatPasswordHash } from "../../src/config/password-hash.ts";
import { MemoryCrypto } from "../../src/runtime/memory/memory-crypto.ts";
import { MemoryEvents } from "../support/memory-events.ts";
import { settle } from "../support/memory-network.ts";
import {
  API_PORT,
  type ConfigValue,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";
import { createRandom } from "../support/seeded-random.ts";
import { waitFor } from "../support/wait.ts";

const crypto = new MemoryCrypto();

const SECRET = "s3cr3t";
const FLUSH_MS = 20;
const CHEAP = { logCost: 4, blockSize: 8, parallelization: 1 };

async function start(config: ConfigValue = {}, query = "") {
  const server = await MemoryServer.start(config);
  const events = await MemoryEvents.open(server, query);
  /** What has come since the last call. */
  const news = async (): Promise<string[]> => {
    await server.advance(FLUSH_MS, FLUSH_MS);
    return events.take();
  };
  return { server, events, news };
}

describe("an answer", () => {
  test("is endless, and not to be kept or collected by anybody", async () => {
    const { server, events } = await start();
    const { status, bodySize, fields } = events.head ?? {};
    expect([status, bodySize]).toEqual([200, "endless"]);
    expect(fields?.get("content-type")).toBe("text/event-stream");
    expect(fields?.get("cache-control")).toBe("no-store");
    expect(fields?.get("connection")).toBe("close");
    expect(fields?.has("access-control-allow-origin")).toBe(false);
    const fields2 = "Origin: http://localhost:3000\r\n";
    const foreign = await MemoryEvents.open(server, "", { fields: fields2 });
    expect(foreign.head?.fields.get("access-control-allow-origin")).toBe("*");
  });

  test("of HEAD is the same without events, and other methods are not allowed", async () => {
    const { server } = await start();
    const head = await server.fetch("/api/v2/events", { port: API_PORT, method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.head.fields.get("content-type")).toBe("text/event-stream");
    for (const method of ["POST", "PUT", "DELETE", "get"]) {
      const answer = await server.fetch("/api/v2/events", { port: API_PORT, method });
      expect(answer.status).toBe(405);
      expect(answer.head.fields.get("allow")).toBe("GET, HEAD");
    }
  });

  test("is none where there can be no such events", async () => {
    const { server } = await start();
    for (const query of ["types=x", "types=", "vhost=", "stream=show"]) {
      for (const method of ["GET", "HEAD"]) {
        const path = `/api/v2/events?${query}`;
        const { status, text } = await server.fetch(path, { port: API_PORT, method });
        expect(status).toBe(400);
        if (method === "GET") expect(text).toContain("Cannot filter events");
      }
    }
  });

  test("with a callback is the same", async () => {
    const { server } = await start();
    const events = await MemoryEvents.open(server, "?callback=f");
    expect(events.head?.fields.get("content-type")).toBe("text/event-stream");
    expect(events).toMatchObject({ lastEventId: expect.stringMatching(/-\d+$/), events: [] });
  });

  test("goes on from the id that a browser says", async () => {
    const { server, events } = await start();
    const player = await server.play(server.rtmpUrl("live/show"));
    await server.advance(FLUSH_MS, FLUSH_MS);
    const { lastEventId } = events;
    await events.leave();
    await player.leave();
    await server.advance(1_000);
    const fields = `Last-Event-ID: ${lastEventId}\r\n`;
    const again = await MemoryEvents.open(server, "", { fields });
    expect(again.take()).toEqual(["play.ended", "session.ended"]);
    const byQuery = await MemoryEvents.open(server, `?last_event_id=${lastEventId}`);
    expect(byQuery.take()).toEqual(["play.ended", "session.ended"]);
  });
});

describe("limits", () => {
  test("no more may read than are allowed, and who leaves makes room", async () => {
    const { server, events } = await start({ http_api: { enabled: true, events: { clients: 2 } } });
    await MemoryEvents.open(server);
    const third = await MemoryEvents.open(server);
    expect(third.status).toBe(503);
    expect(third.text).toContain("http_api.events.clients");
    await events.leave();
    expect((await MemoryEvents.open(server)).status).toBe(200);
  });

  test("they are connections like others", async () => {
    const { server, events } = await start({ max_connections: 2 });
    await server.connect(server.rtmpUrl("live/show"));
    const third = await MemoryEvents.open(server);
    expect(third.status).toBe(503);
    await events.leave();
    expect((await MemoryEvents.open(server)).status).toBe(200);
  });

  test("who takes nothing loses events, then the connection; the others lose nothing", async () => {
    const history = { http_api: { enabled: true, events: { history: 20 } } };
    const { server, events, news } = await start(history);
    server.runtime.tcp.capacity = 4_096;
    const slow = await MemoryEvents.open(server);
    slow.pause();
    const rush = async (): Promise<void> => {
      for (let i = 0; i < 400; i++) {
        server.sluice.tell({
          type: "configuration.refused",
          cause: "test",
          problem: "x".repeat(999),
        });
        if (i % 10 === 9) await server.advance(FLUSH_MS, FLUSH_MS);
      }
    };
    await rush();
    expect(await news()).toHaveLength(400);
    slow.resume();
    await server.advance(1_000);
    const { values } = slow;
    const missed = values.find(({ type }) => type === "events.missed");
    expect(missed).toMatchObject({ reason: "too_slow" });
    expect(values.length - 1 + Number(missed?.["count"])).toBe(400);
    slow.pause();
    await rush();
    await server.advance(29_000);
    expect(slow.isClosed).toBe(false);
    await server.advance(3_000);
    expect(slow.isClosed).toBe(true);
    expect(events.isClosed).toBe(false);
    expect(await news()).not.toContain("events.missed");
  });

  test("the log says who read and why no more, and the figures what it took", async () => {
    const { server, events } = await start({}, `?token=${SECRET}`);
    const sizeOf = async (): Promise<number> => {
      const { text } = await server.fetch("/api/v1/summaries", { port: API_PORT });
      return (JSON.parse(text) as { data: { system: { srs_send_bytes: number } } }).data.system
        .srs_send_bytes;
    };
    const before = await sizeOf();
    const problem = "x".repeat(50_000);
    server.sluice.tell({ type: "configuration.refused", cause: "test", problem });
    await server.advance(FLUSH_MS, FLUSH_MS);
    expect((await sizeOf()) - before).toBeGreaterThan(problem.length);
    await events.leave();
    expect(server.events("events started")).toMatchObject([{ address: "127.0.0.1" }]);
    expect(server.events("events ended")).toMatchObject([
      { address: "127.0.0.1", sentSize: expect.any(Number), reason: "peer_closed" },
    ]);
    expect((await sizeOf()) - before).toBeGreaterThan(problem.length);
    expect(server.logText).not.toContain(SECRET);
  });

  test("noise in the query is answered by events, or by what is wrong with it", async () => {
    const { server } = await start();
    const random = createRandom(20_261_127);
    const pieces = ["types", "vhost", "stream", "last_event_id", "=", "&", "%", "%0a", "%00", "*"];
    const more = [".", ",", "/", "stream.*", "live/show", "callback", "\u00e9", "-1", "[]", ";"];
    const all = [...pieces, ...more];
    const seen = new Set<number | undefined>();
    for (let i = 0; i < 500; i++) {
      let query = "?";
      while (random(10) > 0) query += all[random(all.length)];
      const reader = await MemoryEvents.open(server, query);
      seen.add(reader.status);
      await reader.leave();
    }
    expect([...seen].sort()).toEqual([200, 400]);
    expect(server.events("request failed")).toEqual([]);
    expect(server.openSockets).toHaveLength(1);
  });

  test("who reads is shown that the connection is alive", async () => {
    const { server, events } = await start();
    await server.advance(40_000);
    expect(events).toMatchObject({ comments: 2, events: [], isClosed: false });
  });
});

describe("rights", () => {
  const basic = (credentials: string): string => `Authorization: Basic ${btoa(credentials)}\r\n`;
  const AUTH = { enabled: true, username: "admin", password: "secret" };
  const withAuth = (auth: ConfigValue): ConfigValue => ({ http_api: { enabled: true, auth } });

  test("who may not see the API sees no events", async () => {
    const server = await MemoryServer.start(withAuth(AUTH));
    expect((await MemoryEvents.open(server)).status).toBe(401);
    const fields = basic("admin:secret");
    expect((await MemoryEvents.open(server, "", { fields })).status).toBe(200);
    const open = await MemoryServer.start();
    const foreign = { fields: "Sec-Fetch-Site: cross-site\r\n" };
    expect((await MemoryEvents.open(open, "", foreign)).status).toBe(403);
  });

  test("who has lost the right to is told nothing more; others are", async () => {
    const server = await MemoryServer.start(withAuth(AUTH));
    const admin = await MemoryEvents.open(server, "", { fields: basic("admin:secret") });
    const reload = (config: ConfigValue): Promise<void> =>
      server.finish(server.sluice.reconfigure(memoryConfig(config)));
    await reload({ ...withAuth(AUTH), max_connections: 7 });
    expect(admin.isClosed).toBe(false);
    await reload(withAuth({ ...AUTH, password: "another" }));
    expect(admin.isClosed).toBe(true);
    const next = await MemoryEvents.open(server, "", { fields: basic("admin:another") });
    expect(next.status).toBe(200);
    await reload(withAuth({ enabled: false }));
    expect(next.isClosed).toBe(false); // It is on this machine.
    await reload({ http_api: { enabled: false } });
    expect(next.isClosed).toBe(true);
  });

  test("users may read whose permission is for it, and for as long", async () => {
    const salt = crypto.randomBytes(16);
    const hash = await crypto.scrypt(new TextEncoder().encode("secret"), salt, CHEAP, 32);
    const HASH = formatPasswordHash({ ...CHEAP, salt, hash });
    const withUsers = (permissions: string[]): ConfigValue => ({
      ...withAuth(AUTH),
      users: { alice: { password: HASH, permissions } },
    });
    const server = await MemoryServer.start(withUsers(["api:read:/api/v2/*"]));
    const fields = basic("alice:secret");
    const alice = await MemoryEvents.open(server, "", { fields });
    await waitFor("the answer", () => alice.status === 200);
    const reload = (permissions: string[]): Promise<void> =>
      server.finish(server.sluice.reconfigure(memoryConfig(withUsers(permissions))));
    await reload(["api:read"]);
    await settle();
    expect(alice.isClosed).toBe(false);
    await reload(["api:read:/api/v1/*", "api:write"]);
    await waitFor("the end", () => alice.isClosed);
    const again = await MemoryEvents.open(server, "", { fields });
    await waitFor("the answer", () => again.status === 403);
  });

  test("who cannot be judged yet is judged later", async () => {
    const limits = { limits: { auth_failures: 1 } };
    const server = await MemoryServer.start({ ...withAuth(AUTH), ...limits });
    const admin = await MemoryEvents.open(server, "", { fields: basic("admin:secret") });
    await MemoryEvents.open(server, "", { fields: basic("admin:guess") });
    const config = memoryConfig({ ...withAuth({ ...AUTH, password: "another" }), ...limits });
    await server.sluice.reconfigure(config);
    await settle();
    expect(admin.isClosed).toBe(false);
    await server.advance(3_000);
    expect(admin.isClosed).toBe(true);
  });
});
