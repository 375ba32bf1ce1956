/**
 * Goal: all workers take on another configuration, or none does, also those who come and go meanwhile;
 * and the ports that are open are those of the configuration in force.
 *
 * Method: the supervisor on a machine in memory; the test plays its workers.
 */

import { describe, expect, test } from "vitest";
import { settle } from "../../support/memory-network.ts";
import { memoryConfig, RTMP_PORT } from "../../support/memory-server.ts";
import { NOTHING, PlayedServer } from "../../support/played-server.ts";

describe("another configuration", () => {
  test("is taken on when all workers are ready for it", async () => {
    const server = new PlayedServer();
    await server.start();
    const seen: number[] = [];
    const readiness = Promise.withResolvers<void>();
    server.prepare = async (worker, config) => {
      seen.push(config.maxConnections);
      if (worker === 1) await readiness.promise;
    };
    const done = server.supervisor.reconfigure(memoryConfig({ max_connections: 7 }));
    await settle();
    expect(server.orders.sort()).toEqual(["0 prepare", "1 prepare"]);
    readiness.resolve();
    await server.finish(done);
    expect(seen).toEqual([7, 7]);
    expect(server.orders.slice(2).sort()).toEqual(["0 commit", "1 commit"]);
    await server.finish(server.supervisor.stop());
  });

  test("whose ports somebody else has goes to none", async () => {
    const server = new PlayedServer();
    await server.start();
    await server.runtime.tcp.listen({ host: "0.0.0.0", port: 2_000 }, () => undefined);
    await expect(
      server.finish(server.supervisor.reconfigure(memoryConfig({ listen: 2_000 }))),
    ).rejects.toThrow("address already in use");
    expect(server.orders).toEqual([]);
    await server.finish(server.supervisor.stop());
  });

  test("that one worker cannot prepare is taken on by none, nor by one who comes later", async () => {
    const server = new PlayedServer({ max_connections: 5 });
    await server.start();
    server.prepare = async (worker) => {
      if (worker === 1) throw new Error("no");
    };
    const refused = server.supervisor.reconfigure(memoryConfig({ max_connections: 7 }));
    await expect(server.finish(refused)).rejects.toThrow("worker 1: no");
    await settle();
    expect(server.orders.sort()).toEqual(["0 give up", "0 prepare", "1 prepare"]);
    server.child(0).finish({ code: undefined, signal: "SIGKILL" });
    await settle();
    await server.advance(10);
    expect((await server.report(server.child(2))).config.maxConnections).toBe(5);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("that workers do not answer to is given up", async () => {
    const server = new PlayedServer();
    await server.start();
    server.prepare = () => new Promise(() => undefined);
    const told = server.supervisor.reconfigure(memoryConfig()).catch(String);
    await server.advance(21_000);
    expect(await told).toMatch(/worker 0: no answer; worker 1: no answer/);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("that a worker does not take on after all is given to the one in its place", async () => {
    const server = new PlayedServer();
    await server.start();
    server.commit = async (worker) => {
      if (worker === 1) throw new Error("broken");
    };
    await server.finish(server.supervisor.reconfigure(memoryConfig({ max_connections: 7 })));
    await settle();
    expect(server.orders).toContain("1 stop");
    expect(server.events("worker does not follow")).toMatchObject([
      { worker: 1, reason: "broken" },
    ]);
    await server.advance(10);
    const link = await server.report(server.child(2));
    expect([link.worker, link.config.maxConnections]).toEqual([1, 7]);
    expect(server.child(0).isRunning).toBe(true);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("is not forced upon who has come in the place of one that failed", async () => {
    const server = new PlayedServer();
    await server.start();
    const patience = Promise.withResolvers<void>();
    server.commit = (worker) => (worker === 0 ? patience.promise : new Promise(() => undefined));
    const done = server.supervisor.reconfigure(memoryConfig({ max_connections: 7 }));
    await settle();
    server.child(1).finish({ code: 1, signal: undefined });
    await settle();
    await server.advance(10);
    const link = await server.report(server.child(2));
    expect(link.config.maxConnections).toBe(7);
    patience.resolve();
    await server.finish(done);
    await settle();
    expect(server.orders).not.toContain("1 stop");
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("is not taken on because all have died of it", async () => {
    const server = new PlayedServer({ max_connections: 5 });
    await server.start();
    server.prepare = () => new Promise(() => undefined);
    const told = server.supervisor.reconfigure(memoryConfig({ max_connections: 7 })).catch(String);
    await settle();
    for (const index of [0, 1]) server.child(index).finish({ code: 1, signal: undefined });
    await settle();
    expect(await server.finish(told)).toMatch("no worker has answered");
    await server.advance(10);
    expect((await server.report(server.child(2))).config.maxConnections).toBe(5);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("saves a server whose workers cannot start with the one before", async () => {
    const server = new PlayedServer({ max_connections: 5 });
    await server.start();
    for (const index of [0, 1]) server.child(index).finish({ code: 255, signal: undefined });
    await settle();
    await server.advance(10);
    server.prepare = () => Promise.reject(new Error("it has not started"));
    await server.report(server.child(2)); // It is about to fail, and nobody waits for it.
    const done = server.supervisor.reconfigure(memoryConfig({ max_connections: 7 }));
    await settle();
    server.child(2).finish({ code: 255, signal: undefined });
    await server.finish(done);
    expect(server.events("configuration not tried")).toHaveLength(1);
    await server.advance(2_000);
    const next = server.children.at(-1);
    if (next === undefined) throw new Error("None is started");
    expect((await server.report(next)).config.maxConnections).toBe(7);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("is refused by a server that stops meanwhile", async () => {
    const server = new PlayedServer();
    await server.start();
    server.prepare = () => new Promise(() => undefined);
    const told = server.supervisor.reconfigure(memoryConfig()).catch(String);
    await settle();
    await server.finish(server.supervisor.stop(), 1_000);
    expect(await told).toMatch("the server does not run");
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("that is given up is over when all have given it up", async () => {
    const server = new PlayedServer();
    await server.start();
    const given = Promise.withResolvers<void>();
    server.giveUp = () => given.promise;
    server.prepare = async (worker) => {
      if (worker === 1) throw new Error("no");
    };
    let isOver = false;
    const told = server.supervisor.reconfigure(memoryConfig()).catch(() => {
      isOver = true;
    });
    await settle();
    expect(isOver).toBe(false);
    given.resolve();
    await server.finish(told);
    expect(isOver).toBe(true);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("reaches a worker that comes while the others get ready", async () => {
    const server = new PlayedServer();
    await server.start();
    const readiness = Promise.withResolvers<void>();
    server.prepare = (worker) => (worker === 0 ? readiness.promise : Promise.resolve());
    const done = server.supervisor.reconfigure(memoryConfig({ max_connections: 7 }));
    await settle();
    server.child(1).finish({ code: undefined, signal: "SIGKILL" });
    await settle();
    await server.advance(10);
    expect((await server.report(server.child(2))).config.maxConnections).not.toBe(7);
    server.orders.length = 0;
    readiness.resolve();
    await server.finish(done);
    expect(server.orders.sort()).toEqual(["0 commit", "1 commit", "1 prepare"]);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("that such a worker cannot prepare has it ended, with its own words in the log", async () => {
    const server = new PlayedServer();
    await server.start();
    const readiness = Promise.withResolvers<void>();
    server.prepare = (worker) =>
      worker === 0 ? readiness.promise : Promise.reject(new Error("the port is taken"));
    server.child(1).finish({ code: undefined, signal: "SIGKILL" });
    await settle();
    const done = server.supervisor.reconfigure(memoryConfig());
    await server.advance(10);
    await server.report(server.child(2));
    readiness.resolve();
    await server.finish(done);
    await settle();
    expect(server.events("worker does not follow")).toMatchObject([
      { worker: 1, reason: "the port is taken" },
    ]);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("that a worker neither takes on nor stops for has it ended by force", async () => {
    const server = new PlayedServer();
    await server.start();
    server.commit = (worker) =>
      worker === 1 ? Promise.reject(new Error("broken")) : Promise.resolve();
    server.isObedient = false;
    await server.finish(server.supervisor.reconfigure(memoryConfig()));
    await server.advance(6_000);
    expect(server.child(1).signals).toEqual(["SIGKILL"]);
    expect(server.child(0).signals).toEqual([]);
    server.isObedient = true;
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("a worker that dies meanwhile keeps nobody waiting", async () => {
    const server = new PlayedServer();
    await server.start();
    server.prepare = (worker) => (worker === 0 ? new Promise(() => undefined) : Promise.resolve());
    const done = server.supervisor.reconfigure(memoryConfig());
    await settle();
    server.child(0).finish({ code: undefined, signal: "SIGKILL" });
    await server.finish(done);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test.each([
    ["refused", "1 refuses", [RTMP_PORT]],
    ["taken on", "none refuses", [2_000]],
  ])("handed-over ports are those in force when it is %s", async (_, who, open) => {
    const server = new PlayedServer({}, "handOver");
    await server.start();
    server.prepare = async (worker) => {
      if (who === `${worker} refuses`) throw new Error("no");
    };
    await server.finish(
      server.supervisor.reconfigure(memoryConfig({ listen: 2_000 })).catch(() => undefined),
    );
    const ports = [RTMP_PORT, 2_000];
    const reached = await Promise.all(
      ports.map((port) =>
        server.open(port).then(
          () => [port],
          () => [],
        ),
      ),
    );
    expect(reached.flat()).toEqual(open);
    await server.finish(server.supervisor.stop(), 1_000);
  });

  test("half of whose ports can be had leaves none of them open", async () => {
    const server = new PlayedServer({}, "handOver");
    await server.start();
    const taken = await server.runtime.tcp.listen(
      { host: "0.0.0.0", port: 2_001 },
      () => undefined,
    );
    const config = memoryConfig({ listen: [2_000, 2_001] });
    const refused = server.supervisor.reconfigure(config);
    await expect(server.finish(refused)).rejects.toThrow("address already in use");
    await expect(server.open(2_000)).rejects.toThrow("ECONNREFUSED");
    await taken.close();
    await server.finish(server.supervisor.reconfigure(config));
    await server.finish(server.supervisor.stop(), 1_000);
    expect(await server.leftovers()).toEqual(NOTHING);
  });
});
