/**
 * Goal: SRS's rules by address and by page keep out whom they are about, and nobody else.
 *
 * Method: the whole server in memory with SRS's own directives; RTMP clients that say which page they
 * are embedded in.
 */

import { describe, expect, test } from "vitest";
import { connectRtmp, type RtmpClient } from "../../src/protocols/rtmp/client.ts";
import { parseRtmpUrl } from "../../src/protocols/rtmp/client-target.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { KEY_FRAME, MemoryRtmpPeer, VIDEO_HEADER } from "../support/memory-network.ts";
import { MemoryServer } from "../support/memory-server.ts";

const RTMP_REFUSED = "NetStream.Play.Failed";

describe("rules of SRS", () => {
  const start = (vhost: string): Promise<MemoryServer> =>
    MemoryServer.start(
      `listen 1935; daemon off; srs_log_tank console; http_server { enabled on; listen 8080; }
       vhost __defaultVhost__ { http_remux { enabled on; } ${vhost} }`,
    );
  /** A client that says which page it is embedded in. */
  async function from(pageUrl: string, { runtime }: MemoryServer): Promise<RtmpClient> {
    const { tcp, crypto: random } = runtime;
    const ports = { tcp, crypto: random, clock: new ManualClock() };
    const options = {
      ...{ timeoutMs: 1_000, idleTimeoutMs: 0, chunkSize: 60_000, outputSizeMax: 1 << 20 },
      properties: { pageUrl },
    };
    const target = parseRtmpUrl("rtmp://127.0.0.1/live/show");
    return connectRtmp(ports, target, options, new MemoryRtmpPeer("show"));
  }

  test("by address: an allow rule for publishers closes players out", async () => {
    const other = await start("security { enabled on; allow publish 127.0.0.0/8; }");
    const publisher = await other.publish(other.rtmpUrl("live/show"));
    await publisher.start();
    await expect(other.play(other.rtmpUrl("live/show"))).rejects.toMatchObject({
      code: RTMP_REFUSED,
      message: expect.stringContaining("the address is not allowed"),
    });
    expect((await other.fetch("/live/show.flv")).status).toBe(403);
  });

  test("by page: RTMP alone", async () => {
    const other = await start("refer { enabled on; all good.com; }");
    await expect(other.publish(other.rtmpUrl("live/show"))).rejects.toThrow("the page");
    const evil = await from("http://evil.com/", other);
    await expect(evil.play("show")).rejects.toThrow("the page");
    const good = await from("http://www.good.com/x", other);
    await good.publish("show");
    good.sendVideo(0, VIDEO_HEADER);
    good.sendVideo(0, KEY_FRAME);
    const viewer = await other.watch(other.httpUrl("/live/show.flv"));
    await other.advance(1_000);
    expect(viewer.status).toBe(200);
  });

  test("by page: HTTP too, where that is asked for", async () => {
    const other = await start("refer { enabled on; play good.com; http on; }");
    const publisher = await other.publish(other.rtmpUrl("live/show"));
    await publisher.start();
    expect((await other.fetch("/live/show.flv")).status).toBe(403);
    const viewer = await other.watch(other.httpUrl("/live/show.flv"), [
      ["Referer", "http://good.com/"],
    ]);
    await other.advance(1_000);
    expect(viewer.status).toBe(200);
  });
});
