/**
 * Goal: TLS connections keep the contract of plain ones, are made only with a peer that is who it
 * should be, and neither a stranger's garbage nor its silence costs anything but its own connection.
 *
 * Method: certificates made on the spot; strangers are made with node:net.
 */

import { createHash } from "node:crypto";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { ClosedError, SystemError, TimeoutError } from "../../src/base/errors.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import type {
  TcpConnectOptions,
  TcpListener,
  TcpSocket,
  TlsConnectOptions,
} from "../../src/runtime/runtime.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { eventually, pass } from "./support/eventually.ts";
import { testUnlessGap } from "./support/gaps.ts";
import { type Connection, fill, Recorder } from "./support/recorder.ts";

const runtime = await createRuntime({ tlsHandshakeMsMax: 500 });
const { name: runtimeName, tcp } = runtime;

const IDENTITY = createSelfSigned("one", ["localhost", "sluice.test", "127.0.0.1"]);
const OTHER_IDENTITY = createSelfSigned("two", ["localhost"]);

const BLOCK: Uint8Array = new Uint8Array(64 << 10).map((_, index) => index);

/** What two kernels' buffers and ours may hold for a peer that does not read. */
const HELD_SIZE_MAX = 24 << 20;
/** A millisecond each. */
const IDLE_TURNS = 1_000;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function targetOf(listener: TcpListener, tls: TlsConnectOptions): TcpConnectOptions {
  return { host: "127.0.0.1", port: listener.port, timeoutMs: 10_000, tls };
}

async function openTlsConnection(): Promise<Connection> {
  let server: TcpSocket | undefined;
  const serverEvents = new Recorder();
  const options = { host: "127.0.0.1", port: 0, tls: IDENTITY };
  const listener = await tcp.listen(options, (socket) => {
    server = socket;
    socket.handler = serverEvents;
  });
  const clientEvents = new Recorder();
  const target = targetOf(listener, { authorities: IDENTITY.certificate });
  const client = await tcp.connect(target, clientEvents);
  await eventually("accept", () => server !== undefined);
  await listener.close();
  return { listener, client, clientEvents, server: server as TcpSocket, serverEvents };
}

describe(`TLS on ${runtimeName}`, () => {
  test("carries bytes both ways and closes without an error", async () => {
    const { client, clientEvents, server, serverEvents } = await openTlsConnection();
    expect([client.isTls, server.isTls]).toEqual([true, true]);
    expect(server.remoteAddress).toBe("127.0.0.1");
    expect(server.remotePort).toBe(client.localPort);
    client.write(encode("question"));
    await serverEvents.whenReceived(8);
    server.write(encode("answer"));
    server.end();
    await clientEvents.whenClosed();
    await serverEvents.whenClosed();
    expect(serverEvents.text).toBe("question");
    expect(clientEvents.text).toBe("answer");
    expect(serverEvents.pieces[0]?.constructor).toBe(Uint8Array);
    expect([clientEvents.error, serverEvents.error]).toEqual([undefined, undefined]);
    expect([...clientEvents.lateCalls, ...serverEvents.lateCalls]).toEqual([]);
  });

  test("delivers what a server says first", async () => {
    const options = { host: "127.0.0.1", port: 0, tls: IDENTITY };
    const listener = await tcp.listen(options, (socket) => {
      socket.handler = new Recorder();
      socket.write(encode("welcome"));
      socket.end();
    });
    const events = new Recorder();
    await tcp.connect(targetOf(listener, { isVerified: false }), events);
    await events.whenClosed();
    expect(events.text).toBe("welcome");
    await listener.close();
  });

  test("holds a bounded amount for a peer that does not read, and drains when it does", async () => {
    const { client, clientEvents, server, serverEvents } = await openTlsConnection();
    client.pause();
    let takenSize = fill(server, BLOCK);
    for (let turn = 0; turn < 50; turn++) {
      await pass(1);
      for (let i = 0; i < 100; i++) takenSize += server.write(BLOCK);
    }
    await pass(50);
    expect(takenSize).toBeLessThan(HELD_SIZE_MAX);
    takenSize += fill(server, BLOCK);

    const drainsBefore = serverEvents.drainCount;
    client.resume();
    await clientEvents.whenReceived(takenSize);
    await eventually("drain", () => serverEvents.drainCount > drainsBefore);
    await pass(20);
    expect(serverEvents.drainCount).toBe(drainsBefore + 1);
    expect(server.write(BLOCK)).toBe(BLOCK.length);
    await clientEvents.whenReceived(takenSize + BLOCK.length);
    client.destroy();
    await serverEvents.whenClosed();
  });

  test("carries 16 MiB unharmed through a reader that pauses at random", async () => {
    const { client, clientEvents, server, serverEvents } = await openTlsConnection();
    const size = 16 << 20;
    const sent = createHash("sha256");
    const received = createHash("sha256");
    let state = 11;
    const next = (): number => {
      state = (state * 48_271) % 0x7fff_ffff;
      return state;
    };

    let receivedSize = 0;
    clientEvents.tap = (event, bytes) => {
      if (event !== "data" || bytes === undefined) return;
      received.update(bytes);
      receivedSize += bytes.length;
      clientEvents.pieces.length = 0;
      if (next() % 16 !== 0) return;
      client.pause();
      setTimeout(() => client.resume(), next() % 4);
    };

    let sentSize = 0;
    const pump = (): void => {
      while (sentSize < size) {
        const length = Math.min(size - sentSize, 1 + (next() % 200_000));
        const block = new Uint8Array(length).fill(next() & 0xff);
        const taken = server.write(block);
        sent.update(block.subarray(0, taken));
        sentSize += taken;
        if (taken < length) return;
      }
      server.end();
    };
    serverEvents.tap = (event) => {
      if (event === "drain") pump();
    };
    pump();
    await eventually("all of it", () => receivedSize === size);
    expect(received.digest("hex")).toBe(sent.digest("hex"));
    expect(serverEvents.drainCount).toBeGreaterThan(0);
    client.destroy();
    await serverEvents.whenClosed();
  });

  testUnlessGap(
    runtime,
    "TLS end behind a pause",
    "closes after a pause in which much arrived, and the end",
    async () => {
      const { client, clientEvents, server } = await openTlsConnection();
      client.pause();
      let sentSize = 0;
      for (let i = 0; i < 4; i++) sentSize += server.write(BLOCK);
      server.end();
      await pass(100);
      client.resume();
      await clientEvents.whenReceived(sentSize);
      await pass(500);
      expect(clientEvents.closeCount).toBe(1);
    },
  );

  test("holds the peer back while paused, and then delivers all", async () => {
    const { client, server, serverEvents } = await openTlsConnection();
    server.pause();
    const takenSize = fill(client, BLOCK);
    await pass(50);
    expect(serverEvents.receivedSize).toBe(0);
    expect(takenSize).toBeLessThan(HELD_SIZE_MAX);
    server.resume();
    await serverEvents.whenReceived(takenSize);
    client.destroy();
    await serverEvents.whenClosed();
  });

  testUnlessGap(
    runtime,
    "TLS pause",
    "holds back a peer that goes on sending, while paused",
    async () => {
      const { client, server, serverEvents } = await openTlsConnection();
      server.pause();
      let takenSize = 0;
      // Until it is too much, or nothing has been taken for so long that nothing will be.
      for (let idleCount = 0; takenSize < HELD_SIZE_MAX && idleCount < IDLE_TURNS; idleCount++) {
        const size = client.write(BLOCK);
        takenSize += size;
        if (size > 0) idleCount = 0;
        await pass(1);
      }
      client.destroy();
      server.destroy();
      await serverEvents.whenClosed();
      expect(takenSize).toBeLessThan(HELD_SIZE_MAX);
    },
  );

  test("end() closes a connection that is paused, too", async () => {
    const { client, clientEvents, server, serverEvents } = await openTlsConnection();
    server.pause();
    client.write(encode("unread"));
    await pass(20);
    server.end();
    await clientEvents.whenClosed();
    await serverEvents.whenClosed();
    expect(serverEvents.receivedSize).toBe(0);
  });

  test("destroy() closes once and nothing follows", async () => {
    const { client, clientEvents, server, serverEvents } = await openTlsConnection();
    client.pause();
    fill(server, BLOCK);
    server.destroy();
    server.destroy();
    expect(serverEvents.closeCount).toBe(0);
    await serverEvents.whenClosed();
    client.resume();
    await clientEvents.whenClosed();
    await pass(20);
    expect([serverEvents.closeCount, clientEvents.closeCount]).toEqual([1, 1]);
    expect([...serverEvents.lateCalls, ...clientEvents.lateCalls]).toEqual([]);
    expect(serverEvents.drainCount).toBe(0);
    expect(server.write(BLOCK)).toBe(0);
  });
});

describe(`who is trusted on ${runtimeName}`, () => {
  test.each<{ name: string; tls: TlsConnectOptions; isTrusted: boolean }>([
    { name: "an authority given", tls: { authorities: IDENTITY.certificate }, isTrusted: true },
    {
      name: "an authority given, by the name asked for",
      tls: { authorities: IDENTITY.certificate, serverName: "sluice.test" },
      isTrusted: true,
    },
    {
      name: "another name than the certificate's",
      tls: { authorities: IDENTITY.certificate, serverName: "other.test" },
      isTrusted: false,
    },
    {
      name: "another address than the certificate's",
      tls: { authorities: IDENTITY.certificate, serverName: "127.0.0.2" },
      isTrusted: false,
    },
    { name: "no authority given", tls: {}, isTrusted: false },
    {
      name: "another authority given",
      tls: { authorities: OTHER_IDENTITY.certificate },
      isTrusted: false,
    },
    { name: "anybody", tls: { isVerified: false }, isTrusted: true },
    {
      name: "anybody, by another name",
      tls: { isVerified: false, serverName: "other.test" },
      isTrusted: true,
    },
  ])("$name: $isTrusted", async ({ tls, isTrusted }) => {
    const accepted = new Recorder();
    const options = { host: "127.0.0.1", port: 0, tls: IDENTITY };
    const listener = await tcp.listen(options, (socket) => {
      socket.handler = accepted;
    });
    const events = new Recorder();
    const attempt = tcp.connect(targetOf(listener, tls), events);
    if (isTrusted) {
      (await attempt).end();
      await events.whenClosed();
    } else {
      await expect(attempt).rejects.toThrow(ClosedError);
      expect(events.closeCount).toBe(0);
    }
    await listener.close();
  });

  test("a replaced identity is shown from then on, and open connections live on", async () => {
    const servers: TcpSocket[] = [];
    const options = { host: "127.0.0.1", port: 0, tls: IDENTITY };
    const listener = await tcp.listen(options, (socket) => {
      socket.handler = new Recorder();
      servers.push(socket);
    });
    const trustOld = { authorities: IDENTITY.certificate, serverName: "localhost" };
    const trustNew = { authorities: OTHER_IDENTITY.certificate, serverName: "localhost" };
    const oldEvents = new Recorder();
    const old = await tcp.connect(targetOf(listener, trustOld), oldEvents);
    await eventually("accept", () => servers.length === 1);

    listener.setTlsIdentity(OTHER_IDENTITY);
    const late = tcp.connect(targetOf(listener, trustOld), new Recorder());
    await expect(late).rejects.toThrow(ClosedError);
    const fresh = await tcp.connect(targetOf(listener, trustNew), new Recorder());
    servers[0]?.write(encode("still here"));
    await oldEvents.whenReceived(10);
    old.destroy();
    fresh.destroy();
    await listener.close();
  });

  test("a bad identity is a SystemError, and changes nothing", async () => {
    const bad = { certificate: "no certificate", key: "no key" };
    const host = "127.0.0.1";
    await expect(tcp.listen({ host, port: 0, tls: bad }, () => undefined)).rejects.toThrow(
      SystemError,
    );
    const mixed = { certificate: IDENTITY.certificate, key: OTHER_IDENTITY.key };
    await expect(tcp.listen({ host, port: 0, tls: mixed }, () => undefined)).rejects.toThrow(
      SystemError,
    );

    const listener = await tcp.listen({ host, port: 0, tls: IDENTITY }, (socket) => {
      socket.handler = new Recorder();
    });
    expect(() => listener.setTlsIdentity(bad)).toThrow(SystemError);
    const events = new Recorder();
    const target = targetOf(listener, { authorities: IDENTITY.certificate });
    (await tcp.connect(target, events)).end();
    await events.whenClosed();
    await listener.close();
  });
});

describe(`strangers to TLS on ${runtimeName}`, () => {
  test("garbage and broken handshakes close that connection only", async () => {
    let acceptCount = 0;
    const options = { host: "127.0.0.1", port: 0, tls: IDENTITY };
    const listener = await tcp.listen(options, (socket) => {
      acceptCount += 1;
      socket.handler = new Recorder();
    });
    const openings = [
      encode("GET / HTTP/1.1\r\n\r\n"),
      new Uint8Array(100_000).fill(0xff),
      Uint8Array.of(0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00), // a client hello of 1 byte
      Uint8Array.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28), // a fatal alert
    ];
    let closedCount = 0;
    for (const opening of openings) {
      const raw = connect(listener.port, "127.0.0.1");
      raw.on("error", () => undefined);
      raw.on("close", () => {
        closedCount += 1;
      });
      raw.resume();
      raw.write(opening);
    }
    await eventually("all closed", () => closedCount === openings.length);
    const gone = connect(listener.port, "127.0.0.1", () => gone.resetAndDestroy());
    expect(acceptCount).toBe(0);
    const client = await tcp.connect(targetOf(listener, { isVerified: false }), new Recorder());
    client.destroy();
    await listener.close();
  });

  test("silence is closed after a time", async () => {
    const options = { host: "127.0.0.1", port: 0, tls: IDENTITY };
    const listener = await tcp.listen(options, () => undefined);
    let isClosed = false;
    const raw = connect(listener.port, "127.0.0.1");
    raw.on("error", () => undefined);
    raw.on("close", () => {
      isClosed = true;
    });
    raw.resume();
    await eventually("close", () => isClosed);
    await listener.close();
  });

  test("a server that never finishes its handshake is a TimeoutError", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const options = { host: "127.0.0.1", port, timeoutMs: 100, tls: { isVerified: false } };
    await expect(tcp.connect(options, new Recorder())).rejects.toThrow(TimeoutError);
    server.close();
  });

  test("a server that does not speak TLS is a ClosedError", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const options = { host: "127.0.0.1", port, timeoutMs: 10_000, tls: { isVerified: false } };
    await expect(tcp.connect(options, new Recorder())).rejects.toThrow(ClosedError);
    server.close();
  });
});
