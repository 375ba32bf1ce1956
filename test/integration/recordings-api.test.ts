/**
 * Goal: an operator has a stream recorded by command while it runs, finds the recording, downloads it whole
 * and in part, and deletes it; what he gets is what was published, and FFmpeg reads it.
 *
 * Method: two workers, of which the kernel chooses one for each request; FFmpeg publishes in real time;
 * the packets of the download are compared with a run of the source's.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ContainerKind, copiedPackets } from "../support/copied-packets.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { TEST_STREAM } from "../support/packaged-source.ts";
import { runProgram } from "../support/program.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

interface Dvr {
  readonly url: string;
  readonly duration_ms: number;
}

interface Entry {
  readonly id: string;
  readonly file: string;
  readonly bytes: number;
  readonly started_ms: number;
  readonly duration_ms: number;
}

const DVRS = "/api/v1/dvrs";
const RECORDINGS = "/api/v1/recordings";
const FORMATS: Readonly<Record<string, ContainerKind>> = { flv: "flv", mp4: "mp4", ts: "mpegts" };

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    config: (_, folder) => ({
      workers: 2,
      vhosts: Object.fromEntries(
        Object.keys(FORMATS).map((format) => [
          `${format}.example`,
          {
            publish: { grace_ms: 0 },
            dvr: { dvr_path: `${folder}/rec/[stream].[timestamp].${format}` },
          },
        ]),
      ),
    }),
  });
});

afterAll(() => server.stop());

/** Asks on a connection of its own, for which the kernel chooses a worker. */
async function ask(method: string, path: string, options: RequestInit = {}): Promise<Response> {
  const headers = { connection: "close", ...options.headers };
  return fetch(server.apiUrl(path), { ...options, method, headers });
}

async function listed<T>(path: string, key: string): Promise<T[]> {
  const answer = (await (await ask("GET", path)).json()) as Record<string, T[]>;
  return answer[key] ?? [];
}

/** Whether one is a run of the other. */
function isRun(part: readonly string[], whole: readonly string[]): boolean {
  return ` ${whole.join(" ")} `.includes(` ${part.join(" ")} `);
}

test.concurrent.each(Object.entries(FORMATS))("as %s", async (format, kind) => {
  const vhost = `${format}.example`;
  const stream = `show-${format}`;
  const body = JSON.stringify({ vhost, app: "live", stream });
  const query = `?vhost=${vhost}&app=live&stream=${stream}`;
  expect((await ask("POST", DVRS, { body })).status).toBe(404);
  const url = server.rtmpUrl(`live/${stream}?vhost=${vhost}`);
  const publisher = publishFile(TEST_STREAM.path, url);
  try {
    await waitFor("a publisher to be recorded", async () => {
      const { status } = await ask("POST", DVRS, { body });
      return status === 200;
    });
    expect((await ask("POST", DVRS, { body })).status).toBe(409);
    await waitFor("three seconds of it", async () => {
      const dvrs = await listed<Dvr>(DVRS, "dvrs");
      return dvrs.some((dvr) => dvr.url.endsWith(`/${stream}`) && dvr.duration_ms >= 3_000);
    });
    expect(await listed(RECORDINGS + query, "recordings")).toEqual([]);
    expect((await ask("DELETE", DVRS + query)).status).toBe(200);
    expect((await ask("DELETE", DVRS + query)).status).toBe(404);
  } finally {
    await publisher.end();
  }

  const entry = await waitFor("the recording", async () => {
    const [first] = await listed<Entry>(RECORDINGS + query, "recordings");
    return first;
  });
  const { id, file, bytes, started_ms, duration_ms } = entry;
  expect(duration_ms).toBeGreaterThanOrEqual(3_000);
  expect(Math.abs(Date.now() - started_ms)).toBeLessThan(60_000);
  const later = `${query}&from=${new Date(started_ms + duration_ms + 1_000).toISOString()}`;
  expect(await listed(RECORDINGS + later, "recordings")).toEqual([]);

  const path = `${RECORDINGS}/${id}/file`;
  const whole = new Uint8Array(await (await ask("GET", path)).arrayBuffer());
  expect(whole).toHaveLength(bytes);
  expect(Buffer.compare(whole, readFileSync(file))).toBe(0);
  const part = await ask("GET", path, { headers: { range: "bytes=1000-1999" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([
    206,
    `bytes 1000-1999/${bytes}`,
  ]);
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(whole.subarray(1_000, 2_000));
  expect(part.headers.get("content-disposition")).toContain(`.${format}`);

  const download = `${server.folder}/download.${format}`;
  writeFileSync(download, whole);
  const args = ["-v", "warning", "-xerror", "-i", download, "-f", "null", "-"];
  const { code, stderr } = await runProgram("ffmpeg", args, { patienceMs: 60_000 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const codecs = { video: "h264", audio: "aac" } as const;
  const sent = await copiedPackets(TEST_STREAM.path, { kind: "flv", ...codecs });
  const got = await copiedPackets(download, { kind, ...codecs });
  for (const codecType of ["video", "audio"]) {
    const hashes = [got, sent].map((packets) =>
      packets.filter((packet) => packet.codecType === codecType).map(({ hash }) => hash),
    );
    const [part = [], all = []] = hashes;
    expect(part.length, codecType).toBeGreaterThan(60);
    expect(isRun(part, all), codecType).toBe(true);
  }

  expect((await ask("DELETE", `${RECORDINGS}/${id}`)).status).toBe(200);
  expect(existsSync(file)).toBe(false);
  expect((await ask("GET", path)).status).toBe(404);
  expect((await ask("DELETE", `${RECORDINGS}/${id}`)).status).toBe(404);
  expect(await listed(RECORDINGS + query, "recordings")).toEqual([]);
});
