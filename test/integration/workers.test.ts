/**
 * Goal: several processes are one server to whoever publishes, plays, asks or stops it; one of them
 * that dies takes along only those whom it served, and is replaced.
 *
 * Method: a server with two workers, on each runtime; FFmpeg publishes; so many players come that both
 * workers serve some, which the log tells; the answers and the frames are compared; workers and the
 * supervisor are killed.
 */

import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { expectPartOf } from "../support/compare-packets.ts";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { Program } from "../support/program.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import {
  launchServer,
  ROOT,
  startServer,
  TEST_RUNTIME,
  type TestServer,
} from "../support/server.ts";
import { waitFor, within } from "../support/wait.ts";

const VIDEO = 9;
const WORKERS = [0, 1];

/** So many tries until both workers have had one of them: one run in millions needs more. */
const TRIES_MAX = 24;

const EXIT_FAILED = 255;

const CONFIG = {
  workers: 2,
  vhosts: { __defaultVhost__: { min_latency: true, publish: { grace_ms: 15_000 } } },
};

let file: string;

beforeAll(async () => {
  file = await media("h264-aac.flv");
});

async function start(config: Record<string, unknown> = {}): Promise<TestServer> {
  const server = await startServer({ config: { ...CONFIG, ...config } });
  onTestFinished(() => server.stop());
  // A worker may answer before the others.
  await waitFor("all workers", () => server.events("server ready").length > 0);
  return server;
}

function publish(server: TestServer): Program {
  const program = publishFile(file, server.rtmpUrl("live/show"), { isLooped: true });
  onTestFinished(async () => void (await program.end()));
  return program;
}

/** The process ids of the workers of the moment. */
function workerPids(server: TestServer): number[] {
  const pids: number[] = [];
  for (const { worker, pid } of server.events("worker ready")) pids[Number(worker)] = Number(pid);
  return pids;
}

/** Does something that makes a line in the log, and tells which worker wrote it. */
async function workerOf<T>(
  server: TestServer,
  event: string,
  act: () => Promise<T>,
): Promise<{ worker: number; result: T }> {
  const count = server.events(event).length;
  const acting = act();
  const line = await waitFor(event, () => server.events(event)[count]);
  return { worker: Number(line["worker"]), result: await acting };
}

/** Has viewers come until each worker has one. */
async function watchAtBoth(server: TestServer): Promise<FlvCapture[]> {
  const viewers: FlvCapture[] = [];
  for (let tries = 0; WORKERS.some((worker) => viewers[worker] === undefined); tries++) {
    if (tries === TRIES_MAX) throw new Error("All viewers came to the same worker");
    const { worker, result } = await workerOf(server, "play started", () =>
      FlvCapture.http(server.httpUrl("/live/show.flv")),
    );
    if (viewers[worker] === undefined) viewers[worker] = result;
    else result.close();
    onTestFinished(() => result.close());
  }
  return viewers;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that nobody has waited for yet is over all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Where the processes' sockets are. */
function socketFolder(server: TestServer): string {
  const environment = readFileSync(`/proc/${workerPids(server)[0]}/environ`, "utf8");
  return /SLUICE_WORKER_SOCKET=([^\0]+)\/control\0/.exec(environment)?.[1] ?? "";
}

async function api(server: TestServer, path: string): Promise<Record<string, unknown>> {
  return JSON.parse((await httpGet(server.apiUrl(path))).text) as Record<string, unknown>;
}

async function isPortOpen(port: number): Promise<boolean> {
  return RawSocket.open(port).then(
    (socket) => {
      socket.close();
      return true;
    },
    () => false,
  );
}

function countVideo(capture: FlvCapture): number {
  return capture.tags().filter(({ type }) => type === VIDEO).length;
}

describe("two workers", () => {
  test("play at both, bit by bit and with its times, what is published at one", async () => {
    const server = await start();
    publish(server);
    const viewers = await watchAtBoth(server);
    const rtmp = await probePackets(server.rtmpUrl("live/show"), 150);
    const source = await probePackets(file);
    expectPartOf(rtmp, source);
    for (const [worker, viewer] of viewers.entries()) {
      await viewer.waitForTags(VIDEO, 75);
      viewer.close();
      expectPartOf(await probePackets(viewer.save(`${server.folder}/${worker}.flv`)), source);
    }
    const [own = [], relayed = []] = viewers.map((viewer) =>
      viewer.tags().filter(({ type }) => type === VIDEO),
    );
    const timeOf = new Map(own.map(({ timestamp, body }) => [body.toString("base64"), timestamp]));
    const both = relayed.filter(({ body }) => timeOf.has(body.toString("base64")));
    expect(both.length).toBeGreaterThan(40);
    for (const { timestamp, body } of both.slice(1)) {
      expect(timestamp).toBe(timeOf.get(body.toString("base64")));
    }
    expect(server.events("relay started")).toHaveLength(1);
  });

  test("know of one another who publishes", async () => {
    const server = await start();
    const first = await RtmpPeer.publish(server.rtmpUrl("live/show"));
    onTestFinished(() => first.close());
    const refusedBy = new Set<number>();
    for (let tries = 0; refusedBy.size < WORKERS.length && tries < TRIES_MAX; tries++) {
      const { worker } = await workerOf(server, "session ended", async () => {
        await expect(RtmpPeer.publish(server.rtmpUrl("live/show"))).rejects.toMatchObject({
          code: "NetStream.Publish.BadName",
        });
      });
      refusedBy.add(worker);
    }
    expect([...refusedBy].sort()).toEqual(WORKERS);
    first.close();
    const second = await waitFor("the name to be free", () =>
      RtmpPeer.publish(server.rtmpUrl("live/show")).catch(() => undefined),
    );
    second.close();
  });

  test("answer as one server, and kick whoever it is wherever it is", async () => {
    const server = await start();
    publish(server);
    const viewers = await watchAtBoth(server);
    for (const viewer of viewers) await viewer.waitForTags(VIDEO, 5);
    const answers = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const { server: id, service, pid } = await api(server, "/api/v1/versions");
      const { clients } = await api(server, "/api/v1/clients/");
      const { streams } = await api(server, "/api/v1/streams/");
      const ids = (clients as { id: string }[]).map((client) => client.id);
      const names = (streams as { name: string; clients: number }[]).map(
        (stream) => `${stream.name} ${stream.clients}`,
      );
      answers.add(JSON.stringify({ id, service, pid, ids, names }));
    }
    expect([...answers]).toHaveLength(1);
    const answer = JSON.parse([...answers][0] ?? "") as { pid: string; ids: string[]; names: [] };
    expect(answer.pid).toBe(String(server.process.pid));
    expect(answer.names).toEqual([`show ${answer.ids.length}`]);
    const { clients } = await api(server, "/api/v1/clients/");
    for (const { id, publish: isPublisher } of clients as { id: string; publish: boolean }[]) {
      if (isPublisher) continue;
      const { status } = await fetch(server.apiUrl(`/api/v1/clients/${id}`), { method: "DELETE" });
      expect(status).toBe(200);
    }
    for (const viewer of viewers) await viewer.waitForEnd();
  });

  test("tell of all processes in the metrics", async () => {
    const server = await start();
    const { text } = await httpGet(server.apiUrl("/metrics"));
    for (const worker of ["0", "1", "supervisor"]) {
      expect(text).toContain(`process_resident_memory_bytes{worker="${worker}"}`);
    }
  });

  test("share a limit of connections", async () => {
    const server = await start({ max_connections: 6 });
    const peers: RtmpPeer[] = [];
    onTestFinished(() => {
      for (const peer of peers) peer.close();
    });
    await waitFor("the server to be full", async () => {
      const peer = await RtmpPeer.play(server.rtmpUrl("live/show")).catch(() => undefined);
      if (peer === undefined) return true;
      peers.push(peer);
      return false;
    });
    // Counts are told ten times a second, and a try is made every 20 ms.
    expect(peers.length).toBeGreaterThanOrEqual(6);
    expect(peers.length).toBeLessThan(6 + 12);
  });
});

describe("a worker that is killed", () => {
  test("is replaced, and only those whom it served notice", async () => {
    const server = await start();
    const { worker: owner } = await workerOf(server, "stream published", async () =>
      publish(server),
    );
    const other = 1 - owner;
    const viewers = await watchAtBoth(server);
    const [kept, lost] = [viewers[owner], viewers[other]];
    if (kept === undefined || lost === undefined) throw new Error("A viewer is missing");
    await kept.waitForTags(VIDEO, 10);
    await lost.waitForTags(VIDEO, 10);
    const pids = workerPids(server);
    process.kill(pids[other] ?? 0, "SIGKILL");
    await lost.waitForEnd();
    await kept.waitForTags(VIDEO, countVideo(kept) + 25);
    expect(kept.isEnded).toBe(false);
    await waitFor("another worker", () => server.events("worker ready").length === 3);
    expect(workerPids(server)[other]).not.toBe(pids[other]);
    expect(workerPids(server)[owner]).toBe(pids[owner]);
    const [again] = (await watchAtBoth(server)).toSpliced(owner, 1);
    await again?.waitForTags(VIDEO, 10);
  });

  test("with the publisher: viewers at the other stay, and go on when it is back", async () => {
    const server = await start();
    const { worker: owner, result: publisher } = await workerOf(
      server,
      "stream published",
      async () => publish(server),
    );
    const viewer = (await watchAtBoth(server))[1 - owner];
    if (viewer === undefined) throw new Error("A viewer is missing");
    await viewer.waitForTags(VIDEO, 25);
    process.kill(workerPids(server)[owner] ?? 0, "SIGKILL");
    await within("the publisher's end", publisher.exited);
    const count = countVideo(viewer);
    publish(server);
    const tags = await viewer.waitForTags(VIDEO, count + 50);
    const times = tags.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(viewer.isEnded).toBe(false);
  });
});

describe("a supervisor that is killed", () => {
  test("leaves neither processes nor ports nor files behind", async () => {
    const server = await start();
    publish(server);
    await watchAtBoth(server);
    const pids = workerPids(server);
    const folder = socketFolder(server);
    expect(existsSync(folder)).toBe(true);
    await server.signal("SIGKILL");
    await waitFor("the workers' end", () => !pids.some(isRunning));
    for (const port of [server.ports.rtmp, server.ports.http, server.ports.api]) {
      expect(await isPortOpen(port)).toBe(false);
    }
    expect(existsSync(folder)).toBe(false);
  });
});

describe("the supervisor", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("stops all at once on %s", async (signal) => {
    const server = await start({ pid: "./sluice.pid" });
    publish(server);
    const viewers = await watchAtBoth(server);
    const pids = workerPids(server);
    const folder = socketFolder(server);
    expect(readFileSync(`${server.folder}/sluice.pid`, "utf8")).toBe(String(server.process.pid));
    expect(await server.signal(signal)).toEqual({ code: 0, signal: undefined });
    expect(pids.filter(isRunning)).toEqual([]);
    for (const viewer of viewers) await viewer.waitForEnd();
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(`${server.folder}/sluice.pid`)).toBe(false);
  });

  test("is not upset when a terminal or a service manager signals all processes", async () => {
    const server = await start();
    publish(server);
    await watchAtBoth(server);
    for (const pid of workerPids(server)) {
      for (const signal of ["SIGINT", "SIGHUP", "SIGQUIT"]) process.kill(pid, signal);
      process.kill(pid, "SIGTERM");
    }
    expect(await server.signal("SIGTERM")).toEqual({ code: 0, signal: undefined });
    expect(workerPids(server).filter(isRunning)).toEqual([]);
  });

  test("lets those who are there finish on SIGQUIT, at whichever worker they are", async () => {
    const server = await start();
    const publisher = publish(server);
    const viewers = await watchAtBoth(server);
    for (const viewer of viewers) await viewer.waitForTags(VIDEO, 5);
    server.process.kill("SIGQUIT");
    for (const port of [server.ports.rtmp, server.ports.http, server.ports.api]) {
      await waitFor(`port ${port} to close`, async () => !(await isPortOpen(port)));
    }
    for (const viewer of viewers) await viewer.waitForTags(VIDEO, countVideo(viewer) + 25);
    expect(server.process.exit).toBeUndefined();
    for (const viewer of viewers) viewer.close();
    publisher.kill("SIGTERM");
    const exit = await within("the graceful end", server.process.exited);
    expect(exit).toEqual({ code: 0, signal: undefined });
    expect(workerPids(server).filter(isRunning)).toEqual([]);
  });

  test("ends all by force on a second signal", async () => {
    const server = await start();
    publish(server);
    await watchAtBoth(server);
    server.process.kill("SIGQUIT");
    await waitFor("the graceful stop to begin", () => server.events("stopping").length > 0);
    const folder = socketFolder(server);
    expect((await server.signal("SIGQUIT")).code).toBe(1);
    expect(workerPids(server).filter(isRunning)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  test("refuses to start on ports that another server's workers share", async () => {
    const first = await start();
    for (const workers of [2, 1]) {
      const listen = `127.0.0.1:${first.ports.rtmp}`;
      const second = await launchServer({ config: { workers, listen } });
      onTestFinished(async () => void (await second.process.end()));
      const { code } = await within("the second server's end", second.process.exited);
      expect(code).toBe(EXIT_FAILED);
      expect(second.log).toContain(`Cannot listen on ${listen}`);
    }
  });

  test("does not start if its workers cannot, and says why", async () => {
    const https = { enabled: true, key: "./missing.pem", cert: "./missing.pem" };
    const server = await launchServer({
      config: ({ https: port }) => ({
        workers: 2,
        http_server: { https: { ...https, listen: `127.0.0.1:${port}` } },
      }),
    });
    onTestFinished(async () => void (await server.process.end()));
    const { code } = await within("the server's end", server.process.exited);
    expect(code).toBe(EXIT_FAILED);
    expect(server.process.stderr).toMatch(/^Cannot .*missing\.pem/m);
    expect(server.events("server ready")).toEqual([]);
  });
});

describe.runIf(TEST_RUNTIME === "node")("where the system cannot share a port", () => {
  test("the supervisor accepts, and its workers serve", async () => {
    const server = await launchServer({ config: CONFIG });
    await server.process.end();
    const program = new Program(
      `${ROOT}node_modules/.bin/node`,
      [`${ROOT}test/support/hand-over-server.ts`, "-c", `${server.folder}/sluice.yaml`],
      { workingFolder: server.folder },
    );
    onTestFinished(async () => void (await program.end()));
    const handing = Object.assign(Object.create(server), { process: program }) as TestServer;
    await waitFor("the server to be ready", () => handing.events("server ready").length > 0);
    const publisher = publishFile(file, server.rtmpUrl("live/show"), { isLooped: true });
    onTestFinished(async () => void (await publisher.end()));
    for (const viewer of await watchAtBoth(handing)) await viewer.waitForTags(VIDEO, 25);
    program.kill("SIGTERM");
    expect(await within("the end", program.exited)).toEqual({ code: 0, signal: undefined });
  });
});
