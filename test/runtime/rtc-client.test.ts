/**
 * Goal: WebRTC connections work over the sockets, the clock and the cryptography of each runtime, by
 * UDP and TCP, many at a time.
 *
 * Method: our clients against the server's transport on the loopback interface.
 */

import { expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import { RtcTestServer, rtcpPacket, rtpPacket } from "../support/rtc-peers.ts";
import { eventually } from "./support/eventually.ts";

test.each(["udp", "tcp"] as const)("thirty clients by %s", async (transport) => {
  const runtime = await createRuntime();
  const server = new RtcTestServer(runtime);
  await server.listen();
  const peers = Array.from({ length: 30 }, (_, index) =>
    server.addPeer({
      connection: { setup: index % 2 === 0 ? "active" : "passive" },
      client: { transport, isRtpOpened: index % 3 !== 0 },
    }),
  );
  const clients = peers.map((peer) => server.connect(peer));
  await eventually("all to be established", () =>
    peers.every((peer) => peer.client.establishedCount + peer.server.establishedCount === 2),
  );
  // Less at a time than a socket holds by default: then none may be lost.
  for (let i = 0; i < 5; i++) {
    for (const client of clients) client.connection.sendRtp(rtpPacket(i), i);
    for (const { connection } of peers) connection.sendRtp(rtpPacket(i), i);
    await eventually("all packets", () =>
      peers.every(
        ({ client, server }) => client.rtpPackets.length + server.rtpPackets.length === 2 * (i + 1),
      ),
    );
  }
  for (const client of clients) client.connection.sendRtcp(rtcpPacket());
  await eventually("all reports", () =>
    peers.every(({ server }) => server.rtcpPackets.length === 1),
  );
  expect(peers[1]?.client.rtpPackets[4]).toEqual(rtpPacket(4));
  expect(peers[0]?.client.rtpPackets[4]).toHaveLength(25);
  for (const client of clients) client.close();
  await eventually("all to be told", () => peers.every((peer) => peer.server.ends.length === 1));
  expect(peers.flatMap((peer) => peer.server.ends)).toEqual(
    peers.map(() => ["peer_closed", undefined]),
  );
  for (const peer of peers) server.mux.remove(peer.connection);
  await server.close();
});
