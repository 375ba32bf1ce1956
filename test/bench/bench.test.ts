/**
 * Goal: a run does what it was asked to, from the first publisher to the report, and reports what went
 * wrong in place of breaking.
 *
 * Method: the whole server and the whole bench on one machine in memory, with a clock that the test
 * moves; peers that misbehave in place of the server.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import { Bench } from "../../src/bench/bench.ts";
import type { BenchOptions } from "../../src/bench/options.ts";
import { type BenchProgress, formatProgress } from "../../src/bench/progress.ts";
import type { BenchReport, PlayersReport } from "../../src/bench/report.ts";
import { formatReport } from "../../src/bench/report-text.ts";
import { createSource } from "../../src/bench/source.ts";
import { createSyntheticFile } from "../../src/bench/synthetic-file.ts";
import { parseBenchArguments } from "../../src/cli/bench-arguments.ts";
import type { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { TcpSocket } from "../../src/runtime/runtime.ts";
import { MemoryNetwork } from "../support/memory-network.ts";
import { defaultVhost, MemoryServer } from "../support/memory-server.ts";

const STEP_MS = 20;
const RTMP = "rtmp://127.0.0.1/live/show";
const HTTP = "http://127.0.0.1:8080/live/show";
const PUBLISH_ONLY = `--publish ${RTMP} --bitrate 400k --ramp 1 --warmup 1`;
/** Publishes and measures for three seconds. */
const PUBLISH = `${PUBLISH_ONLY} --duration 3`;
/** A frame a flush, so that nothing of what is measured is the server's waiting. */
const REALTIME = defaultVhost({ min_latency: true, play: { mw_latency: 0 } });

function options(typed: string): BenchOptions {
  const command = parseBenchArguments(typed.split(/\s+/u));
  if (command === undefined) throw new Error("That asks for help");
  return command.options;
}

class Run {
  readonly bench: Bench;
  readonly progress: BenchProgress[] = [];
  readonly finished: Promise<BenchReport>;

  constructor(runtime: MemoryRuntime, typed: string) {
    const parsed = options(typed);
    const { publish } = parsed;
    const source = publish && createSource(createSyntheticFile(publish.bitrate ?? 400_000));
    this.bench = new Bench(runtime, parsed, source, (line) => this.progress.push(line));
    this.finished = this.bench.run();
  }
}

function run(network: MemoryNetwork, typed: string): Promise<BenchReport> {
  return network.finish(new Run(network.runtime, typed).finished, STEP_MS);
}

/** Listens in place of a server. */
async function listen(network: MemoryNetwork, port: number, accept: (socket: TcpSocket) => void) {
  const listener = await network.runtime.tcp.listen({ host: "127.0.0.1", port }, accept);
  onTestFinished(() => listener.close());
}

function expectServed(players: PlayersReport, count: number): void {
  expect(players).toMatchObject({
    ...{ wanted: count, started: count, connected: count, connectedMax: count },
    ...{ failed: 0, lost: 0, withFirstFrame: count, unserved: 0, lostFrames: 0 },
    stalls: { count: 0 },
    gaps: { count: 0 },
  });
  // Three seconds of 25 pictures and 400 kbit/s.
  expect(players.videoFrames / count).toBeGreaterThanOrEqual(74);
  expect(players.videoFrames / count).toBeLessThanOrEqual(76);
  expect(players.bitsPerSecondEach).toBeGreaterThan(380_000);
  expect(players.bitsPerSecondEach).toBeLessThan(430_000);
  expect(players.latencyMs.count).toBe(players.videoFrames);
  expect(players.latencyMs.max).toBeLessThanOrEqual(STEP_MS);
}

describe("Bench", () => {
  test("publishes, and plays by RTMP, HTTP-FLV and WebSocket-FLV", async () => {
    const server = await MemoryServer.start(REALTIME);
    const report = await run(
      server,
      `${PUBLISH} --play ${RTMP} --players 3 --play ${HTTP}.flv --players 2 --play ${HTTP.replace("http", "ws")}.flv`,
    );
    expect(report.problems).toEqual([]);
    expect(report.isOk).toBe(true);
    expect(report.measuredSeconds).toBeCloseTo(3, 1);
    expect(report.players.map(({ protocol }) => protocol)).toEqual(["rtmp", "http-flv", "ws-flv"]);
    for (const [i, count] of [3, 2, 1].entries()) {
      const group = report.players[i];
      if (group !== undefined) expectServed(group.players, count);
    }
    expectServed(report.healthy, 6);
    expect(report.publishers).toMatchObject({ connected: 1, failed: 0, lost: 0, blockedTimes: 0 });
    expect(report.publishers?.bitsPerSecond).toBeGreaterThan(380_000);
    expect(report.publishers?.latenessMs.max).toBeLessThanOrEqual(STEP_MS);
  });

  test("begins the source anew without a seam", async () => {
    const server = await MemoryServer.start(REALTIME);
    const report = await run(server, `${PUBLISH_ONLY} --duration 9 --play ${RTMP}`);
    expect(report.healthy.gaps.count).toBe(0);
    expect(report.healthy.stalls.count).toBe(0);
    expect(report.healthy.videoFrames).toBeGreaterThanOrEqual(224);
    expect(report.healthy.videoFrames).toBeLessThanOrEqual(226);
  });

  test("leaves nothing behind", async () => {
    const server = await MemoryServer.start(REALTIME);
    const timerCount = server.timerCount;
    await run(server, `${PUBLISH} --play ${RTMP} --play ${HTTP}.flv --players 2 --slow 50`);
    await server.advance(40_000);
    expect(server.openSockets).toEqual([]);
    expect(server.timerCount).toBe(timerCount);
  });

  test("gives each publisher a stream and each stream its players", async () => {
    const server = await MemoryServer.start(REALTIME);
    const typed = `${PUBLISH.replace(RTMP, `${RTMP}-{n}`)} --publishers 3`;
    const report = await run(server, `${typed} --play ${HTTP}-{n}.flv --players 7`);
    expectServed(report.healthy, 7);
    const urls = server.events("play started").map((line) => line["url"]);
    const counts = [1, 2, 3].map((n) => urls.filter((url) => url === `/live/show-${n}`).length);
    expect(counts).toEqual([3, 2, 2]);
  });

  test("reports slow and stalled players apart", async () => {
    const server = await MemoryServer.start(REALTIME);
    // The kernel holds little, so that the server feels who does not read.
    server.runtime.tcp.capacity = 20_000;
    const players = `--play ${HTTP}.flv --players 10 --slow 20 --stalled 10`;
    const report = await run(server, `${PUBLISH_ONLY} --duration 6 ${players}`);
    const [healthy, slow, stalled] = ["healthy", "slow", "stalled"].map((name) =>
      report.players.find((group) => group.class === name),
    );
    expect(healthy?.players).toMatchObject({
      ...{ wanted: 7, connected: 7, lostFrames: 0 },
      gaps: { count: 0 },
    });
    expect(slow?.players.wanted).toBe(2);
    const rate = healthy?.players.bitsPerSecondEach ?? 0;
    expect(slow?.players.bitsPerSecondEach).toBeLessThan(rate / 6);
    expect(slow?.players.bitsPerSecondEach).toBeGreaterThan(rate / 15);
    expect(slow?.players.receivedBytes).toBeGreaterThan(0);
    expect(stalled?.players).toMatchObject({ wanted: 1, withFirstFrame: 1, receivedBytes: 0 });
    expect(report.healthy.wanted).toBe(7);
    expect(report.isOk).toBe(true);
  });

  test("plays HLS: the playlist, then segments as they come", async () => {
    const server = await MemoryServer.start({ http_server: { enabled: true, dir: "/www" } });
    const folder = "/www/live";
    const put = async (first: number): Promise<void> => {
      const segments = Array.from({ length: 4 }, (_, i) => `#EXTINF:2.0,\ns-${first + i}.ts\n`);
      const head = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${first}\n`;
      for (let i = first; i < first + 4; i++)
        await server.putFile(`${folder}/s-${i}.ts`, "x".repeat(1_000));
      await server.putFile(`${folder}/s.m3u8`, head + segments.join(""));
    };
    await put(1);
    const playing = new Run(
      server.runtime,
      "--play http://127.0.0.1:8080/live/s.m3u8 --players 2 --ramp 0 --warmup 0 --duration 12",
    );
    // A new segment every two seconds, six of them; then none any more.
    for (let first = 2; first < 5; first++) {
      await server.advance(2_000, STEP_MS);
      await put(first);
    }
    const report = await server.finish(playing.finished, STEP_MS);
    const [group] = report.players;
    expect(group?.players).toMatchObject({ wanted: 2, connected: 2, withFirstFrame: 2, lost: 0 });
    // Both had numbers 2, 3 and 4, the last three of the first playlist, when the measured time
    // began; 5, 6 and 7 follow.
    expect(group?.hls).toMatchObject({ segments: 6, skippedSegments: 0, failedRequests: 0 });
    // Every two seconds while it changes, every second once it does not.
    expect(group?.hls?.playlists).toBeGreaterThanOrEqual(16);
    expect(group?.hls?.playlists).toBeLessThanOrEqual(20);
    expect(group?.hls?.stalePlaylists).toBeGreaterThan(0);
    expect(group?.hls?.playlistAgeMs.max).toBeGreaterThan(3_000);
    expect(group?.players.stalls.count).toBe(0);
    expect(report.isOk).toBe(true);
  });

  test("reports a server that is not there", async () => {
    const report = await run(
      new MemoryNetwork(),
      `${PUBLISH} --play ${RTMP} --players 3 --play ${HTTP}.flv --play ${HTTP}.m3u8`,
    );
    expect(report.isOk).toBe(false);
    expect(report.healthy).toMatchObject({ wanted: 5, failed: 5, withFirstFrame: 0 });
    expect(report.healthy.failures).toContainEqual({
      reason: "Cannot connect to 127.0.0.1:1935: ECONNREFUSED",
      count: 3,
    });
    expect(report.publishers).toMatchObject({ failed: 1, connected: 0 });
    expect(report.problems.join()).toContain("1 of 1 publishers failed");
  });

  test("reports a server that goes away in mid-run", async () => {
    const server = await MemoryServer.start(REALTIME);
    const running = new Run(
      server.runtime,
      `${PUBLISH} --play ${RTMP} --players 2 --play ${HTTP}.flv --play ${HTTP.replace("http", "ws")}.flv`,
    );
    await server.advance(3_500, STEP_MS);
    for (const socket of server.openSockets) socket.destroy();
    const report = await server.finish(running.finished, STEP_MS);
    expect(report.isOk).toBe(false);
    expect(report.healthy).toMatchObject({ wanted: 4, lost: 4, connected: 0, connectedMax: 4 });
    expect(report.publishers).toMatchObject({ lost: 1, connected: 0 });
  });

  test("reports players that are refused or get nothing to play", async () => {
    const network = new MemoryNetwork();
    const reply = (text: string) => (socket: TcpSocket) => {
      socket.handler = {
        data: () => void socket.write(new TextEncoder().encode(text)),
        drain: () => undefined,
        close: () => undefined,
      };
    };
    await listen(network, 8_080, reply("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    await listen(network, 8_081, reply("HTTP/1.1 200 OK\r\n\r\nno FLV at all"));
    await listen(network, 1_935, reply("this is not RTMP"));
    await listen(network, 8_082, reply("HTTP/1.1 200 OK\r\n\r\n"));
    const report = await run(
      network,
      `--play ${HTTP}.flv --play ${HTTP.replace("8080", "8081")}.flv --play ${RTMP} ` +
        `--play ${HTTP.replace("8080", "8082")}.flv --play ws://127.0.0.1:8080/s.flv --duration 1`,
    );
    expect(report.players.map(({ players }) => [players.failed, players.lost])).toEqual([
      ...[
        [1, 0],
        [0, 1],
        [1, 0],
        [0, 0],
        [1, 0],
      ],
    ]);
    expect(report.healthy.failures.map(({ reason }) => reason).toSorted()).toEqual([
      "Cannot open WebSocket: the server answered 404 Not Found",
      "Cannot play: the server answered 404 Not Found",
      "Cannot speak RTMP version 116",
    ]);
    expect(report.players.map(({ players }) => players.unserved)).toEqual([0, 0, 0, 1, 0]);
    expect(report.healthy.unserved).toBe(1);
    expect(report.problems.join()).toContain("got no key frame");
    expect(report.isOk).toBe(false);
  });

  test("gives up on a server that accepts and says nothing", async () => {
    const network = new MemoryNetwork();
    for (const port of [1_935, 8_080]) {
      await listen(network, port, (socket) => {
        socket.handler = { data: () => undefined, drain: () => undefined, close: () => undefined };
      });
    }
    const typed = `--play ${RTMP} --play ${HTTP}.flv --play ${HTTP}.m3u8 --ramp 0 --warmup 0 --duration 1`;
    const report = await network.finish(new Run(network.runtime, typed).finished, 100);
    expect(report.healthy).toMatchObject({ failed: 3, connected: 0 });
    expect(report.rampSeconds).toBeLessThan(31);
  });

  test("tells how long a publisher could not send, and sends what was due all the same", async () => {
    const server = await MemoryServer.start(REALTIME);
    server.runtime.tcp.capacity = 10_000;
    const running = new Run(server.runtime, `${PUBLISH} --play ${RTMP}`);
    await server.advance(2_500, STEP_MS);
    // The publisher came first. For a second nobody reads what it sends: 50 kB a second.
    const [socket] = server.openSockets;
    socket?.pause();
    await server.advance(1_000, STEP_MS);
    socket?.resume();
    const report = await server.finish(running.finished, STEP_MS);
    expect(report.publishers).toMatchObject({ lost: 0, connected: 1 });
    const { blockedMs = 0, blockedTimes = 0, latenessMs } = report.publishers ?? {};
    expect(blockedTimes).toBeGreaterThan(0);
    expect(blockedMs).toBeGreaterThan(500);
    expect(blockedMs).toBeLessThanOrEqual(1_000 + STEP_MS);
    expect(latenessMs?.max).toBeGreaterThan(500);
    expect(latenessMs?.p50).toBeLessThanOrEqual(STEP_MS);
    expect(report.healthy.gaps.count).toBe(0);
    expect(report.healthy.videoFrames).toBeGreaterThanOrEqual(74);
    expect(report.healthy.latencyMs.max).toBeGreaterThan(500);
  });

  test("ends early when it is interrupted, and reports", async () => {
    const server = await MemoryServer.start(REALTIME);
    const early = new Run(server.runtime, `${PUBLISH} --play ${RTMP} --players 2`);
    await server.advance(500, STEP_MS);
    early.bench.interrupt();
    const first = await server.finish(early.finished, STEP_MS);
    expect(first).toMatchObject({ isInterrupted: true, measuredSeconds: 0 });
    const later = new Run(server.runtime, `${PUBLISH} --play ${RTMP} --players 2`);
    await server.advance(3_000, STEP_MS);
    later.bench.interrupt();
    const second = await server.finish(later.finished, STEP_MS);
    expect(second.isInterrupted).toBe(true);
    expect(second.isOk).toBe(true);
    expect(second.measuredSeconds).toBeGreaterThan(0.5);
    expect(second.measuredSeconds).toBeLessThan(1.5);
  });

  test("says each second how it goes, and at the end everything in a table", async () => {
    const server = await MemoryServer.start(REALTIME);
    const running = new Run(
      server.runtime,
      `${PUBLISH} --play ${RTMP} --players 2 --pid 1 --server http://127.0.0.1:1`,
    );
    const report = await server.finish(running.finished, STEP_MS);
    expect(running.progress.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(["ramp", "warm-up", "measuring"]),
    );
    const last = running.progress.at(-1);
    expect(last === undefined ? "" : formatProgress(last)).toMatch(
      /^measuring \d s \| publishers 1\/1, 4\d\d kbit\/s \| players 2\/2, (7|8)\d\d kbit\/s$/,
    );
    // Neither can be watched here; the rest is measured all the same.
    expect(report.process).toBeNull();
    expect(report.server).toBeNull();
    expect(report.problems).toEqual([
      expect.stringContaining('"/proc"'),
      "Cannot connect to 127.0.0.1:1: ECONNREFUSED",
    ]);
    expect(report.isOk).toBe(true);
    const text = formatReport(report);
    expect(text).toContain("All were served.");
    expect(text).toMatch(/^rtmp:\/\/127\.0\.0\.1\/live\/show +2 +2 +2 +0 +0 /m);
    expect(text).toMatch(/^rtmp:\/\/127\.0\.0\.1\/live\/show latency +\d+ +\d/m);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
