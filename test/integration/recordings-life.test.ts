/**
 * Goal: a server that is killed while it records leaves files that can be played to their last second, and
 * completes them at its next start; a disk that runs full ends a recording and nothing else; backends hear
 * of each file once it is there.
 *
 * Method: FFmpeg publishes in real time; the server is ended by SIGKILL at a moment of its own; ffprobe
 * reads what is left. A small file system is filled while a stream is recorded and watched.
 */

import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { httpGet } from "../support/http-request.ts";
import { TEST_STREAM } from "../support/packaged-source.ts";
import { Program } from "../support/program.ts";
import { RUNTIME_ENVIRONMENT, SLUICE, startServer, TestServer } from "../support/server.ts";
import { SmallDisk, whyNoSmallDisk } from "../support/small-disk.ts";
import { waitFor } from "../support/wait.ts";

type Format = "flv" | "mp4" | "ts";

/** The test stream has a key frame every two seconds. */
const RATE = 25;
const SEGMENT_SECONDS = 3;

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:flv|mp4|ts)(?:\.tmp)?$/.test(name) && !name.startsWith("."))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** Pictures in files, each of which begins with one that can be decoded alone. */
async function countPictures(paths: readonly string[]): Promise<number> {
  let count = 0;
  for (const path of paths) {
    const packets = await probePackets(path);
    const pictures = packets.filter(({ codecType }) => codecType === "video");
    expect([path, pictures[0]?.isKeyFrame]).toEqual([path, true]);
    count += pictures.length;
  }
  return count;
}

/** Pictures that the server has had from the publisher. */
async function receivedPictures(server: TestServer): Promise<number> {
  const { text } = await httpGet(server.apiUrl("/api/v1/streams/"));
  const { streams } = JSON.parse(text) as { streams: { frames: number }[] };
  return streams[0]?.frames ?? 0;
}

/** Side by side: each waits for its publisher most of the time. */
const KILLED = (["flv", "mp4", "ts"] as const).flatMap((format) =>
  (["session", "segment", "append"] as const).map((plan): [Format, string] => [format, plan]),
);

test.concurrent.for(KILLED)("killed while it writes %s by %s", async ([format, plan], context) => {
  const { onTestFinished: whenFinished } = context;
  const server = await startServer({
    config: (_ports, folder) => ({
      vhosts: {
        __defaultVhost__: {
          publish: { grace_ms: 0 },
          dvr: {
            enabled: true,
            dvr_plan: plan,
            dvr_duration: SEGMENT_SECONDS,
            dvr_path: `${folder}/rec/[stream]/[timestamp].${format}`,
          },
        },
      },
    }),
  });
  const folder = `${server.folder}/rec`;
  const publisher = publishFile(TEST_STREAM.path, server.rtmpUrl("live/show"));
  whenFinished(async () => void (await publisher.end()));
  const received = await waitFor("seven seconds", async () => {
    const pictures = await receivedPictures(server);
    return pictures >= 7 * RATE && pictures;
  });
  await server.signal("SIGKILL");
  const left = filesBelow(folder);
  const pictures = await countPictures(left);
  // All but those of the last second.
  expect(pictures).toBeGreaterThan(received - RATE);
  expect(left.at(-1)).toMatch(/\.tmp$/);

  const again = new TestServer(
    new Program(SLUICE, ["-c", `${server.folder}/sluice.yaml`], {
      environment: RUNTIME_ENVIRONMENT,
      workingFolder: server.folder,
    }),
    server.ports,
    server.folder,
  );
  whenFinished(() => again.stop());
  const complete = await waitFor("all files to be complete", () => {
    const paths = filesBelow(folder);
    return paths.every((path) => !path.endsWith(".tmp")) && paths;
  });
  expect(complete).toHaveLength(left.length);
  expect(await countPictures(complete)).toBe(pictures);
  expect(again.events("recording finished")).toHaveLength(1);
});

test("what a worker has left that was killed its successor completes", async () => {
  const server = await startServer({
    config: (_ports, folder) => ({
      workers: "2",
      vhosts: {
        __defaultVhost__: {
          publish: { grace_ms: 0 },
          dvr: { enabled: true, dvr_path: `${folder}/rec/[stream].[timestamp].mp4` },
        },
      },
    }),
  });
  onTestFinished(() => server.stop());
  const folder = `${server.folder}/rec`;
  const publisher = publishFile(TEST_STREAM.path, server.rtmpUrl("live/show"));
  onTestFinished(async () => void (await publisher.end()));
  await waitFor("three seconds", async () => (await receivedPictures(server)) > 3 * RATE);
  expect(server.events("recording started")).toHaveLength(1); // One of the two has the publisher.
  const owner = server.events("recording started")[0]?.["worker"];
  const ready = server.events("worker ready").filter(({ worker }) => worker === owner);
  const [unfinished = ""] = filesBelow(folder);
  process.kill(Number(ready[0]?.["pid"]), "SIGKILL");
  await waitFor("the recording to be complete", () => {
    return server.events("recording finished").length > 0;
  });
  const complete = unfinished.replace(".tmp", "");
  expect(filesBelow(folder)).toEqual([complete]);
  expect(await countPictures([complete])).toBeGreaterThan(2 * RATE);
});

test("a disk that runs full ends the recording alone, and with room the next one begins", async ({
  skip,
}) => {
  const server = await startServer({
    config: (_ports, folder) => ({
      vhosts: {
        __defaultVhost__: {
          publish: { grace_ms: 0 },
          dvr: {
            enabled: true,
            dvr_free_space: 0,
            dvr_path: `${folder}/disk/[stream].[timestamp].mp4`,
          },
        },
      },
    }),
  });
  onTestFinished(() => server.stop("recording failed"));
  const folder = `${server.folder}/disk`;
  const reason = whyNoSmallDisk(folder);
  if (reason !== undefined) return skip(reason);
  const disk = new SmallDisk(folder);
  onTestFinished(() => disk.remove());
  const publisher = publishFile(TEST_STREAM.path, server.rtmpUrl("live/show"), { isLooped: true });
  onTestFinished(async () => void (await publisher.end()));
  const seconds = async (count: number): Promise<void> => {
    const from = await receivedPictures(server);
    await waitFor(`${count} seconds`, async () => {
      return (await receivedPictures(server)) > from + count * RATE;
    });
  };
  await seconds(3);
  disk.fill();
  await waitFor("the recording to fail", () => server.events("recording failed").length > 0);
  expect(server.events("recording failed")).toMatchObject([{ code: "ENOSPC" }]);
  const played = await probePackets(server.httpUrl("/live/show.flv"), 50);
  expect(played.length).toBeGreaterThan(40);
  disk.empty();
  await waitFor("another recording", () => server.events("recording started").length > 1);
  await seconds(3);
  await publisher.end();
  const paths = await waitFor("both to be complete", () => {
    const all = filesBelow(folder);
    return all.length === 2 && all.every((path) => path.endsWith(".mp4")) && all;
  });
  for (const path of paths) expect(await countPictures([path])).toBeGreaterThan(RATE);
  expect(server.events("recording failed")).toHaveLength(1);
});

test("backends are told of each file when it is there", async () => {
  const bodies: Record<string, unknown>[] = [];
  const backend = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => {
      bodies.push(JSON.parse(text) as Record<string, unknown>);
      response.end("0");
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void backend.close());
  const { port } = backend.address() as AddressInfo;
  const server = await startServer({
    config: (_ports, folder) => ({
      vhosts: {
        __defaultVhost__: {
          publish: { grace_ms: 0 },
          http_hooks: { enabled: true, on_dvr: [`http://127.0.0.1:${port}/dvr`] },
          dvr: {
            enabled: true,
            dvr_plan: "segment",
            dvr_duration: SEGMENT_SECONDS,
            dvr_path: `${folder}/rec/[app]/[stream].[timestamp].mp4`,
          },
        },
      },
    }),
  });
  onTestFinished(() => server.stop());
  const publisher = publishFile(TEST_STREAM.path, `${server.rtmpUrl("live/show")}?token=x`, {
    isFast: true,
    extra: ["-t", "10"],
  });
  onTestFinished(async () => void (await publisher.end()));
  await publisher.exited;
  await waitFor("the last file", () => server.events("recording finished").length === 3);
  await waitFor("all to be told", () => bodies.length === 3);
  const files = bodies.map((body) => String(body["file"]));
  expect(files).toEqual(filesBelow(`${server.folder}/rec`));
  expect(bodies[0]).toMatchObject({
    ...{ action: "on_dvr", app: "live", stream: "show", param: "?token=x" },
    ...{ cwd: server.folder, stream_url: "/live/show", ip: "127.0.0.1" },
  });
});
