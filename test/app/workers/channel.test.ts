/**
 * Goal: messages arrive whole and in order however slowly the other process reads, in bounded memory;
 * one that speaks nonsense is not listened to any longer.
 *
 * Method: two channels over sockets in memory with little room; raw bytes; a side that never reads.
 */

import { describe, expect, test } from "vitest";
import { Channel } from "../../../src/app/workers/channel.ts";
import {
  decodeSupervisorMessage,
  decodeWorkerMessage,
  type SupervisorMessage,
  type WorkerMessage,
} from "../../../src/app/workers/messages.ts";
import { createSocketPair } from "../../../src/runtime/memory.ts";
import { settle } from "../../support/memory-network.ts";

function createChannels(capacity = 1 << 20) {
  const [left, right] = createSocketPair(capacity);
  const toWorker: SupervisorMessage[] = [];
  const toSupervisor: WorkerMessage[] = [];
  const ends: string[] = [];
  const failures: unknown[] = [];
  const bug = new Error("A bug");
  let failing: string | undefined;
  const failOn = (type: WorkerMessage["type"]): Error => {
    failing = type;
    return bug;
  };
  const worker = new Channel<SupervisorMessage>({
    decode: decodeSupervisorMessage,
    message: (message) => toWorker.push(message),
    failed: (error) => failures.push(error),
    closed: (error) => ends.push(`worker: ${error?.message ?? "closed"}`),
  });
  const supervisor = new Channel<WorkerMessage>({
    decode: decodeWorkerMessage,
    message: (message) => {
      if (message.type === failing) throw bug;
      toSupervisor.push(message);
    },
    failed: (error) => failures.push(error),
    closed: (error) => ends.push(`supervisor: ${error?.message ?? "closed"}`),
  });
  left.handler = worker;
  worker.attach(left);
  right.handler = supervisor;
  supervisor.attach(right);
  return { left, right, worker, supervisor, toWorker, toSupervisor, ends, failures, failOn };
}

describe("Channel", () => {
  test.each([1 << 20, 64, 7, 1])(
    "carries messages over a socket with room for %i bytes",
    async (room) => {
      const { worker, supervisor, toWorker, toSupervisor } = createChannels(room);
      const claims: WorkerMessage[] = Array.from({ length: 50 }, (_, request) => ({
        type: "claim",
        request,
        url: `/live/直播-${request}`,
      }));
      for (const claim of claims) worker.send(claim);
      supervisor.send({ type: "claimed", request: 0, claim: 1 });
      supervisor.send({ type: "stop" });
      await settle();
      expect(toSupervisor).toEqual(claims);
      expect(toWorker).toEqual([{ type: "claimed", request: 0, claim: 1 }, { type: "stop" }]);
    },
  );

  test("carries what was said before the socket was there", async () => {
    const [left, right] = createSocketPair();
    const heard: WorkerMessage[] = [];
    const failures: unknown[] = [];
    const channel = new Channel<WorkerMessage>({
      decode: decodeWorkerMessage,
      message: (message) => heard.push(message),
      failed: (error) => failures.push(error),
      closed: () => undefined,
    });
    channel.send({ type: "ready" });
    const receiver = new Channel<WorkerMessage>({
      decode: decodeWorkerMessage,
      message: (message) => heard.push(message),
      failed: (error) => failures.push(error),
      closed: () => undefined,
    });
    right.handler = receiver;
    receiver.attach(right);
    left.handler = channel;
    channel.attach(left);
    await settle();
    expect(heard).toEqual([{ type: "ready" }]);
  });

  test("ends behind its last word, and tells both sides once", async () => {
    const { worker, supervisor, toSupervisor, ends } = createChannels(5);
    worker.send({ type: "failed", message: "no" });
    worker.end();
    await settle();
    worker.send({ type: "ready" });
    supervisor.send({ type: "stop" });
    await settle();
    expect(toSupervisor).toEqual([{ type: "failed", message: "no" }]);
    expect(ends.sort()).toEqual(["supervisor: closed", "worker: closed"]);
    expect(worker.isClosed && supervisor.isClosed).toBe(true);
  });

  test("goes on when what a message leads to fails, and says so", async () => {
    const { worker, toSupervisor, ends, failures, failOn } = createChannels();
    const error = failOn("listening");
    worker.send({ type: "listening", path: "/run/0" });
    worker.send({ type: "ready" });
    await settle();
    expect(toSupervisor).toEqual([{ type: "ready" }]);
    expect(failures).toEqual([error]);
    expect(ends).toEqual([]);
  });

  test("hears nothing any more from who speaks nonsense", async () => {
    const { left, toSupervisor, ends } = createChannels();
    left.write(
      new TextEncoder().encode('{"type":"ready"}\n{"type":"welcome"}\n{"type":"ready"}\n'),
    );
    await settle();
    expect(toSupervisor).toEqual([{ type: "ready" }]);
    expect(ends).toContain("supervisor: Cannot decode message: it is of no known type");
  });

  test("gives up a process that does not read, before memory runs out", async () => {
    const { left, supervisor, ends } = createChannels(100);
    left.pause();
    const url = `/live/${"x".repeat(1 << 20)}`;
    let sent = 0;
    for (; !supervisor.isClosed && sent < 1_000; sent++) {
      supervisor.send({ type: "owner", url, peer: null, claim: sent });
      await Promise.resolve();
      await settle();
    }
    expect(sent).toBeGreaterThan(64);
    expect(sent).toBeLessThan(140);
    expect(ends).toContain("supervisor: Cannot send message: the other process does not read");
  }, 20_000);
});
