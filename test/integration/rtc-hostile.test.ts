/**
 * Goal: whatever strangers send to the ports of WebRTC and post as offers, those who publish and play go
 * on, and the server's memory stays within bounds; an operator ends whom he wants to.
 *
 * Method: one server, a publisher and a player in Chromium, and floods of offers, of STUN by wrong
 * passwords, and of noise by UDP and TCP beside them.
 */

import { createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StunAttributeType } from "../../src/codec/stun/attribute.ts";
import { encodeBindingMessage } from "../../src/codec/stun/encode-message.ts";
import { StunClass } from "../../src/codec/stun/message.ts";
import { encodeTextAttribute } from "../../src/codec/stun/text-attribute.ts";
import { iceIntegrity } from "../../src/protocols/rtc/transport/binding-request.ts";
import { httpGet } from "../support/http-request.ts";
import { offerText } from "../support/memory-rtc.ts";
import { noise } from "../support/noise.ts";
import { RtcPage, type RtcPeer } from "../support/rtc-page.ts";
import { rtcConfig, startServer, type TestServer } from "../support/server.ts";

/** Noise and floods leave garbage, which a runtime may keep for a while. */
const GROWTH_MAX = 150 * 1024 * 1024;

let server: TestServer;
let page: RtcPage;
let publisher: RtcPeer;
let player: RtcPeer;

beforeAll(async () => {
  server = await startServer({ config: rtcConfig });
  page = await RtcPage.open(server);
  publisher = await page.publish("show");
  player = await page.play("show");
  await player.decode(10);
});

afterAll(async () => {
  await page?.close();
  await server?.stop();
});

async function post(target: string, body: string): Promise<number> {
  const headers = { "Content-Type": "application/sdp", Connection: "close" };
  const answer = await fetch(server.httpUrl(`/rtc/v1/${target}`), {
    method: "POST",
    headers,
    body,
  });
  await answer.text();
  return answer.status;
}

/** Lets somebody do harm while the player plays. */
async function suffer(harm: () => Promise<void>): Promise<void> {
  const sizeBefore = server.residentSize();
  await harm();
  const after = await player.decode(25);
  expect(after.state).toBe("connected");
  expect(server.residentSize() - sizeBefore).toBeLessThan(GROWTH_MAX);
}

/** Sends datagrams from some sockets, with a breath now and then. */
async function flood(datagrams: Iterable<Uint8Array>): Promise<void> {
  const sockets = Array.from({ length: 8 }, () => createSocket("udp4"));
  let count = 0;
  for (const bytes of datagrams) {
    const socket = sockets[count % sockets.length];
    socket?.send(bytes, server.ports.rtc, "127.0.0.1");
    count += 1;
    if (count % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const socket of sockets) socket.close();
}

const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  createHmac("sha1", key).update(data).digest();

function* stunRequests(count: number, ufrag: string): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    yield encodeBindingMessage({
      class: StunClass.Request,
      transactionId: randomBytes(12),
      attributes: [encodeTextAttribute(StunAttributeType.Username, `${ufrag}:x${i}`)],
      integrity: iceIntegrity(`wrong password number ${i}`, hmac),
    });
  }
}

test("offers that are too large, too many or of no use", () =>
  suffer(async () => {
    const offer = offerText("publish");
    const audio = offer.slice(offer.indexOf("m=audio"), offer.indexOf("m=video"));
    const many = offer + audio.repeat(100);
    const hostile: readonly (readonly [string, readonly number[]])[] = [
      [offer + "a=x:y\r\n".repeat(150_000), [413]],
      [many.slice(0, 60_000), [400, 422]],
      [offer.replaceAll(/a=ice-.*\r\n/g, ""), [400, 422]],
      [offer.replaceAll(/a=fingerprint.*\r\n/g, ""), [400, 422]],
      [offer.replaceAll("m=audio 9", "m=audio 0").replaceAll("m=video 9", "m=video 0"), [400, 422]],
      ["\0".repeat(60_000), [400]],
    ];
    for (let round = 0; round < 5; round++) {
      for (const [text, statuses] of hostile) {
        expect(statuses).toContain(await post(`whip/?app=live&stream=x${round}`, text));
      }
    }
    // Sessions that nobody connects to: they go by themselves.
    for (let i = 0; i < 200; i++) {
      expect(await post(`whep/?app=live&stream=x${i}`, offerText("play"))).toBe(201);
    }
  }));

test("STUN by wrong passwords, for a session that is there too", () =>
  suffer(async () => {
    const [, ufrag = ""] = /session=([^:]+):/.exec(await player.location()) ?? [];
    await flood(stunRequests(5_000, ufrag));
    await flood(stunRequests(5_000, "nobody"));
  }));

test("noise by UDP", () =>
  suffer(async () => {
    await flood(noise(10_000, 1_400));
    // As media, as DTLS, as STUN.
    for (const first of [0x80, 0x90, 0x16, 0x17, 0x00, 0x01]) {
      const like = Array.from(noise(1_000, 200), (bytes) => Uint8Array.of(first, ...bytes));
      await flood(like);
    }
  }));

test("noise and silence by TCP", () =>
  suffer(async () => {
    const sockets = Array.from({ length: 150 }, () =>
      connect({ host: "127.0.0.1", port: server.ports.rtc }).on("error", () => undefined),
    );
    for (const [index, bytes] of [...noise(100, 5_000)].entries()) sockets[index]?.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const socket of sockets) socket.destroy();
  }));

test("an operator kicks, and the next one may publish", async () => {
  const { text } = await httpGet(server.apiUrl("/api/v1/clients/?count=500"));
  const { clients } = JSON.parse(text) as { clients: { id: string; type: string; name: string }[] };
  const client = clients.find(({ type, name }) => type === "rtc-publish" && name === "show");
  const answer = await fetch(server.apiUrl(`/api/v1/clients/${client?.id}`), { method: "DELETE" });
  expect(answer.status).toBe(200);
  await publisher.until("the end", ({ dtls }) => dtls === "closed");
  expect(server.events("stream unpublished")).toHaveLength(1);
  await page.publish("show");
  await player.decode(25);
});
