/**
 * Goal: what another server has arrives here packet by packet, by RTMP, HTTP-FLV and HLS, and comes back
 * after the other one has died.
 *
 * Method: FFmpeg publishes to one real server, or writes segments into its folder; a second server
 * pulls, and FFmpeg plays from it.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { expectPartOf } from "../support/compare-packets.ts";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { Program } from "../support/program.ts";
import { type ConfigValue, freePorts, startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const TIMEOUT_MS = 60_000;
/** Two seconds of the file. */
const COUNT = 50;

interface Pull {
  readonly state: string;
  readonly connects: number;
}

async function start(config: ConfigValue = {}): Promise<TestServer> {
  const server = await startServer({ config });
  onTestFinished(() => server.stop());
  return server;
}

function pullFrom(url: string): ConfigValue {
  return { vhosts: { __defaultVhost__: { pull: { one: { url, stream: "live/copy" } } } } };
}

async function pulled(server: TestServer): Promise<Pull | undefined> {
  const { text } = await httpGet(server.apiUrl("/api/v1/pulls"));
  return (JSON.parse(text) as { pulls: Pull[] }).pulls[0];
}

async function publish(url: string): Promise<void> {
  const publisher = publishFile(await media("h264-aac.flv"), url, { isLooped: true });
  onTestFinished(async () => void (await publisher.end()));
}

/** Plays from the server that pulls. */
async function expectCopy(server: TestServer): Promise<void> {
  const source = await probePackets(await media("h264-aac.flv"));
  await waitFor("the pull", async () => (await pulled(server))?.state === "pulling");
  expectPartOf(await probePackets(server.rtmpUrl("live/copy"), COUNT), source);
}

test.each([
  ["RTMP", (origin: TestServer) => origin.rtmpUrl("live/show")],
  ["HTTP-FLV", (origin: TestServer) => origin.httpUrl("/live/show.flv")],
  ["HLS of MPEG-TS", (origin: TestServer) => origin.httpUrl("/live/show/ts.m3u8")],
  ["HLS of MP4, sound apart", (origin: TestServer) => origin.httpUrl("/live/show.m3u8")],
])("%s", { timeout: TIMEOUT_MS }, async (_, urlOf) => {
  const hls = { hls_fragment: 1, hls_on_demand: false };
  const cmaf = { on_demand: false };
  const origin = await start({ vhosts: { __defaultVhost__: { hls, cmaf } } });
  await publish(origin.rtmpUrl("live/show"));
  const playlists = [origin.httpUrl("/live/show/ts.m3u8"), origin.httpUrl("/live/show.m3u8")];
  await waitFor("the playlists", async () => {
    const answers = await Promise.all(playlists.map((url) => httpGet(url)));
    return answers.every(({ status }) => status === 200);
  });
  await expectCopy(await start(pullFrom(urlOf(origin))));
});

test.each(["mpegts", "fmp4"])("HLS by FFmpeg: %s", { timeout: TIMEOUT_MS }, async (type) => {
  const origin = await startServer({
    config: (_, folder) => ({ http_server: { enabled: true, dir: folder } }),
  });
  onTestFinished(() => origin.stop());
  const folder = join(origin.folder, "film");
  mkdirSync(folder);
  const ffmpeg = new Program("ffmpeg", [
    ...["-v", "error", "-nostdin", "-re", "-i", await media("h264-aac.flv"), "-c", "copy"],
    ...["-f", "hls", "-hls_time", "1", "-hls_list_size", "6"],
    ...["-hls_segment_type", type, join(folder, "index.m3u8")],
  ]);
  onTestFinished(async () => void (await ffmpeg.end()));
  const url = origin.httpUrl("/film/index.m3u8");
  await waitFor("the playlist", async () => (await httpGet(url)).status === 200);
  await expectCopy(await start(pullFrom(url)));
});

test("a server that dies and returns", { timeout: TIMEOUT_MS }, async () => {
  const { rtmp: port } = await freePorts();
  const listen = (): Promise<TestServer> =>
    startServer({ config: { listen: `127.0.0.1:${port}` } });
  let origin = await listen();
  onTestFinished(() => origin.stop());
  const url = `rtmp://127.0.0.1:${port}/live/show`;
  await publish(url);
  const server = await start(pullFrom(url));
  await expectCopy(server);
  await origin.signal("SIGKILL");
  await origin.stop();
  await waitFor("the loss", async () => (await pulled(server))?.state !== "pulling");
  origin = await listen();
  await publish(url);
  await expectCopy(server);
  expect((await pulled(server))?.connects).toBeGreaterThan(1);
});
