/**
 * Goal: the rates and the server's cost are those of the measured time, however slowly the server
 * tells of itself; figures of a part of it are not passed off for the whole.
 *
 * Method: a run in memory beside a page of metrics that answers late, or once.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import { Bench } from "../../src/bench/bench.ts";
import type { BenchReport } from "../../src/bench/report.ts";
import { createSource } from "../../src/bench/source.ts";
import { createSyntheticFile } from "../../src/bench/synthetic-file.ts";
import { parseBenchArguments } from "../../src/cli/bench-arguments.ts";
import { defaultVhost, MemoryServer } from "../support/memory-server.ts";

const STEP_MS = 20;
const RTMP = "rtmp://127.0.0.1/live/show";

/** A server that has half a core's worth of work, and says so `delayMs` after it was asked. */
async function serveMetrics(
  server: MemoryServer,
  delayMs: number,
  answerCountMax = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { clock, tcp } = server.runtime;
  let answerCount = 0;
  const listener = await tcp.listen({ host: "127.0.0.1", port: 9_100 }, (socket) => {
    const answer = (): void => {
      answerCount += 1;
      const seconds = clock.monotonicMs() / 2_000;
      const text = `process_cpu_seconds_total ${seconds}\nprocess_resident_memory_bytes 3e6\n`;
      if (answerCount <= answerCountMax) {
        socket.write(new TextEncoder().encode(`HTTP/1.1 200 OK\r\n\r\n${text}`));
      }
      socket.end();
    };
    socket.handler = {
      data: () => void clock.setTimer(delayMs, answer),
      drain: () => undefined,
      close: () => undefined,
    };
  });
  onTestFinished(() => listener.close());
}

async function run(server: MemoryServer): Promise<BenchReport> {
  const typed =
    `--publish ${RTMP}?secret=1 --bitrate 400k --play ${RTMP} --ramp 1 --warmup 1 --duration 3 ` +
    "--server http://u:p@127.0.0.1:9100";
  const command = parseBenchArguments(typed.split(" "));
  if (command === undefined) throw new Error("That asks for help");
  const source = createSource(createSyntheticFile(400_000));
  const bench = new Bench(server.runtime, command.options, source, () => undefined);
  return await server.finish(bench.run(), STEP_MS);
}

describe("a run beside a server that tells of itself", () => {
  test.each([1, 400, 2_500])("measures no more than its time, at %i ms an answer", async (ms) => {
    const server = await MemoryServer.start(defaultVhost({ min_latency: true }));
    await serveMetrics(server, ms);
    const report = await run(server);
    expect(report.problems).toEqual([]);
    expect(report.measuredSeconds).toBeCloseTo(3, 1);
    expect(report.healthy.videoFrames).toBeGreaterThanOrEqual(70);
    expect(report.healthy.videoFrames).toBeLessThanOrEqual(84);
    expect(report.publishers?.bitsPerSecond).toBeGreaterThan(380_000);
    expect(report.publishers?.bitsPerSecond).toBeLessThan(430_000);
    expect(report.server?.cpuPercent).toBeGreaterThan(49);
    expect(report.server?.cpuPercent).toBeLessThan(51);
    expect(JSON.stringify(report)).not.toMatch(/secret|u:p/);
    expect(Math.round(report.rampSeconds * 1_000) / 1_000).toBe(report.rampSeconds);
  });

  test("has no figures by one sample, and says so", async () => {
    const server = await MemoryServer.start(defaultVhost({ min_latency: true }));
    await serveMetrics(server, 1, 1);
    const report = await run(server);
    expect(report.server).toBeNull();
    expect(report.problems).toEqual([
      expect.any(String),
      "no figures of server http://127.0.0.1:9100: 1 looks over 0.0 of 3.0 s",
    ]);
  });

  test("has no figures by samples of half the time", async () => {
    const server = await MemoryServer.start(defaultVhost({ min_latency: true }));
    await serveMetrics(server, 1, 3);
    const report = await run(server);
    expect(report.server).toBeNull();
    expect(report.problems.at(-1)).toMatch(
      /^no figures of server .*: 3 looks over [12]\.\d of 3\.0 s$/,
    );
  });
});
