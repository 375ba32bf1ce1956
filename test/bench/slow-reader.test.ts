/**
 * Goal: a slow player reads a tenth of what the others read, though the kernel holds much more for it.
 *
 * Method: a socket that gives all it holds, read by read, for as long as nobody pauses it.
 */

import { expect, test } from "vitest";
import type { Player } from "../../src/bench/player.ts";
import { PlayerMeter } from "../../src/bench/player-meter.ts";
import { PlayerTotals } from "../../src/bench/player-totals.ts";
import { SlowReader } from "../../src/bench/slow-reader.ts";
import { WallTime } from "../../src/bench/wall-time.ts";
import { ManualClock } from "../../src/runtime/memory.ts";

const READ_SIZE_MAX = 16_000;

class GreedySocket implements Player {
  readonly meter = new PlayerMeter(new PlayerTotals(1), new WallTime(new ManualClock()));
  heldSize = 0;
  #isPaused = false;

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.read();
  }

  stop(): void {
    // Nothing is open.
  }

  read(): void {
    while (!this.#isPaused && this.heldSize > 0) {
      const size = Math.min(READ_SIZE_MAX, this.heldSize);
      this.heldSize -= size;
      this.meter.received(size, 0);
    }
  }
}

test("reads a tenth, and never more than one read ahead of that", () => {
  const socket = new GreedySocket();
  const reader = new SlowReader(socket, socket.meter);
  // The join is for all alike.
  socket.heldSize = 100_000;
  socket.read();
  expect(socket.meter.receivedSize).toBe(100_000);
  socket.meter.firstFrame();
  let healthySize = 100_000;
  reader.check(healthySize);
  for (let tick = 1; tick <= 3_000; tick++) {
    // A minute of 500 kbit/s, a look every 20 ms.
    healthySize += 1_250;
    socket.heldSize += 1_250;
    socket.read();
    reader.check(healthySize);
    const allowedSize = (healthySize - 100_000) / 10;
    expect(socket.meter.receivedSize - 100_000).toBeLessThanOrEqual(allowedSize + READ_SIZE_MAX);
  }
  expect(socket.meter.receivedSize - 100_000).toBeGreaterThan(375_000 - READ_SIZE_MAX);
});
