/**
 * Goal: the workers' ports are exactly those of the configuration; what the supervisor hands over
 * reaches the listener it is meant for, and nobody else.
 *
 * Method: configurations with each kind of port; a worker's side with connections handed over by hand.
 */

import { describe, expect, test } from "vitest";
import {
  HandedOverPorts,
  PortHandOver,
  portSharing,
  SharedPorts,
  tcpEndpoints,
} from "../../../src/app/workers/ports.ts";
import { createSocketPair } from "../../../src/runtime/memory.ts";
import { MemoryNetwork } from "../../support/memory-network.ts";
import { memoryConfig } from "../../support/memory-server.ts";

const PEM = { key: "a.pem", cert: "a.pem" };

test("endpoints are those that are enabled, each once", () => {
  const ports = (config: Record<string, unknown>): string[] =>
    tcpEndpoints(memoryConfig(config)).map(({ host, port }) => `${host}:${port}`);
  expect(ports({})).toEqual(["0.0.0.0:1935", "0.0.0.0:8080", "0.0.0.0:1985"]);
  expect(
    ports({
      listen: ["127.0.0.1:1935", "[::1]:1935"],
      rtmps: { enabled: true, listen: 1443, ...PEM },
      http_server: { enabled: true, listen: 8080, https: { enabled: true, listen: 8443, ...PEM } },
      http_api: { enabled: true, listen: 8080, https: { enabled: true, listen: 8443, ...PEM } },
    }),
  ).toEqual(["127.0.0.1:1935", "::1:1935", "0.0.0.0:1443", "0.0.0.0:8080", "0.0.0.0:8443"]);
  expect(ports({ http_server: { enabled: false }, http_api: { enabled: false } })).toEqual([
    "0.0.0.0:1935",
  ]);
});

test.each([
  [true, true, "reusePort"],
  [true, false, "reusePort"],
  [false, true, "handOver"],
  [false, false, undefined],
] as const)("sharing %s, handing over %s: %s", (canSharePort, canHandOver, expected) => {
  const { tcp } = new MemoryNetwork().runtime;
  tcp.canSharePort = canSharePort;
  tcp.canHandOver = canHandOver;
  expect(portSharing(tcp)).toBe(expected);
});

test("shared ports can be had several times", async () => {
  const { tcp } = new MemoryNetwork().runtime;
  const options = { host: "127.0.0.1", port: 1935 };
  for (let i = 0; i < 3; i++) await new SharedPorts(tcp).listen(options, (s) => s.destroy());
  await expect(tcp.listen(options, (s) => s.destroy())).rejects.toThrow("already in use");
});

test("a supervisor that stops opens nothing any more", async () => {
  const { tcp } = new MemoryNetwork().runtime;
  const ports = new PortHandOver(tcp, () => []);
  const opening = ports.listen([
    { host: "127.0.0.1", port: 1935 },
    { host: "127.0.0.1", port: 1936 },
  ]);
  await ports.close();
  await expect(opening).rejects.toThrow("the server is stopping");
  expect([1935, 1936].map((port) => tcp.isListening(port))).toEqual([false, false]);
});

describe("a worker that is handed connections", () => {
  async function listen() {
    const { tcp, host } = new MemoryNetwork().runtime;
    const ports = new HandedOverPorts(tcp, host);
    const accepted: string[] = [];
    const rtmp = await ports.listen({ host: "0.0.0.0", port: 1935 }, () => accepted.push("rtmp"));
    await ports.listen({ host: "::1", port: 8080 }, () => accepted.push("http"));
    return { host, accepted, rtmp };
  }

  test("serves each at the listener it came to", async () => {
    const { host, accepted } = await listen();
    for (const tag of ["::1:8080", "0.0.0.0:1935", "0.0.0.0:1935"]) {
      host.receive(createSocketPair()[1], tag);
    }
    expect(accepted).toEqual(["http", "rtmp", "rtmp"]);
  });

  test("drops what it has no listener for, or no longer", async () => {
    const { host, accepted, rtmp } = await listen();
    await rtmp.close();
    for (const tag of ["0.0.0.0:1935", "0.0.0.0:1985"]) {
      const [, socket] = createSocketPair();
      host.receive(socket, tag);
      expect(socket.isClosed).toBe(true);
    }
    expect(accepted).toEqual([]);
  });
});
