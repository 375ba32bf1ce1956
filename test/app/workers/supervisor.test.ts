/**
 * Goal: several processes are started, kept running and ended as one server: it is ready when all of
 * them are, does not start if one of them cannot, and leaves nothing behind.
 *
 * Method: the supervisor on a machine in memory; the test plays its workers, who report to it over
 * local sockets as real ones do.
 */

import { describe, expect, test } from "vitest";
import { takeAssignment } from "../../../src/app/workers/worker.ts";
import { countWorkers } from "../../../src/app/workers/worker-count.ts";
import { WorkerLink } from "../../../src/app/workers/worker-link.ts";
import { MemoryNetwork, settle } from "../../support/memory-network.ts";
import { API_PORT, HTTP_PORT, RTMP_PORT } from "../../support/memory-server.ts";
import { assignmentOf, NOTHING, PID_FILE, PlayedServer } from "../../support/played-server.ts";

describe("a start", () => {
  test("starts this program again for each worker, and is over when all are ready", async () => {
    const server = new PlayedServer();
    let isStarted = false;
    const starting = server.supervisor.start().then(() => {
      isStarted = true;
    });
    await settle();
    expect(server.children.map(({ command }) => command.join(" "))).toEqual([
      "/usr/bin/sluice -c /etc/sluice.yaml",
      "/usr/bin/sluice -c /etc/sluice.yaml",
    ]);
    const environments = server.children.map(({ options }) => options.environment);
    expect(environments).toEqual([
      expect.objectContaining({
        SLUICE_WORKER: "0",
        SLUICE_HTTP_API_ENABLED: "on",
        PATH: "/usr/bin",
      }),
      expect.objectContaining({ SLUICE_WORKER: "1" }),
    ]);
    expect(server.child(0).options.output).toBe("inherit");
    (await server.report(server.child(0))).tell({ type: "ready" });
    await settle();
    expect(isStarted).toBe(false);
    (await server.report(server.child(1))).tell({ type: "ready" });
    await starting;
    expect(server.events("server ready")).toMatchObject([{ pid: 4242 }]);
    expect(await server.runtime.files.readText(PID_FILE)).toBe("4242");
    await server.finish(server.supervisor.stop());
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("gives all workers one configuration and one identity, the supervisor's", async () => {
    const server = new PlayedServer({ max_connections: 77 });
    await server.start();
    const [first, second] = server.links;
    expect(first?.config.maxConnections).toBe(77);
    expect(second?.config).toEqual(first?.config);
    expect(first?.identity).toMatchObject({ pid: "4242" });
    expect(second?.identity).toEqual(first?.identity);
    expect(first?.sharing).toBe("reusePort");
    await server.finish(server.supervisor.stop());
  });

  test.each([RTMP_PORT, HTTP_PORT, API_PORT])("fails if port %i is taken", async (port) => {
    const server = new PlayedServer();
    const options = { host: "0.0.0.0", port, reusePort: true };
    await server.runtime.tcp.listen(options, (socket) => socket.destroy());
    await expect(server.supervisor.start()).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(server.children).toEqual([]);
    await server.supervisor.stop();
    expect(await server.leftovers()).toEqual({ ...NOTHING, folders: [] });
  });

  test("leaves the ports to the workers", async () => {
    const server = new PlayedServer();
    await server.start();
    for (const port of [RTMP_PORT, HTTP_PORT, API_PORT]) {
      await expect(server.open(port)).rejects.toThrow("ECONNREFUSED");
    }
    await server.finish(server.supervisor.stop());
  });

  test("fails with a worker's own words if that cannot start", async () => {
    const server = new PlayedServer();
    const starting = server.supervisor.start();
    starting.catch(() => undefined);
    await settle();
    await server.report(server.child(0));
    const link = await server.report(server.child(1));
    link.tell({ type: "failed", message: 'Cannot read "/etc/key.pem": no such file' });
    await settle();
    server.child(1).finish({ code: 255, signal: undefined });
    await expect(starting).rejects.toThrow('Cannot read "/etc/key.pem": no such file');
    await server.finish(server.supervisor.stop());
    expect(server.orders).toEqual(["0 stop"]);
    expect(server.children).toHaveLength(2);
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("fails if a worker ends without a word", async () => {
    const server = new PlayedServer();
    const starting = server.supervisor.start();
    starting.catch(() => undefined);
    await settle();
    await server.report(server.child(0));
    server.child(1).finish({ code: undefined, signal: "SIGSEGV" });
    await expect(starting).rejects.toThrow("Cannot start worker 1: it ended by SIGSEGV");
    await server.finish(server.supervisor.stop());
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("fails if the program is not there", async () => {
    const server = new PlayedServer();
    server.runtime.processes.missing.add("/usr/bin/sluice");
    await expect(server.supervisor.start()).rejects.toMatchObject({ code: "ENOENT" });
    await server.finish(server.supervisor.stop());
    expect(await server.leftovers()).toEqual(NOTHING);
  });
});

describe("a worker that ends", () => {
  test("is started again at once, then after pauses that grow", async () => {
    const server = new PlayedServer();
    await server.start();
    const pauses = [];
    for (let i = 2; i < 6; i++) {
      server.child(i - 1).finish({ code: undefined, signal: "SIGKILL" });
      await settle();
      let waitedMs = 0;
      for (; server.children.length === i; waitedMs += 250) await server.advance(250);
      pauses.push(waitedMs);
      expect(server.child(i).options.environment["SLUICE_WORKER"]).toBe("1");
    }
    expect(pauses).toEqual([250, 1_000, 2_000, 4_000]); // As seen every 250 ms.
    expect(server.events("worker ended")).toHaveLength(4);
    expect(server.events("worker ended")[0]).toMatchObject({ worker: 1, signal: "SIGKILL" });
    expect(server.child(0).isRunning).toBe(true);
    await server.finish(server.supervisor.stop(), 1_000);
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("comes back into the server that goes on", async () => {
    const server = new PlayedServer();
    await server.start();
    server.child(0).finish({ code: 1, signal: undefined });
    await settle();
    await server.advance(10);
    const link = await server.report(server.child(2));
    expect(link.worker).toBe(0);
    expect(link.identity).toEqual(server.links[1]?.identity);
    await server.finish(server.supervisor.stop());
    expect(server.orders.sort()).toEqual(["0 stop", "1 stop"]);
  });

  test("in word only is ended by force", async () => {
    const server = new PlayedServer();
    await server.start();
    void server.links[0]?.close(100);
    await server.advance(4_000);
    expect(server.child(0).signals).toEqual([]);
    await server.advance(2_000);
    expect(server.child(0).signals).toEqual(["SIGKILL"]);
    await server.advance(10);
    expect(server.children).toHaveLength(3);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("leaves no socket behind, however it ends", async () => {
    const server = new PlayedServer();
    await server.start();
    const { files } = server.runtime;
    const [name = ""] = await files.list("/tmp");
    const socket = `/tmp/${name}/worker-0-${server.child(0).pid}`;
    const other = `/tmp/${name}/worker-1-${server.child(1).pid}`;
    for (const path of [socket, other]) await files.write(path, "");
    server.child(0).finish({ code: undefined, signal: "SIGKILL" });
    await settle();
    expect(await files.stat(socket)).toBeUndefined();
    expect(await files.stat(other)).toBeDefined();
    await server.finish(server.supervisor.stop(), 1_000);
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("cannot be replaced by another process", async () => {
    const server = new PlayedServer();
    await server.start();
    const { tcp, clock } = server.runtime;
    const assignment = assignmentOf(server.child(0));
    if (assignment === undefined) throw new Error("The child is no worker");
    await expect(WorkerLink.connect({ tcp, clock, pid: 1 }, assignment)).rejects.toThrow(
      "the supervisor is gone",
    );
    await server.finish(server.supervisor.stop());
  });
});

describe("a stop", () => {
  test("ends by force who does not obey", async () => {
    const server = new PlayedServer();
    const starting = server.supervisor.start();
    await settle();
    for (const child of server.children) {
      const link = await server.report(child);
      link.follow({
        drain: () => undefined,
        stop: () => undefined,
        reopenLog: () => undefined,
        prepare: () => Promise.resolve(),
        commit: () => Promise.resolve(),
        giveUp: () => Promise.resolve(),
        lost: () => undefined,
        failed: () => undefined,
      });
      link.tell({ type: "ready" });
    }
    await starting;
    const stopping = server.supervisor.stop();
    await server.advance(4_900, 100);
    expect(server.child(0).signals).toEqual(["SIGTERM"]);
    await server.advance(200, 100);
    expect(server.child(0).signals).toEqual(["SIGTERM", "SIGKILL"]);
    await server.finish(stopping);
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("while a worker is about to be started again starts none", async () => {
    const server = new PlayedServer();
    await server.start();
    for (const index of [1, 2]) {
      server.child(index).finish({ code: 1, signal: undefined });
      await settle();
      await server.advance(10);
    }
    const count = server.children.length;
    await server.finish(server.supervisor.stop());
    expect(await server.leftovers()).toEqual(NOTHING);
    await server.advance(60_000);
    expect(server.children).toHaveLength(count);
  });

  test("that is graceful waits for the last worker whose sessions have ended", async () => {
    const server = new PlayedServer({ grace_start_wait: 1_000, grace_final_wait: 2_000 });
    await server.start();
    const stopping = server.supervisor.stopGracefully();
    await server.advance(900, 100);
    expect(server.orders).toEqual([]);
    await server.advance(200, 100);
    expect(server.orders).toEqual(["0 drain", "1 drain"]);
    server.links[1]?.tell({ type: "drained" });
    await server.advance(60_000);
    expect(server.orders).toHaveLength(2);
    server.links[0]?.tell({ type: "drained" });
    await server.advance(1_900, 100);
    expect(server.orders).toHaveLength(2);
    await server.finish(stopping, 100);
    expect(server.orders.slice(2).sort()).toEqual(["0 stop", "1 stop"]);
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("that is graceful does not wait for a worker that dies", async () => {
    const server = new PlayedServer();
    await server.start();
    const stopping = server.supervisor.stopGracefully();
    await settle();
    server.links[1]?.tell({ type: "drained" });
    server.child(0).finish({ code: undefined, signal: "SIGKILL" });
    await server.finish(stopping);
    expect(server.children).toHaveLength(2);
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("by force ends all at once", async () => {
    const server = new PlayedServer();
    await server.start();
    void server.supervisor.stopGracefully();
    await server.advance(10);
    expect(server.orders).toEqual(["0 drain", "1 drain"]);
    await server.finish(server.supervisor.kill());
    expect(server.children.map(({ signals }) => signals[0])).toEqual(["SIGKILL", "SIGKILL"]);
    await server.advance(10);
    expect(await server.leftovers()).toEqual(NOTHING);
  });
});

test("whoever stops it twice hears of the end when all is closed, not before", async () => {
  const server = new PlayedServer();
  await server.start();
  const { files } = server.runtime;
  const removeAll = files.removeAll.bind(files);
  const slow = Promise.withResolvers<void>();
  files.removeAll = async (path) => {
    await slow.promise;
    await removeAll(path);
  };
  const ends: string[] = [];
  void server.supervisor.stop().then(() => ends.push("stopped"));
  await server.advance(100, 10);
  void server.supervisor.kill().then(() => ends.push("killed"));
  await server.advance(100, 10);
  expect(ends).toEqual([]);
  slow.resolve();
  await settle();
  expect(ends.sort()).toEqual(["killed", "stopped"]);
  expect(await server.leftovers()).toEqual(NOTHING);
});

test("log files are opened anew by all", async () => {
  const server = new PlayedServer();
  await server.start();
  server.supervisor.reopenLogs();
  await settle();
  expect(server.orders).toEqual(["0 reopen", "1 reopen"]);
  await server.finish(server.supervisor.stop());
});

describe("where processes cannot share a port", () => {
  test("the supervisor accepts, and hands each connection to the next worker", async () => {
    const server = new PlayedServer({}, "handOver");
    await server.start();
    expect(server.links[0]?.sharing).toBe("handOver");
    for (const port of [RTMP_PORT, RTMP_PORT, HTTP_PORT, API_PORT]) await server.open(port);
    const handed = server.children.map(({ handedOver }) => handedOver.map(({ tag }) => tag));
    expect(handed).toEqual([
      [`0.0.0.0:${RTMP_PORT}`, `0.0.0.0:${API_PORT}`],
      [`0.0.0.0:${RTMP_PORT}`, `0.0.0.0:${HTTP_PORT}`],
    ]);
    expect(server.child(0).options.isWorker).toBe(true);
    await server.finish(server.supervisor.stop());
    await expect(server.open(RTMP_PORT)).rejects.toThrow("ECONNREFUSED");
  });

  test("a worker that is down gets none, and with all down nobody is let in", async () => {
    const server = new PlayedServer({}, "handOver");
    await server.start();
    server.child(1).finish({ code: 1, signal: undefined });
    await settle();
    for (let i = 0; i < 4; i++) await server.open(RTMP_PORT);
    expect(server.child(0).handedOver).toHaveLength(4);
    server.child(0).finish({ code: 1, signal: undefined });
    await settle();
    expect((await server.open(RTMP_PORT)).isClosed).toBe(true);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("a graceful stop closes the ports at once", async () => {
    const server = new PlayedServer({}, "handOver");
    await server.start();
    const stopping = server.supervisor.stopGracefully();
    await server.advance(10);
    await expect(server.open(RTMP_PORT)).rejects.toThrow("ECONNREFUSED");
    for (const link of server.links) link.tell({ type: "drained" });
    await server.finish(stopping);
  });
});

test("auto stands for the machine's cores", () => {
  const { host } = new MemoryNetwork().runtime;
  host.coreCount = 6;
  expect(countWorkers({ workers: "auto" }, host)).toBe(6);
  expect(countWorkers({ workers: "3" }, host)).toBe(3);
  host.coreCount = 0;
  expect(countWorkers({ workers: "auto" }, host)).toBe(1);
});

test.each([
  [{}, undefined],
  [{ SLUICE_WORKER: "1" }, undefined],
  [{ SLUICE_WORKER: "x", SLUICE_WORKER_SOCKET: "/a" }, undefined],
  [
    { SLUICE_WORKER: "1", SLUICE_WORKER_SOCKET: "/a" },
    { worker: 1, socketPath: "/a", descriptors: [] },
  ],
  [
    { SLUICE_WORKER: "1", SLUICE_WORKER_SOCKET: "/a", SLUICE_WORKER_DESCRIPTORS: "3 5" },
    { worker: 1, socketPath: "/a", descriptors: [3, 5] },
  ],
])("a process with %j is worker %j", (environment, expected) => {
  const { host } = new MemoryNetwork({ environment: { ...environment, PATH: "/bin" } }).runtime;
  expect(takeAssignment(host)).toEqual(expected);
  expect(host.environment).toEqual({ PATH: "/bin" });
});
