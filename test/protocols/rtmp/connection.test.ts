/**
 * Goal: a connection's own messages and the blocks that it shares with others never mix, whatever the
 * socket takes; acknowledgements, pings and the end come as they should.
 *
 * Method: two connections, client and server, on sockets in memory of little capacity; the client
 * decodes what the server wrote.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { ClosedError, TimeoutError } from "../../../src/base/errors.ts";
import { writeChunks } from "../../../src/codec/rtmp/chunk-encoder.ts";
import { type RtmpMessage, RtmpMessageType } from "../../../src/codec/rtmp/message.ts";
import {
  MEDIA_SIZE_MAX,
  RtmpConnection,
  type RtmpConnectionHandler,
} from "../../../src/protocols/rtmp/connection.ts";
import { MemoryCrypto } from "../../../src/runtime/memory/memory-crypto.ts";
import { createSocketPair, type MemorySocket } from "../../../src/runtime/memory.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { settle } from "./raw-peer.ts";

class Recorder implements RtmpConnectionHandler {
  readonly messages: RtmpMessage[] = [];
  readonly events: string[] = [];
  error: Error | undefined;
  onDrain: () => void = () => undefined;

  opened(): void {
    this.events.push("opened");
  }
  message(message: RtmpMessage): void {
    this.messages.push(message);
  }
  drained(): void {
    this.events.push("drained");
    this.onDrain();
  }
  closed(error: Error | undefined): void {
    this.events.push("closed");
    this.error = error;
  }
}

interface Ends {
  readonly client: RtmpConnection;
  readonly server: RtmpConnection;
  readonly clientSide: Recorder;
  readonly serverSide: Recorder;
  readonly clientSocket: MemorySocket;
  readonly serverSocket: MemorySocket;
}

async function connect(options: { capacity?: number; outputSizeMax?: number } = {}): Promise<Ends> {
  const [clientSocket, serverSocket] = createSocketPair(options.capacity ?? 8192);
  const { outputSizeMax = 1 << 20 } = options;
  const connectionOptions = {
    crypto: new MemoryCrypto(),
    outputSizeMax,
    handshakeTimeoutMs: 30_000,
  };
  const clientSide = new Recorder();
  const serverSide = new Recorder();
  const server = new RtmpConnection(serverSocket, serverSide, connectionOptions, 0);
  const client = new RtmpConnection(clientSocket, clientSide, connectionOptions, 0);
  client.setMessageSizeMax(MEDIA_SIZE_MAX);
  server.setMessageSizeMax(MEDIA_SIZE_MAX);
  server.accept(0);
  client.start();
  await settle();
  return { client, server, clientSide, serverSide, clientSocket, serverSocket };
}

function message(size: number, byte: number): RtmpMessage {
  const payload = new Uint8Array(size).fill(byte);
  return { typeId: 9, timestamp: byte, messageStreamId: 1, chunkStreamId: 6, payload };
}

/** A block as the fan-out makes it. */
function block(size: number, byte: number, chunkSize = 128): Uint8Array {
  const writer = new ByteWriter();
  const header = {
    format: 0,
    chunkStreamId: 4,
    timestamp: byte,
    typeId: 8,
    messageStreamId: 1,
  } as const;
  writeChunks(writer, header, new Uint8Array(size).fill(byte), chunkSize);
  return writer.take();
}

function times(recorder: Recorder): number[] {
  for (const { timestamp, payload } of recorder.messages) {
    expect(payload.every((byte) => byte === timestamp)).toBe(true);
  }
  return recorder.messages.map(({ timestamp }) => timestamp);
}

describe("RtmpConnection", () => {
  test("shakes hands from both ends and carries messages both ways", async () => {
    const { client, server, clientSide, serverSide } = await connect();
    expect(clientSide.events).toEqual(["opened"]);
    expect(serverSide.events).toEqual(["opened"]);
    client.send(message(1000, 1));
    server.send(message(1000, 2));
    await settle();
    expect(serverSide.messages).toEqual([message(1000, 1)]);
    expect(clientSide.messages).toEqual([message(1000, 2)]);
    expect(client.receivedSize).toBe(server.sentSize);
    expect(server.receivedSize).toBe(client.sentSize);
  });

  test("cuts by the chunk size that it announced", async () => {
    const { client, server, clientSide } = await connect();
    server.setChunkSize(4000);
    expect(server.chunkSize).toBe(4000);
    const before = server.sentSize;
    server.send(message(8000, 2));
    expect(server.sentSize - before).toBe(12 + 4000 + 1 + 4000);
    await settle();
    expect(clientSide.messages).toEqual([message(8000, 2)]);
    expect(client.isClosed).toBe(false);
  });

  test("queues what the socket does not take, in order", async () => {
    const { server, clientSide } = await connect({ capacity: 500 });
    for (let i = 1; i <= 20; i++) server.send(message(300, i));
    await settle();
    expect(times(clientSide)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  test("closes a peer that does not read, once too much waits", async () => {
    const { server, serverSide, clientSocket } = await connect({
      capacity: 500,
      outputSizeMax: 4000,
    });
    clientSocket.pause();
    for (let i = 1; i <= 14; i++) server.send(message(300, i));
    expect(server.waitingSize).toBe(14 * 314 - 500);
    expect(server.isClosed).toBe(false);
    server.send(message(300, 15));
    expect(server.isClosed).toBe(true);
    await settle();
    expect(serverSide.error).toBeInstanceOf(ClosedError);
    server.send(message(300, 16));
    expect(serverSide.events).toEqual(["opened", "closed"]);
  });

  test("closes a peer that does not read, after a while", async () => {
    const { server, serverSide, clientSocket } = await connect({ capacity: 500 });
    clientSocket.pause();
    server.send(message(300, 1));
    server.send(message(300, 2));
    server.checkDeadline(10_000);
    server.checkDeadline(39_999);
    expect(server.isClosed).toBe(false);
    server.checkDeadline(40_000);
    await settle();
    expect(serverSide.error).toBeInstanceOf(TimeoutError);
  });

  test("does not take an empty queue for a peer that does not read", async () => {
    const { server } = await connect({ capacity: 500 });
    for (const nowMs of [0, 50_000, 100_000]) {
      server.send(message(300, 1));
      server.checkDeadline(nowMs);
      await settle();
    }
    server.checkDeadline(150_000);
    expect(server.isClosed).toBe(false);
  });
});

describe("shared blocks", () => {
  test("go out as they are", async () => {
    const { server, clientSide } = await connect();
    const bytes = block(1000, 1);
    expect(server.writeShared(bytes)).toBe(bytes.length);
    await settle();
    expect(times(clientSide)).toEqual([1]);
  });

  test("keep messages waiting until they are whole", async () => {
    const { server, serverSide, clientSide } = await connect({ capacity: 500 });
    const bytes = block(1000, 1);
    let taken = server.writeShared(bytes);
    expect(taken).toBe(500);
    server.send(message(10, 2)); // May not go into the middle of the block.
    serverSide.onDrain = () => {
      if (taken < bytes.length) taken += server.writeShared(bytes.subarray(taken));
    };
    await settle();
    expect(taken).toBe(bytes.length);
    expect(times(clientSide)).toEqual([1, 2]);
  });

  test("wait for messages that were there first", async () => {
    const { server, serverSide, clientSide } = await connect({ capacity: 500 });
    server.send(message(1000, 1));
    const bytes = block(100, 2);
    expect(server.writeShared(bytes)).toBe(0);
    serverSide.onDrain = () => {
      serverSide.onDrain = () => undefined;
      expect(server.writeShared(bytes)).toBe(bytes.length);
    };
    await settle();
    expect(serverSide.events).toEqual(["opened", "drained"]);
    expect(times(clientSide)).toEqual([1, 2]);
  });

  test("and messages never mix, however much of them the socket takes", async () => {
    for (const capacity of [13, 100, 129, 1000]) {
      const { server, serverSide, clientSide } = await connect({ capacity });
      const blocks = Array.from({ length: 20 }, (_, index) => block(50 + index * 13, index));
      let current = 0;
      let offset = 0;
      const pump = (): void => {
        for (let bytes = blocks[current]; bytes !== undefined; bytes = blocks[current]) {
          const taken = server.writeShared(bytes.subarray(offset));
          offset += taken;
          if (offset < bytes.length) return;
          current += 1;
          offset = 0;
          server.send(message(40, 100 + current));
        }
      };
      serverSide.onDrain = pump;
      pump();
      server.send(message(40, 99));
      await settle();
      expect(times(clientSide).toSorted((a, b) => a - b)).toEqual([
        ...Array.from({ length: 20 }, (_, index) => index),
        ...Array.from({ length: 22 }, (_, index) => 99 + index).slice(0, 1),
        ...Array.from({ length: 20 }, (_, index) => 101 + index),
      ]);
    }
  });

  test("abandoned in the middle are finished, ahead of what waits and of the next", async () => {
    for (const capacity of [13, 100, 129, 500]) {
      const { server, serverSide, clientSide } = await connect({ capacity });
      const taken = server.writeShared(block(1000, 1));
      expect(taken).toBe(capacity);
      server.send(message(300, 2));
      server.abandonShared();
      let next = block(700, 3);
      expect(server.writeShared(next)).toBe(0);
      serverSide.onDrain = () => {
        if (next.length > 0) next = next.subarray(server.writeShared(next));
      };
      server.send(message(300, 4));
      await settle();
      expect(times(clientSide)).toEqual([1, 2, 4, 3]);
      expect(server.waitingSize).toBe(0);
    }
  });

  test("abandoned behind a drain that nobody heeded are finished all the same", async () => {
    const { server, clientSide } = await connect({ capacity: 500 });
    server.writeShared(block(1000, 1));
    server.send(message(10, 2));
    await settle();
    expect(times(clientSide)).toEqual([]);
    server.abandonShared();
    await settle();
    expect(times(clientSide)).toEqual([1, 2]);
  });

  test("abandoned between two change nothing", async () => {
    const { server, serverSide, clientSide } = await connect({ capacity: 500 });
    server.abandonShared();
    expect(server.writeShared(block(100, 1))).toBeGreaterThan(0);
    server.abandonShared();
    server.send(message(1000, 2));
    expect(server.writeShared(block(100, 3))).toBe(0);
    server.abandonShared(); // Nothing of it was taken, so nothing of it is sent.
    await settle();
    expect(times(clientSide)).toEqual([1, 2]);
    expect(serverSide.events).toEqual(["opened"]);
  });

  test("may be continued with more than their rest", async () => {
    const { server, serverSide, clientSide } = await connect({ capacity: 500 });
    const first = block(1000, 1);
    let rest = joinBytes(first.subarray(server.writeShared(first)), block(1000, 2));
    server.send(message(10, 3));
    serverSide.onDrain = () => {
      if (rest.length > 0) rest = rest.subarray(server.writeShared(rest));
    };
    await settle();
    expect(times(clientSide)).toEqual([1, 2, 3]);
  });

  test("abandoned to a peer that does not read end the connection after a while", async () => {
    const { server, serverSide, clientSocket } = await connect({ capacity: 500 });
    clientSocket.pause();
    server.writeShared(block(1000, 1));
    server.abandonShared();
    server.checkDeadline(10_000);
    server.checkDeadline(39_999);
    expect(server.isClosed).toBe(false);
    server.checkDeadline(40_000);
    await settle();
    expect(serverSide.error).toBeInstanceOf(TimeoutError);
  });

  test("go out behind what was said in the same breath", async () => {
    const { client, server, serverSide, clientSide } = await connect();
    serverSide.message = () => {
      server.send(message(10, 1));
      server.writeShared(block(10, 2));
      server.send(message(10, 3));
    };
    client.send(message(10, 0));
    await settle();
    expect(times(clientSide)).toEqual([1, 2, 3]);
  });

  test("are refused once the connection is closed", async () => {
    const { server } = await connect();
    server.end();
    expect(server.writeShared(block(10, 1))).toBe(0);
  });
});

describe("acknowledgements", () => {
  async function acknowledged(inAckSize: number, window: number | undefined): Promise<number[]> {
    const ends = await connect({ capacity: 1 << 20 });
    const { client, server } = ends;
    server.assumeWindowAcknowledgementSize(inAckSize);
    if (window !== undefined) client.setWindowAcknowledgementSize(window);
    const seen: number[] = [];
    const inner = ends.clientSocket.handler;
    ends.clientSocket.handler = {
      data: (bytes) => {
        // Chunk stream 2, type 3, four bytes of payload.
        expect(bytes.subarray(0, 12)).toEqual(fromHex("02 000000 000004 03 00000000"));
        seen.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(12));
      },
      drain: () => inner.drain(),
      close: () => inner.close(),
    };
    for (let i = 0; i < 10; i++) {
      client.send(message(1000, 1));
      await settle();
    }
    expect(seen.every((size) => size <= server.receivedSize)).toBe(true);
    return seen;
  }

  test("come as soon as half of the peer's window has arrived, counting from the handshake", async () => {
    // 3073 bytes of handshake, 16 of the window, then 1019 bytes a message.
    const seen = await acknowledged(0, 6000);
    expect(seen).toEqual([3089, 3089 + 3 * 1019, 3089 + 6 * 1019, 3089 + 9 * 1019]);
  });

  test("come by a configured window too", async () => {
    // 3073 bytes of handshake are more than half of the window already.
    expect(await acknowledged(6000, undefined)).toEqual(
      [1, 4, 7, 10].map((count) => 3073 + count * 1019),
    );
  });

  test("do not come if nobody asks", async () => {
    expect(await acknowledged(0, undefined)).toEqual([]);
    expect(await acknowledged(0, 0)).toEqual([]);
  });
});

describe("end() and destroy()", () => {
  test("end says what was to be said first, then closes", async () => {
    const { server, serverSide, clientSide } = await connect({ capacity: 500 });
    const error = new Error("enough");
    server.send(message(2000, 1));
    server.end(error);
    server.end(new Error("more than enough"));
    await settle();
    expect(times(clientSide)).toEqual([1]);
    expect(clientSide.events).toEqual(["opened", "closed"]);
    expect(serverSide.error).toBe(error);
  });

  test("end finishes a block that was begun, so that the last words are understood", async () => {
    const { server, serverSide, clientSide } = await connect({ capacity: 500 });
    server.writeShared(block(1000, 1));
    server.send(message(10, 2));
    server.end();
    await settle();
    expect(times(clientSide)).toEqual([1, 2]);
    expect(serverSide.events).toEqual(["opened", "closed"]);
  });

  test.each<[name: string, say: (server: RtmpConnection) => void]>([
    ["messages", (server) => server.send(message(2000, 1))],
    ["a block", (server) => void server.writeShared(block(2000, 1))],
  ])("end does not wait for ever for %s to be read", async (_name, say) => {
    const { server, serverSide, clientSocket } = await connect({ capacity: 500 });
    clientSocket.pause();
    say(server);
    server.end();
    server.checkDeadline(1000);
    server.checkDeadline(5999);
    await settle();
    expect(serverSide.events).toEqual(["opened"]);
    server.checkDeadline(6000);
    await settle();
    expect(serverSide.events).toEqual(["opened", "closed"]);
  });

  test("destroy forgets what was to be said", async () => {
    const { server, serverSide, clientSide } = await connect({ capacity: 500 });
    server.send(message(2000, 1));
    server.destroy();
    server.destroy(new Error("again"));
    await settle();
    expect(clientSide.messages).toEqual([]);
    expect(serverSide.events).toEqual(["opened", "closed"]);
    expect(serverSide.error).toBeUndefined();
  });

  test("what arrives after the end is not heard", async () => {
    const { client, server, serverSide } = await connect();
    server.end();
    client.send(message(10, 1));
    await settle();
    expect(serverSide.messages).toEqual([]);
  });
});

describe("a handler that fails", () => {
  test.each(["opened", "message", "drained"] as const)(
    "in %s ends its own connection",
    async (where) => {
      const [clientSocket, serverSocket] = createSocketPair(5000);
      const options = {
        crypto: new MemoryCrypto(),
        outputSizeMax: 1 << 20,
        handshakeTimeoutMs: 30_000,
      };
      const serverSide = new Recorder();
      const error = new Error("a bug");
      serverSide[where] = () => {
        throw error;
      };
      const server = new RtmpConnection(serverSocket, serverSide, options, 0);
      const client = new RtmpConnection(clientSocket, new Recorder(), options, 0);
      server.accept(0);
      client.start();
      await settle();
      client.send(message(10, 1));
      server.writeShared(new Uint8Array(6000));
      await settle();
      expect(serverSide.error).toBe(error);
      expect(clientSocket.isClosed).toBe(true);
    },
  );
});

describe("user control", () => {
  test("pings are answered, all else is handed on", async () => {
    const { client, clientSide, serverSide } = await connect();
    client.sendControl(RtmpMessageType.UserControl, fromHex("0006 00003039"));
    client.sendControl(RtmpMessageType.UserControl, fromHex("0003 00000001 00000bb8"));
    await settle();
    expect(clientSide.messages.map(({ payload }) => payload)).toEqual([fromHex("0007 00003039")]);
    expect(serverSide.messages.map(({ payload }) => payload)).toEqual([
      joinBytes(fromHex("0003 00000001 00000bb8")),
    ]);
  });
});
