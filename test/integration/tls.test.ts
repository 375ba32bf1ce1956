/**
 * Goal: RTMPS, HTTPS-FLV and WebSocket-FLV over TLS carry a stream as their plain sisters do.
 *
 * Method: a certificate made for the test; FFmpeg publishes and plays by RTMPS, clients of our own
 * that trust only this certificate take the rest.
 */

import { writeFileSync } from "node:fs";
import { get } from "node:https";
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { expectPartOf } from "../support/compare-packets.ts";
import { type Packet, probePackets, publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { media } from "../support/media.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { within } from "../support/wait.ts";

const VIDEO = 9;
const COUNT = 50;

const identity = createSelfSigned("localhost", ["localhost", "127.0.0.1"]);
let server: TestServer;
let source: Packet[];

beforeAll(async () => {
  server = await startServer({
    config: ({ rtmps, https }, folder) => {
      const cert = `${folder}/server.crt`;
      const key = `${folder}/server.key`;
      writeFileSync(cert, identity.certificate);
      writeFileSync(key, identity.key);
      return {
        rtmps: { enabled: true, listen: `127.0.0.1:${rtmps}`, cert, key },
        http_server: {
          https: { enabled: true, listen: `127.0.0.1:${https}`, cert, key },
        },
      };
    },
  });
  source = await probePackets(await media("h264-aac.flv"));
});

afterAll(() => server.stop());

test("RTMPS in; RTMPS, HTTPS-FLV and WebSocket-FLV out", async () => {
  const { rtmps, https } = server.ports;
  const file = await media("h264-aac.flv");
  const url = `rtmps://127.0.0.1:${rtmps}/live/secret`;
  const publisher = publishFile(file, url);
  onTestFinished(async () => void (await publisher.end()));

  const byRtmps = probePackets(url, COUNT);
  const flvUrl = `https://127.0.0.1:${https}/live/secret.flv`;
  const capture = await FlvCapture.http(flvUrl, { ca: identity.certificate });
  await capture.waitForTags(VIDEO, COUNT);
  capture.close();
  expectPartOf(await probePackets(capture.save(`${server.folder}/https.flv`)), source);
  expectPartOf(await byRtmps, source);

  const peer = await RtmpPeer.play(url, { authorities: identity.certificate });
  await peer.waitForMedia("video", 10);
  peer.close();

  expect(await firstFrame(https, "/live/secret.flv")).toMatch(/^FLV/);
});

/** Upgrades over TLS and returns the content of the server's first frame. */
async function firstFrame(port: number, path: string): Promise<string> {
  const request = get({
    port,
    path,
    host: "127.0.0.1",
    ca: identity.certificate,
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    },
  });
  const frame = await within(
    "a WebSocket frame",
    new Promise<Buffer>((resolve, reject) => {
      request.once("error", reject);
      request.once("upgrade", (_response, socket: Socket, head) => {
        let bytes = head;
        const look = (): void => {
          if (bytes.length > 10) resolve(bytes);
        };
        socket.on("data", (chunk: Buffer) => {
          bytes = Buffer.concat([bytes, chunk]);
          look();
        });
        look();
      });
    }),
  );
  request.destroy();
  // RFC 6455, section 5.2: FIN and binary, then a length of 7, 16 or 64 bits.
  expect(frame[0]).toBe(0x82);
  const lengthSize = { 126: 2, 127: 8 }[frame.readUInt8(1)] ?? 0;
  return frame.subarray(2 + lengthSize).toString("latin1");
}
