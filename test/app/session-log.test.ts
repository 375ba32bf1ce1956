/**
 * Goal: an operator can read off the log who was here, for how long, how much went over the line and
 * why it ended: one line for each session, whatever way it took; and no line holds a secret, as logs
 * are copied to where secrets must not go.
 *
 * Method: the whole server in memory, a session of each kind and end, and the log's text at debug level.
 */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settle } from "../support/memory-network.ts";
import { MemoryServer } from "../support/memory-server.ts";

const SECRET = "s3cr3t";
const QUERY = `?token=${SECRET}&user=a`;

let server: MemoryServer;

beforeEach(async () => {
  server = await MemoryServer.start({
    vhosts: {
      __defaultVhost__: { publish: { grace_ms: 0, normal_timeout: 3_000 } },
      off: { enabled: false },
    },
  });
});

afterEach(async () => {
  await server.stop();
  expect(server.logText).not.toContain(SECRET);
  expect(server.events().filter(({ level }) => level === "error")).toEqual([]);
  // Every id that was given out is the subject of exactly one line about its end.
  const ids = new Set(server.events().flatMap(({ clientId }) => clientId ?? []));
  const ended = server.events("session ended").map(({ clientId }) => clientId);
  expect(ended.toSorted()).toEqual([...ids].toSorted());
});

/** The line about the end of the session that ended last. */
function lastEnd() {
  return server.events("session ended").at(-1);
}

test("a publisher's line and a player's", async () => {
  const publisher = await server.publish(server.rtmpUrl(`live/show${QUERY}`));
  await publisher.start();
  const player = await server.play(server.rtmpUrl(`live/show${QUERY}`));
  await server.advance(2_500, 500);
  await player.leave();
  const [playerClient, playerServer] = server.runtime.tcp.connections[1] ?? [];
  expect(lastEnd()).toEqual({
    level: "info",
    time: expect.any(String),
    event: "session ended",
    clientId: expect.stringMatching(/^[0-9a-z]{8}$/),
    type: "rtmp-play",
    protocol: "rtmp",
    address: "127.0.0.1",
    url: "/live/show",
    seconds: 2.5,
    receivedSize: playerClient?.sentSize,
    sentSize: playerServer?.sentSize,
    skips: 0,
    skippedSize: 0,
    reason: "peer_closed",
  });
  await publisher.leave();
  const [publisherClient] = server.runtime.tcp.connections[0] ?? [];
  expect(lastEnd()).toMatchObject({
    type: "fmle-publish",
    url: "/live/show",
    receivedSize: publisherClient?.sentSize,
    reason: "peer_closed",
  });
});

describe.each(["HTTP", "WebSocket"])("a viewer's line, by %s", (kind) => {
  const watch = () => {
    const url = server.httpUrl(`/live/show.flv${QUERY}`);
    return kind === "HTTP"
      ? server.watch(url, [["Referer", "http://page.example.com/"]])
      : server.watchByWebSocket(url);
  };

  test("who leaves", async () => {
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const viewer = await watch();
    await server.advance(1_000);
    await viewer.vanish();
    expect(lastEnd()).toMatchObject({
      clientId: expect.stringMatching(/^[0-9a-z]{8}$/),
      type: "flv-play",
      protocol: kind === "HTTP" ? "http-flv" : "ws-flv",
      address: "127.0.0.1",
      url: "/live/show",
      seconds: 1,
      receivedSize: 0, // Behind the request.
      skips: 0,
    });
    const sentSize = server.runtime.tcp.connections[1]?.[1].sentSize;
    if (kind === "HTTP") expect(lastEnd()).toMatchObject({ sentSize });
    else expect(lastEnd()?.["sentSize"]).toBeGreaterThan(viewer.capture.bytes.length);
  });

  test("whose stream ends", async () => {
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await watch();
    await publisher.leave();
    await server.advance(1_000);
    expect(server.events("session ended")).toContainEqual(
      expect.objectContaining({ type: "flv-play", reason: "stream_ended" }),
    );
  });

  test("whose stream does not come", async () => {
    await watch();
    await server.advance(31_000);
    expect(lastEnd()).toMatchObject({ reason: "stream_not_found", seconds: 30 });
    const sentSize = server.runtime.tcp.connections[0]?.[1].sentSize;
    if (kind === "HTTP") expect(lastEnd()).toMatchObject({ sentSize });
  });

  test("who is there when the server stops", async () => {
    await watch();
    await server.stop();
    expect(lastEnd()).toMatchObject({ type: "flv-play", reason: "server_stopped" });
  });
});

describe("the reason", () => {
  test("of a publisher who falls silent", async () => {
    const publisher = await server.publish(server.rtmpUrl(`live/show${QUERY}`));
    await publisher.start();
    await server.advance(5_000);
    expect(lastEnd()).toMatchObject({ type: "fmle-publish", reason: "frame_timeout" });
  });

  test("of one who vanishes is the network's", async () => {
    const player = await server.play(server.rtmpUrl(`live/show${QUERY}`));
    await player.vanish();
    expect(lastEnd()).toMatchObject({ type: "rtmp-play", reason: expect.stringMatching(/RESET/) });
  });

  test("of one who finds the name taken says which", async () => {
    await server.publish(server.rtmpUrl(`live/show${QUERY}`));
    await expect(server.publish(server.rtmpUrl(`live/show${QUERY}`))).rejects.toThrow("busy");
    await settle();
    expect(lastEnd()).toMatchObject({
      url: "/live/show",
      reason: "stream_busy",
    });
  });

  test("of one who is refused a vhost says what it wanted", async () => {
    await expect(server.play(`rtmp://off/live/show${QUERY}`)).rejects.toThrow("disabled");
    await settle();
    expect(lastEnd()).toMatchObject({
      type: "rtmp-play",
      url: "off/live/show",
      reason: "vhost_disabled",
    });
  });

  test("of one who does not speak RTMP", async () => {
    const wire = await server.open(1935);
    await wire.send(`GET /live/show${QUERY} HTTP/1.1\r\n\r\n`);
    await server.advance(15_000);
    expect(lastEnd()).toMatchObject({ type: "unknown", level: "info" });
    expect(lastEnd()).not.toHaveProperty("url");
  });

  test("of one with a query that is none holds nothing of the query", async () => {
    await expect(
      server.publish({
        host: "a",
        port: 1935,
        tcUrl: "rtmp://a/live",
        app: "live",
        stream: `show${QUERY}&x=\u0007`,
      }),
    ).rejects.toThrow("Cannot use query");
    await settle();
    expect(lastEnd()).toMatchObject({ reason: "bad_name" });
  });
});

test("requests that are refused or fail leave no secret either", async () => {
  const wire = await server.open(8080);
  for (const path of ["/live/..%2f.flv", "/nothing.flv", "/live/show.flv"]) {
    await wire.send(
      `DELETE ${path}${QUERY} HTTP/1.1\r\nHost: a\r\nAuthorization: ${SECRET}\r\n\r\n`,
    );
  }
  await wire.send(`nonsense ${SECRET}\r\n\r\n`);
  await wire.vanish();
  expect(wire.text).toMatch(/^HTTP\/1\.1 4/);
});
