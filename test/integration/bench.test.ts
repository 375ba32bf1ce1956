/**
 * Goal: `sluice bench` measures a real server over real sockets, on each runtime, and its exit code is
 * one that scripts can go by.
 *
 * Method: the program against the program, both on the runtime under test: all protocols at once, HLS
 * as FFmpeg writes it and Sluice serves it; then a server that is killed.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { BenchReport, PlayGroupReport } from "../../src/bench/report.ts";
import { Program, runProgram } from "../support/program.ts";
import { RUNTIME_ENVIRONMENT, SLUICE, startServer, type TestServer } from "../support/server.ts";
import { waitFor, within } from "../support/wait.ts";

function bench(args: readonly string[]): ReturnType<typeof runProgram> {
  return runProgram(SLUICE, ["bench", ...args], { environment: RUNTIME_ENVIRONMENT });
}

function reportOf(stdout: string): BenchReport {
  return JSON.parse(stdout) as BenchReport;
}

function startStaticServer(): Promise<TestServer> {
  return startServer({
    config: (_, folder) => {
      mkdirSync(join(folder, "www/live"), { recursive: true });
      return { http_server: { dir: join(folder, "www") } };
    },
  });
}

/** Plays the stream and writes it as HLS into the folder that the server serves. */
function writeHls(server: TestServer): Program {
  return new Program("ffmpeg", [
    ...["-hide_banner", "-loglevel", "warning", "-nostdin", "-analyzeduration", "500000"],
    ...["-i", server.rtmpUrl("live/show"), "-c", "copy", "-f", "hls", "-hls_time", "2"],
    ...["-hls_flags", "delete_segments", join(server.folder, "www/live/show.m3u8")],
  ]);
}

test("all protocols at once are measured, stalled players apart", async () => {
  const server = await startStaticServer();
  onTestFinished(() => server.stop());
  const packager = writeHls(server);
  onTestFinished(async () => void (await packager.end()));
  const url = server.httpUrl("/live/show");
  const { code, stdout, stderr } = await bench([
    ...["--publish", server.rtmpUrl("live/show")],
    ...["--play", server.rtmpUrl("live/show"), "--players", "10"],
    ...["--play", `${url}.flv`, "--players", "10"],
    ...["--play", `${url.replace("http", "ws")}.flv`, "--players", "10"],
    ...["--play", `${url}.m3u8`, "--players", "5"],
    ...["--stalled", "10", "--slow", "10", "--pid", String(server.process.pid), "--json"],
    ...["--ramp", "0.3", "--warmup", "0.5", "--duration", "5"],
  ]);
  const report = reportOf(stdout);
  // A busy machine holds up the meter, which says so.
  const problems = report.problems.filter((problem) => !problem.includes("meter"));
  expect([code, report.isOk, problems, stderr]).toEqual([0, true, [], expect.any(String)]);
  expect(report.schema).toBe(1);
  const groups = new Map(report.players.map((group) => [groupName(group), group.players]));
  for (const protocol of ["rtmp", "http-flv", "ws-flv"]) {
    const healthy = groups.get(`${protocol} healthy`);
    expect(healthy).toMatchObject({
      wanted: 8,
      connected: 8,
      failed: 0,
      lost: 0,
      withFirstFrame: 8,
    });
    // Five seconds of 25 pictures, give or take what is merged into one write.
    expect((healthy?.videoFrames ?? 0) / 8).toBeGreaterThan(100);
    expect((healthy?.videoFrames ?? 0) / 8).toBeLessThan(150);
    expect(healthy?.latencyMs.count).toBe(healthy?.videoFrames);
    expect(healthy?.gaps.count).toBe(0);
    expect([healthy?.lostFrames, healthy?.unserved]).toEqual([0, 0]);
    expect(groups.get(`${protocol} stalled`)).toMatchObject({
      withFirstFrame: 1,
      receivedBytes: 0,
    });
    expect(groups.get(`${protocol} slow`)?.wanted).toBe(1);
  }
  const hls = report.players.find((group) => group.protocol === "hls");
  expect(hls?.players).toMatchObject({ connected: 5, withFirstFrame: 5 });
  expect(hls?.hls?.segments).toBeGreaterThan(0);
  // The mark has come through FFmpeg's MPEG-TS.
  expect(hls?.players.latencyMs.count).toBe(hls?.hls?.segments);
  expect(report.publishers).toMatchObject({ connected: 1, lost: 0 });
  expect(report.process?.residentBytes).toBeGreaterThan(10e6);
  expect(report.process?.processes).toBe(1);
  expect(report.meter.residentBytes).toBeGreaterThan(10e6);
});

function groupName({ protocol, class: playerClass }: PlayGroupReport): string {
  return `${protocol} ${playerClass}`;
}

test("a server that dies in mid-run is reported, and Ctrl-C ends early", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const measuring = new Program(
    SLUICE,
    [
      ...["bench", "--publish", server.rtmpUrl("live/show")],
      ...["--play", server.rtmpUrl("live/show"), "--players", "3", "--play"],
      ...[server.httpUrl("/live/show.flv"), "--ramp", "0", "--warmup", "0", "--duration", "60"],
    ],
    { environment: RUNTIME_ENVIRONMENT },
  );
  onTestFinished(async () => void (await measuring.end()));
  // The server may know of a player who does not know yet that it is served.
  await waitFor("all to be connected", () =>
    /publishers 1\/1.*players 4\/4/.test(measuring.stderr),
  );
  await server.signal("SIGKILL");
  // A line of progress tells that all are gone.
  await waitFor("the loss to be told", () => measuring.stderr.includes("5 lost"));
  measuring.kill("SIGINT");
  expect(await within("the end of the run", measuring.exited)).toMatchObject({ code: 1 });
  expect(measuring.stdout).toContain("ended before its time");
  expect(measuring.stdout).toContain("4 of 4 healthy players were cut off");
});

test("what nobody can mean is refused with 2", async () => {
  const { code, stderr } = await bench(["--play", "ftp://127.0.0.1/live/show"]);
  expect(code).toBe(2);
  expect(stderr).toContain("Cannot use --play ftp://127.0.0.1/live/show");
  const missing = await bench([
    "--publish",
    "rtmp://127.0.0.1/live/show",
    "--file",
    "/no/such.flv",
  ]);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('Cannot read "/no/such.flv"');
});

test("WebRTC is measured both ways, by samples that decrypt and by all others", async () => {
  const server = await startServer({
    config: ({ rtmps }) => ({
      rtc_server: {
        ...{ enabled: true, listen: rtmps, candidate: ["127.0.0.1"] },
        tcp: { enabled: false },
      },
    }),
  });
  onTestFinished(() => server.stop());
  const url = (path: string): string => server.httpUrl(`/rtc/v1/${path}/?app=live&stream=show`);
  const { code, stdout, stderr } = await bench([
    ...["--publish", url("whip"), "--bitrate", "300k"],
    ...["--play", url("whep"), "--players", "6", "--decrypt", "3"],
    ...["--ramp", "0.3", "--warmup", "1", "--duration", "4", "--json"],
  ]);
  const report = reportOf(stdout);
  const problems = report.problems.filter((problem) => !problem.includes("meter"));
  expect([code, problems, stderr]).toEqual([0, [], expect.any(String)]);
  expect(report.publishers).toMatchObject({ connected: 1, failed: 0, lost: 0 });
  expect(report.healthy).toMatchObject({
    ...{ connected: 6, failed: 0, lost: 0, withFirstFrame: 6, unserved: 0 },
    ...{ lostFrames: 0, lostPackets: 0 },
  });
  const { packets, videoFrames, latencyMs } = report.healthy;
  // 25 pictures and 50 packets of sound in a second, to each of six.
  expect(videoFrames / 6).toBeGreaterThan(80);
  expect(videoFrames / 6).toBeLessThan(130);
  expect(packets / 6).toBeGreaterThan(4 * 75 * 0.8);
  // Two players see the mark of one picture in seven.
  expect(latencyMs.count).toBeGreaterThan(20);
  expect(latencyMs.count).toBeLessThan(40);
});
