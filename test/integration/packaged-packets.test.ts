/**
 * Goal: what a publisher sends is in HLS and DASH bit by bit, with its times and with sound and picture
 * together, from the first key frame to the last frame, and nothing is there twice.
 *
 * Method: FFmpeg, and a publisher of our own for what FFmpeg cannot send, publish files faster than
 * real time: the packager goes by their timestamps. FFmpeg plays the playlists from their beginning,
 * a client of our own puts together what the manifest names, and the packets' hashes and times are
 * compared with the file's.
 */

import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { expectCopyOf } from "../support/compare-copies.ts";
import { type CopyOptions, copiedPackets } from "../support/copied-packets.ts";
import { type Packet, probePackets, publishFile } from "../support/ffmpeg.ts";
import { readFragment } from "../support/mp4-fragments.ts";
import {
  cutSource,
  type PackagedSource,
  packagedSource,
  publishWhole,
  TEST_STREAM,
} from "../support/packaged-source.ts";
import {
  downloadManifest,
  downloadPlaylist,
  fetchText,
  savePlaylist,
} from "../support/packaged-stream.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { readTransportStream } from "../support/transport-stream.ts";
import { waitFor } from "../support/wait.ts";

/** Of each source: some segments of every kind, and a short one at the end. */
const SECONDS = 15;

/** From the first frame on, and all of it stays to be had. */
const KEPT = { hls_on_demand: false, hls_window: 600, hls_ctx: false };
const PACKAGING = {
  publish: { grace_ms: 0 },
  hls: KEPT,
  cmaf: { on_demand: false, window: 600, sessions: false },
  dash: { dash_window_size: 1_000 },
};

/** Addresses of a playlist that is a file are not those of files. */
const PLAYED = ["-protocol_whitelist", "file,http,tcp,crypto"];

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ config: { vhosts: { __defaultVhost__: PACKAGING } } });
});

afterAll(() => server.stop());

/** What FFmpeg compares of them: it changes nothing in AV1 and VP9. */
function copyOptions({ video, audio }: PackagedSource): Omit<CopyOptions, "kind"> {
  const filtered = video === "h264" || video === "hevc" ? { video } : {};
  return audio === undefined ? filtered : { ...filtered, audio };
}

async function playTs(stream: string, source: PackagedSource): Promise<Packet[]> {
  const url = server.httpUrl(`/${stream}/ts.m3u8`);
  const path = `${server.folder}/${stream.replace("/", "-")}`;
  const options = { kind: "mpegts", ...copyOptions(source) } as const;
  if (source.video !== undefined) {
    const playlist = savePlaylist(await fetchText(url), url, `${path}.m3u8`);
    return copiedPackets(playlist, { ...options, input: PLAYED });
  }
  // In playlists without video, its own too, FFmpeg puts the second frame where the first is.
  const { segments } = await downloadPlaylist(url);
  writeFileSync(`${path}.ts`, Buffer.concat(segments.map(({ bytes }) => bytes)));
  return copiedPackets(`${path}.ts`, options);
}

async function playCmaf(stream: string, source: PackagedSource): Promise<Packet[]> {
  const url = server.httpUrl(`/${stream}.m3u8`);
  return copiedPackets(url, { kind: "mp4", ...copyOptions(source) });
}

async function takeDash(stream: string, source: PackagedSource): Promise<Packet[]> {
  const { representations } = await downloadManifest(server.httpUrl(`/${stream}.mpd`));
  const packets: Packet[] = [];
  for (const { attributes, segments, bytes } of representations) {
    for (const segment of segments) {
      expect(readFragment(segment.bytes).baseDecodeTime).toBe(segment.startTime);
    }
    const path = `${server.folder}/${stream.replace("/", "-")}-${attributes.get("id")}.mp4`;
    writeFileSync(path, bytes);
    const { video, audio } = copyOptions(source);
    const isVideo = attributes.get("id") === "video";
    const filtered = isVideo ? video && { video } : audio && { audio };
    packets.push(...(await copiedPackets(path, { kind: "mp4", ...filtered })));
  }
  return packets;
}

/** Plays what there is of a stream in each format. */
async function expectPackaged(
  source: PackagedSource,
  stream: string,
  hasTs: boolean,
): Promise<void> {
  const cut = await cutSource(source, server, SECONDS);
  const sent = await copiedPackets(cut.path, { kind: cut.kind, ...copyOptions(cut) });
  await publishWhole(cut, server, stream);
  const inCmaf = expectCopyOf(sent, await playCmaf(stream, source));
  const inDash = expectCopyOf(sent, await takeDash(stream, source));
  // Both count from the Unix epoch, and share their segments.
  expect(inDash).toBeCloseTo(inCmaf, 2);
  if (hasTs) expectCopyOf(sent, await playTs(stream, source));
}

describe("by HLS and DASH", () => {
  test("H.264 and AAC", () => expectPackaged(TEST_STREAM, "live/show", true));

  test("H.264 with B-frames and AAC", async () => {
    const source = await packagedSource("h264-aac.flv", { video: "h264", audio: "aac" });
    await expectPackaged(source, "live/b-frames", true);
  });

  // [the file, its video, its audio, whether MPEG-TS has a place for it]
  test.each([
    ["h264.flv", "h264", undefined, true],
    ["aac.flv", undefined, "aac", true],
    ["mp3.flv", undefined, "mp3", true],
    ["hevc-aac.mp4", "hevc", "aac", true],
    ["hevc-opus.mp4", "hevc", "opus", true],
    ["av1.mp4", "av1", undefined, false],
    ["vp9.mp4", "vp9", undefined, false],
  ] as const)("%s", async (name, video, audio, hasTs) => {
    const source = await packagedSource(name, { ...(video && { video }), ...(audio && { audio }) });
    await expectPackaged(source, `live/${name.replace(/\W/g, "-")}`, hasTs);
  });
});

test("FFmpeg plays DASH while the stream is live", async () => {
  const publisher = publishFile(TEST_STREAM.path, server.rtmpUrl("live/dash"), { isLooped: true });
  onTestFinished(async () => void (await publisher.end()));
  const manifest = server.httpUrl("/live/dash.mpd");
  await waitFor("a manifest", () => fetchText(manifest).catch(() => undefined));
  const packets = await probePackets(manifest, 60);
  expect(new Set(packets.map(({ codecType }) => codecType))).toEqual(new Set(["video", "audio"]));
  const pictures = packets.filter(({ codecType }) => codecType === "video");
  expect(pictures[0]?.isKeyFrame).toBe(true);
});

test("MPEG-TS goes on over its segments without a gap in any count", async () => {
  await publishWhole(TEST_STREAM, server, "live/counts");
  const { segments } = await downloadPlaylist(server.httpUrl("/live/counts/ts.m3u8"));
  expect(segments.length).toBeGreaterThan(2);
  // Throws if a rule is broken.
  const all = readTransportStream(Buffer.concat(segments.map(({ bytes }) => bytes)));
  expect(all.pesPackets.length).toBeGreaterThan(100);
  for (const { bytes } of segments) readTransportStream(bytes);
});

test("encrypted by AES-128", async () => {
  const encrypting = await startServer({
    config: {
      vhosts: {
        __defaultVhost__: {
          ...PACKAGING,
          hls: { ...KEPT, hls_keys: true, hls_fragment: 2, hls_fragments_per_key: 2 },
        },
      },
    },
  });
  onTestFinished(() => encrypting.stop());
  const cut = await cutSource(TEST_STREAM, encrypting, SECONDS);
  const options = { video: "h264", audio: "aac" } as const;
  const sent = await copiedPackets(cut.path, { kind: "flv", ...options });
  await publishWhole(cut, encrypting, "live/show");
  const url = encrypting.httpUrl("/live/show/ts.m3u8");
  const text = await fetchText(url);
  const keys = new Set(text.match(/URI="[^"]+"/g));
  expect(keys.size).toBe(Math.ceil(SECONDS / 4));
  const path = savePlaylist(text, url, `${server.folder}/encrypted.m3u8`);
  expectCopyOf(sent, await copiedPackets(path, { kind: "mpegts", ...options, input: PLAYED }));
});
