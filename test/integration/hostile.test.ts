/**
 * Goal: nothing that a stranger sends disturbs those who behave, ends the server, or makes it hold
 * memory without bound.
 *
 * Method: while a good stream plays, attack the ports on real sockets, one way per test. Each test
 * ends only when the server has got rid of the attacker; the good player must have missed nothing,
 * and the log must hold no fault of the server's own.
 */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { expectPartOf } from "../support/compare-packets.ts";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { noise } from "../support/noise.ts";
import type { Program } from "../support/program.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const VIDEO = 9;
const MEGABYTE = 1024 * 1024;

/** More than a player who reads is ever behind by. */
const QUEUE_SIZE = 16 * MEGABYTE;

/** What all attacks of a test together may cost; a runtime's heap breathes by tens of megabytes. */
const GROWTH_MAX = 150 * MEGABYTE;

let server: TestServer;
let file: string;
/** A name for each test, so that none sees what another left. */
let good: string;
let publisher: Program;
let player: FlvCapture;
let sockets: RawSocket[] = [];

beforeAll(async () => {
  file = await media("h264-aac.flv");
  server = await startServer({
    config: {
      limits: { handshake_timeout: 1 },
      vhosts: { __defaultVhost__: { play: { write_timeout: 2, queue_bytes: QUEUE_SIZE } } },
    },
  });
});

beforeEach(async ({ task }) => {
  good = `live/${task.name.replaceAll(/[^a-z]+/gi, "-")}`;
  publisher = publishFile(file, server.rtmpUrl(good));
  player = await FlvCapture.http(server.httpUrl(`/${good}.flv`));
  await player.waitForTags(VIDEO, 10);
});

afterEach(async () => {
  for (const socket of sockets) socket.close();
  sockets = [];
  try {
    const count = player.tags().filter(({ type }) => type === VIDEO).length;
    await player.waitForTags(VIDEO, count + 10);
    const played = await probePackets(player.save(`${server.folder}/good.flv`));
    expectPartOf(played, await probePackets(file));
    expect((await httpGet(server.apiUrl("/api/v1/versions"))).status).toBe(200);
  } finally {
    player.close();
    await publisher.end();
  }
});

afterAll(() => server.stop());

async function attack(count: number, open: () => Promise<RawSocket>): Promise<RawSocket[]> {
  const opened = await Promise.all(Array.from({ length: count }, open));
  sockets.push(...opened);
  return opened;
}

async function expectAllClosed(attackers: readonly RawSocket[]): Promise<void> {
  for (const attacker of attackers) await attacker.waitForClose();
}

test("garbage on every port", async () => {
  const { rtmp, http, api } = server.ports;
  const garbage = [...noise(20, 20_000)];
  for (const port of [rtmp, http, api]) {
    const attackers = await attack(garbage.length, () => RawSocket.open(port));
    for (const [i, attacker] of attackers.entries()) attacker.write(garbage[i] ?? "");
    await expectAllClosed(attackers);
  }
});

test("garbage after an RTMP handshake", async () => {
  const garbage = [...noise(20, 100_000)];
  const attackers = await attack(garbage.length, () => RawSocket.openRtmp(server.ports.rtmp));
  for (const [i, attacker] of attackers.entries()) attacker.write(garbage[i] ?? "");
  await expectAllClosed(attackers);
});

test("connections that say nothing, or stop in mid-sentence", async () => {
  const { rtmp, http } = server.ports;
  const silent = await attack(20, () => RawSocket.open(rtmp));
  const halfway = await attack(20, () => RawSocket.open(rtmp));
  for (const attacker of halfway) attacker.write(new Uint8Array([3, 0, 0]));
  const requests = await attack(20, () => RawSocket.open(http));
  for (const attacker of requests)
    attacker.write(`GET /${good}.flv HTTP/1.1\r\nHost: a\r\nX-Long: `);
  await expectAllClosed([...silent, ...halfway, ...requests]);
});

test("a request head without end", async () => {
  const attackers = await attack(5, () => RawSocket.open(server.ports.http));
  for (const attacker of attackers) {
    attacker.write("GET / HTTP/1.1\r\nHost: a\r\n");
    for (let i = 0; i < 2000; i++) attacker.write(`X-Header-${i}: ${"a".repeat(500)}\r\n`);
  }
  await expectAllClosed(attackers);
});

test("thousands of RTMP chunk streams, each with the beginning of a large message", async () => {
  const before = server.residentSize();
  const attackers = await attack(5, () => RawSocket.openRtmp(server.ports.rtmp));
  for (const attacker of attackers) {
    const chunks: Buffer[] = [];
    for (let id = 0; id < 20_000; id++) {
      // Spec: Adobe RTMP 1.0, section 5.3.1: fmt 0 with a 3-byte basic header; a video message of
      // 16 MB less 1, of which 128 bytes come.
      const chunk = Buffer.alloc(3 + 11 + 128);
      chunk[0] = 1;
      chunk.writeUInt16LE(id, 1);
      chunk.writeUIntBE(0xffffff, 6, 3);
      chunk[9] = 9;
      chunks.push(chunk);
    }
    attacker.write(Buffer.concat(chunks));
  }
  await expectAllClosed(attackers);
  expect(server.residentSize() - before).toBeLessThan(GROWTH_MAX);
});

test("a player that never reads", async () => {
  const before = server.residentSize();
  const url = server.rtmpUrl("live/wide");
  const wide = await RtmpPeer.publish(url);
  const reader = await RtmpPeer.play(url);
  const deaf = await attack(5, () => RawSocket.open(server.ports.http));
  for (const attacker of deaf) {
    attacker.write("GET /live/wide.flv HTTP/1.1\r\nHost: a\r\n\r\n");
    attacker.socket.pause();
  }
  // Sorenson H.263 key frames: opaque to the server, and large. 10 MB/s.
  const picture = Buffer.alloc(100_000, 0x55);
  picture[0] = 0x12;
  let sent = 0;
  const send = (): void => wide.client.sendVideo(sent++ * 40, picture);
  send();
  await reader.waitForMedia("video", 1);
  const timer = setInterval(send, 10);
  try {
    await waitFor("the deaf players to be closed", () => {
      const ends = server.events("session ended").filter(({ url: path }) => path === "/live/wide");
      return ends.length === deaf.length;
    });
  } finally {
    clearInterval(timer);
  }
  expect(server.residentSize() - before).toBeLessThan(GROWTH_MAX);
  await reader.waitForMedia("video", sent);
  reader.close();
  wide.close();
});

test("a WebSocket that breaks its protocol", async () => {
  const attackers = await attack(10, () => RawSocket.open(server.ports.http));
  for (const attacker of attackers) {
    attacker.write(
      `GET /${good}.flv HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await waitFor("the upgrade", () => attacker.text.includes("101 Switching Protocols"));
    // RFC 6455, section 5.1: a client's frame must be masked.
    attacker.write(new Uint8Array([0x82, 0x05, 1, 2, 3, 4, 5]));
  }
  await expectAllClosed(attackers);
});
