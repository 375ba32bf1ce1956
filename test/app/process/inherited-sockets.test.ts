/**
 * Goal: sockets that a service manager has opened serve the ports that have their addresses; what fits
 * none is told of and closed; what is meant for somebody else is left alone.
 *
 * Method: a host that is told which descriptors are open, and a network in memory that writes down
 * which of them are listened on.
 *
 * Spec: sd_listen_fds(3)
 */

import { describe, expect, test } from "vitest";
import { takeManagersSockets } from "../../../src/app/process/inherited-sockets.ts";
import { inheritPorts } from "../../../src/app/process/inheriting-ports.ts";
import type { InheritedSocket } from "../../../src/runtime/runtime.ts";
import { MemoryNetwork } from "../../support/memory-network.ts";
import { memoryConfig } from "../../support/memory-server.ts";

const OURS = { LISTEN_PID: "4242", LISTEN_FDNAMES: "rtmp:web:rtc" };

function socket(descriptor: number, transport: "tcp" | "udp", host: string, port: number) {
  return { descriptor, transport, host, port };
}

async function inherit(
  sockets: readonly InheritedSocket[],
  environment: Record<string, string> = {},
) {
  const listen = { LISTEN_FDS: String(sockets.length), ...OURS, ...environment };
  const machine = new MemoryNetwork({ environment: listen });
  const { runtime, logging } = machine;
  runtime.host.inherited.push(...sockets);
  const inherited = await takeManagersSockets(runtime, logging.logger);
  return {
    machine,
    ...runtime,
    inherited,
    ports: inheritPorts(runtime, inherited, logging.logger),
  };
}

const accept = (): void => undefined;
const handler = { datagram: () => undefined, error: () => undefined };

describe("a port is served by an inherited socket", () => {
  test.each([
    ["of its address", "127.0.0.1", "127.0.0.1"],
    ["of all addresses for all of IPv4", "::", "0.0.0.0"],
    ["of all of IPv4 for all addresses", "0.0.0.0", "::"],
  ])("%s", async (_what, host, wanted) => {
    const { ports, tcp } = await inherit([socket(3, "tcp", host, 1935)]);
    const listener = await ports.tcp.listen({ host: wanted, port: 1935 }, accept);
    expect(tcp.descriptors).toEqual([3]);
    expect(listener.host).toBe(host);
  });

  test.each([
    ["another port", socket(3, "tcp", "0.0.0.0", 1936)],
    ["another address", socket(3, "tcp", "127.0.0.2", 1935)],
    ["one address of all", socket(3, "tcp", "::1", 1935)],
    ["another transport", socket(3, "udp", "0.0.0.0", 1935)],
  ])("but not by one of %s", async (_what, other) => {
    const { ports, tcp } = await inherit([other]);
    await ports.tcp.listen({ host: "0.0.0.0", port: 1935 }, accept);
    expect(tcp.descriptors).toEqual([]);
  });

  test("the very address comes before every address", async () => {
    const { ports, tcp } = await inherit([
      socket(3, "tcp", "::", 1935),
      socket(4, "tcp", "0.0.0.0", 1935),
    ]);
    await ports.tcp.listen({ host: "0.0.0.0", port: 1935 }, accept);
    expect(tcp.descriptors).toEqual([4]);
  });

  test("of UDP too", async () => {
    const { machine, ports, udp } = await inherit([socket(3, "udp", "0.0.0.0", 8000)]);
    await ports.udp.bind({ host: "0.0.0.0", port: 8000 }, handler);
    expect(udp.descriptors).toEqual([3]);
    expect(machine.events("socket inherited")).toHaveLength(1);
  });

  test("of UDP by a runtime that has to bind beside it, which is told", async () => {
    const { machine, ports, udp } = await inherit([socket(3, "udp", "0.0.0.0", 8000)]);
    udp.canInherit = false;
    const again = inheritPorts(
      machine.runtime,
      (await inherit([socket(3, "udp", "0.0.0.0", 8000)])).inherited,
      machine.logging.logger,
    );
    await again.udp.bind({ host: "0.0.0.0", port: 8000 }, handler);
    expect(ports.udp.canInherit).toBe(true);
    expect(machine.events("inherited socket not used, port bound beside it")).toHaveLength(1);
  });

  test("once: who closes it hears that the manager has it still", async () => {
    const { ports, tcp } = await inherit([socket(3, "tcp", "0.0.0.0", 1935)]);
    const place = { host: "0.0.0.0", port: 1935 };
    await (await ports.tcp.listen(place, accept)).close();
    await tcp.listen(place, accept); // As if it were the manager's.
    await expect(ports.tcp.listen(place, accept)).rejects.toThrow("the service manager holds it");
  });
});

test("those of UDP can be handed on without those of TCP", async () => {
  const { inherited } = await inherit([
    socket(3, "tcp", "::", 1935),
    socket(4, "udp", "::", 8000),
    socket(5, "tcp", "::", 8080),
  ]);
  expect(inherited.descriptorsOf("udp")).toEqual([4]);
  expect(inherited.descriptorsOf("tcp")).toEqual([3, 5]);
});

describe("what the configuration has no use for", () => {
  test("is told of and closed", async () => {
    const { machine, host, inherited } = await inherit([
      socket(3, "tcp", "::", 1935),
      socket(4, "tcp", "::", 8081),
      socket(5, "udp", "::", 8000),
    ]);
    await inherited.closeUnknown(memoryConfig({ listen: 1935 }));
    expect(host.closedDescriptors).toEqual([4, 5]);
    expect(inherited.descriptors).toEqual([3]);
    expect(machine.events("inherited socket not used")).toMatchObject([
      { name: "web", transport: "tcp", address: "[::]:8081" },
      { name: "rtc", transport: "udp", address: "[::]:8000" },
    ]);
  });

  test("so is what is no such socket", async () => {
    const { machine, host, inherited } = await inherit([], { LISTEN_FDS: "2" });
    expect(host.closedDescriptors).toEqual([3, 4]);
    expect(inherited.isEmpty).toBe(true);
    expect(machine.events("inherited socket not used")).toHaveLength(2);
  });
});

describe("the environment", () => {
  test("does not hand it on", async () => {
    const { host } = await inherit([socket(3, "tcp", "::", 1935)]);
    expect(host.environment).toEqual({});
  });

  test.each([
    ["for another process", { LISTEN_PID: "17" }],
    ["of no number", { LISTEN_FDS: "some" }],
    ["of a number below 0", { LISTEN_FDS: "-1" }],
  ])("%s is not taken", async (_what, environment) => {
    const { inherited, host, ports, machine } = await inherit(
      [socket(3, "tcp", "::", 1935)],
      environment,
    );
    expect(inherited.isEmpty).toBe(true);
    expect(host.closedDescriptors).toEqual([]);
    expect(ports).toBe(machine.runtime);
  });

  test("with a number that is too large is taken as far as is reasonable", async () => {
    const { host } = await inherit([], { LISTEN_FDS: "1000000000" });
    expect(host.closedDescriptors).toHaveLength(1_024);
  });
});
