/**
 * Goal: one port serves all sessions; who does not know a session's password gets no byte from it, can
 * neither move nor end a session, and costs a bounded amount.
 *
 * Method: sockets of strangers and of peers on a network in memory that send requests, right and wrong
 * in each way, and noise; sessions of our own client, whose addresses change.
 */

import { describe, expect, test } from "vitest";
import { isIntegrityValid } from "../../../../src/codec/stun/integrity.ts";
import { parseStunMessage, StunClass } from "../../../../src/codec/stun/message.ts";
import { findXorMappedAddress } from "../../../../src/codec/stun/xor-mapped-address.ts";
import { iceIntegrity } from "../../../../src/protocols/rtc/transport/binding-request.ts";
import { type RequestChanges, request, Somebody } from "../../../support/ice-somebody.ts";
import { noise } from "../../../support/noise.ts";
import {
  createMemoryServer,
  credentials,
  pass,
  rtpPacket,
  settle,
} from "../../../support/rtc-peers.ts";

async function open() {
  const server = await createMemoryServer();
  const peer = server.addPeer();
  return { server, peer, somebody: await Somebody.open(server) };
}

describe("a request", () => {
  test("that is right is answered with where it came from, and proves a path", async () => {
    const { server, peer, somebody } = await open();
    const [answer] = await somebody.send(request(server, peer));
    const message = parseStunMessage(answer ?? new Uint8Array());
    expect(message.class).toBe(StunClass.Success);
    expect(findXorMappedAddress(message)).toEqual({
      address: "127.0.0.1",
      port: somebody.socket.port,
    });
    const { crypto } = server.runtime;
    const hmac = (key: Uint8Array, data: Uint8Array) => crypto.hmac("sha1", key, data);
    const { pwd } = peer.connection.local;
    expect(isIntegrityValid(message, iceIntegrity(pwd, hmac))).toBe(true);
    expect(peer.connection.path).toMatchObject({ protocol: "udp", port: somebody.socket.port });
  });

  test.each<[string, RequestChanges]>([
    ["by another password", { pwd: credentials("other").pwd }],
    ["for another name", { username: "nobody:cli1" }],
    ["from another name", { username: "srv1:nobody" }],
    ["without names", { username: "" }],
    ["with one name", { username: "srv1" }],
    ["without integrity", { isProtected: false }],
    ["that is an indication", { class: StunClass.Indication }],
    ["that is an answer", { class: StunClass.Success }],
    ["that is a refusal", { class: StunClass.Error }],
    ["with what is not understood", { attributes: [{ type: 0x0077, value: new Uint8Array(4) }] }],
  ])("%s is not answered", async (_name, changes) => {
    const { server, peer, somebody } = await open();
    expect(await somebody.send(request(server, peer, changes))).toEqual([]);
    expect(peer.connection.path).toBeUndefined();
    expect([...peer.connection.paths]).toEqual([]);
  });

  test("that was cut off, changed in any byte, or is noise, is not answered", async () => {
    const { server, peer, somebody } = await open();
    const right = request(server, peer);
    const wrong: Uint8Array[] = [...noise(500, 120)];
    for (let offset = 0; offset < right.length; offset++) {
      wrong.push(right.subarray(0, offset));
      // The type of FINGERPRINT: with another it is an attribute that does not matter, and none there.
      if (offset === right.length - 8 || offset === right.length - 7) continue;
      const changed = right.slice();
      changed[offset] = (changed[offset] ?? 0) ^ 1;
      wrong.push(changed);
    }
    expect(await somebody.send(...wrong)).toEqual([]);
    expect(peer.connection.path).toBeUndefined();
    expect(server.mux.strayCount).toBeGreaterThan(500);
  });

  test("from another name is answered if names are not looked at", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer({ connection: { isStunStrict: false } });
    const somebody = await Somebody.open(server);
    expect(await somebody.send(request(server, peer, { username: "srv1:nobody" }))).toHaveLength(1);
  });

  test("for a session that is over is not answered", async () => {
    const { server, peer, somebody } = await open();
    server.mux.remove(peer.connection);
    expect(await somebody.send(request(server, peer))).toEqual([]);
    expect(server.mux.hasUfrag("srv1")).toBe(false);
  });
});

describe("strangers", () => {
  test("get no answer to DTLS, RTP, or anything else", async () => {
    const { server, peer, somebody } = await open();
    const hello = new Uint8Array(200).fill(22, 0, 1);
    expect(await somebody.send(hello, rtpPacket(1), ...noise(300, 100))).toEqual([]);
    expect(peer.server.establishedCount).toBe(0);
    expect(server.mux.strayCount).toBeGreaterThan(290);
  });

  test("cannot disturb an established session from elsewhere", async () => {
    const { server, peer, somebody } = await open();
    const client = server.connect(peer);
    await settle();
    expect(peer.client.establishedCount).toBe(1);
    const { path } = peer.connection;
    await somebody.send(rtpPacket(1), ...noise(300, 100), request(server, peer, { pwd: "x" }));
    expect(peer.connection.path).toBe(path);
    expect(peer.server.rtpPackets).toEqual([]);
    expect(peer.server.ends).toEqual([]);
    client.close();
  });

  test("at the peer's own address cannot forge media or an end", async () => {
    const { server, peer } = await open();
    const client = server.connect(peer);
    await settle();
    for (const bytes of [
      rtpPacket(1),
      Uint8Array.of(21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 0),
    ]) {
      client.path?.send(bytes);
    }
    for (const bytes of noise(500, 100)) client.path?.send(bytes);
    await settle();
    expect(peer.server.rtpPackets).toEqual([]);
    expect([...peer.server.ends, ...peer.client.ends]).toEqual([]);
    client.connection.sendRtp(rtpPacket(2), 2);
    await settle();
    expect(peer.server.rtpPackets).toEqual([rtpPacket(2)]);
    client.close();
  });
});

test("a session that was closed takes nothing, though its peer goes on", async () => {
  const { server, peer } = await open();
  const client = server.connect(peer);
  await settle();
  server.runtime.udp.isLost = ({ port }) => port !== server.port;
  peer.connection.close();
  client.connection.sendRtp(rtpPacket(1), 1);
  client.close();
  await settle();
  expect(peer.server.rtpPackets).toEqual([]);
  expect(peer.server.ends).toEqual([]);
});

describe("paths", () => {
  test("media go where the peer nominates, and come from wherever it is proven", async () => {
    const { server, peer, somebody } = await open();
    const client = server.connect(peer);
    await settle();
    const [first] = [...peer.connection.paths];
    await somebody.send(request(server, peer));
    expect(peer.connection.path).toBe(first);
    // Until somebody has answered from there, it may be an address that was forged.
    await somebody.send(request(server, peer, { isNominating: true }));
    expect(peer.connection.path).toBe(first);
    somebody.answersFor = peer;
    await pass(server, 50);
    await somebody.send(request(server, peer, { isNominating: true }));
    expect(peer.connection.path?.port).toBe(somebody.socket.port);
    peer.connection.sendRtp(rtpPacket(3), 3);
    await settle();
    expect(somebody.received.at(-1)).toHaveLength(25);
    client.connection.sendRtp(rtpPacket(4), 4);
    await settle();
    expect(peer.server.rtpPackets).toEqual([rtpPacket(4)]);
    client.close();
  });

  test("another proven path is taken if the one in use is silent for five seconds", async () => {
    const { server, peer, somebody } = await open();
    const other = await Somebody.open(server);
    await somebody.send(request(server, peer));
    await other.send(request(server, peer));
    expect(peer.connection.path?.port).toBe(somebody.socket.port);
    await pass(server, 5_100);
    await other.send(request(server, peer));
    expect(peer.connection.path?.port).toBe(other.socket.port);
  });

  test("are few: the one that was proven longest ago is given up, never the one in use", async () => {
    const { server, peer, somebody } = await open();
    await somebody.send(request(server, peer));
    const others: Somebody[] = [];
    for (let i = 0; i < 40; i++) {
      const other = await Somebody.open(server);
      others.push(other);
      await other.send(request(server, peer));
    }
    expect([...peer.connection.paths]).toHaveLength(16);
    expect(peer.connection.path?.port).toBe(somebody.socket.port);
    const before = server.mux.strayCount;
    await others[0]?.send(rtpPacket(1));
    expect(server.mux.strayCount).toBe(before + 1);
    await others[39]?.send(rtpPacket(1));
    expect(server.mux.strayCount).toBe(before + 1);
  });

  test("an address is that of the session that proved it last", async () => {
    const { server, peer, somebody } = await open();
    const next = server.addPeer();
    await somebody.send(request(server, peer));
    await somebody.send(request(server, next));
    expect(next.connection.path).toBeUndefined();
    somebody.answersFor = next;
    await somebody.send(request(server, next));
    expect(peer.connection.path).toBeUndefined();
    expect(next.connection.path?.port).toBe(somebody.socket.port);
    const [before, nextBefore] = [peer.connection.receivedSize, next.connection.receivedSize];
    await somebody.send(rtpPacket(1));
    expect(peer.connection.receivedSize).toBe(before);
    expect(next.connection.receivedSize).toBe(nextBefore + 15);
    server.mux.remove(peer.connection);
    await somebody.send(rtpPacket(2));
    expect(next.connection.receivedSize).toBe(nextBefore + 30);
  });

  test("are gone with their socket", async () => {
    const { server, peer, somebody } = await open();
    await somebody.send(request(server, peer));
    server.mux.closeUdp(server.udp);
    expect(peer.connection.path).toBeUndefined();
    expect(await somebody.send(request(server, peer))).toEqual([]);
  });
});

describe("ICE restart", () => {
  test("both names are right until the new one is used; media and keys go on", async () => {
    const { server, peer, somebody } = await open();
    const client = server.connect(peer);
    await settle();
    const before = request(server, peer);
    peer.connection.restartIce(credentials("new-server"), credentials("new-client"));
    server.mux.add(peer.connection);
    expect(peer.connection.localUfrags).toEqual(["new-server", "srv1"]);
    expect(await somebody.send(before)).toHaveLength(1);
    expect(somebody.questions).toHaveLength(1);
    somebody.answersFor = peer;
    await pass(server, 50);
    const [answer] = await somebody.send(request(server, peer, { isNominating: true }));
    expect(answer).toBeDefined();
    expect(peer.connection.path?.port).toBe(somebody.socket.port);
    expect(await somebody.send(before)).toEqual([]);
    expect(peer.server.establishedCount).toBe(1);
    client.connection.sendRtp(rtpPacket(4), 4);
    await settle();
    expect(peer.server.rtpPackets).toEqual([rtpPacket(4)]);
    client.close();
  });
});

describe("deadlines", () => {
  test("setup_timeout: nobody comes, or comes and never finishes", async () => {
    const { server, peer, somebody } = await open();
    const other = server.addPeer();
    const connections = [peer.connection, other.connection];
    for (let i = 0; i < 9; i++) {
      await somebody.send(request(server, peer));
      await pass(server, 1_000, connections);
    }
    expect([...peer.server.ends, ...other.server.ends]).toEqual([]);
    await pass(server, 1_100, connections);
    expect(peer.server.ends).toEqual([["setup_timeout", undefined]]);
    expect(other.server.ends).toEqual([["setup_timeout", undefined]]);
  });

  test("consent_expired: the peer is silent, whatever it sends but STUN", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer({ client: { consentTimeoutMs: 100_000 } });
    const client = server.connect(peer);
    await settle();
    const { path } = client;
    server.runtime.udp.isLost = ({ bytes }) => (bytes[0] ?? 0) < 2;
    for (let i = 0; i < 35; i++) {
      path?.send(rtpPacket(i));
      await pass(server, 1_000, [peer.connection]);
    }
    expect(peer.server.ends).toEqual([["consent_expired", undefined]]);
    expect(peer.client.ends).toEqual([["peer_closed", undefined]]);
  });
});
