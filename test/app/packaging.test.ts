/**
 * Goal: what is remembered of a file that was just asked for is given to those who ask for the same
 * one, and to nobody else.
 *
 * Method: all that packages streams, without sockets; two vhosts, one of which has the stream.
 */

import { describe, expect, test } from "vitest";
import type { ConfigValue } from "../support/memory-server.ts";
import { PackagingBench } from "../support/packaging-bench.ts";
import { framesOf } from "../support/packaging-frames.ts";

const CMAF = { sessions: false, on_demand: false };

/** @returns The path of a segment of the default vhost's stream. */
async function start(cmaf: ConfigValue = CMAF): Promise<{ bench: PackagingBench; path: string }> {
  const vhost = { cmaf };
  const bench = new PackagingBench({ vhosts: { __defaultVhost__: vhost, "other.example": vhost } });
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 6_000 }));
  const playlist = await bench.text("/live/show/video.m3u8?hls_ctx=abcd1234");
  return { bench, path: `/live/show/${/^video-.*\.m4s$/m.exec(playlist)?.[0]}` };
}

describe("a segment that was just asked for", () => {
  test("is the same for the next one, by whatever name the server is called", async () => {
    const { bench, path } = await start();
    const first = await bench.bytes(path);
    for (const fields of ["", "Host: a.example\r\n", "Host: 127.0.0.1:8080\r\n"]) {
      expect((await bench.get(path, fields)).bytes).toEqual(first);
    }
  });

  test.each([
    "vhost=other.example",
    "domain=other.example",
    "%76host=other.example",
    "a=1&vhos%74=other.example",
  ])("is not there for ?%s", async (query) => {
    const { bench, path } = await start();
    await bench.bytes(path);
    expect((await bench.get(`${path}?${query}`)).status).toBe(404);
  });

  test("by a vhost in the query is not there for the vhost that the client is at", async () => {
    const { bench, path } = await start();
    const fields = "Host: other.example\r\n";
    expect((await bench.get(`${path}?%76host=__defaultVhost__`, fields)).status).toBe(200);
    expect((await bench.get(path, fields)).status).toBe(404);
  });

  test("is counted for the session that asks, each time", async () => {
    const { bench, path } = await start({ ...CMAF, sessions: true });
    const viewer = bench.sessions.get("abcd1234");
    const before = viewer?.sentSize ?? 0;
    const { length } = await bench.bytes(path);
    await bench.bytes(`${path}?hls_ctx=abcd1234`);
    await bench.bytes(`${path}?hls_ctx=abcd1234`);
    expect(viewer?.sentSize).toBe(before + 2 * length);
  });
});
