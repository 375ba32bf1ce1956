/**
 * Goal: whoever asks the server is told the same, whichever worker answers; what is done to a client
 * is done wherever it is; limits hold for all workers together; a worker that is gone takes with it
 * only those whom it served.
 *
 * Method: whole workers in memory with their coordinator; clients choose the worker.
 */

import { describe, expect, test } from "vitest";
import { MemoryWire, settle } from "../../support/memory-network.ts";
import { obey, programsOf, runningOf } from "../../support/memory-programs.ts";
import { API_PORT, defaultVhost, memoryConfig } from "../../support/memory-server.ts";
import { MemoryWorkers } from "../../support/memory-workers.ts";
import { installProc } from "../../support/proc-texts.ts";

const REALTIME = defaultVhost({ min_latency: true, publish: { grace_ms: 5_000 } });

interface Listed {
  readonly id: string;
  readonly name: string;
}

/** Everything in an answer that may differ from one moment to the next. */
function timeless(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner) =>
      /ms$|_ms|alive|kbps|cpu|self|rate|uptime|mem|bytes/i.test(key) ? undefined : inner,
    ),
  );
}

test("a .ts of what another worker publishes is no segment that has gone", async () => {
  const server = await MemoryWorkers.start(2, defaultVhost({ hls: { enabled: true } }));
  const publisher = await server.publish(server.rtmpUrl(0, "live/show"));
  await publisher.start();
  const url = (name: string): string => server.httpUrl(1, `/live/${name}`);
  const viewer = await server.watch(url("show.ts"));
  const late = await server.watch(url("gone-7.ts"));
  for (let i = 0; i < 50; i++) {
    await publisher.send();
    await server.advance(40, 40);
  }
  expect(viewer.status).toBe(200);
  expect(viewer.capture.bytes[0]).toBe(0x47);
  expect(late.status).toBe(404);
});

describe("the HTTP API", () => {
  test("says the same at every worker", async () => {
    const server = await MemoryWorkers.start(3, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const other = await server.publish(server.rtmpUrl(2, "live/other"));
    await other.start();
    for (const worker of [0, 1, 2]) {
      await server.watch(server.httpUrl(worker));
      await server.play(server.rtmpUrl(worker, "live/other"));
    }
    const lists = ["streams/", "clients/", "vhosts/", "clusters?app=live&stream=show"];
    for (const path of ["versions", "features", ...lists].map((name) => `/api/v1/${name}`)) {
      const answers = [];
      for (const worker of [0, 1, 2]) answers.push(timeless(await server.api(worker, path)));
      expect(answers[1], path).toEqual(answers[0]);
      expect(answers[2], path).toEqual(answers[0]);
    }
    const { streams } = (await server.api(1, "/api/v1/streams/")) as unknown as {
      streams: (Listed & { clients: number; publish: { active: boolean } })[];
    };
    const found = streams.map(({ name, clients, publish }) => [name, clients, publish.active]);
    expect(found.sort()).toEqual([
      ["other", 4, true],
      ["show", 4, true],
    ]);
    expect(await server.api(2, "/api/v1/vhosts/")).toMatchObject({
      vhosts: [{ name: "__defaultVhost__", streams: 2, clients: 8 }],
    });
  });

  test("adds up what all processes use, and names the one that was started", async () => {
    const server = await MemoryWorkers.start(3);
    const { rss } = (await server.api(1, "/api/v1/self_proc_stats"))["data"] as { rss: number };
    expect(rss).toBe(0);
    await installProc(server.runtime.files);
    expect(await server.api(1, "/api/v1/self_proc_stats")).toMatchObject({
      data: { ok: true, pid: 4_242, comm: "(bun)", pgrp: 3_745, utime: 3 * 31, rss: 3 * 416 },
    });
    expect(await server.api(2, "/api/v1/summaries")).toMatchObject({
      data: { self: { pid: 4_242, mem_kbyte: (3 * (64 << 20)) / 1024 } },
    });
  });

  test("lists the processes in the same order", async () => {
    const server = await MemoryWorkers.start(3);
    const orders = [];
    for (const worker of [0, 1, 2]) {
      const { text } = await server.fetch("/metrics", { port: API_PORT + worker * 10_000 });
      orders.push(
        [...text.matchAll(/^process_open_fds\{worker="(.*?)"\}/gm)].map(([, name]) => name),
      );
    }
    expect(orders).toEqual([
      ["0", "1", "2"],
      ["0", "1", "2"],
      ["0", "1", "2"],
    ]);
  });

  test("tells at every worker what one of them forwards, which the others do not", async () => {
    const forward = { enabled: true, destination: ["127.0.0.1:19350"] };
    const server = await MemoryWorkers.start(2, defaultVhost({ min_latency: true, forward }));
    await (await server.publish(server.rtmpUrl(0))).start();
    await server.watch(server.httpUrl(1)); // The other worker has the stream too.
    await server.advance(1_000);
    for (const worker of [0, 1]) {
      const { forwards } = await server.api(worker, "/api/v1/forwards");
      expect(forwards).toMatchObject([{ url: "/live/show", state: "pausing" }]);
    }
  });

  test("ingests at the first worker alone, and is told to stop at any", async () => {
    const engines = { e: { output: "rtmp://127.0.0.1/live/film" } };
    const film = { enabled: true, input: { url: "film.flv" }, engines };
    const server = await MemoryWorkers.start(2, defaultVhost({ ingest: { film } }));
    await server.advance(1_000);
    expect(programsOf(server)).toHaveLength(1);
    for (const worker of [0, 1]) {
      const { ingests } = await server.api(worker, "/api/v1/ingests");
      expect(ingests).toMatchObject([{ id: "film", state: "running" }]);
    }
    await server.api(1, "/api/v1/ingests/stop?id=film", "POST");
    await obey(server);
    expect(runningOf(server)).toEqual([]);
    expect(await server.api(1, "/api/v1/ingests/stop?id=none", "POST")).toMatchObject({
      code: 404,
    });
  });

  test("fetches at the first worker what any of them is told to fetch", async () => {
    const api = { http_api: { enabled: true, listen: API_PORT, allow_update: true } };
    const server = await MemoryWorkers.start(2, api);
    const settings = { url: "rtmp://127.0.0.1:9000/live/a" };
    for (const worker of [1, 0]) {
      const text = JSON.stringify({ ...settings, stream: `live/${worker}` });
      const answer = await server.api(worker, `/api/v1/pulls?id=p${worker}`, "POST", text);
      expect(answer).toMatchObject({ code: 0 });
    }
    for (const worker of [0, 1]) {
      const { pulls } = await server.api(worker, "/api/v1/pulls");
      expect(pulls).toMatchObject([{ id: "p0" }, { id: "p1" }]);
    }
    expect(await server.api(1, "/api/v1/pulls?id=p0", "DELETE")).toMatchObject({ code: 0 });
    expect(await server.api(1, "/api/v1/pulls?id=p0", "DELETE")).toMatchObject({ code: 404 });
  });

  test("gives the server's identity, not the worker's", async () => {
    const server = await MemoryWorkers.start(2);
    for (const worker of [0, 1]) {
      expect(await server.api(worker, "/api/v1/versions")).toMatchObject({
        server: "vid-abcdefg",
        service: "01234567",
        pid: "4242",
      });
    }
  });

  test("kicks a client wherever it is", async () => {
    const server = await MemoryWorkers.start(2, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const player = await server.play(server.rtmpUrl(1));
    const { clients } = (await server.api(0, "/api/v1/clients/")) as unknown as {
      clients: { id: string; publish: boolean }[];
    };
    const id = clients.find(({ publish }) => !publish)?.id ?? "";
    expect(await server.api(0, `/api/v1/clients/${id}`, "DELETE")).toMatchObject({ code: 0 });
    await settle();
    expect(player.isClosed).toBe(true);
    expect(publisher.isClosed).toBe(false);
    expect(server.events("session ended")).toHaveLength(1);
  });

  test("leaves out a worker that does not answer, and says so in the log", async () => {
    const server = await MemoryWorkers.start(2, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    await server.play(server.rtmpUrl(1));
    const { tcp } = server.runtime;
    tcp.connectLocal = async (path) => {
      throw new Error(`Nobody is at ${path}`);
    };
    const { clients } = (await server.api(0, "/api/v1/clients/")) as unknown as {
      clients: Listed[];
    };
    expect(clients).toHaveLength(1);
    expect(server.events("peer not heard")).toContainEqual(
      expect.objectContaining({ level: "warn", peer: "worker 1" }),
    );
  });
});

describe("limits", () => {
  test("max_connections counts the connections of all workers", async () => {
    const server = await MemoryWorkers.start(2, { max_connections: 4 });
    for (const worker of [0, 0, 1]) await server.play(server.rtmpUrl(worker));
    await server.advance(300, 100);
    const last = await server.play(server.rtmpUrl(1));
    await server.advance(300, 100);
    for (const worker of [0, 1]) {
      await expect(server.connect(server.rtmpUrl(worker))).rejects.toThrow(
        "server has 4 connections",
      );
    }
    await last.leave();
    await server.advance(300, 100);
    await expect(server.play(server.rtmpUrl(0))).resolves.toBeDefined();
  });

  test("hold at once for a worker that has just been started", async () => {
    const server = await MemoryWorkers.start(2, { max_connections: 2 });
    for (let i = 0; i < 2; i++) await server.play(server.rtmpUrl(0));
    await server.stopWorker(1);
    await server.advance(300, 100);
    await server.startWorker(1);
    await expect(server.connect(server.rtmpUrl(1))).rejects.toThrow("server has 2 connections");
  });

  test("connections_per_address too, and a worker that is gone counts no more", async () => {
    const server = await MemoryWorkers.start(2, { limits: { connections_per_address: 2 } });
    for (const worker of [0, 0]) await server.play(server.rtmpUrl(worker));
    await server.advance(300, 100);
    await expect(server.connect(server.rtmpUrl(1))).rejects.toThrow("address has 2 connections");
    await server.stopWorker(0);
    await server.advance(300, 100);
    await server.play(server.rtmpUrl(1));
    await server.play(server.rtmpUrl(1));
    await expect(server.connect(server.rtmpUrl(1))).rejects.toThrow("address has 2 connections");
    await server.startWorker(0);
  });
});

describe("a publisher", () => {
  test("that leaves while its claim is open has published nothing, and the name is free", async () => {
    const server = await MemoryWorkers.start(2, REALTIME);
    const { link } = server.worker(0);
    const claim = link.claim.bind(link);
    const answered = Promise.withResolvers<void>();
    link.claim = async (url) => {
      const claimed = await claim(url);
      await answered.promise;
      return claimed;
    };
    const peer = await server.connect(server.rtmpUrl(0));
    const publishing = peer.publish();
    publishing.catch(() => undefined);
    await settle();
    await expect(server.finish(server.publish(server.rtmpUrl(1)))).rejects.toThrow();
    await peer.vanish();
    answered.resolve();
    await settle();
    await expect(server.publish(server.rtmpUrl(1))).resolves.toBeDefined();
    const published = server.events("stream published");
    expect(published).toHaveLength(1 + server.events("stream unpublished").length);
  });

  test("of two at once at different workers is one too many", async () => {
    const server = await MemoryWorkers.start(3, REALTIME);
    const peers = await Promise.all(
      [0, 1, 2].map((worker) => server.connect(server.rtmpUrl(worker))),
    );
    const results = await server.finish(Promise.allSettled(peers.map((peer) => peer.publish())));
    expect(results.map(({ status }) => status).sort()).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
    ]);
  });
});

describe("a publisher that moves to another worker", () => {
  /** Holds up what the first worker says to the supervisor. */
  async function moveFast(): Promise<{ server: MemoryWorkers; moving: Promise<unknown> }> {
    const server = await MemoryWorkers.start(2, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const control = server.openSockets.find(({ remoteAddress }) => remoteAddress === "local");
    control?.pause();
    await publisher.leave();
    const moving = server.publish(server.rtmpUrl(1));
    moving.catch(() => undefined);
    await server.advance(20, 5); // It takes some turns until it has asked.
    return { server, moving };
  }

  test("is let in though its claim overtakes the release of the old one", async () => {
    const { server, moving } = await moveFast();
    await server.advance(300, 50);
    expect(server.events("stream published")).toHaveLength(1);
    server.openSockets.find(({ remoteAddress }) => remoteAddress === "local")?.resume();
    await moving;
    const published = server.events("stream published");
    expect(published.map(({ worker }) => worker)).toEqual([0, 1]);
    expect(await server.api(0, "/api/v1/streams/")).toMatchObject({
      streams: [{ name: "show", publish: { active: true } }],
    });
  });

  test("is refused if the name does not become free, and the old one's release changes nothing", async () => {
    const { server, moving } = await moveFast();
    await server.advance(450, 50);
    await expect(moving).rejects.toMatchObject({ code: "NetStream.Publish.BadName" });
    server.openSockets.find(({ remoteAddress }) => remoteAddress === "local")?.resume();
    await settle();
    expect(server.events("stream published")).toHaveLength(1);
    await expect(server.publish(server.rtmpUrl(1))).resolves.toBeDefined();
  });

  test("and is gone with that one before it was its turn leaves no claim behind", async () => {
    const { server } = await moveFast();
    server.coordinator.remove(1);
    server.openSockets.find(({ remoteAddress }) => remoteAddress === "local")?.resume();
    await settle();
    await expect(server.publish(server.rtmpUrl(0))).resolves.toBeDefined();
  });
});

test("a coordinator that is closed leaves no timer", async () => {
  const server = await MemoryWorkers.start(1);
  await server.play(server.rtmpUrl(0));
  await server.advance(1_000, 100);
  const before = server.timerCount;
  server.coordinator.close();
  expect(server.timerCount).toBe(before);
});

describe("a worker that is gone", () => {
  test("takes its publishers along; viewers at others go on when they come to another", async () => {
    const server = await MemoryWorkers.start(2, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    const before = viewer.count(9);
    await server.stopWorker(0);
    expect(publisher.isClosed).toBe(true);
    expect(viewer.isEnded).toBe(false);
    const next = await server.publish(server.rtmpUrl(1));
    await next.start();
    expect(viewer.count(9)).toBe(before + 2);
    await server.startWorker(0);
    const late = await server.watch(server.httpUrl(0));
    await next.send();
    expect(late.count(9)).toBeGreaterThan(1);
  });

  test("is given up by the coordinator when its conversation breaks, its names are free", async () => {
    const server = await MemoryWorkers.start(2, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    await server
      .worker(0)
      .link.close(0)
      .catch(() => undefined);
    await settle();
    expect(server.news).toEqual(["0 ready", "1 ready", "0 lost"]);
    expect(server.worker(0).orders).toEqual(["lost"]);
    await expect(server.publish(server.rtmpUrl(1))).resolves.toBeDefined();
    await expect(
      server.connect(server.rtmpUrl(0)).then((peer) => peer.publish("new")),
    ).rejects.toThrow();
  });
});

describe("orders", () => {
  test("reach every worker, in the order given", async () => {
    const server = await MemoryWorkers.start(2);
    server.coordinator.sendAll({ type: "reopen" });
    server.coordinator.sendAll({ type: "drain" });
    server.coordinator.send(1, { type: "stop" });
    await settle();
    expect(server.worker(0).orders).toEqual(["reopen", "drain"]);
    expect(server.worker(1).orders).toEqual(["reopen", "drain", "stop"]);
  });
});

describe("a stranger at the control socket", () => {
  async function stranger(server: MemoryWorkers): Promise<MemoryWire> {
    const wire = new MemoryWire();
    wire.socket = await server.runtime.tcp.connectLocal("/run/control", 1_000, wire);
    await settle();
    return wire;
  }

  test.each([
    ['{"type":"hello","worker":0,"pid":1}\n'],
    ['{"type":"ready"}\n'],
    ["GET / HTTP/1.1\r\n\r\n"],
    [`${"x".repeat(100)}\n`],
  ])("is shown out after %j, and no worker is disturbed", async (text) => {
    const server = await MemoryWorkers.start(1);
    const wire = await stranger(server);
    await wire.send(text);
    expect(wire.isClosed).toBe(true);
    expect(wire.text).toBe("");
    expect(server.worker(0).orders).toEqual([]);
  });

  test("has ten seconds to say who it is", async () => {
    const server = await MemoryWorkers.start(1);
    const wire = await stranger(server);
    await server.advance(9_000);
    expect(wire.isClosed).toBe(false);
    await server.advance(2_000);
    expect(wire.isClosed).toBe(true);
  });
});

describe("another configuration", () => {
  test("is taken on by all workers, and those who come later; who is connected stays", async () => {
    const server = await MemoryWorkers.start(2);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const config = memoryConfig({ max_connections: 7, listen: 1936 });
    expect(await server.finish(server.coordinator.configure(config))).toEqual([]);
    for (const worker of [0, 1]) {
      const url = server.rtmpUrl(worker, "live/other").replace(":1", ":1");
      await expect(server.publish(url)).rejects.toThrow();
      const moved = `rtmp://127.0.0.1:${1_936 + worker * 10_000}/live/w${worker}`;
      await expect(server.publish(moved)).resolves.toBeDefined();
    }
    expect(publisher.isClosed).toBe(false);
    await server.stopWorker(1);
    const { link } = await server.startWorker(1);
    expect(link.config.maxConnections).toBe(7);
  });

  test("that one of them cannot take on changes nothing in any", async () => {
    const server = await MemoryWorkers.start(2);
    await server.runtime.tcp.listen({ host: "0.0.0.0", port: 11_936 }, () => undefined);
    const config = memoryConfig({ listen: 1936 });
    const [problem] = await server.finish(server.coordinator.configure(config));
    expect(problem).toMatch(/^worker 1: Cannot listen .*address already in use/);
    await settle();
    const moved = "rtmp://127.0.0.1:1936/live/moved";
    await expect(server.publish(moved)).rejects.toThrow("ECONNREFUSED");
    await expect(server.publish(server.rtmpUrl(0))).resolves.toBeDefined();
  });

  test("can be asked for at every worker", async () => {
    const server = await MemoryWorkers.start(1);
    const { link } = server.worker(0);
    expect(await server.finish(link.reload("api"))).toMatchObject({ id: "api", state: 90 });
    expect(await server.finish(link.latest())).toMatchObject({ id: "" });
    expect(server.news).toContain("reload api");
  });
});
