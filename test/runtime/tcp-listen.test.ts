/**
 * Goal: listeners take the ports they are told to, alone or together, and connections tell where they
 * are from and to, and how they ended, on this runtime and in memory.
 *
 * Method: both ends are ours, on loopback.
 */

import { describe, expect, test } from "vitest";
import { ClosedError, SystemError } from "../../src/base/errors.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { Runtime, TcpSocket } from "../../src/runtime/runtime.ts";
import { eventually } from "./support/eventually.ts";
import { openConnection, Recorder } from "./support/recorder.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const idle = {
  data: (): void => undefined,
  drain: (): void => undefined,
  close: (): void => undefined,
};

const runtimes: Runtime[] = [await createRuntime(), new MemoryRuntime()];

describe.each(runtimes)("TCP listeners on $name", ({ tcp }) => {
  test("tells both ends who they are", async () => {
    const { client, server, serverEvents } = await openConnection(tcp);
    expect(client.remoteAddress).toBe("127.0.0.1");
    expect(client.localAddress).toBe("127.0.0.1");
    expect(server.remoteAddress).toBe("127.0.0.1");
    expect(server.localAddress).toBe("127.0.0.1");
    expect(server.remotePort).toBe(client.localPort);
    expect(server.localPort).toBe(client.remotePort);
    expect(server.isTls).toBe(false);
    client.destroy();
    await serverEvents.whenClosed();
  });

  test("close with an error tells that the peer broke off", async () => {
    const { client, clientEvents, serverEvents } = await openConnection(tcp);
    client.destroy();
    await serverEvents.whenClosed();
    expect(serverEvents.error).toBeInstanceOf(ClosedError);
    await clientEvents.whenClosed();
  });

  test("throws ClosedError where nobody listens", async () => {
    const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, () => undefined);
    const { port } = listener;
    await listener.close();
    const events = new Recorder();
    const attempt = tcp.connect({ host: "127.0.0.1", port, timeoutMs: 10_000 }, events);
    await expect(attempt).rejects.toThrow(ClosedError);
    await expect(attempt).rejects.toThrow(`Cannot connect to 127.0.0.1:${port}: ECONNREFUSED`);
    expect(events.closeCount).toBe(0);
  });

  test("throws EADDRINUSE where somebody listens", async () => {
    const first = await tcp.listen({ host: "127.0.0.1", port: 0 }, () => undefined);
    const attempt = tcp.listen({ host: "127.0.0.1", port: first.port }, () => undefined);
    await expect(attempt).rejects.toThrow(SystemError);
    await expect(attempt).rejects.toMatchObject({
      code: "EADDRINUSE",
      message: `Cannot listen on 127.0.0.1:${first.port}: address already in use`,
    });
    await first.close();
  });

  test("shares a port among listeners that ask for it", async () => {
    let acceptCount = 0;
    const options = { host: "127.0.0.1", reusePort: true };
    const accept = (socket: TcpSocket): void => {
      acceptCount += 1;
      socket.end();
    };
    const first = await tcp.listen({ ...options, port: 0 }, accept);
    const second = await tcp.listen({ ...options, port: first.port }, accept);
    const target = { host: "127.0.0.1", port: first.port, timeoutMs: 10_000 };
    for (let i = 0; i < 10; i++) await tcp.connect(target, new Recorder());
    await eventually("10 connections", () => acceptCount === 10);
    await first.close();
    await second.close();
  });

  test("accepts 500 connections that come at once", async () => {
    const servers: TcpSocket[] = [];
    const serverEvents = new Recorder();
    const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, (socket) => {
      socket.handler = { ...idle, data: (bytes) => serverEvents.data(bytes) };
      servers.push(socket);
    });
    const options = { host: "127.0.0.1", port: listener.port, timeoutMs: 10_000 };
    const events = Array.from({ length: 500 }, () => new Recorder());
    const clients = await Promise.all(events.map((handler) => tcp.connect(options, handler)));
    for (const client of clients) client.write(encode("hello"));
    await serverEvents.whenReceived(2500);
    expect(servers.length).toBe(500);
    expect(new Set(servers.map((socket) => socket.remotePort)).size).toBe(500);
    for (const server of servers) server.end();
    await Promise.all(events.map((handler) => handler.whenClosed()));
    await listener.close();
  });
});
