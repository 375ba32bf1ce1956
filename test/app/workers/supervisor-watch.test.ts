/**
 * Goal: a worker that hangs is noticed and replaced, one that is only slow is not; the supervisor can
 * be stopped at any moment of its start.
 *
 * Method: the supervisor on a machine in memory; the test plays its workers, and has some of them
 * stand still.
 */

import { describe, expect, test } from "vitest";
import type { ProcessReport } from "../../../src/live/reports.ts";
import { HttpClient } from "../../../src/protocols/http/client.ts";
import type { MemorySocket } from "../../../src/runtime/memory.ts";
import { connectorTo, type Peer, peerUrl } from "../../../src/services/cluster/peer.ts";
import { settle } from "../../support/memory-network.ts";
import { NOTHING, PlayedServer } from "../../support/played-server.ts";

describe("a worker that hangs", () => {
  /** Stops the process of that worker, whose socket stays. */
  function hang(server: PlayedServer, worker: number): MemorySocket | undefined {
    const locals = server.runtime.tcp.connections.filter(([end]) => end.remoteAddress === "local");
    const socket = locals[worker]?.[0];
    socket?.pause();
    return socket;
  }

  test("is ended by force after 15 seconds, with the reason, and replaced", async () => {
    const server = new PlayedServer();
    await server.start();
    await server.advance(60_000);
    expect(server.children).toHaveLength(2);
    const socket = hang(server, 1);
    await server.advance(14_000);
    expect(server.child(1).signals).toEqual([]);
    await server.advance(3_000);
    expect(server.child(1).signals).toEqual(["SIGKILL"]);
    expect(server.child(0).signals).toEqual([]);
    expect(server.events("worker killed")).toMatchObject([
      { worker: 1, pid: server.child(1).pid, reason: "it is silent for 15 s" },
    ]);
    socket?.destroy(); // As the system does.
    await server.advance(1_000);
    const link = await server.report(server.child(2));
    link.tell({ type: "ready" });
    await server.advance(60_000);
    expect(server.children).toHaveLength(3);
    await server.finish(server.supervisor.stop(), 1_000);
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("before it says anything fails the start", async () => {
    const server = new PlayedServer();
    const starting = server.supervisor.start();
    starting.catch(() => undefined);
    await settle();
    (await server.report(server.child(0))).tell({ type: "ready" });
    await server.advance(16_000);
    expect(server.child(1).signals).toEqual([]);
    await server.advance(3_000);
    expect(server.child(1).signals).toEqual(["SIGKILL"]);
    await expect(starting).rejects.toThrow("Cannot start worker 1: it ended by SIGKILL");
    await server.finish(server.supervisor.stop());
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("is not judged by time in which the supervisor stood still itself", async () => {
    const server = new PlayedServer();
    const { clock } = server.runtime;
    let standstillMs = 0;
    const now = clock.monotonicMs.bind(clock);
    clock.monotonicMs = () => now() + standstillMs;
    await server.start();
    hang(server, 1);
    await server.advance(10_000);
    for (let i = 0; i < 10; i++) {
      standstillMs += 60_000;
      await server.advance(1_000);
    }
    expect(server.child(1).signals).toEqual([]);
    await server.advance(7_000);
    expect(server.child(1).signals).toEqual(["SIGKILL"]);
    await server.finish(server.supervisor.stop(), 1_000);
  });
});

test("the supervisor's report of itself is of the moment", async () => {
  const server = new PlayedServer();
  await server.start();
  const [name = ""] = await server.runtime.files.list("/tmp");
  server.runtime.host.cpuUse = { user: 30_000, system: 0 };
  await server.advance(60_000);
  const peer = { name: "supervisor", address: { kind: "local", path: `/tmp/${name}/supervisor` } };
  const { tcp, clock } = server.runtime;
  const client = new HttpClient({ tcp: connectorTo(tcp, peer as Peer), clock });
  const url = peerUrl("/reports/processes");
  const answer = await server.finish(client.fetch({ url, timeoutMs: 1_000 }, 1 << 20));
  const [report] = JSON.parse(new TextDecoder().decode(answer.body)) as { cpuLoad: number }[];
  expect(report?.cpuLoad).toBe(0); // What was used is long ago.
  await server.finish(server.supervisor.stop());
});

test("what workers have come to is kept when they are gone, and never falls", async () => {
  const server = new PlayedServer();
  await server.start();
  const [name = ""] = await server.runtime.files.list("/tmp");
  const peer = { name: "supervisor", address: { kind: "local", path: `/tmp/${name}/supervisor` } };
  const { tcp, clock } = server.runtime;
  const client = new HttpClient({ tcp: connectorTo(tcp, peer as Peer), clock });
  const ask = async (): Promise<unknown> => {
    const request = { url: peerUrl("/reports/processes"), timeoutMs: 1_000 };
    const { body } = await server.finish(client.fetch(request, 1 << 20));
    return (JSON.parse(new TextDecoder().decode(body)) as ProcessReport[])[0]?.ofWorkers;
  };
  const tell = (index: number, sessionsTotal: number, sentSize: number): void => {
    const totals = { sessionsTotal, errors: 0, receivedSize: 7, sentSize };
    server.links[index]?.tell({ type: "totals", totals });
  };
  tell(0, 1, 100);
  tell(1, 2, 50);
  await settle();
  tell(1, 3, 80);
  await settle();
  const sum = { sessionsTotal: 4, errors: 0, receivedSize: 14, sentSize: 180 };
  expect(await ask()).toEqual(sum);
  server.child(1).finish({ code: undefined, signal: "SIGKILL" });
  await settle();
  expect(await ask()).toEqual(sum);
  await server.advance(10);
  await server.report(server.child(2));
  tell(2, 1, 20);
  await settle();
  expect(await ask()).toEqual({ sessionsTotal: 5, errors: 0, receivedSize: 21, sentSize: 200 });
  tell(0, 2, 110); // Its last words, still on their way when it is known to have ended.
  server.child(0).finish({ code: 0, signal: undefined });
  await settle();
  expect(await ask()).toEqual({ sessionsTotal: 6, errors: 0, receivedSize: 21, sentSize: 210 });
  await server.finish(server.supervisor.stop(), 1_000);
});

describe("a stop during the start", () => {
  test.each([0, 1, 2, 5, 10, 20, 50])("after %i turns leaves nothing", async (turns) => {
    const server = new PlayedServer();
    const starting = server.supervisor.start();
    starting.catch(() => undefined);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await server.finish(server.supervisor.stop());
    await expect(starting).rejects.toThrow("the server is stopping");
    expect(server.events("server ready")).toEqual([]);
    await server.advance(60_000);
    expect(await server.leftovers()).toEqual(NOTHING);
  });

  test("is none of the workers' faults", async () => {
    const server = new PlayedServer();
    const starting = server.supervisor.start();
    starting.catch(() => undefined);
    await settle();
    const link = await server.report(server.child(0));
    const stopping = server.supervisor.stop();
    link.tell({ type: "failed", message: "the port is gone" });
    await server.finish(stopping);
    await expect(starting).rejects.toThrow("the server is stopping");
    expect(server.events("worker failed")).toEqual([]);
  });
});
