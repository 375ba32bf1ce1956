/**
 * Goal: sessions by TCP are told apart by what comes first; strangers are few, and what a slow peer does
 * not take costs it alone.
 *
 * Method: connections on a network in memory, frames cut at every byte.
 */

import { describe, expect, test } from "vitest";
import { parseStunMessage, StunClass } from "../../../../src/codec/stun/message.ts";
import {
  encodeFrame,
  FrameSplitter,
} from "../../../../src/protocols/rtc/transport/frame-splitter.ts";
import type { TcpSocket } from "../../../../src/runtime/runtime.ts";
import { joinBytes } from "../../../support/hex.ts";
import { request } from "../../../support/ice-somebody.ts";
import {
  createMemoryServer,
  pass,
  type RtcTestServer,
  rtpPacket,
  settle,
} from "../../../support/rtc-peers.ts";

async function open() {
  const server = await createMemoryServer();
  return { server, peer: server.addPeer() };
}

describe("sessions by TCP", () => {
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
      const answers = end.received.filter(
        (bytes) => parseStunMessage(bytes).class === StunClass.Success,
      );
      expect(answers).toHaveLength(1);
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

  test("strangers are few: of too many of one address the oldest goes, and who is known stays", async () => {
    const { server, peer } = await open();
    const known = await connect(server);
    known.socket.write(encodeFrame(request(server, peer)));
    await settle();
    const strangers = [];
    for (let i = 0; i < 100; i++) strangers.push(await connect(server));
    expect(strangers.filter(({ isClosed }) => isClosed)).toHaveLength(100 - 64);
    expect(strangers[0]?.isClosed).toBe(true);
    expect(strangers[99]?.isClosed).toBe(false);
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
