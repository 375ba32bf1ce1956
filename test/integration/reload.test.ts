/**
 * Goal: a reload under load drops nobody, opens new ports before it closes old ones, renews certificates,
 * and with several workers reaches all of them.
 *
 * Method: a real server with a publisher and many players by our own bench, which says of each player
 * whether it lost anything; SIGHUP again and again with configurations that move the ports; broken files
 * in between.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import type { BenchReport } from "../../src/bench/report.ts";
import { media } from "../support/media.ts";
import { Program } from "../support/program.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import {
  freePorts,
  type Ports,
  RUNTIME_ENVIRONMENT,
  SLUICE,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const PLAYERS = 40;
const TIMEOUT_MS = 90_000;

type ConfigValue = Record<string, unknown>;

function configFile(server: TestServer): string {
  return join(server.folder, "sluice.yaml");
}

function change(server: TestServer, changes: ConfigValue): void {
  const config = JSON.parse(readFileSync(configFile(server), "utf8")) as ConfigValue;
  writeFileSync(configFile(server), JSON.stringify({ ...config, ...changes }));
}

/** Sends SIGHUP and waits for what comes of it. */
async function reload(server: TestServer, event = "configuration reloaded"): Promise<void> {
  const before = server.events(event).length;
  server.process.kill("SIGHUP");
  await waitFor(event, () => server.events(event).length > before);
}

function listenOn(ports: Ports): ConfigValue {
  return {
    listen: `127.0.0.1:${ports.rtmp}`,
    http_server: { enabled: true, listen: `127.0.0.1:${ports.http}` },
    http_api: { enabled: true, listen: `127.0.0.1:${ports.api}` },
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function bench(args: readonly string[]): Program {
  const program = new Program(SLUICE, ["bench", ...args, "--json"], {
    environment: RUNTIME_ENVIRONMENT,
  });
  onTestFinished(async () => void (await program.end()));
  return program;
}

describe.each([
  ["one process", {}],
  ["several workers", { workers: "2" }],
])("with %s", (_, config) => {
  test("nobody is dropped by reloads that move all ports", { timeout: TIMEOUT_MS }, async () => {
    const server = await startServer({ config });
    onTestFinished(() => server.stop("configuration not reloaded"));
    const stream = server.rtmpUrl("live/show");
    const file = await media("h264-aac.flv");
    const publisher = bench(["--publish", stream, "--file", file, "--duration", "600"]);
    await waitFor("the publisher", () => server.events("stream published").length > 0);
    const players = ["--players", String(PLAYERS), "--warmup", "2", "--duration", "12"];
    const viewers = [stream, server.httpUrl("/live/show.flv")].map((url) =>
      bench(["--play", url, ...players]),
    );
    await waitFor("the players", () => server.events("play started").length >= 2 * PLAYERS);
    let ports = server.ports;
    for (let round = 0; round < 4; round++) {
      ports = await freePorts();
      change(server, { ...listenOn(ports), max_connections: 1_000 + round });
      await reload(server);
      const answer = await fetch(`http://127.0.0.1:${ports.api}/api/v1/streams/`);
      expect(answer.status).toBe(200);
      const good = readFileSync(configFile(server), "utf8");
      writeFileSync(configFile(server), `${good.slice(0, 40)}`);
      await reload(server, "configuration not reloaded");
      writeFileSync(configFile(server), good);
    }
    await expect(fetch(server.apiUrl("/api/v1/versions"))).rejects.toThrow();
    for (const viewer of viewers) {
      await viewer.exited;
      const { isOk, healthy, problems } = JSON.parse(viewer.stdout) as BenchReport;
      const { failed, lost, unserved } = healthy;
      expect({ isOk, failed, lost, unserved }, problems.join("; ")).toEqual({
        ...{ isOk: true, failed: 0, lost: 0, unserved: 0 },
      });
    }
    expect(publisher.exit).toBeUndefined();
    expect(server.events("stream unpublished")).toEqual([]);
  });
});

test("all workers change or none, also one that is killed meanwhile", {
  timeout: TIMEOUT_MS,
}, async () => {
  const server = await startServer({ config: { workers: 2 } });
  onTestFinished(() => server.stop("configuration not reloaded"));
  await waitFor("all workers", () => server.events("server ready").length > 0);
  const taken = createServer();
  const before = server.ports;
  const after = await freePorts();
  await new Promise<void>((resolve) => taken.listen(after.http, "127.0.0.1", resolve));
  change(server, listenOn(after));
  await reload(server, "configuration not reloaded");
  expect(await isOpen(after.rtmp)).toBe(false);
  expect(await isOpen(before.rtmp)).toBe(true);
  await new Promise((resolve) => taken.close(resolve));
  const [victim] = server.events("worker ready");
  process.kill(Number(victim?.["pid"]), "SIGKILL");
  await reload(server);
  await waitFor("the new worker", () => server.events("worker ready").length === 3);
  // Each of many connections is taken by either of them.
  for (let i = 0; i < 12; i++) {
    expect(await isOpen(after.rtmp)).toBe(true);
    expect(await isOpen(before.rtmp)).toBe(false);
  }
});

test("a certificate that has been renewed is taken on", async () => {
  const folder = (server: TestServer, name: string): string => join(server.folder, name);
  const first = createSelfSigned("one", ["localhost"]);
  const second = createSelfSigned("two", ["localhost"]);
  const server = await startServer({
    config: (ports, path) => {
      writeFileSync(join(path, "key.pem"), first.key);
      writeFileSync(join(path, "cert.pem"), first.certificate);
      const https = { enabled: true, listen: `127.0.0.1:${ports.https}` };
      const files = { key: join(path, "key.pem"), cert: join(path, "cert.pem") };
      return { http_server: { https: { ...https, ...files } } };
    },
  });
  onTestFinished(() => server.stop());
  const seen = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const { https: port } = server.ports;
      const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subject.CN);
        socket.destroy();
      });
      socket.once("error", reject);
    });
  expect(await seen()).toBe("one");
  writeFileSync(folder(server, "key.pem"), second.key);
  writeFileSync(folder(server, "cert.pem"), second.certificate);
  await reload(server);
  expect(await seen()).toBe("two");
});

test("the file is watched where that is set", { timeout: TIMEOUT_MS }, async () => {
  const server = await startServer({ config: { inotify_auto_reload: true } });
  onTestFinished(() => server.stop());
  change(server, { max_connections: 77 });
  await waitFor("the reload", () => server.events("configuration reloaded").length === 1);
  expect(server.events("configuration reloaded")[0]).toMatchObject({
    cause: "file changed",
    changed: ["max_connections"],
  });
});
