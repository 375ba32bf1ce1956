/**
 * Goal: a player whose packets have no transport-wide numbers gets the layer that its network bears, by
 * what it says of it.
 *
 * Method: the whole server in memory, a publisher of two layers, a player that says how much it can
 * take.
 */

import { expect, test, vi } from "vitest";
import { encodeRtcp } from "../../../src/codec/rtcp/rtcp-packet.ts";
import { StreamToRtp } from "../../../src/remux/rtp/from-stream.ts";
import {
  IDR,
  MemoryRtcPeer,
  PARAMETER_SETS,
  passRtc,
  RTC_CONFIG,
} from "../../support/memory-rtc.ts";
import { MemoryServer } from "../../support/memory-server.ts";

const SHOW = "app=live&stream=show";
const LARGE = new Uint8Array(1_000);
LARGE.set(IDR);
const PICTURES = { h: LARGE, l: IDR };

async function sendSecond(server: MemoryServer, publisher: MemoryRtcPeer): Promise<void> {
  const id = publisher.section("video").extensions.rtpStreamId ?? 0;
  for (let i = 0; i < 25; i++) {
    const timestamp = server.runtime.clock.monotonicMs() * 90;
    for (const [rid, picture] of Object.entries(PICTURES)) {
      const elements = [{ id, value: new TextEncoder().encode(rid) }];
      const changes = { ssrc: 0x100 + picture.length, elements };
      await publisher.send(
        publisher.video(PARAMETER_SETS, timestamp, { isMarked: false, ...changes }),
        publisher.video(picture, timestamp, changes),
      );
    }
    await passRtc(server, 40);
  }
}

test("a layer fits what the player says that it can take (REMB)", async () => {
  const { server, publisher, player, seen } = await startPlaying();
  await sendSecond(server, publisher);
  expect(await seen(60_000, 3)).toBe("l");
  expect(await seen(2_000_000, 8)).toBe("h");
  expect(await seen(60_000, 3)).toBe("l");
  expect(player.ends).toEqual([]);
});

test("a bug in making packets of a layer ends that layer, and nobody", async () => {
  const { server, publisher, player, seen } = await startPlaying();
  expect(await seen(2_000_000, 8)).toBe("h");
  const { frame } = StreamToRtp.prototype;
  let failedCount = 0;
  const spy = vi.spyOn(StreamToRtp.prototype, "frame").mockImplementation(function (
    this: StreamToRtp,
    ...args
  ) {
    if (args[0].payload.length < 500 || args[0].publisherDtsMs !== undefined) {
      frame.apply(this, args);
      return;
    }
    failedCount += 1;
    throw new Error("a bug");
  });
  expect(await seen(2_000_000, 2)).toBe("l");
  spy.mockRestore();
  expect(failedCount).toBe(1);
  const lines = server.events("layer for players of WebRTC failed");
  expect(lines).toMatchObject([{ level: "error", layer: "h", url: "/live/show" }]);
  expect(JSON.stringify(lines)).toContain("layers.test.ts");
  expect([...publisher.ends, ...player.ends]).toEqual([]);
});

/** A publisher of two layers, a player, and which layers that has. */
async function startPlaying() {
  const server = await MemoryServer.start(RTC_CONFIG);
  const publisher = await MemoryRtcPeer.join(server, "publish", SHOW, { rids: ["h", "l"] });
  for (let i = 0; i < 3; i++) await sendSecond(server, publisher);
  const player = await MemoryRtcPeer.join(server, "play", SHOW, {
    name: "play",
    isTwccOn: false,
  });
  /** Which layers come within a second, once some time has passed. */
  const seen = async (bitrate: number, seconds: number): Promise<string> => {
    const { ssrc = 0 } = player.packets("video")[0] ?? {};
    for (let i = 0; i < seconds; i++) {
      const remb = { type: "remb", senderSsrc: 1, bitrate, ssrcs: [ssrc] } as const;
      const report = { type: "receiver-report", ssrc: 1, reports: [] } as const;
      await player.sendRtcp(encodeRtcp([report, remb]));
      await sendSecond(server, publisher);
    }
    const latest = player.packets("video").slice(-20);
    const isLarge = latest.some(({ payload }) => payload.length > 500);
    const isSmall = latest.some(({ payload }) => payload.length === IDR.length);
    return `${isLarge ? "h" : ""}${isSmall ? "l" : ""}`;
  };
  return { server, publisher, player, seen };
}
