/**
 * Goal: a connection by TCP comes to the worker whose session it asks for, with the client's address
 * and every byte in both directions, no faster than the other side takes them; who asks for nothing,
 * or too many at once, is sent away.
 *
 * Method: workers in memory; tests play the kernel and the clients.
 */

import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../../../src/protocols/rtc/transport/frame-splitter.ts";
import type { TcpSocket } from "../../../../src/runtime/runtime.ts";
import { type MemoryWire, settle } from "../../../support/memory-network.ts";
import { bindingRequest, MemorySharing, ufragAt } from "../../../support/memory-sharing.ts";

const PORT = 8_000;

/** Keeps what comes, as text. */
class Session {
  text = "";
  isClosed = false;
  readonly socket: TcpSocket;

  constructor(socket: TcpSocket) {
    this.socket = socket;
    socket.handler = {
      data: (bytes) => {
        for (const byte of bytes) this.text += String.fromCharCode(byte);
      },
      drain: () => undefined,
      close: () => {
        this.isClosed = true;
      },
    };
  }
}

interface Machine {
  readonly sharing: MemorySharing;
  /** What has been accepted, by worker. */
  sessions(worker: number): Session[];
}

/** The kernel gives all connections to the first worker. */
async function start(count = 2): Promise<Machine> {
  const sharing = await MemorySharing.start(count);
  const all = sharing.workers.map((): Session[] => []);
  for (const [worker, { accepted }] of sharing.workers.entries()) {
    accepted.push = (socket) => all[worker]?.push(new Session(socket)) ?? 0;
  }
  await sharing.runtime.tcp.listen({ host: "127.0.0.1", port: PORT }, (socket) =>
    sharing.at(0).shared.acceptTcp(socket),
  );
  return { sharing, sessions: (worker) => all[worker] ?? [] };
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Connects and asks. */
async function ask(machine: Machine, ufrag: string, more = ""): Promise<MemoryWire> {
  const wire = await machine.sharing.open(PORT);
  await wire.send(textOf(encodeFrame(bindingRequest(ufrag))) + more);
  await settle();
  return wire;
}

describe("a connection", () => {
  test.each([
    ["this worker", 0],
    ["another", 1],
  ])("for a session of %s is taken there, with all that has come", async (_name, worker) => {
    const machine = await start();
    const wire = await ask(machine, ufragAt(worker), "more");
    const [session] = machine.sessions(worker);
    expect(machine.sessions(1 - worker)).toEqual([]);
    expect(session?.socket.remoteAddress).toBe("127.0.0.1");
    expect(session?.socket.remotePort).toBe(wire.socket.localPort);
    expect(session?.text).toBe(`${textOf(encodeFrame(bindingRequest(ufragAt(worker))))}more`);
    session?.socket.write(new TextEncoder().encode("answer"));
    await wire.send(" and more");
    expect(wire.text).toBe("answer");
    expect(session?.text.endsWith("more and more")).toBe(true);
  });

  test("may come byte by byte", async () => {
    const machine = await start();
    const wire = await machine.sharing.open(PORT);
    const bytes = encodeFrame(bindingRequest(ufragAt(1)));
    for (const byte of bytes) await wire.send(Uint8Array.of(byte));
    await settle();
    expect(machine.sessions(1)[0]?.text).toBe(textOf(bytes));
  });

  test("ends at both sides, whoever ends it", async () => {
    const machine = await start();
    const first = await ask(machine, ufragAt(1));
    const second = await ask(machine, ufragAt(1));
    const [one, two] = machine.sessions(1);
    await first.vanish();
    await settle();
    expect(one?.isClosed).toBe(true);
    two?.socket.destroy();
    await settle();
    await settle();
    expect(second.isClosed).toBe(true);
    expect(machine.sharing.openSockets).toEqual([]);
  });

  test("waits for who does not read, and nothing is lost", async () => {
    const machine = await start();
    machine.sharing.runtime.tcp.capacity = 16_384;
    const wire = await ask(machine, ufragAt(1));
    const [session] = machine.sessions(1);
    const before = session?.text.length ?? 0;
    session?.socket.pause();
    const sent = "0123456789".repeat(20_000);
    let taken = 0;
    const bytes = new TextEncoder().encode(sent);
    const send = (): void => {
      while (taken < bytes.length) {
        const size = wire.socket.write(bytes.subarray(taken));
        taken += size;
        if (size === 0) return;
      }
    };
    wire.drain = send;
    send();
    await settle();
    expect(taken).toBeLessThan(bytes.length);
    session?.socket.resume();
    for (let i = 0; i < 100 && taken < bytes.length; i++) await settle();
    await settle();
    expect(taken).toBe(bytes.length);
    expect(session?.text.slice(before) === sent).toBe(true);
  });

  test.each([
    ["a worker that is not there", textOf(encodeFrame(bindingRequest("09none")))],
    ["more than a message has", "\u0fff\u00ff"],
  ])("for %s is ended", async (_name, text) => {
    const machine = await start(11);
    await machine.sharing.kill(9);
    const wire = await machine.sharing.open(PORT);
    await wire.send(text);
    expect(wire.isClosed).toBe(true);
  });

  test("whose first frame asks for nothing is for this worker to judge", async () => {
    const machine = await start();
    const wire = await machine.sharing.open(PORT);
    await wire.send("\0\u0002hi");
    expect(machine.sessions(0)[0]?.text).toBe("\0\u0002hi");
  });

  test("of who says nothing ends after ten seconds", async () => {
    const machine = await start();
    const wire = await machine.sharing.open(PORT);
    await wire.send("\0");
    await machine.sharing.advance(9_000);
    expect(wire.isClosed).toBe(false);
    await machine.sharing.advance(1_000);
    expect(wire.isClosed).toBe(true);
    expect(machine.sharing.openSockets).toEqual([]);
  });

  test("that waits makes way when there are too many of one address", async () => {
    const machine = await start();
    const wires: MemoryWire[] = [];
    for (let i = 0; i < 70; i++) wires.push(await machine.sharing.open(PORT));
    await settle();
    expect(wires.map(({ isClosed }) => isClosed)).toEqual(wires.map((_wire, i) => i < 6));
  });
});
