/**
 * Goal: with the real FFmpeg, streams are encoded again and can be played, files are ingested over and
 * over, pictures are pictures; a program that crashes, hangs, floods its log or does not obey costs
 * viewers nothing; nothing cascades; and nothing outlives the server.
 *
 * Method: a real server; FFmpeg publishes and plays; for one that behaves badly, scripts of the test's.
 */

import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  createAvcDecoderConfigurationRecord,
  encodeAvcDecoderConfigurationRecord,
} from "../../src/codec/h264/decoder-configuration-record.ts";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { H264_PPS, h264KeyFrame, h264Sps, lengthPrefixed } from "../support/h264-units.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { httpGet } from "../support/http-request.ts";
import { type MediaName, media } from "../support/media.ts";
import { runProgram } from "../support/program.ts";
import {
  type ConfigValue,
  type ServerOptions,
  startServer,
  type TestServer,
} from "../support/server.ts";
import {
  readMp4Messages,
  type SentMessage,
  SteppedPublisher,
} from "../support/stepped-publisher.ts";
import { sleep, waitFor } from "../support/wait.ts";

const TIMEOUT_MS = 90_000;
const OUTPUT = "rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=[vhost]";

/** What is to be done when a test is over. */
type WhenFinished = (end: () => Promise<void>) => void;

async function start(
  options: ServerOptions = {},
  whenFinished: WhenFinished = onTestFinished,
): Promise<TestServer> {
  const server = await startServer(options);
  whenFinished(() => server.stop());
  return server;
}

function onVhost(vhost: ConfigValue): ConfigValue {
  return { ff_log_dir: "./logs", vhosts: { __defaultVhost__: vhost } };
}

async function publish(
  server: TestServer,
  name: MediaName = "h264-aac.flv",
  whenFinished: WhenFinished = onTestFinished,
): Promise<void> {
  const publisher = publishFile(await media(name), server.rtmpUrl("live/show"), { isLooped: true });
  whenFinished(async () => void (await publisher.end()));
  await waitFor("the stream", () => server.events("stream published").length > 0);
}

interface Run {
  readonly state: string;
  readonly pid: number | null;
  readonly starts: number;
  readonly kills: number;
  readonly engine: string;
  readonly progress: { readonly out_time_ms: number | null } | null;
}

async function runs(server: TestServer, what: "transcodes" | "ingests"): Promise<Run[]> {
  const { text } = await httpGet(server.apiUrl(`/api/v1/${what}`));
  return (JSON.parse(text) as Readonly<Record<typeof what, Run[]>>)[what];
}

/** A program that the test has written. */
function script(folder: string, text: string): string {
  const path = join(folder, "program.sh");
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function isAlive(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !text.slice(text.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

/** Plays for a while, and says how many pictures came. */
async function play(server: TestServer): Promise<number> {
  return (await probePackets(server.rtmpUrl("live/show"), 100)).length;
}

async function sizeOf(url: string): Promise<string> {
  const { stdout } = await runProgram("ffprobe", [
    ...["-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height,codec_name"],
    ...["-of", "csv=p=0", url],
  ]);
  return stdout.trim().split("\n")[0] ?? "";
}

test("two rungs of a ladder, with a log for each", { timeout: TIMEOUT_MS }, async () => {
  const rung = (height: number): ConfigValue => ({
    ...{
      enabled: true,
      vcodec: "libx264",
      vbitrate: 100,
      vwidth: (height * 16) / 9,
      vheight: height,
    },
    ...{ vpreset: "ultrafast", vprofile: "baseline", vparams: { g: "25" } },
    ...{ acodec: "aac", abitrate: 32, asample_rate: 44100, achannels: 1, output: OUTPUT },
  });
  const engines = { sd: rung(144), ld: rung(72) };
  const server = await start({
    config: onVhost({ transcode: { "*": { enabled: true, engines } } }),
  });
  await publish(server);
  await waitFor("both outputs", () => server.events("stream published").length === 3, 40_000);
  expect(await sizeOf(server.rtmpUrl("live/show_sd"))).toBe("h264,256,144");
  expect(await sizeOf(server.rtmpUrl("live/show_ld"))).toBe("h264,128,72");
  const far = await waitFor("progress", async () => {
    const all = await runs(server, "transcodes");
    return all.every(({ progress }) => (progress?.out_time_ms ?? 0) > 2_000) && all;
  });
  expect(far.map(({ state, engine }) => `${engine} ${state}`)).toEqual([
    "sd running",
    "ld running",
  ]);
  for (const engine of ["sd", "ld"]) {
    const log = `ffmpeg-encoder-__defaultVhost__-live-show-${engine}.log`;
    expect(readFileSync(join(server.folder, "logs", log), "utf8")).toContain("libx264");
  }
});

test("SRS's shipped sample does not cascade", { timeout: TIMEOUT_MS }, async () => {
  const server = await start({
    srsConfig: ({ rtmp, http, api }) => `
      listen 127.0.0.1:${rtmp}; max_connections 100; daemon off; srs_log_tank console; pid ./srs.pid;
      ff_log_dir ./logs;
      http_api { enabled on; listen 127.0.0.1:${api}; }
      http_server { enabled on; listen 127.0.0.1:${http}; dir ./html; }
      vhost __defaultVhost__ { transcode { enabled on; ffmpeg /usr/bin/ffmpeg;
        engine ff { enabled on; vcodec copy; acodec copy;
          output rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=[vhost]; } } }`,
  });
  await publish(server);
  await waitFor("the output", () => server.events("stream published").length === 2, 40_000);
  await waitFor("the guard", () => server.events("transcoding refused").length === 1);
  // Time for the next one, if there were any.
  expect((await probePackets(server.rtmpUrl("live/show_ff"), 150)).length).toBe(150);
  expect(server.events("stream published").map(({ url }) => url)).toEqual([
    "/live/show",
    "/live/show_ff",
  ]);
});

test("with workers the guard holds, whichever of them is published to", {
  timeout: TIMEOUT_MS,
}, async () => {
  const engines = Object.fromEntries(
    ["a", "b", "c"].map((name) => [
      name,
      { enabled: true, vcodec: "copy", acodec: "copy", output: OUTPUT },
    ]),
  );
  const config = { workers: "2", ...onVhost({ transcode: { "*": { enabled: true, engines } } }) };
  const server = await start({ config });
  await publish(server);
  await waitFor("the outputs", () => server.events("stream published").length >= 4, 40_000);
  await waitFor("the guard", () => server.events("transcoding refused").length >= 3);
  await sleep(2_000); // For what must not come.
  expect(server.events("stream published")).toHaveLength(4);
  expect(await runs(server, "transcodes")).toHaveLength(3);
});

describe("a bad FFmpeg", () => {
  const withScript =
    (text: string) =>
    (_: unknown, folder: string): ConfigValue => {
      const ffmpeg = script(folder, text);
      const engines = { bad: { enabled: true, vcodec: "copy", acodec: "copy", output: OUTPUT } };
      return onVhost({ transcode: { "*": { enabled: true, ffmpeg, engines } } });
    };

  // Side by side: they are mostly waiting.
  test.concurrent.for([
    ["crashes at once", "echo broken >&2; exit 3"],
    ["floods its log", "exec cat /dev/zero >&2"],
    ["floods its progress", "exec cat /dev/zero"],
    ["ignores SIGTERM", "trap '' TERM; while :; do sleep 1; done"],
    ["leaves children behind", "sleep 300 & sleep 300 & exit 1"],
  ])("that %s is noticed by nobody", { timeout: TIMEOUT_MS }, async ([, text = ""], context) => {
    const server = await start({ config: withScript(text) }, context.onTestFinished);
    await publish(server, "h264-aac.flv", context.onTestFinished);
    const startMs = performance.now();
    expect(await play(server)).toBe(100);
    expect(performance.now() - startMs).toBeLessThan(15_000);
    await sleep(3_000); // It does what it does.
    expect(await play(server)).toBe(100);
    expect(server.events("stream unpublished")).toEqual([]);
    const log = join(server.folder, "logs/ffmpeg-encoder-__defaultVhost__-live-show-bad.log");
    if (existsSync(log)) expect(statSync(log).size).toBeLessThan(10 << 20);
    expect(server.residentSize()).toBeLessThan(600 << 20);
    const [run] = await runs(server, "transcodes");
    await server.stop();
    if (run?.pid != null) expect(isAlive(run.pid)).toBe(false);
  });

  test.concurrent("that hangs is ended and begun anew", { timeout: 120_000 }, async (context) => {
    const server = await start({ config: withScript("exec sleep 600") }, context.onTestFinished);
    await publish(server, "h264-aac.flv", context.onTestFinished);
    const [run] = await waitFor(
      "its end",
      async () => {
        const all = await runs(server, "transcodes");
        return all[0]?.kills === 1 && all[0].starts === 2 && all;
      },
      60_000,
    );
    expect(run?.state).toBe("running");
    expect(server.events("program killed")).toHaveLength(1);
  });
});

test("a server that is killed leaves no program behind", { timeout: TIMEOUT_MS }, async () => {
  const server = await start({
    config: (_, folder) => {
      const program = script(
        folder,
        `trap '' TERM; sleep 600 & echo $! >>${folder}/pids; wait; wait`,
      );
      const file = join(folder, "missing.flv");
      const engines = { e: { enabled: true, output: "rtmp://127.0.0.1:[port]/live/x" } };
      return onVhost({
        exec: { enabled: true, publish: [[program]] },
        ingest: { i: { enabled: true, ffmpeg: program, input: { url: file }, engines } },
        transcode: {
          "*": { enabled: true, engines: { e: { ...engines.e, vcodec: "copy", acodec: "copy" } } },
        },
      });
    },
  });
  await publish(server);
  const pids = await waitFor("the programs", async () => {
    const path = join(server.folder, "pids");
    const children = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    const [transcode] = await runs(server, "transcodes");
    const [ingest] = await runs(server, "ingests");
    const all = [...children.map(Number), transcode?.pid, ingest?.pid];
    return children.length === 2 && all.every((pid) => typeof pid === "number") && all;
  });
  expect(pids.every((pid) => isAlive(pid ?? 0))).toBe(true);
  await server.signal("SIGKILL");
  await waitFor("their end", () => pids.every((pid) => !isAlive(pid ?? 0)));
});

test("a file is ingested over and over, until the API stops it", {
  timeout: TIMEOUT_MS,
}, async () => {
  const film = await media("h264-aac.flv");
  const server = await start({
    config: () => {
      const engines = { e: { output: "rtmp://127.0.0.1:[port]/live/film?vhost=[vhost]" } };
      // Two seconds of the file, so that it ends soon.
      const input = { type: "file", url: film, options: { t: "2" } };
      return onVhost({
        publish: { grace_ms: 10_000 },
        ingest: { film: { enabled: true, input, engines } },
      });
    },
  });
  await waitFor("the film", () => server.events("stream published").length > 0);
  // Longer than the film is, with metadata among it: its second time goes on in the same stream.
  const packets = await probePackets(server.rtmpUrl("live/film"), 250);
  const [first] = (await probePackets(film)).filter(({ codecType }) => codecType === "video");
  const begins = packets.filter(({ hash }) => hash === first?.hash);
  expect(begins.length).toBeGreaterThanOrEqual(2);
  expect(packets.length).toBeGreaterThan(200);
  expect((await runs(server, "ingests"))[0]?.starts).toBeGreaterThan(1);
  const stop = await fetch(server.apiUrl("/api/v1/ingests/stop?id=film"), { method: "POST" });
  expect(stop.status).toBe(200);
  await waitFor("its end", async () => (await runs(server, "ingests"))[0]?.state === "stopped");
  const { length } = server.events("stream published");
  await sleep(2_000); // For what must not come.
  expect(server.events("stream published")).toHaveLength(length);
});

test("programs of exec run as the configuration says", { timeout: TIMEOUT_MS }, async () => {
  const server = await start({
    config: (_, folder) => {
      const program = script(folder, 'echo "$@"; echo "$PATH:$SLUICE_SECRET" >&2; exec sleep 600');
      return onVhost({
        publish: { grace_ms: 0 },
        exec: {
          enabled: true,
          publish: [[program, "[app]/[stream]", "a b", "$HOME", ">out.log", "2>err.log"]],
          publish_done: [["touch", "done-[stream]"]],
        },
      });
    },
    environment: { SLUICE_SECRET: "secret" },
  });
  const file = await media("h264-aac.flv");
  const publisher = publishFile(file, server.rtmpUrl("live/show"), { isLooped: true });
  const read = (name: string): string => {
    const path = join(server.folder, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  await waitFor("its word", () => read("out.log") === "live/show a b $HOME\n");
  await waitFor("its other word", () => read("err.log").endsWith(":\n"));
  expect(read("err.log")).not.toContain("secret");
  await publisher.end();
  await waitFor("the end", () => existsSync(join(server.folder, "done-show")));
  await waitFor("its end", () => server.events("program stopped").length === 1);
});

describe("a picture", () => {
  test("is one, of the size that was asked for", { timeout: TIMEOUT_MS }, async () => {
    const server = await start({
      config: onVhost({
        snapshot: { enabled: true, width: 160, path: "./html/[app]/[stream].jpg" },
      }),
    });
    await publish(server);
    const answer = await waitFor("it", async () => {
      const response = await fetch(server.httpUrl("/live/show.jpg"));
      return response.status === 200 && response;
    });
    const path = join(server.folder, "asked.jpg");
    writeFileSync(path, new Uint8Array(await answer.arrayBuffer()));
    expect(await sizeOf(path)).toBe("mjpeg,160,90");
    const kept = join(server.folder, "html/live/show.jpg");
    await waitFor("the file", () => existsSync(kept));
    expect(await sizeOf(kept)).toBe("mjpeg,160,90");
  });

  test.each(["hevc-aac.mp4", "av1.mp4", "vp9.mp4"] as const)(
    "is one of %s too",
    { timeout: TIMEOUT_MS },
    async (name) => {
      const server = await start({ config: onVhost({ snapshot: { enabled: true } }) });
      const messages = await readMp4Messages(await media(name));
      const publisher = await SteppedPublisher.open(server.rtmpUrl("live/show"), messages);
      onTestFinished(() => publisher.close());
      publisher.sendUntil(2_500);
      const answer = await fetch(server.httpUrl("/live/show.jpg"));
      expect(answer.status).toBe(200);
      const path = join(server.folder, "asked.jpg");
      writeFileSync(path, new Uint8Array(await answer.arrayBuffer()));
      expect(await sizeOf(path)).toBe("mjpeg,320,180");
    },
  );

  test.each([
    ["is none where a frame says that it is far larger than its track", undefined],
    ["is none where it is far larger than what is cropped of it", 64],
  ])("%s", { timeout: TIMEOUT_MS }, async (_, cropped) => {
    const server = await start({ config: onVhost({ snapshot: { enabled: true } }) });
    const record = createAvcDecoderConfigurationRecord([h264Sps(64, 64)], [H264_PPS]);
    const header = encodeAvcDecoderConfigurationRecord(record);
    const sps = h264Sps(16_000, 16_000, cropped);
    const body = (type: string, ...rest: Uint8Array[]): SentMessage => ({
      ...{ kind: "video", timestamp: 0, body: joinBytes(fromHex(`17 ${type} 000000`), ...rest) },
    });
    const publisher = await SteppedPublisher.open(server.rtmpUrl("live/show"), [
      body("00", header),
      body("01", lengthPrefixed(sps, H264_PPS, h264KeyFrame(1_000))),
    ]);
    onTestFinished(() => publisher.close());
    publisher.sendAll();
    const answer = await fetch(server.httpUrl("/live/show.jpg"));
    expect(answer.status).toBe(503);
    const [failure] = server.events("snapshot failed");
    expect(failure?.["reason"]).not.toContain("key frame"); // It has come, and was refused.
  });

  test("is to be had from any worker", { timeout: TIMEOUT_MS }, async () => {
    const server = await start({
      config: { workers: "2", ...onVhost({ snapshot: { enabled: true } }) },
    });
    await publish(server);
    for (let i = 0; i < 8; i++) {
      const response = await fetch(server.httpUrl("/live/show.jpg"), {
        headers: { connection: "close" },
      });
      expect(response.status).toBe(200);
      const bytes = new Uint8Array(await response.arrayBuffer());
      expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    }
  });
});
