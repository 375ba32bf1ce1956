/**
 * Goal: what a publisher sends is in its recordings bit by bit, with its times, in each container and by
 * each plan, complete by the time that backends are told, and FFmpeg has nothing to object to.
 *
 * Method: FFmpeg, and a publisher of our own for what FFmpeg cannot send, publish files faster than real
 * time: recordings go by timestamps. FFmpeg reads the recordings, and the packets' hashes and times are
 * compared with the source's.
 */

import { mkdirSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectCopyInPieces } from "../support/compare-copies.ts";
import { type ContainerKind, copiedPackets } from "../support/copied-packets.ts";
import { publishFile } from "../support/ffmpeg.ts";
import {
  cutSource,
  type PackagedSource,
  packagedSource,
  TEST_STREAM,
} from "../support/packaged-source.ts";
import { runProgram } from "../support/program.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { readMp4Messages, SteppedPublisher } from "../support/stepped-publisher.ts";
import { waitFor, within } from "../support/wait.ts";

/** Of each source. */
const SECONDS = 15;
const SEGMENT_SECONDS = 4;

type Format = "flv" | "mp4" | "ts";
type Plan = "session" | "segment" | "append";

const FORMATS: readonly Format[] = ["flv", "mp4", "ts"];
const KINDS: Readonly<Record<Format, ContainerKind>> = { flv: "flv", mp4: "mp4", ts: "mpegts" };

let server: TestServer;

function dvr(format: Format, plan: Plan, folder: string): Record<string, unknown> {
  return {
    enabled: true,
    dvr_plan: plan,
    dvr_duration: SEGMENT_SECONDS,
    dvr_append_wait: 1,
    dvr_path: `${folder}/[vhost]/[stream]/[timestamp].${format}`,
  };
}

beforeAll(async () => {
  server = await startServer({
    config: (_ports, folder) => ({
      vhosts: Object.fromEntries(
        FORMATS.flatMap((format) =>
          (["session", "segment", "append"] as const).map((plan) => {
            const publish = { grace_ms: 0 };
            return [`${plan}.${format}`, { publish, dvr: dvr(format, plan, folder) }];
          }),
        ),
      ),
    }),
  });
});

afterAll(() => server.stop());

/** Publishes all of it. */
async function publishWhole(source: PackagedSource, vhost: string, stream: string): Promise<void> {
  if (source.kind === "flv") {
    const url = server.rtmpUrl(`live?vhost=${vhost}/${stream}`);
    const publisher = publishFile(source.path, url, { isFast: true });
    const { code } = await within("the publisher's end", publisher.exited);
    if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${publisher.stderr}`);
    return;
  }
  const url = server.rtmpUrl(`live/${stream}?vhost=${vhost}`);
  const publisher = await SteppedPublisher.open(url, await readMp4Messages(source.path));
  publisher.sendAll();
  publisher.close();
}

/** The paths of a stream's recordings, once all are complete. */
function recordingsOf(vhost: string, stream: string): Promise<string[]> {
  const folder = `${server.folder}/${vhost}/${stream}`;
  mkdirSync(folder, { recursive: true });
  return waitFor(`the recordings in ${folder}`, () => {
    const names = readdirSync(folder);
    const isComplete = names.length > 0 && names.every((name) => !name.includes(".tmp"));
    return isComplete && names.sort().map((name) => `${folder}/${name}`);
  });
}

async function expectReadable(path: string): Promise<void> {
  const args = ["-v", "warning", "-xerror", "-i", path, "-f", "null", "-"];
  const { code, stderr } = await runProgram("ffmpeg", args, { patienceMs: 60_000 });
  expect({ path, code, stderr }).toEqual({ path, code: 0, stderr: "" });
}

async function expectRecorded(source: PackagedSource, format: Format, plan: Plan): Promise<void> {
  const vhost = `${plan}.${format}`;
  const stream = source.path.replace(/^.*\//, "").replace(/\W/g, "-");
  const cut = await cutSource(source, server, SECONDS);
  const { video, audio } = source;
  const isFiltered = video === "h264" || video === "hevc";
  const codecs = { ...(isFiltered && { video }), ...(audio && { audio }) };
  const sent = await copiedPackets(cut.path, { kind: cut.kind, ...codecs });
  await publishWhole(cut, vhost, stream);
  const paths = await recordingsOf(vhost, stream);
  if (plan !== "segment") expect(paths).toHaveLength(1);
  else if (video !== undefined) expect(paths.length).toBeGreaterThanOrEqual(2);
  const pieces = [];
  for (const path of paths) {
    await expectReadable(path);
    pieces.push(await copiedPackets(path, { kind: KINDS[format], ...codecs }));
  }
  expectCopyInPieces(sent, pieces);
}

describe.each(FORMATS)("as %s", (format) => {
  describe.each(["session", "segment", "append"] as const)("by %s", (plan) => {
    test("H.264 and AAC", () => expectRecorded(TEST_STREAM, format, plan));

    test("H.264 with B-frames and AAC", async () => {
      const source = await packagedSource("h264-aac.flv", { video: "h264", audio: "aac" });
      await expectRecorded(source, format, plan);
    });
  });

  // [the file, its video, its audio, the containers that have a place for it and that FFmpeg 5 can read]
  test.each([
    ["h264.flv", "h264", undefined, "flv mp4 ts"],
    ["aac.flv", undefined, "aac", "flv mp4 ts"],
    ["mp3.flv", undefined, "mp3", "flv mp4 ts"],
    ["hevc-aac.mp4", "hevc", "aac", "mp4 ts"],
    ["hevc-opus.mp4", "hevc", "opus", "mp4 ts"],
    ["av1-opus.mp4", "av1", "opus", "mp4"],
    ["vp9.mp4", "vp9", undefined, "mp4"],
  ] as const)("%s", async (name, video, audio, formats) => {
    if (!formats.split(" ").includes(format)) return;
    const source = await packagedSource(name, { ...(video && { video }), ...(audio && { audio }) });
    await expectRecorded(source, format, "session");
  });
});
