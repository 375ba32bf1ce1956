/**
 * Goal: an HLS client finds the time mark however TCP cuts a segment, and leaves nothing behind,
 * whenever it is stopped.
 *
 * Method: a server that says what the test says; stops after any number of turns.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import { startHlsClient } from "../../src/bench/hls-client.ts";
import { HlsTotals } from "../../src/bench/hls-totals.ts";
import type { Player } from "../../src/bench/player.ts";
import { PlayerMeter } from "../../src/bench/player-meter.ts";
import { PlayerTotals } from "../../src/bench/player-totals.ts";
import { createTimeMark, TIME_MARK_SIZE, writeTimeMark } from "../../src/bench/time-mark.ts";
import { WallTime } from "../../src/bench/wall-time.ts";
import { MemoryNetwork } from "../support/memory-network.ts";

const PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\ns.ts\n";

function answer(body: string | Uint8Array, status = "200 OK"): Uint8Array {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const head = new TextEncoder().encode(
    `HTTP/1.1 ${status}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
  );
  return Uint8Array.from([...head, ...bytes]);
}

class Stage {
  readonly network = new MemoryNetwork();
  readonly totals = new PlayerTotals(1);
  readonly wallTime = new WallTime(this.network.runtime.clock);
  /** How many requests have come. */
  askedCount = 0;

  /** @param respond What a request is answered with, in pieces. */
  async listen(respond: (path: string) => readonly Uint8Array[]): Promise<void> {
    const listener = await this.network.runtime.tcp.listen(
      { host: "127.0.0.1", port: 8080 },
      (socket) => {
        socket.handler = {
          data: (bytes) => {
            const [, path = ""] = new TextDecoder().decode(bytes).split(" ");
            this.askedCount += 1;
            for (const piece of respond(path)) socket.write(piece);
          },
          drain: () => undefined,
          close: () => undefined,
        };
      },
    );
    onTestFinished(() => listener.close());
  }

  play(): Player {
    const { totals, wallTime, network } = this;
    const context = { ports: network.runtime, wallTime, totals: new HlsTotals() };
    const meter = new PlayerMeter(totals, wallTime, false);
    const url = "http://127.0.0.1:8080/s.m3u8";
    const player = startHlsClient(context, { url, meter, tls: {} });
    onTestFinished(() => player.stop());
    return player;
  }
}

describe("startHlsClient()", () => {
  test("finds a mark that two reads share", async () => {
    for (let cut = 1; cut < TIME_MARK_SIZE; cut++) {
      const stage = new Stage();
      const mark = createTimeMark();
      writeTimeMark(mark, 0, { timeUs: stage.wallTime.nowUs(), sessionId: 1, number: 1 });
      const segment = answer(Uint8Array.from([...new Uint8Array(100), ...mark, 0, 0, 1]));
      const at = segment.length - mark.length - 3 + cut;
      await stage.listen((path) =>
        path === "/s.ts" ? [segment.subarray(0, at), segment.subarray(at)] : [answer(PLAYLIST)],
      );
      stage.play();
      await stage.network.advance(100, 10);
      expect([cut, stage.totals.latency.count]).toEqual([cut, 1]);
    }
  });

  test.each([
    ["a playlist that is not there", "404 Not Found", ""],
    ["a segment that is not there", "200 OK", PLAYLIST],
  ])("asks nobody and sets no timer once it was stopped, at %s", async (_, status, playlist) => {
    for (let turns = 0; turns < 60; turns++) {
      const stage = new Stage();
      const { clock } = stage.network.runtime;
      await stage.listen((path) =>
        path === "/s.ts" ? [answer("", "404 Not Found")] : [answer(playlist, status)],
      );
      const timerCount = clock.timerCount;
      const player = stage.play();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      player.stop();
      await stage.network.advance(1, 1);
      expect([turns, clock.timerCount]).toEqual([turns, timerCount]);
      const { askedCount } = stage;
      await stage.network.advance(2_000, 500);
      expect(stage.askedCount).toBe(askedCount);
      expect(stage.totals.failures.count + stage.totals.losses.count).toBe(0);
    }
  });
});
