/**
 * Goal: a peer that is no browser, and shares no code with one, publishes and plays.
 *
 * Method: aiortc (Python, with its own ICE, DTLS, SRTP, H.264 by x264) against one server.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probePackets } from "../support/ffmpeg.ts";
import { Program } from "../support/program.ts";
import { ROOT, rtcConfig, startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ config: rtcConfig });
});

afterAll(() => server?.stop());

function start(role: "publish" | "play", stream: string, ...words: readonly string[]): Program {
  const path = role === "publish" ? "whip" : "whep";
  const url = server.httpUrl(`/rtc/v1/${path}/?app=live&stream=${stream}`);
  return new Program("/usr/bin/python3", [
    ...[`${ROOT}test/support/rtc_peer.py`, role, url],
    ...words,
  ]);
}

/** What the peer prints. */
async function figuresOf(peer: Program): Promise<Record<string, unknown>> {
  return waitFor("the peer's figures", () => {
    const line = peer.stdout.split("\n").find((one) => one.startsWith("{"));
    if (line === undefined && peer.exit !== undefined) throw new Error(peer.stderr);
    return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
  });
}

describe.concurrent("aiortc", () => {
  test.each(["H264", "VP8"])("publishes %s, and plays it", async (codec) => {
    const publisher = start("publish", codec, "60", codec);
    try {
      await figuresOf(publisher);
      const player = start("play", codec, "150");
      const figures = await figuresOf(player);
      expect(figures).toMatchObject({ state: "connected", frames: 150 });
      expect(figures["smallestStep"]).toBeGreaterThan(0);
      expect(figures["sounds"]).toBeGreaterThan(10);
      if (codec === "H264") {
        const packets = await probePackets(server.httpUrl(`/live/${codec}.flv`), 60);
        expect(packets.find(({ codecType }) => codecType === "video")?.isKeyFrame).toBe(true);
      }
      await player.end();
    } finally {
      await publisher.end();
    }
  });
});
