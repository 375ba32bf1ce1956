/**
 * Goal: whatever way a session takes, nothing of it is left behind: no place under the limits, no entry
 * in the registry, no stream, no timer, no socket; and whoever is asked to admit it is told of its end,
 * once and in order. Else a server that runs for months fills up, and a backend counts viewers that
 * are long gone.
 *
 * Method: all servers in memory; each path is gone down to its end, the clock is moved past every
 * time limit, and the accounts must be what they were.
 */

import { describe, expect, test, vi } from "vitest";
import { RefusedError } from "../../src/base/errors.ts";
import type { LiveStream } from "../../src/live/live-stream.ts";
import type { MemoryRtmpPeer, MemoryViewer } from "../support/memory-network.ts";
import { settle } from "../support/memory-network.ts";
import { MemoryParts } from "../support/memory-parts.ts";

const RTMP = "rtmp://127.0.0.1/live/show";
const HTTP = "http://127.0.0.1:8080/live/show.flv";
const WS = "ws://127.0.0.1:8080/live/show.flv";

/** Past the grace period, the time after which streams are forgotten, and keep-alive. */
const ALL_TIMES_MS = 90_000;
/** Past the time that an HTTP player waits for a stream. */
const WAIT_MS = 31_000;

const REFUSAL = new RefusedError("forbidden", "Cannot go on: the backend says no");

type Path = (parts: MemoryParts) => Promise<unknown>;

/** Connects to a vhost by name, so that the refusal is not that of a name that is unknown. */
const VHOSTS = { __defaultVhost__: {}, other: {}, off: { enabled: false } };

async function walk(path: Path): Promise<string> {
  const parts = await MemoryParts.start({ vhosts: VHOSTS });
  const before = parts.accounts();
  expect(before).toMatchObject({ connections: 0, sessions: 0, streams: 0, openSockets: 0 });
  await path(parts);
  await parts.advance(ALL_TIMES_MS);
  expect(parts.accounts()).toEqual(before);
  expect(parts.events("error was not caught")).toEqual([]);
  expect(parts.events().filter(({ level }) => level === "error")).toEqual([]);
  return parts.admission.news();
}

/** A publisher with a stream that can be joined. */
async function live(parts: MemoryParts): Promise<MemoryRtmpPeer> {
  const publisher = await parts.publish(RTMP);
  await publisher.start();
  parts.admission.news();
  return publisher;
}

/** Kicks everybody whose session is of that type. */
async function kick(parts: MemoryParts, clientType: string): Promise<void> {
  const sessions = [...parts.sessions.values()].filter((one) => one.clientType === clientType);
  expect(sessions).toHaveLength(1);
  for (const session of sessions) session.kick("kicked");
  await settle();
}

describe("RTMP publishers", () => {
  const paths: Record<string, [path: Path, calls: string]> = {
    "one that takes leave": [async (parts) => (await live(parts)).leave(), "unpublished closed"],
    "one that vanishes": [async (parts) => (await live(parts)).vanish(), "unpublished closed"],
    "one that is kicked": [
      async (parts) => {
        await live(parts);
        await kick(parts, "fmle-publish");
      },
      "unpublished closed",
    ],
    "one that finds the name taken": [
      async (parts) => {
        const first = await live(parts);
        await expect(parts.publish(RTMP)).rejects.toMatchObject({
          code: "NetStream.Publish.BadName",
        });
        await settle();
        expect(parts.admission.news()).toBe("connect publish closed");
        expect(parts.sessions.size).toBe(1);
        await first.leave();
      },
      "unpublished closed",
    ],
    "one with a bad name": [
      (parts) => expect(parts.publish("rtmp://127.0.0.1/live/..")).rejects.toThrow("Cannot use"),
      "",
    ],
    "one on a vhost that is disabled": [
      (parts) => expect(parts.publish("rtmp://off/live/show")).rejects.toThrow("disabled"),
      "",
    ],
    "one that may not connect": [
      (parts) => {
        parts.admission.refuse = (question) => (question === "connect" ? REFUSAL : undefined);
        return expect(parts.publish(RTMP)).rejects.toThrow("the backend says no");
      },
      "connect",
    ],
    "one that may not publish": [
      (parts) => {
        parts.admission.refuse = (question) => (question === "publish" ? REFUSAL : undefined);
        return expect(parts.publish(RTMP)).rejects.toThrow("the backend says no");
      },
      "connect publish closed",
    ],
    "one that publishes again on the same connection": [
      async (parts) => {
        const publisher = await live(parts);
        await publisher.client.publish("another");
        await publisher.leave();
      },
      "unpublished publish unpublished closed",
    ],
    "one that publishes again on another vhost": [
      async (parts) => {
        const publisher = await live(parts);
        await publisher.client.publish("show?vhost=other");
        await publisher.leave();
        expect(parts.admission.requests.map(({ vhost }) => vhost)).toEqual([
          ...["__defaultVhost__", "__defaultVhost__", "__defaultVhost__", "__defaultVhost__"],
          ...["other", "other", "other", "other"],
        ]);
      },
      "unpublished closed connect publish unpublished closed",
    ],
    "one that may not go on to another vhost": [
      async (parts) => {
        const publisher = await live(parts);
        parts.admission.refuse = (question) => (question === "connect" ? REFUSAL : undefined);
        await expect(publisher.client.publish("show?vhost=other")).rejects.toThrow("says no");
      },
      "unpublished closed connect",
    ],
    "one that only shakes hands": [
      async (parts) => {
        const wire = await parts.open(1935);
        await wire.send(new Uint8Array([3]));
      },
      "",
    ],
    "one that connects and wants nothing": [(parts) => parts.connect(RTMP), ""],
  };
  test.each(Object.entries(paths))("%s", async (_, [path, calls]) => {
    expect(await walk(path)).toBe(calls);
  });
});

describe("RTMP players", () => {
  const paths: Record<string, [path: Path, calls: string]> = {
    "one that takes leave": [
      async (parts) => {
        const publisher = await live(parts);
        const player = await parts.play(RTMP);
        await player.leave();
        expect(parts.admission.news()).toBe("connect play stopped closed");
        await publisher.leave();
      },
      "unpublished closed",
    ],
    "one that waits for nobody and vanishes": [
      async (parts) => (await parts.play(RTMP)).vanish(),
      "connect play stopped closed",
    ],
    "one that outlasts its publisher": [
      async (parts) => {
        const publisher = await live(parts);
        const player = await parts.play(RTMP);
        await publisher.leave();
        await parts.advance(ALL_TIMES_MS);
        expect(player.isClosed).toBe(false);
        await player.leave();
      },
      "connect play unpublished closed stopped closed",
    ],
    "one that is kicked": [
      async (parts) => {
        await parts.play(RTMP);
        await kick(parts, "rtmp-play");
      },
      "connect play stopped closed",
    ],
    "one that may not play": [
      (parts) => {
        parts.admission.refuse = (question) => (question === "play" ? REFUSAL : undefined);
        return expect(parts.play(RTMP)).rejects.toThrow("the backend says no");
      },
      "connect play closed",
    ],
    "one that goes on to another stream": [
      async (parts) => {
        const player = await parts.play(RTMP);
        await player.client.play("another");
        await player.leave();
      },
      "connect play stopped play stopped closed",
    ],
    "one on a vhost that is disabled": [
      (parts) => expect(parts.play("rtmp://off/live/show")).rejects.toThrow("disabled"),
      "",
    ],
    "one that pauses and leaves": [
      async (parts) => {
        const publisher = await live(parts);
        const player = await parts.play(RTMP);
        player.pause();
        for (let i = 0; i < 3; i++) {
          await publisher.send();
          await parts.advance(1_000);
        }
        await player.vanish();
        await publisher.leave();
      },
      "connect play stopped closed unpublished closed",
    ],
  };
  test.each(Object.entries(paths))("%s", async (_, [path, calls]) => {
    expect(await walk(path)).toBe(calls);
  });
});

describe("RTMP peers that leave, or are sent away, while their admission is thought about", () => {
  const ends = {
    leaves: (_: MemoryParts, peer: MemoryRtmpPeer) => peer.vanish(),
    "is kicked": async (parts: MemoryParts) => {
      for (const session of parts.sessions.values()) session.kick("kicked");
    },
  };
  const questions = [
    ["connect", "publish", "connect", "closed"],
    ["publish", "publish", "connect publish", "unpublished closed"],
    ["connect", "play", "connect", "closed"],
    ["play", "play", "connect play", "stopped closed"],
  ] as const;
  for (const [held, wanted, asked, told] of questions) {
    test.each(Object.entries(ends))(`${wanted}, asked to ${held}: %s`, async (_, end) => {
      const calls = await walk(async (parts) => {
        parts.admission.held = held;
        const peer = await parts.connect(RTMP);
        const answer = peer[wanted]();
        answer.catch(() => undefined);
        await settle();
        expect(parts.admission.news()).toBe(asked);
        await end(parts, peer);
        await settle();
        // Its place is free at once; those who admit it hear of its end when they have answered.
        expect(parts.connections.count).toBe(0);
        expect(parts.sessions.size).toBe(0);
        parts.admission.answer();
        await settle();
      });
      expect(calls).toBe(told);
    });

    test(`${wanted}, asked to ${held}: leaves, and would have been refused`, async () => {
      const calls = await walk(async (parts) => {
        parts.admission.held = held;
        const peer = await parts.connect(RTMP);
        peer[wanted]().catch(() => undefined);
        await settle();
        await peer.vanish();
        parts.admission.refuse = (question) => (question === held ? REFUSAL : undefined);
        parts.admission.answer();
        await settle();
      });
      expect(calls).toBe(held === "connect" ? asked : `${asked} closed`);
    });

    test(`${wanted}, asked to ${held}: kicked in the very moment of the answer`, async () => {
      const calls = await walk(async (parts) => {
        parts.admission.held = held;
        const peer = await parts.connect(RTMP);
        peer[wanted]().catch(() => undefined);
        await settle();
        for (const session of parts.sessions.values()) session.kick("kicked");
        parts.admission.answer();
        await settle();
      });
      expect(calls).toBe(`${asked} ${told}`);
    });
  }

  test("the name is free when the one who left during the question was let publish", async () => {
    const parts = await MemoryParts.start();
    parts.admission.held = "publish";
    const peer = await parts.connect(RTMP);
    peer.publish().catch(() => undefined);
    await settle();
    await peer.vanish();
    parts.admission.answer();
    await settle();
    await expect(parts.publish(RTMP)).resolves.toBeDefined();
  });
});

describe.each([
  ["HTTP-FLV", (parts: MemoryParts) => parts.watch(HTTP)],
  ["WebSocket-FLV", (parts: MemoryParts) => parts.watchByWebSocket(WS)],
])("%s players", (name, watch) => {
  const paths: Record<string, [path: Path, calls: string]> = {
    "one that leaves": [
      async (parts) => {
        const publisher = await live(parts);
        const viewer = await watch(parts);
        expect(viewer.count(9)).toBeGreaterThan(0);
        await viewer.vanish();
        expect(parts.admission.news()).toBe("play stopped");
        await publisher.leave();
      },
      "unpublished closed",
    ],
    "one whose stream ends": [
      async (parts) => {
        const publisher = await live(parts);
        const viewer = await watch(parts);
        await publisher.leave();
        await parts.advance(6_000);
        expect(viewer.isEnded).toBe(true);
      },
      "play unpublished closed stopped",
    ],
    "one that is kicked": [
      async (parts) => {
        await watch(parts);
        await kick(parts, "flv-play");
      },
      "play stopped",
    ],
    "one whose stream does not come": [
      async (parts) => {
        const viewer = await watch(parts);
        await parts.advance(WAIT_MS);
        expect(viewer.isEnded).toBe(true);
        if (name === "HTTP-FLV") expect(viewer.status).toBe(404);
        else expect(viewer.closeCode).toBe(4404);
      },
      "play stopped",
    ],
    "one that waits for nobody and vanishes": [
      async (parts) => (await watch(parts)).vanish(),
      "play stopped",
    ],
    "one that leaves while its admission is thought about": [
      async (parts) => {
        const wire = await parts.open(8080);
        parts.admission.held = "play";
        await wire.send(name === "HTTP-FLV" ? GET : UPGRADE);
        expect(parts.admission.news()).toBe("play");
        await wire.vanish();
        parts.admission.answer();
        await settle();
      },
      "stopped",
    ],
    "one that may not play": [
      async (parts) => {
        parts.admission.refuse = () => REFUSAL;
        const wire = await parts.open(8080);
        await wire.send(name === "HTTP-FLV" ? GET : UPGRADE);
        expect(wire.text).toMatch(/^HTTP\/1\.1 403 /);
        await wire.vanish();
      },
      "play",
    ],
    "one on a vhost that is disabled": [
      async (parts) => {
        const wire = await parts.open(8080);
        await wire.send((name === "HTTP-FLV" ? GET : UPGRADE).replace("Host: a", "Host: off"));
        expect(wire.text).toMatch(/^HTTP\/1\.1 404 /);
        await wire.vanish();
      },
      "",
    ],
  };
  test.each(Object.entries(paths))("%s", async (_, [path, calls]) => {
    expect(await walk(path)).toBe(calls);
  });
});

const GET = "GET /live/show.flv HTTP/1.1\r\nHost: a\r\n\r\n";
const UPGRADE =
  "GET /live/show.flv HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

test("a WebSocket whose key is none is refused after its admission, and goes on as HTTP", async () => {
  const calls = await walk(async (parts) => {
    const wire = await parts.open(8080);
    await wire.send(UPGRADE.replace("AAAAAAAAAAAAAAAAAAAAAA==", "short"));
    expect(wire.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(parts.connections.count).toBe(1);
    await wire.send("GET /api/v1/versions HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(wire.text).toMatch(/HTTP\/1\.1 200 /);
    await wire.vanish();
  });
  expect(calls).toBe("play stopped");
});

test("a player that begins in mid-stream and one that waits are both served and both forgotten", async () => {
  const calls = await walk(async (parts) => {
    const waiting = [await parts.watch(HTTP), await parts.watchByWebSocket(WS)];
    const rtmp = await parts.play(RTMP);
    parts.admission.news();
    const publisher = await parts.publish(RTMP);
    await publisher.start();
    await parts.advance(1_000);
    const viewers: MemoryViewer[] = [...waiting, await parts.watch(HTTP)];
    for (const viewer of viewers) expect(viewer.count(9)).toBe(2);
    expect(rtmp.count("video")).toBe(2);
    for (const viewer of viewers) await viewer.vanish();
    await rtmp.leave();
    await publisher.leave();
  });
  expect(calls).toBe(
    "connect publish play stopped stopped stopped stopped closed unpublished closed",
  );
});

test.each([
  ["HTTP-FLV", (parts: MemoryParts) => parts.watch(HTTP)],
  ["WebSocket-FLV", (parts: MemoryParts) => parts.watchByWebSocket(WS)],
  ["RTMP", (parts: MemoryParts) => parts.play(RTMP)],
])("a bug in serving one player, by %s, is that player's end, and told once", async (_, watch) => {
  const parts = await MemoryParts.start();
  const publisher = await live(parts);
  const before = parts.accounts();
  const [stream] = parts.hub.streams;
  const bug = vi.spyOn(stream as LiveStream, "subscribe").mockImplementation(() => {
    throw new Error("Cannot be");
  });
  await watch(parts).catch(() => undefined);
  await parts.advance(1_000);
  expect(parts.admission.news()).toMatch(/play stopped( closed)?$/);
  expect(parts.events("session ended")).toMatchObject([
    { level: "error", error: { message: "Cannot be" } },
  ]);
  expect(parts.accounts()).toEqual(before);
  bug.mockRestore();
  expect((await parts.watch(HTTP)).count(9)).toBe(2);
  expect(publisher.isClosed).toBe(false);
});

test("traffic is told in full when the session is over", async () => {
  const parts = await MemoryParts.start();
  const publisher = await live(parts);
  await publisher.leave();
  const [client, server] = parts.runtime.tcp.connections[0] ?? [];
  expect(parts.admission.traffic).toHaveLength(1);
  expect(parts.admission.traffic[0]?.receivedSize).toBe(client?.sentSize);
  expect(parts.admission.traffic[0]?.sentSize).toBe(server?.sentSize);
});
