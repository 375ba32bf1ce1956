/**
 * Goal: nobody can make this server send more than comes to an address whose owner has not asked for
 * it, nor take the address of another; who has moved is followed once he has answered.
 *
 * Method: a session's own peer, who knows its password, with a second socket that stands for a forged
 * address: it sends what is right and answers nothing, or answers wrongly.
 */

import { describe, expect, test } from "vitest";
import { parseStunMessage, StunClass } from "../../../../src/codec/stun/message.ts";
import { request, Somebody } from "../../../support/ice-somebody.ts";
import {
  createMemoryServer,
  pass,
  type RtcTestServer,
  rtpPacket,
  type ServedPeer,
  settle,
} from "../../../support/rtc-peers.ts";

async function established() {
  const server = await createMemoryServer();
  const peer = server.addPeer();
  const client = server.connect(peer);
  await settle();
  expect(peer.server.establishedCount).toBe(1);
  return { server, peer, client, somebody: await Somebody.open(server) };
}

const nominate = (server: RtcTestServer, peer: ServedPeer) =>
  request(server, peer, { isNominating: true });

describe("a forged address", () => {
  test("gets no media, whatever the peer says by its own", async () => {
    const { server, peer, client, somebody } = await established();
    for (let i = 0; i < 30; i++) {
      await somebody.send(nominate(server, peer));
      client.connection.sendRtp(rtpPacket(i), i);
      peer.connection.sendRtp(rtpPacket(i), i);
      await pass(server, 100);
    }
    // Answers to what has come from there, and the question whether somebody is there.
    expect(somebody.received).toHaveLength(30);
    expect(somebody.questions.length).toBeLessThanOrEqual(30);
    for (const bytes of somebody.received) {
      expect(parseStunMessage(bytes).class).toBe(StunClass.Success);
    }
    expect(peer.client.rtpPackets).toHaveLength(30);
    client.close();
  });

  test.each(["passive", "active"] as const)(
    "gets no more than three times what came, before there are keys (we are %s)",
    async (setup) => {
      const server = await createMemoryServer();
      const peer = server.addPeer({ connection: { setup } });
      const somebody = await Somebody.open(server);
      let hello: Uint8Array | undefined;
      server.runtime.udp.isLost = ({ bytes, port }) => {
        if (port === server.port && bytes[0] === 22) hello = bytes.slice();
        // The peer does not answer questions, nor go on with the handshake.
        return port === server.port && (bytes[0] === 1 || bytes[0] === 22);
      };
      const client = server.connect(peer);
      await settle();
      server.runtime.udp.isLost = () => false;
      client.close();
      let sentSize = peer.connection.receivedSize;
      const send = async (bytes: Uint8Array): Promise<void> => {
        sentSize += bytes.length;
        await somebody.send(bytes);
      };
      for (let i = 0; i < 20; i++) {
        await send(nominate(server, peer));
        if (setup === "passive") await send(hello ?? new Uint8Array());
        await pass(server, 200);
      }
      const isHandshake = (bytes: Uint8Array): boolean => bytes[0] === 22;
      const sizeOf = (datagrams: readonly Uint8Array[]): number =>
        datagrams.reduce((sum, { length }) => sum + length, 0);
      const handshakeSize = sizeOf(somebody.received.filter(isHandshake));
      expect(handshakeSize).toBeGreaterThan(100);
      expect(handshakeSize).toBeLessThanOrEqual(3 * sentSize);
      const stun = somebody.received.filter((bytes) => !isHandshake(bytes));
      expect(stun.length).toBe(20);
      expect(somebody.questions.length).toBeLessThanOrEqual(20);
      expect(peer.connection.isEstablished).toBe(false);
    },
  );

  test("of another session's peer takes nothing from it", async () => {
    const { server, peer, client } = await established();
    const other = server.addPeer();
    for (let i = 0; i < 10; i++) {
      client.path?.send(nominate(server, other));
      client.connection.sendRtp(rtpPacket(i), i);
      await pass(server, 50);
    }
    expect(peer.server.rtpPackets).toHaveLength(10);
    expect(other.connection.path).toBeUndefined();
    client.close();
  });
});

describe("an answer", () => {
  test("proves that the peer has moved, and media follow", async () => {
    const { server, peer, client, somebody } = await established();
    somebody.answersFor = peer;
    await somebody.send(nominate(server, peer));
    expect(peer.connection.path?.port).toBe(somebody.socket.port);
    expect(peer.server.movedCount).toBe(1);
    peer.connection.sendRtp(rtpPacket(1), 1);
    await settle();
    expect(somebody.received.at(-1)).toHaveLength(25);
    client.close();
  });

  test.each<[string, (somebody: Somebody, peer: ServedPeer, other: Somebody) => void]>([
    [
      "by another password",
      (somebody, peer) => {
        for (const question of somebody.questions) {
          somebody.answer(question, peer.connection.local.pwd);
        }
      },
    ],
    [
      "to what was not asked",
      (somebody, peer) => {
        for (const question of somebody.questions) {
          const transactionId = question.transactionId.map((byte) => byte ^ 1);
          somebody.answer({ ...question, transactionId }, peer.connection.remote.pwd);
        }
      },
    ],
    [
      "from elsewhere",
      (somebody, peer, other) => {
        for (const question of somebody.questions) {
          other.answer(question, peer.connection.remote.pwd);
        }
      },
    ],
  ])("%s proves nothing", async (_name, answer) => {
    const { server, peer, client, somebody } = await established();
    const before = peer.connection.path;
    const other = await Somebody.open(server);
    for (let i = 0; i < 5; i++) {
      await somebody.send(nominate(server, peer));
      answer(somebody, peer, other);
      await pass(server, 50);
    }
    expect(somebody.questions.length).toBeGreaterThan(3);
    expect(peer.connection.path).toBe(before);
    client.close();
  });

  test("that comes after the session is over, or twice, changes nothing", async () => {
    const { server, peer, client, somebody } = await established();
    await somebody.send(nominate(server, peer));
    const [question] = somebody.questions;
    if (question === undefined) throw new Error("Not asked");
    server.mux.remove(peer.connection);
    peer.connection.close();
    const before = server.mux.strayCount;
    somebody.answer(question, peer.connection.remote.pwd);
    somebody.answer(question, peer.connection.remote.pwd);
    await settle();
    expect(server.mux.strayCount).toBe(before + 2);
    client.close();
  });

  test("tells the time to the peer and back", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer();
    const somebody = await Somebody.open(server);
    await somebody.send(request(server, peer));
    const [question] = somebody.questions;
    if (question === undefined) throw new Error("Not asked");
    expect(peer.connection.roundTripMs).toBeUndefined();
    await pass(server, 30);
    somebody.answer(question, peer.connection.remote.pwd);
    await settle();
    expect(peer.connection.roundTripMs).toBe(30);
  });

  test("lets a handshake go on that had to wait", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer();
    let isAnswerLost = true;
    server.runtime.udp.isLost = ({ bytes, port }) =>
      port === server.port && bytes[0] === 1 && isAnswerLost;
    const client = server.connect(peer);
    await pass(server, 100);
    isAnswerLost = false;
    await pass(server, 7_000, [peer.connection]);
    expect([peer.server.establishedCount, peer.client.establishedCount]).toEqual([1, 1]);
    client.close();
  });
});
