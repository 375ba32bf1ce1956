/**
 * Goal: what the operator sets about playing reaches the players: what they begin with, when frames
 * come, and with what times.
 *
 * Method: the whole server in memory with one setting changed, and its default beside it.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeAmf0 } from "../../src/codec/amf0/encode.ts";
import { toEcmaArray } from "../../src/codec/amf0/value.ts";
import {
  AUDIO_FRAME,
  INTER_FRAME,
  KEY_FRAME,
  type MemoryRtmpPeer,
  settle,
  VIDEO_HEADER,
} from "../support/memory-network.ts";
import { type ConfigValue, defaultVhost, MemoryServer } from "../support/memory-server.ts";

/** FLV tag types. */
const AUDIO = 8;
const VIDEO = 9;

/** A server and a publisher who has begun at `firstMs`. */
async function start(
  vhost: ConfigValue,
  firstMs = 0,
  metadata?: Uint8Array,
): Promise<{ server: MemoryServer; publisher: MemoryRtmpPeer }> {
  const server = await MemoryServer.start(defaultVhost(vhost));
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  publisher.sentMs = firstMs;
  await publisher.start(metadata);
  await server.advance(1_000);
  return { server, publisher };
}

const watch = (server: MemoryServer) => server.watch(server.httpUrl("/live/show.flv"));

describe("gop_cache", () => {
  async function joinAfter(play: ConfigValue, frames: number): Promise<number> {
    const { server, publisher } = await start({ play });
    for (let i = 0; i < frames; i++) await publisher.send();
    await server.advance(1_000);
    return (await watch(server)).count(VIDEO);
  }

  test("on: players begin with all since the last key frame", async () => {
    expect(await joinAfter({}, 10)).toBe(1 + 1 + 10); // The sequence header first.
  });

  test("off: with what comes next", async () => {
    expect(await joinAfter({ gop_cache: false }, 10)).toBe(1);
  });

  test("gop_cache_max_frames empties a cache that grows over it", async () => {
    expect(await joinAfter({ gop_cache_max_frames: 10 }, 20)).toBe(1);
    expect(await joinAfter({ gop_cache_max_frames: 100 }, 20)).toBe(1 + 1 + 20);
  });
});

describe("merged writes", () => {
  /** After how many milliseconds a frame arrives that comes alone, and one that comes in a crowd. */
  async function delays(vhost: ConfigValue): Promise<[number, number]> {
    const { server, publisher } = await start(vhost);
    const viewer = await watch(server);
    const measure = async (count: number): Promise<number> => {
      await server.advance(2_000);
      const before = viewer.count(VIDEO);
      for (let i = 0; i < count; i++) publisher.client.sendVideo(publisher.sentMs++, INTER_FRAME);
      await settle();
      for (let ms = 0; ms < 2_000; ms += 10) {
        if (viewer.count(VIDEO) > before) return ms;
        await server.advance(10);
      }
      throw new Error("The frame does not arrive");
    };
    return [await measure(1), await measure(50)];
  }

  test.each<[ConfigValue, [number, number]]>([
    [{}, [700, 350]],
    [{ play: { mw_latency: 100 } }, [200, 100]],
    [{ play: { mw_msgs: 0 } }, [350, 350]],
    [{ play: { mw_msgs: 100 } }, [700, 700]],
    [{ play: { mw_latency: 0 } }, [0, 0]],
    [{ min_latency: true }, [0, 0]],
  ])("%j: a frame alone and a crowd arrive after %j ms", async (vhost, expected) => {
    expect(await delays(vhost)).toEqual(expected);
  });
});

describe("times", () => {
  const FIRST_MS = 50_000;

  /** Times of the pictures of a publisher who begins late and then jumps by an hour. */
  async function times(play: ConfigValue, metadata?: Uint8Array): Promise<number[]> {
    const { server, publisher } = await start({ play }, FIRST_MS, metadata);
    const viewer = await watch(server);
    publisher.sentMs += 3_600_000;
    await publisher.send();
    await server.advance(1_000);
    const pictures = viewer.capture
      .tags()
      .filter(({ type, body }) => type === VIDEO && body[1] === 1);
    return pictures.map(({ timestamp }) => timestamp);
  }

  const ATC = encodeAmf0("onMetaData", toEcmaArray({ bravo_atc: "true" }));

  test.each<[ConfigValue, Uint8Array | undefined, number[]]>([
    [{}, undefined, [0, 10]],
    [{ time_jitter: "zero" }, undefined, [0, 3_600_040]],
    [{ time_jitter: "off" }, undefined, [50_000, 3_650_040]],
    [{ atc: true }, undefined, [50_000, 3_650_040]],
    [{ atc: true, time_jitter: "full" }, undefined, [50_000, 3_650_040]],
    [{ atc_auto: true }, ATC, [50_000, 3_650_040]],
    [{ atc_auto: true }, undefined, [0, 10]],
    [{}, ATC, [0, 10]],
  ])("%j: a key frame, and a frame behind a jump", async (play, metadata, expected) => {
    expect(await times(play, metadata)).toEqual(expected);
  });

  test.each([
    [true, [0, 0, 40, 80, 100, 120]],
    [false, [0, 0, 100, 40, 80, 120]],
  ])("mix_correct %s puts sound and pictures into the order %j", async (isOn, expected) => {
    const { server, publisher } = await start({ play: { mix_correct: isOn } });
    const { client } = publisher;
    const viewer = await watch(server);
    client.sendAudio(100, AUDIO_FRAME);
    for (const ms of [40, 80, 120]) client.sendVideo(ms, INTER_FRAME);
    await settle();
    await publisher.leave();
    await server.advance(1_000);
    const { capture } = viewer;
    const frames = capture.tags().filter(({ type, body }) => type !== 18 && body[1] === 1);
    expect(frames.map(({ timestamp }) => timestamp)).toEqual(expected);
  });
});

test.each([
  [true, 1],
  [false, 3],
])("reduce_sequence_header %s: players get it %i times", async (isOn, count) => {
  const { server, publisher } = await start({ play: { reduce_sequence_header: isOn } });
  const viewer = await watch(server);
  for (let i = 0; i < 2; i++) {
    publisher.client.sendVideo(publisher.sentMs, VIDEO_HEADER);
    await publisher.send(KEY_FRAME);
    await server.advance(1_000);
  }
  const headers = viewer.capture.tags().filter(({ type, body }) => type === VIDEO && body[1] === 0);
  expect(headers).toHaveLength(count);
});

test("test_stream is published under its name, and can be played", async () => {
  const file = new Uint8Array(readFileSync(new URL("../../web/test-stream.flv", import.meta.url)));
  const server = await MemoryServer.start(
    { test_stream: { enabled: true, app: "demo", stream: "bars" } },
    { assets: { "/test-stream.flv": file } },
  );
  const viewer = await server.watch(server.httpUrl("/demo/bars.flv"));
  await server.advance(5_000, 40);
  expect(viewer.count(VIDEO)).toBeGreaterThan(100);
  expect(viewer.count(AUDIO)).toBeGreaterThan(100);
  await expect(server.publish(server.rtmpUrl("demo/bars"))).rejects.toThrow("busy");
});

describe("TLS", () => {
  const PEM = { cert: "/tls/a.crt", key: "/tls/a.key" };
  const files = { [PEM.cert]: "certificate", [PEM.key]: "key" };

  test("rtmps and both https listen, with what lies in their files", async () => {
    const server = await MemoryServer.start(
      {
        rtmps: { enabled: true, listen: 2_443, ...PEM },
        http_server: { enabled: true, https: { enabled: true, listen: 8_443, ...PEM } },
        http_api: { enabled: true, https: { enabled: true, listen: 9_443, ...PEM } },
      },
      { files },
    );
    const publisher = await server.publish("rtmps://a.com:2443/live/show");
    await publisher.start();
    expect(server.openSockets[0]?.isTls).toBe(true);
    const viewer = await server.watch("https://a.com:8443/live/show.flv");
    expect(viewer.count(VIDEO)).toBe(2);
    expect((await server.watchByWebSocket("wss://a.com:8443/live/show.flv")).count(VIDEO)).toBe(2);
    const listening = server.events("listening").map(({ protocol, port }) => [protocol, port]);
    expect(listening).toContainEqual(["rtmps", 2_443]);
    expect(listening).toContainEqual(["https", 9_443]);
    await publisher.leave();
    expect(server.events("session ended")).toContainEqual(
      expect.objectContaining({ type: "fmle-publish", protocol: "rtmps" }),
    );
  });

  test.each([
    { rtmps: { enabled: true, ...PEM } },
    { http_server: { enabled: true, https: { enabled: true, ...PEM } } },
    { http_api: { enabled: true, https: { enabled: true, ...PEM } } },
  ])("%j does not start without its files", async (config) => {
    await expect(MemoryServer.start(config)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
