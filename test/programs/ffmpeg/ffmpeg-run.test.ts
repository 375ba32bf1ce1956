/**
 * Goal: an FFmpeg that gets nowhere is ended and begun anew, once for each time that it hangs; one that has
 * nothing to work on is not, nor one that gets on; one that plays a file begins it again at once.
 *
 * Method: programs that the test plays, on a machine in memory.
 */

import { describe, expect, test } from "vitest";
import { type FfmpegJob, FfmpegRun } from "../../../src/programs/ffmpeg/ffmpeg-run.ts";
import { Programs } from "../../../src/programs/programs.ts";
import type { MemoryChild } from "../../../src/runtime/memory/memory-processes.ts";
import { MemoryNetwork, settle } from "../../support/memory-network.ts";

class Machine extends MemoryNetwork {
  isFed = true;
  readonly run: FfmpegRun;

  constructor(job: Partial<FfmpegJob> = {}) {
    super();
    const { processes, files, clock } = this.runtime;
    const { logger } = this.logging;
    const ports = { processes, files, clock, logger, environment: {}, countMax: () => 8 };
    const programs = new Programs(ports);
    this.run = new FfmpegRun(
      { programs, clock },
      { path: "ffmpeg", args: ["-i", "x"], fields: {}, isFed: () => this.isFed, ...job },
    );
  }

  get children(): MemoryChild[] {
    return this.runtime.processes.children.filter(({ command }) => command[0] === "ffmpeg");
  }

  /** Lets seconds pass, in each of which the running child prints `text`. */
  async pass(seconds: number, text: (second: number) => string = () => ""): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.children.at(-1)?.print(text(i));
      this.run.sweep(this.runtime.clock.monotonicMs());
      await this.advance(1_000);
    }
  }
}

const block = (outTimeUs: number | string): string =>
  `frame=0\nout_time_us=${outTimeUs}\nprogress=continue\n`;

describe("FFmpeg", () => {
  test("that gets on is left alone", async () => {
    const machine = new Machine();
    await machine.pass(120, (second) => block(second * 1_000_000));
    expect(machine.children).toHaveLength(1);
  });

  test.each([
    ["says nothing", () => ""],
    ["says that it stands still", () => block(5)],
    ["says that it knows nothing", () => block("N/A")],
    ["floods its output with something else", () => `${"x".repeat(5_000)}\n${"y".repeat(5_000)}`],
  ])("that %s is killed, once each time", async (_, text) => {
    const machine = new Machine();
    await machine.pass(70, text);
    expect(machine.events("program killed")).toHaveLength(2);
    expect(machine.run.report()).toMatchObject({ kills: 2, state: "running" });
  });

  test("that waits for something to work on is left alone, and given time when it comes", async () => {
    const machine = new Machine();
    machine.isFed = false;
    await machine.pass(120);
    machine.isFed = true;
    await machine.pass(25);
    expect(machine.events("program killed")).toEqual([]);
    await machine.pass(10);
    expect(machine.events("program killed")).toHaveLength(1);
  });

  test("that has played a file plays it again, at its own pace and without a warning", async () => {
    const machine = new Machine({ isLooped: true });
    for (let i = 0; i < 5; i++) {
      await machine.pass(3, (second) => block(second * 1_000_000));
      machine.children.at(-1)?.finish({ code: 0, signal: undefined });
      await settle();
      await machine.advance(1);
    }
    expect(machine.children).toHaveLength(6);
    expect(machine.events().filter(({ level }) => level === "warn")).toEqual([]);
  });

  test("that has an empty file to play is not begun more than once a second", async () => {
    const machine = new Machine({ isLooped: true });
    for (let i = 0; i < 100; i++) {
      machine.children.at(-1)?.finish({ code: 0, signal: undefined });
      await machine.advance(100, 100);
    }
    expect(machine.children.length).toBeLessThan(12);
  });

  test("that cannot play its file is tried less and less often", async () => {
    const machine = new Machine({ isLooped: true });
    for (let i = 0; i < 60; i++) {
      machine.children.at(-1)?.finish({ code: 1, signal: undefined });
      await machine.advance(1_000);
    }
    expect(machine.children.length).toBeLessThan(9);
  });

  test("has told what the run before did no more once it runs anew", async () => {
    const machine = new Machine();
    await settle();
    await machine.pass(1, () => block(1_000_000));
    expect(machine.run.report().progress?.outTimeMs).toBe(1_000);
    machine.children[0]?.finish({ code: 1, signal: undefined });
    await settle();
    await machine.advance(1_000);
    expect(machine.run.report().progress).toBeNull();
  });
});
