/**
 * Goal: one port serves two protocols: whoever the first byte belongs to gets it and all that follows,
 * and who says nothing is not waited for.
 *
 * Method: sockets in memory, and a clock that the test moves.
 */

import { expect, test } from "vitest";
import { splitByFirstByte } from "../../src/app/split-by-first-byte.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { TcpSocket } from "../../src/runtime/runtime.ts";
import { MemoryWire, settle } from "../support/memory-network.ts";

async function connect(accept: (socket: TcpSocket, first: number) => void) {
  const runtime = new MemoryRuntime();
  const listener = await runtime.tcp.listen({ host: "127.0.0.1", port: 0 }, (socket) =>
    splitByFirstByte(socket, runtime.clock, 5_000, (first) => accept(socket, first)),
  );
  const wire = new MemoryWire();
  const place = { host: "127.0.0.1", port: listener.port, timeoutMs: 1_000 };
  wire.socket = await runtime.tcp.connect(place, wire);
  await settle();
  return { runtime, wire };
}

test("who takes it gets all bytes, the first among them", async () => {
  const taken: number[] = [];
  let text = "";
  const { runtime, wire } = await connect((socket, first) => {
    taken.push(first);
    socket.handler = {
      data: (bytes) => {
        text += new TextDecoder().decode(bytes);
      },
      drain: () => undefined,
      close: () => undefined,
    };
  });
  await wire.send("GET ");
  await wire.send("/");
  expect([taken, text]).toEqual([[0x47], "GET /"]);
  expect(runtime.clock.timerCount).toBe(0);
  runtime.clock.advance(60_000);
  expect(wire.isClosed).toBe(false);
});

test("who says nothing is disconnected", async () => {
  const { runtime, wire } = await connect(() => undefined);
  runtime.clock.advance(4_999);
  await settle();
  expect(wire.isClosed).toBe(false);
  runtime.clock.advance(1);
  await settle();
  expect(wire.isClosed).toBe(true);
});

test("who leaves without a word leaves no timer", async () => {
  const { runtime, wire } = await connect(() => undefined);
  await wire.vanish();
  expect(runtime.clock.timerCount).toBe(0);
});

test("whom nobody takes is not disconnected twice", async () => {
  const { wire } = await connect((socket) => socket.destroy());
  await wire.send("x");
  await wire.send("y");
  expect(wire.isClosed).toBe(true);
});
