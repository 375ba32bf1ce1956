/**
 * Goal: a client finds its way to a server, by UDP or TCP and in either role of DTLS, and has media
 * both ways; whatever is in its way, it is told how it ended, and nothing is left behind.
 *
 * Method: clients and the server's own transport on a network in memory, in virtual time, with
 * losses and servers that are none.
 */

import { describe, expect, test } from "vitest";
import { hostCandidates } from "../../../../src/protocols/rtc/negotiation/host-candidates.ts";
import { testIdentity } from "../../../support/dtls-pair.ts";
import {
  createMemoryServer,
  credentials,
  type PeerChanges,
  pass,
  rtcpPacket,
  rtpPacket,
  settle,
} from "../../../support/rtc-peers.ts";
import { createRandom } from "../../../support/seeded-random.ts";

const WAYS = (["udp", "tcp"] as const).flatMap((transport) =>
  (["active", "passive"] as const).map((setup) => ({ transport, setup })),
);

async function connect(changes: PeerChanges = {}) {
  const server = await createMemoryServer();
  const peer = server.addPeer(changes);
  const client = server.connect(peer);
  await settle();
  return { server, peer, client };
}

describe.each(WAYS)("by $transport, the server's setup is $setup", ({ transport, setup }) => {
  test("media go both ways, until the client says goodbye", async () => {
    const { server, peer, client } = await connect({
      connection: { setup },
      client: { transport },
    });
    expect([peer.client.establishedCount, peer.server.establishedCount]).toEqual([1, 1]);
    expect(client.path?.protocol).toBe(transport);
    expect(peer.connection.path?.protocol).toBe(transport);
    for (let i = 0; i < 20; i++) {
      client.connection.sendRtp(rtpPacket(i), i);
      peer.connection.sendRtp(rtpPacket(i, [9]), i);
    }
    client.connection.sendRtcp(rtcpPacket(1));
    peer.connection.sendRtcp(rtcpPacket(2));
    await settle();
    expect(peer.server.rtpPackets).toEqual(Array.from({ length: 20 }, (_, i) => rtpPacket(i)));
    expect(peer.client.rtpPackets).toEqual(Array.from({ length: 20 }, (_, i) => rtpPacket(i, [9])));
    expect(peer.server.rtcpPackets).toEqual([rtcpPacket(1)]);
    expect(peer.client.rtcpPackets).toEqual([rtcpPacket(2)]);
    client.close();
    await settle();
    expect(peer.server.ends).toEqual([["peer_closed", undefined]]);
    expect(peer.client.ends).toEqual([]);
    server.mux.remove(peer.connection);
    await settle();
    expect(server.runtime.clock.timerCount).toBe(0);
    // Its socket is closed: the port is free.
    const port = client.path?.udp?.port ?? 0;
    const handler = { datagram: () => undefined, error: () => undefined };
    await server.runtime.udp.bind({ host: "127.0.0.1", port }, handler);
  });

  test("is told when the server says goodbye", async () => {
    const { server, peer } = await connect({ connection: { setup }, client: { transport } });
    peer.connection.close();
    server.mux.remove(peer.connection);
    await settle();
    expect(peer.client.ends).toEqual([["peer_closed", undefined]]);
    expect(server.runtime.clock.timerCount).toBe(0);
  });

  test("stays for ten minutes, and asks for consent every five seconds", async () => {
    const { server, peer, client } = await connect({
      connection: { setup },
      client: { transport },
    });
    const before = client.connection.sentSize;
    let count = 0;
    server.runtime.udp.isLost = () => {
      count += 1;
      return false;
    };
    await pass(server, 600_000, [peer.connection]);
    expect([...peer.client.ends, ...peer.server.ends]).toEqual([]);
    expect(client.connection.sentSize).toBe(before);
    if (transport === "udp") {
      // A question and an answer each, of either side.
      expect(count).toBeGreaterThan(350);
      expect(count).toBeLessThan(600);
    }
    client.close();
  });
});

describe("media are protected as agreed", () => {
  test.each([
    ["aes128-cm-sha1-80", 12 + 3 + 10],
    ["aead-aes-128-gcm", 12 + 3 + 16],
  ] as const)("by %s", async (profile, size) => {
    const { peer, client } = await connect({
      connection: { srtpProfiles: [profile] },
      client: { isRtpOpened: false },
    });
    client.connection.sendRtp(rtpPacket(1), 1);
    peer.connection.sendRtp(rtpPacket(2), 2);
    await settle();
    expect(peer.server.rtpPackets).toEqual([rtpPacket(1)]);
    expect(peer.client.rtpPackets.map(({ length }) => length)).toEqual([size]);
  });

  test("or not at all", async () => {
    const { peer, client } = await connect({
      connection: { isEncrypted: false },
      client: { isEncrypted: false },
    });
    client.connection.sendRtp(rtpPacket(1), 1);
    client.connection.sendRtcp(rtcpPacket());
    peer.connection.sendRtp(rtpPacket(2), 2);
    await settle();
    expect(peer.server.rtpPackets).toEqual([rtpPacket(1)]);
    expect(peer.server.rtcpPackets).toEqual([rtcpPacket()]);
    expect(peer.client.rtpPackets).toEqual([rtpPacket(2)]);
    expect(peer.connection.sender).toBeUndefined();
  });
});

describe("the way", () => {
  test("is UDP where there is a choice, and TCP where UDP is blocked", async () => {
    const open = await connect();
    expect(open.client.path?.protocol).toBe("udp");
    await pass(open.server, 2_000);
    expect(open.server.runtime.tcp.connections).toEqual([]);

    const server = await createMemoryServer();
    server.runtime.udp.isLost = () => true;
    const peer = server.addPeer();
    const client = server.connect(peer);
    await pass(server, 1_000);
    expect(peer.client.establishedCount).toBe(1);
    expect(client.path?.protocol).toBe("tcp");
  });

  test("is the first address that answers, of several", async () => {
    const server = await createMemoryServer();
    const [endpoint] = server.endpoints;
    const dead = { transport: "udp", address: "127.0.0.1", port: 29_999 } as const;
    const endpoints = [dead, ...(endpoint === undefined ? [] : [endpoint])];
    const { clientOptions } = server.addPeer();
    const peer = server.addPeer();
    const { agreement } = peer.clientOptions;
    Object.assign(peer.clientOptions, {
      agreement: { ...agreement, candidates: hostCandidates(endpoints) },
    });
    const client = server.connect(peer);
    await settle();
    expect(clientOptions.local).not.toEqual(peer.clientOptions.local);
    expect(peer.client.establishedCount).toBe(1);
    expect(client.path?.port).toBe(endpoint?.port);
  });

  test.each([10, 30])("is found though %i percent of all datagrams are lost", async (percent) => {
    for (let seed = 1; seed <= 8; seed++) {
      const server = await createMemoryServer();
      const random = createRandom(seed * 65_537);
      random(1);
      server.runtime.udp.isLost = () => random(100) < percent;
      const peer = server.addPeer();
      const client = server.connect(peer);
      await pass(server, 9_000);
      expect(peer.client.establishedCount, `seed ${seed}`).toBe(1);
      expect(peer.server.establishedCount, `seed ${seed}`).toBe(1);
      client.close();
    }
  });
});

describe("what comes is only counted", () => {
  test("RTP as it came, RTCP decrypted", async () => {
    const { peer } = await connect({ client: { isRtpOpened: false } });
    peer.connection.sendRtp(rtpPacket(5), 5);
    peer.connection.sendRtcp(rtcpPacket(2));
    await settle();
    const [packet] = peer.client.rtpPackets;
    expect(packet).toHaveLength(15 + 10);
    expect(packet?.subarray(0, 12)).toEqual(rtpPacket(5).subarray(0, 12));
    expect(packet?.subarray(12, 15)).not.toEqual(rtpPacket(5).subarray(12));
    expect(peer.client.rtcpPackets).toEqual([rtcpPacket(2)]);
  });
});

describe("no way", () => {
  test("nobody answers: setup_timeout", async () => {
    const server = await createMemoryServer();
    server.runtime.udp.isLost = () => true;
    const peer = server.addPeer({ client: { transport: "udp", setupTimeoutMs: 3_000 } });
    server.connect(peer);
    await pass(server, 4_000);
    expect(peer.client.ends).toEqual([["setup_timeout", undefined]]);
    expect(server.runtime.clock.timerCount).toBe(0);
  });

  test("another password: setup_timeout", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer();
    const { agreement } = peer.clientOptions;
    const remoteIce = { ...agreement.remoteIce, pwd: credentials("other").pwd };
    Object.assign(peer.clientOptions, { agreement: { ...agreement, remoteIce } });
    server.connect(peer);
    await pass(server, 12_000);
    expect(peer.client.ends).toEqual([["setup_timeout", undefined]]);
    expect(peer.server.establishedCount).toBe(0);
  });

  test("nobody listens by TCP: unreachable", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer({ client: { transport: "tcp" } });
    await server.close();
    server.connect(peer);
    await settle();
    expect(peer.client.ends).toMatchObject([["unreachable", expect.stringContaining("REFUSED")]]);
    expect(server.runtime.clock.timerCount).toBe(0);
  });

  test("no candidate of use: unreachable", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer();
    const { agreement } = peer.clientOptions;
    const name = { transport: "udp", address: "a1b2.local", port: 8_000 } as const;
    Object.assign(peer.clientOptions, {
      agreement: { ...agreement, candidates: hostCandidates([name]) },
    });
    server.connect(peer);
    await pass(server, 50);
    expect(peer.client.ends).toMatchObject([["unreachable", expect.stringContaining("of use")]]);
  });

  test("another certificate: dtls_failed on one side, told to the other", async () => {
    const server = await createMemoryServer();
    const peer = server.addPeer();
    const { agreement } = peer.clientOptions;
    const value = testIdentity("ecdsa", "other").fingerprint;
    const remoteFingerprints = [{ algorithm: "sha-256", value }];
    Object.assign(peer.clientOptions, { agreement: { ...agreement, remoteFingerprints } });
    server.connect(peer);
    await pass(server, 12_000, [peer.connection]);
    expect(peer.client.ends).toMatchObject([
      ["dtls_failed", expect.stringContaining("another fingerprint")],
    ]);
    expect(peer.server.ends).toEqual([["dtls_failed", "The peer sent alert 40"]]);
  });

  test("the server is gone later on: consent_expired", async () => {
    const { server, peer } = await connect({ client: { transport: "udp" } });
    server.runtime.udp.isLost = () => true;
    await pass(server, 29_000);
    expect(peer.client.ends).toEqual([]);
    await pass(server, 8_000);
    expect(peer.client.ends).toEqual([["consent_expired", undefined]]);
    expect(server.runtime.clock.timerCount).toBe(0);
  });

  test("close at any time leaves nothing", async () => {
    for (const transport of ["udp", "tcp"] as const) {
      for (let turns = 0; turns < 40; turns++) {
        const server = await createMemoryServer();
        const peer = server.addPeer({ client: { transport } });
        const client = server.connect(peer);
        for (let i = 0; i < turns; i++) await Promise.resolve();
        client.close();
        client.close();
        await settle();
        expect(peer.client.ends).toEqual([]);
        server.mux.remove(peer.connection);
        peer.connection.close();
        await settle();
        expect(server.runtime.clock.timerCount).toBeLessThanOrEqual(1); // A stranger's, of TCP.
      }
    }
  });
});
