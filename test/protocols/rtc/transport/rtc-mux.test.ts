/**
 * Goal: one port serves all sessions; who does not know a session's password gets no byte from it, can
 * neither move nor end a session, and costs a bounded amount.
 *
 * Method: sockets of strangers and of peers on a network in memory that send requests, right and wrong
 * in each way, and noise; sessions of our own client, whose addresses change.
 */

import { describe, expect, test } from "vitest";
import { type StunAttribute, StunAttributeType } from "../../../../src/codec/stun/attribute.ts";
import { encodeBindingMessage } from "../../../../src/codec/stun/encode-message.ts";
import { encodePriority, encodeUseCandidate } from "../../../../src/codec/stun/ice-attribute.ts";
import { isIntegrityValid } from "../../../../src/codec/stun/integrity.ts";
import { parseStunMessage, StunClass } from "../../../../src/codec/stun/message.ts";
import { encodeTextAttribute } from "../../../../src/codec/stun/text-attribute.ts";
import { findXorMappedAddress } from "../../../../src/codec/stun/xor-mapped-address.ts";
import { iceIntegrity } from "../../../../src/protocols/rtc/transport/binding-request.ts";
import {
  encodeFrame,
  FrameSplitter,
} from "../../../../src/protocols/rtc/transport/frame-splitter.ts";
import type { TcpSocket, UdpSocket } from "../../../../src/runtime/runtime.ts";
import { joinBytes } from "../../../support/hex.ts";
import { noise } from "../../../support/noise.ts";
import {
  createMemoryServer,
  credentials,
  pass,
  type RtcTestServer,
  rtpPacket,
  type ServedPeer,
  settle,
} from "../../../support/rtc-peers.ts";

interface RequestChanges {
  readonly username?: string;
  readonly pwd?: string;
  readonly isNominating?: boolean;
  readonly class?: StunClass;
  readonly attributes?: readonly StunAttribute[];
  readonly isProtected?: boolean;
}

function request(
  server: RtcTestServer,
  peer: ServedPeer,
  changes: RequestChanges = {},
): Uint8Array {
  const { crypto } = server.runtime;
  const { local, remote } = peer.connection;
  const hmac = (key: Uint8Array, data: Uint8Array) => crypto.hmac("sha1", key, data);
  const { username = `${local.ufrag}:${remote.ufrag}`, pwd = local.pwd } = changes;
  return encodeBindingMessage({
    class: changes.class ?? StunClass.Request,
    transactionId: crypto.randomBytes(12),
    attributes: [
      encodeTextAttribute(StunAttributeType.Username, username),
      encodePriority(1),
      ...(changes.isNominating === true ? [encodeUseCandidate()] : []),
      ...(changes.attributes ?? []),
    ],
    ...(changes.isProtected === false ? {} : { integrity: iceIntegrity(pwd, hmac) }),
  });
}

/** A UDP socket of somebody. */
class Somebody {
  readonly received: Uint8Array[] = [];
  readonly #server: RtcTestServer;
  socket!: UdpSocket;

  private constructor(server: RtcTestServer) {
    this.#server = server;
  }

  static async open(server: RtcTestServer): Promise<Somebody> {
    const somebody = new Somebody(server);
    somebody.socket = await server.runtime.udp.bind(
      { host: "127.0.0.1", port: 0 },
      { datagram: (bytes) => somebody.received.push(bytes.slice()), error: () => undefined },
    );
    return somebody;
  }

  /** @returns What came back. */
  async send(...datagrams: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const before = this.received.length;
    for (const bytes of datagrams) this.socket.send(bytes, "127.0.0.1", this.#server.port);
    await settle();
    return this.received.slice(before);
  }
}

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

describe("TCP", () => {
  async function connect(server: RtcTestServer) {
    const end = { received: [] as Uint8Array[], isClosed: false, socket: {} as TcpSocket };
    const splitter = new FrameSplitter((datagram) => end.received.push(datagram.slice()));
    end.socket = await server.runtime.tcp.connect(
      { host: "127.0.0.1", port: server.tcpPort, timeoutMs: 1_000 },
      {
        data: (bytes) => splitter.write(bytes),
        drain: () => undefined,
        close: () => {
          end.isClosed = true;
        },
      },
    );
    await settle();
    return end;
  }

  test("a request cut at every byte is answered once", async () => {
    const { server, peer } = await open();
    const frame = encodeFrame(request(server, peer));
    for (let cut = 1; cut < frame.length; cut += 7) {
      const end = await connect(server);
      end.socket.write(frame.subarray(0, cut));
      await settle();
      end.socket.write(frame.subarray(cut));
      await settle();
      expect(end.received).toHaveLength(1);
      end.socket.destroy();
      await settle();
    }
    expect([...peer.connection.paths]).toEqual([]);
  });

  test("a stranger is sent away after ten seconds of silence, or for what is not STUN", async () => {
    const { server } = await open();
    const silent = await connect(server);
    const loud = await connect(server);
    const large = await connect(server);
    loud.socket.write(encodeFrame(rtpPacket(1)));
    large.socket.write(Uint8Array.of(0xff, 0xff));
    await settle();
    expect([silent.isClosed, loud.isClosed, large.isClosed]).toEqual([false, true, true]);
    await pass(server, 10_100);
    expect(silent.isClosed).toBe(true);
    expect(silent.received).toEqual([]);
    expect(server.runtime.clock.timerCount).toBe(0);
  });

  test("strangers are few: of too many the oldest goes, and who is known stays", async () => {
    const { server, peer } = await open();
    const known = await connect(server);
    known.socket.write(encodeFrame(request(server, peer)));
    await settle();
    const strangers = [];
    for (let i = 0; i < 300; i++) strangers.push(await connect(server));
    expect(strangers.filter(({ isClosed }) => isClosed)).toHaveLength(300 - 256);
    expect(strangers[0]?.isClosed).toBe(true);
    expect(strangers[299]?.isClosed).toBe(false);
    expect(known.isClosed).toBe(false);
  });

  test("what stands behind the frame that ends a connection is not looked at", async () => {
    const { server, peer } = await open();
    const end = await connect(server);
    const datagrams = [rtpPacket(1), request(server, peer), rtpPacket(2)];
    end.socket.write(joinBytes(...datagrams.map(encodeFrame)));
    await settle();
    expect(end.received).toEqual([]);
    expect(peer.connection.path).toBeUndefined();
    expect(peer.connection.receivedSize).toBe(0);
  });

  test("a session goes on by another path when its connection is closed", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer({ connection: { setup: "active" } });
    const end = await connect(server);
    end.socket.write(encodeFrame(request(server, peer)));
    await settle();
    // As a client of DTLS it has begun, and does so once.
    expect(end.received.filter((bytes) => bytes[0] === 22)).toHaveLength(1);
    end.socket.destroy();
    await settle();
    expect(peer.connection.path).toBeUndefined();
    const again = await connect(server);
    again.socket.write(encodeFrame(request(server, peer)));
    await settle();
    expect(peer.connection.path?.protocol).toBe("tcp");
    expect(again.received.filter((bytes) => bytes[0] === 22)).toHaveLength(0);
    await pass(server, 200);
    const hellos = again.received.filter((bytes) => bytes[0] === 22);
    expect(hellos).toHaveLength(1);
    // Message sequence number 0: it is the first one again, and not another.
    expect(hellos[0]?.subarray(17, 19)).toEqual(Uint8Array.of(0, 0));
  });

  test("what a slow peer does not take is lost by whole frames", async () => {
    const server = await createMemoryServer();
    server.runtime.tcp.capacity = 2_000;
    const peer = server.addPeer({ client: { transport: "tcp" } });
    const client = server.connect(peer);
    await settle();
    expect(peer.client.establishedCount).toBe(1);
    for (let i = 0; i < 3_000; i++) {
      peer.connection.sendRtp(
        rtpPacket(
          i,
          Array.from({ length: 400 }, () => i & 0xff),
        ),
        i,
      );
    }
    for (let i = 0; i < 40; i++) await settle();
    const count = peer.client.rtpPackets.length;
    expect(count).toBeGreaterThan(1_000);
    expect(count).toBeLessThan(2_000);
    peer.connection.sendRtp(rtpPacket(4_000, [9]), 4_000);
    await settle();
    expect(peer.client.rtpPackets.at(-1)).toEqual(rtpPacket(4_000, [9]));
    client.close();
  });
});
