/**
 * Goal: what only a real network shows: both address families, peers that hang, half-close or break
 * off, and addresses that are not ours.
 *
 * Method: peers made with node:net, or a child process that listens but never accepts.
 */

import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { ClosedError, TimeoutError } from "../../src/base/errors.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { TcpSocket } from "../../src/runtime/runtime.ts";
import { eventually, pass } from "./support/eventually.ts";
import { testUnlessGap } from "./support/gaps.ts";
import { startProbe, startProbeFromShell } from "./support/probe.ts";
import { fill, openConnection, Recorder } from "./support/recorder.ts";

const runtime = await createRuntime();
const { tcp } = runtime;

const BLOCK = new Uint8Array(64 << 10);

/** Listens for one connection from a peer made with node:net. */
async function acceptRaw(): Promise<{ raw: Socket; server: TcpSocket; events: Recorder }> {
  const events = new Recorder();
  let server: TcpSocket | undefined;
  const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, (socket) => {
    server = socket;
    socket.handler = events;
  });
  const raw = connect({ host: "127.0.0.1", port: listener.port, allowHalfOpen: true });
  raw.on("error", () => undefined);
  await eventually("accept", () => server !== undefined);
  await listener.close();
  return { raw, server: server as TcpSocket, events };
}

describe(`addresses on ${runtime.name}`, () => {
  test("speaks IPv6", async () => {
    const { client, server, serverEvents } = await openConnection(tcp, "::1");
    expect([server.remoteAddress, server.localAddress]).toEqual(["::1", "::1"]);
    client.end();
    await serverEvents.whenClosed();
  });

  test("listens on both families at ::, and shows IPv4 as IPv4", async () => {
    const seen: string[] = [];
    const listener = await tcp.listen({ host: "::", port: 0 }, (socket) => {
      seen.push(`${socket.remoteAddress} ${socket.localAddress}`);
      socket.end();
    });
    for (const host of ["127.0.0.1", "::1", "localhost"]) {
      const events = new Recorder();
      await tcp.connect({ host, port: listener.port, timeoutMs: 10_000 }, events);
      await events.whenClosed();
    }
    expect(seen.slice(0, 2)).toEqual(["127.0.0.1 127.0.0.1", "::1 ::1"]);
    // RFC 8305 lets a client try both addresses of a name at once.
    expect(seen.length).toBeGreaterThanOrEqual(3);
    await listener.close();
  });

  test("still tells who the peer was after the close", async () => {
    const { client, server, serverEvents } = await openConnection(tcp);
    client.end();
    await serverEvents.whenClosed();
    await pass(20);
    expect([server.remoteAddress, server.remotePort]).toEqual(["127.0.0.1", client.localPort]);
    expect([server.localAddress, server.localPort]).toEqual(["127.0.0.1", client.remotePort]);
  });

  testUnlessGap(
    runtime,
    "EADDRNOTAVAIL",
    "throws EADDRNOTAVAIL at an address of somebody else",
    async () => {
      // TEST-NET-1, RFC 5737: nobody's.
      const attempt = tcp.listen({ host: "192.0.2.1", port: 0 }, () => undefined);
      await expect(attempt).rejects.toMatchObject({ name: "SystemError", code: "EADDRNOTAVAIL" });
    },
  );

  test.skipIf(process.getuid?.() === 0)("throws EACCES at a port of the system's", async () => {
    const attempt = tcp.listen({ host: "127.0.0.1", port: 1 }, () => undefined);
    await expect(attempt).rejects.toMatchObject({ name: "SystemError", code: "EACCES" });
  });

  test("throws ClosedError for a name that nobody has", async () => {
    // RFC 6761, section 6.4: never exists.
    const options = { host: "sluice.invalid", port: 1935, timeoutMs: 10_000 };
    await expect(tcp.connect(options, new Recorder())).rejects.toThrow(ClosedError);
  });
});

describe(`peers on ${runtime.name}`, () => {
  test("throws TimeoutError if nobody accepts", async () => {
    const { child, printed, whenPrinted } = await startProbe(runtime, "stuck-listener");
    await whenPrinted(" \n");
    const port = Number(/port (\d+)/.exec(printed.stdout)?.[1]);
    const clients: TcpSocket[] = [];
    const events = new Recorder();
    const attempt = async (): Promise<void> => {
      // The kernel accepts some itself, as many as the backlog says.
      for (let i = 0; i < 2000; i++) {
        clients.push(await tcp.connect({ host: "127.0.0.1", port, timeoutMs: 300 }, events));
      }
    };
    await expect(attempt()).rejects.toThrow(TimeoutError);
    expect(events.closeCount).toBe(0);
    for (const client of clients) client.destroy();
    await eventually("all closed", () => events.closeCount === clients.length);
    child.kill("SIGKILL");
    await child.exited;
  });

  test("closes when the peer half-closes, after sending what was taken", async () => {
    const { raw, server, events } = await acceptRaw();
    events.tap = (event) => {
      if (event === "data") server.write(BLOCK);
    };
    let repliedSize = 0;
    raw.on("data", (bytes) => {
      repliedSize += bytes.length;
    });
    let isEnded = false;
    raw.on("end", () => {
      isEnded = true;
    });
    raw.end("request");
    await events.whenClosed();
    await eventually("reply and end", () => isEnded);
    expect(events.text).toBe("request");
    expect(repliedSize).toBe(BLOCK.length);
    expect(events.error).toBeUndefined();
    raw.destroy();
  });

  test("closes with an error, once, when the peer resets while we are blocked", async () => {
    const { raw, server, events } = await acceptRaw();
    raw.pause();
    fill(server, BLOCK);
    raw.resetAndDestroy();
    await events.whenClosed();
    await pass(20);
    expect(events.error).toBeInstanceOf(ClosedError);
    expect(events.closeCount).toBe(1);
    expect(events.drainCount).toBe(0);
    expect(events.lateCalls).toEqual([]);
    expect(server.write(BLOCK)).toBe(0);
  });

  test("survives a peer that resets before it is accepted", async () => {
    const events = new Recorder();
    let acceptCount = 0;
    const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, (socket) => {
      acceptCount += 1;
      expect(socket.remoteAddress).toBe("127.0.0.1");
      socket.handler = events;
      socket.write(BLOCK);
    });
    for (let i = 0; i < 50; i++) {
      const raw = connect(listener.port, "127.0.0.1");
      raw.on("error", () => undefined);
      raw.on("connect", () => raw.resetAndDestroy());
    }
    const options = { host: "127.0.0.1", port: listener.port, timeoutMs: 10_000 };
    const good = new Recorder();
    const client = await tcp.connect(options, good);
    await good.whenReceived(BLOCK.length);
    client.destroy();
    await eventually("all closed", () => events.closeCount === acceptCount);
    await listener.close();
  });

  test("closes an ended connection when the peer closes its side", async () => {
    const { raw, server, events } = await acceptRaw();
    let isEnded = false;
    raw.on("end", () => {
      isEnded = true;
    });
    raw.resume();
    server.end();
    await eventually("end", () => isEnded);
    expect(events.closeCount).toBe(0);
    raw.write("too late");
    await pass(20);
    raw.end();
    await events.whenClosed();
    expect(events.receivedSize).toBe(0);
    expect(events.error).toBeUndefined();
  });

  test("throws ClosedError or closes at once if the peer accepts and resets", async () => {
    const server = createServer((socket) => socket.resetAndDestroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const events = new Recorder();
    const options = { host: "127.0.0.1", port, timeoutMs: 10_000 };
    const outcome = await tcp.connect(options, events).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ClosedError);
    else await events.whenClosed();
    server.close();
  });

  testUnlessGap(
    runtime,
    "accepting after EMFILE",
    "goes on accepting after the descriptors had run out",
    async () => {
      const script = 'ulimit -n 100; exec "$@"';
      const { child, printed, whenPrinted } = await startProbeFromShell(runtime, script, "echo");
      try {
        await whenPrinted(" \n");
        const port = Number(/port (\d+)/.exec(printed.stdout)?.[1]);
        const crowd = Array.from({ length: 150 }, () => connect(port, "127.0.0.1"));
        for (const raw of crowd) raw.on("error", () => undefined);
        await pass(300);
        for (const raw of crowd) raw.destroy();
        await pass(300);
        const events = new Recorder();
        const client = await tcp.connect({ host: "127.0.0.1", port, timeoutMs: 10_000 }, events);
        client.write(Uint8Array.of(1));
        await eventually("echo", () => events.receivedSize === 1, 3000);
        client.destroy();
      } finally {
        child.kill("SIGKILL");
        await child.exited;
      }
    },
  );

  test("an error thrown in a handler is an uncaught one, and the socket lives on", async () => {
    const { child, printed } = await startProbe(runtime, "throwing-handler");
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(printed.stdout).toBe("uncaught in data\nuncaught in data\nuncaught in close\n");
  });
});
