/**
 * Goal: several worker processes serve WebRTC as one: on one port of UDP, and one of TCP, whichever
 * worker has a session and whichever is asked; and one that is killed takes along only its own.
 *
 * Method: a server with two workers; Chromium publishes, and plays so often that both workers have
 * players, of the sound and the pictures that one of them gets; the log tells who has whom. Requests
 * come on new connections, which a proxy makes, so that any worker may get them.
 */

import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publishFile } from "../support/ffmpeg.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { RtcPage, type RtcPeer, type RtcPeerOptions } from "../support/rtc-page.ts";
import { type ConfigValue, rtcConfig, startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

/** So many tries until both workers have had one of them: one run in millions needs more. */
const TRIES_MAX = 24;
const ASKED_COUNT = 8;

/** What WebRTC publishes is for WebRTC alone. */
const APART = "apart.example";
const CONFIG: ConfigValue = {
  workers: 2,
  vhosts: { __defaultVhost__: {}, [APART]: { rtc: { rtc_to_rtmp: false } } },
};

let server: TestServer;
let page: RtcPage;
let proxy: Server;

/** Hands each request on by a connection of its own. */
function startProxy(): Promise<Server> {
  const target = new URL(server.httpUrl("/"));
  const listening = createServer((request, answer) => {
    const { method, headers, url: path } = request;
    const { hostname, port } = target;
    const options = { hostname, port, path, method, agent: false as const };
    const forwarded = httpRequest({ ...options, headers: { ...headers, connection: "close" } });
    forwarded.on("response", (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    forwarded.on("error", () => answer.destroy());
    request.pipe(forwarded);
  });
  return new Promise((resolve) => {
    listening.listen(0, "127.0.0.1", () => resolve(listening));
  });
}

function origin(): string {
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  server = await startServer({
    config: (ports) => ({ ...CONFIG, ...rtcConfig(ports) }),
  });
  await waitFor("all workers", () => server.events("server ready").length > 0);
  proxy = await startProxy();
  page = await RtcPage.open(server);
});

afterAll(async () => {
  await page?.close();
  proxy?.close();
  await server?.stop();
});

/** Of the latest line of that kind about a stream. */
function workerOf(event: string, stream: string): number | undefined {
  const line = server.events(event).findLast(({ url }) => url === `/live/${stream}`);
  return line === undefined ? undefined : Number(line["worker"]);
}

/** Players of a stream, at least one at each worker, by worker. */
async function playAtBoth(
  stream: string,
  { query: more = "", ...options }: RtcPeerOptions = {},
): Promise<RtcPeer[][]> {
  const players: RtcPeer[][] = [[], []];
  for (let tries = 0; players.some(({ length }) => length === 0); tries++) {
    if (tries === TRIES_MAX) throw new Error("All players came to the same worker");
    const count = server.events("play started").length;
    const query = `&try=${tries}${more}`;
    const player = await page.play(stream, { query, origin: origin(), ...options });
    const line = await waitFor("a player", () => server.events("play started")[count]);
    players[Number(line["worker"])]?.push(player);
  }
  return players;
}

describe("two workers", () => {
  test("play at both what Chromium publishes at one", async () => {
    const publisher = await page.publish("camera");
    await publisher.until("pictures", ({ sentFrames }) => sentFrames > 10);
    const players = (await playAtBoth("camera")).flat();
    const check = async (player: RtcPeer): Promise<void> => {
      const first = await player.until("a picture", (now) => now.firstFrameMs !== undefined);
      expect(first.firstFrameMs).toBeLessThan(5_000);
      const { state, width } = await player.decode(50);
      expect([state, width]).toEqual(["connected", 320]);
      await player.until("sound", ({ soundEnergy }) => soundEnergy > 0);
    };
    await Promise.all(players.map(check));
    await Promise.all([...players, publisher].map((peer) => peer.stop()));
    await waitFor("the end", () => workerOf("stream unpublished", "camera") !== undefined);
  }, 60_000);

  test("play at both what an encoder publishes at one", async () => {
    const file = await media("h264-aac.flv");
    const publisher = publishFile(file, server.rtmpUrl("live/encoder"), { isLooped: true });
    try {
      await waitFor("the stream", () => workerOf("stream published", "encoder") !== undefined);
      const players = (await playAtBoth("encoder")).flat();
      const check = async (player: RtcPeer): Promise<void> => {
        await player.decode(40);
        await player.until("sound", ({ soundEnergy }) => soundEnergy > 0);
        await player.stop();
      };
      await Promise.all(players.map(check));
    } finally {
      await publisher.end();
    }
  }, 60_000);

  test("play at both what is for WebRTC alone", async () => {
    const query = `&vhost=${APART}`;
    const publisher = await page.publish("apart", { query });
    await publisher.until("pictures", ({ sentFrames }) => sentFrames > 10);
    const players = (await playAtBoth("apart", { query })).flat();
    const check = async (player: RtcPeer): Promise<void> => {
      await player.decode(50);
      await player.until("sound", ({ soundEnergy }) => soundEnergy > 0);
    };
    await Promise.all(players.map(check));
    await Promise.all([...players, publisher].map((peer) => peer.stop()));
    expect(server.events("relay interrupted")).toEqual([]);
  }, 60_000);

  test("play at both by TCP", async () => {
    const publisher = await page.publish("tcp", { candidates: " tcp " });
    const players = (await playAtBoth("tcp", { candidates: " tcp " })).flat();
    for (const player of players) {
      const { transport } = await player.decode(25);
      expect(transport).toContain("tcp");
    }
    await Promise.all([...players, publisher].map((peer) => peer.stop()));
  }, 60_000);

  test("each answer for the sessions of both", async () => {
    const publisher = await page.publish("asked", { query: "&meeting=1" });
    const url = new URL(await publisher.location(), server.httpUrl("/"));
    const wrong = new URL(url);
    wrong.searchParams.set("token", "wrong");
    for (let i = 0; i < ASKED_COUNT; i++) {
      const rooms = await httpGet(server.httpUrl("/rtc/v1/streams/?app=live"));
      expect(JSON.parse(rooms.text)).toEqual({
        code: 0,
        streams: [{ app: "live", stream: "asked" }],
      });
      const { status } = await fetch(wrong, { method: "DELETE", headers: { Connection: "close" } });
      expect(status).toBe(403);
    }
    const { status } = await fetch(url, { method: "DELETE", headers: { Connection: "close" } });
    expect(status).toBe(200);
    await waitFor("the end", () => workerOf("stream unpublished", "asked") !== undefined);
    await publisher.stop();
  }, 60_000);

  test("go on when one of them is killed", async () => {
    const publisher = await page.publish("survivor");
    await waitFor("the stream", () => workerOf("stream published", "survivor") !== undefined);
    const own = workerOf("stream published", "survivor") ?? 0;
    const players = await playAtBoth("survivor");
    await Promise.all(players.flat().map((player) => player.decode(10)));
    const ready = server
      .events("worker ready")
      .findLast(({ worker }) => Number(worker) === 1 - own);
    process.kill(Number(ready?.["pid"]), "SIGKILL");
    await waitFor("the other", () => server.events("worker ready").length === 3);
    for (const player of players[own] ?? []) await player.decode(50);
    const late = (await playAtBoth("survivor")).flat();
    for (const player of late) await player.decode(25);
    await Promise.all([...late, publisher].map((peer) => peer.stop()));
  }, 60_000);
});
