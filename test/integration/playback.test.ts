/**
 * Goal: what a publisher sends, recorded in pieces in whatever container, is played by time in each of the
 * three: the same packets, with their times, over the borders of the pieces, and FFmpeg has nothing to object to.
 *
 * Method: FFmpeg publishes in real time to three vhosts at once, each of which records in another container.
 * FFmpeg reads the answers, and the packets' hashes and times are compared with the source's.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromFirstPicture } from "../support/compare-copies.ts";
import { type ContainerKind, copiedPackets } from "../support/copied-packets.ts";
import { type Packet, publishFile } from "../support/ffmpeg.ts";
import { cutSource, type PackagedSource, packagedSource } from "../support/packaged-source.ts";
import { runProgram } from "../support/program.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor, within } from "../support/wait.ts";

const SECONDS = 13;
const SEGMENT_SECONDS = 4;
/** Publishers and FLV count in whole milliseconds, in each of the files. */
const TOLERANCE_MS = 1.6;

const FORMATS = ["flv", "mp4", "ts"] as const;
type Format = (typeof FORMATS)[number];
const KINDS: Readonly<Record<Format, ContainerKind>> = { flv: "flv", mp4: "mp4", ts: "mpegts" };

interface Listed {
  readonly startedMs: number;
  readonly durationMs: number;
}

let server: TestServer;
let source: PackagedSource;
let sent: readonly Packet[];

beforeAll(async () => {
  server = await startServer({
    config: (_ports, folder) => ({
      vhosts: Object.fromEntries(
        FORMATS.map((format) => [
          `${format}.example`,
          {
            publish: { grace_ms: 0 },
            dvr: {
              ...{ enabled: true, dvr_plan: "segment", dvr_duration: SEGMENT_SECONDS },
              dvr_path: `${folder}/${format}/[stream].[timestamp].${format}`,
              dvr_playback: true,
            },
          },
        ]),
      ),
    }),
  });
  const whole = await packagedSource("h264-aac.flv", { video: "h264", audio: "aac" });
  source = await cutSource(whole, server, SECONDS);
  sent = fromFirstPicture(
    await copiedPackets(source.path, { kind: "flv", video: "h264", audio: "aac" }),
  );
});

afterAll(() => server.stop());

/** Publishes all of it, and returns what has been recorded. */
async function record(format: Format): Promise<Listed[]> {
  const url = server.rtmpUrl(`live?vhost=${format}.example/show`);
  const publisher = publishFile(source.path, url);
  const { code } = await within("the publisher's end", publisher.exited);
  expect(code, publisher.stderr).toBe(0);
  const list = `${server.folder}/${format}/.dvr/recordings.jsonl`;
  return waitFor("the recordings", () => {
    const lines = readLines(list);
    const listed = lines.map((line) => JSON.parse(line) as Listed);
    const totalMs = listed.reduce((sum, { durationMs }) => sum + durationMs, 0);
    return totalMs > (SECONDS - 1) * 1_000 && listed;
  });
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

async function fetchAnswer(from: Format, as: Format, query: string): Promise<string> {
  const url = server.httpUrl(`/live/show.${as}?vhost=${from}.example&${query}`);
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const path = `${server.folder}/${from}-as-${as}.${as}`;
  writeFileSync(path, new Uint8Array(await response.arrayBuffer()));
  return path;
}

async function expectReadable(path: string): Promise<void> {
  const args = ["-v", "warning", "-xerror", "-i", path, "-f", "null", "-"];
  const { code, stderr } = await runProgram("ffmpeg", args, { patienceMs: 60_000 });
  expect({ path, code, stderr }).toEqual({ path, code: 0, stderr: "" });
}

/** Expects a run of the source's packets of each track, moved by one time. */
function expectRunOf(played: readonly Packet[]): void {
  let shiftMs: number | undefined;
  for (const codecType of ["video", "audio"] as const) {
    const got = played.filter((packet) => packet.codecType === codecType);
    const all = sent.filter((packet) => packet.codecType === codecType);
    const start = all.findIndex((_, i) =>
      got.every(({ hash }, j) => all[i + j]?.hash === hash && i + j < all.length),
    );
    expect(start, `${got.length} ${codecType} packets are a run of the source's`).not.toBe(-1);
    shiftMs ??= (all[start]?.dts ?? 0) - (got[0]?.dts ?? 0);
    const faults = got.flatMap(({ dts, pts }, i) => {
      const distances = [dts - (all[start + i]?.dts ?? 0), pts - (all[start + i]?.pts ?? 0)];
      const isRight = distances.every((ms) => Math.abs(ms + (shiftMs ?? 0)) <= TOLERANCE_MS);
      return isRight ? [] : [{ i, dts, distances, shiftMs }];
    });
    expect(faults.slice(0, 3), `${faults.length} ${codecType} packets at other times`).toEqual([]);
  }
}

/** Milliseconds of what was recorded between two times. */
function lengthBetween(listed: readonly Listed[], fromMs: number, untilMs: number): number {
  return listed.reduce((sum, { startedMs, durationMs }) => {
    const endMs = Math.min(startedMs + durationMs, untilMs);
    return sum + Math.max(0, endMs - Math.max(startedMs, fromMs));
  }, 0);
}

describe("recorded in pieces, played by time", () => {
  test.concurrent.each(FORMATS)("%s", async (format) => {
    const listed = await record(format);
    expect(listed.length).toBeGreaterThanOrEqual(3);
    const [first, second] = listed;
    if (first === undefined || second === undefined) throw new Error("Nothing was recorded");
    // From within the first piece to within the third.
    const fromMs = first.startedMs + SEGMENT_SECONDS * 500;
    const seconds = SEGMENT_SECONDS * 2;
    // On a busy machine the publisher may be late in between, and what is late is behind that time.
    const keptMs = lengthBetween(listed, fromMs, fromMs + seconds * 1_000);
    expect(keptMs).toBeGreaterThan(SEGMENT_SECONDS * 1_500);
    for (const as of FORMATS) {
      const path = await fetchAnswer(format, as, `from=${fromMs / 1_000}&duration=${seconds}`);
      await expectReadable(path);
      const codecs = { video: "h264", audio: "aac" } as const;
      const packets = await copiedPackets(path, { kind: KINDS[as], ...codecs });
      expectRunOf(packets);
      const pictures = packets.filter(({ codecType }) => codecType === "video");
      const first = pictures[0]?.dts ?? 0;
      const last = pictures.at(-1)?.dts ?? 0;
      expect(last - first).toBeGreaterThan(keptMs - 500);
    }
  });
});
