/**
 * Goal: segments are what the playlists and the manifest say they are, to programs that we did not
 * write: each begins with a key frame, decodes without the others, and is as long as its EXTINF says;
 * codecs, sizes and rates are those that are in the media.
 *
 * Method: publish files with every codec, fetch all segments, and let FFmpeg decode each alone, ffprobe
 * measure it, and mediainfo and ffprobe describe the tracks.
 */

import { writeFileSync } from "node:fs";
import * as HLS from "hls-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkMultivariantPlaylist } from "../support/hls-check.ts";
import { checkMpd } from "../support/mpd-check.ts";
import {
  cutSource,
  type PackagedSource,
  packagedSource,
  publishWhole,
} from "../support/packaged-source.ts";
import {
  type DownloadedSegment,
  downloadManifest,
  downloadPlaylist,
  fetchText,
  readVariant,
} from "../support/packaged-stream.ts";
import { runProgram } from "../support/program.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** Of each source: a short segment at the end. */
const SECONDS = 9;
const ROUNDING_S = 0.001;

// What FFmpeg and mediainfo say ---------------------------------------------------------------------

interface ProbedStream {
  readonly codec_type: "video" | "audio";
  readonly profile?: string;
  readonly level?: number;
  readonly width?: number;
  readonly height?: number;
  readonly sample_rate?: string;
  readonly channels?: number;
  readonly r_frame_rate: string;
}

async function probeStreams(path: string): Promise<ProbedStream[]> {
  const args = ["-v", "error", "-show_streams", "-of", "json", path];
  const { code, stdout, stderr } = await runProgram("ffprobe", args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return (JSON.parse(stdout) as { streams: ProbedStream[] }).streams;
}

interface Measured {
  readonly startsWithKeyFrame: boolean;
  readonly seconds: number;
  /** The longest of a frame. */
  readonly frameSeconds: number;
}

/** What FFmpeg finds in each file, opened by itself. */
async function measure(paths: readonly string[], kind: "video" | "audio"): Promise<Measured[]> {
  const inputs = paths.flatMap((path) => ["-i", path]);
  const maps = paths.flatMap((_, index) => ["-map", `${index}:${kind === "video" ? "v" : "a"}:0`]);
  const args = ["-v", "error", "-copyts", ...inputs, ...maps, "-c", "copy", "-f", "framecrc", "-"];
  const { code, stdout, stderr } = await runProgram("ffmpeg", args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return paths.map((_, index) => measureOne(stdout, index));
}

/** Lines such as `0, 3600, 7200, 3600, 186, 0x12d93305, F=0x0`; flags are told but for a key frame's. */
function measureOne(text: string, index: number): Measured {
  const [, numerator = "1", denominator = "1"] =
    new RegExp(`^#tb ${index}: (\\d+)/(\\d+)$`, "m").exec(text) ?? [];
  const tickSeconds = Number(numerator) / Number(denominator);
  const lines = text.split("\n").filter((line) => line.startsWith(`${index},`));
  const times = lines.map((line) => Number(line.split(",")[1]) * tickSeconds);
  const durations = lines.map((line) => Number(line.split(",")[3]) * tickSeconds);
  const steps = times.slice(1).map((time, before) => time - (times[before] ?? time));
  // None is missing, so that the longest step is what one lasts where that is not told.
  const frameSeconds = Math.max(...steps, ...durations);
  return {
    startsWithKeyFrame: lines[0]?.includes("F=0x0") === false,
    seconds: (times.at(-1) ?? 0) - (times[0] ?? 0) + frameSeconds,
    frameSeconds,
  };
}

/** Decodes each by a decoder of its own. */
async function expectDecode(paths: readonly string[]): Promise<void> {
  const inputs = paths.flatMap((path) => ["-i", path]);
  const maps = paths.flatMap((_, index) => ["-map", String(index)]);
  const args = ["-v", "error", "-xerror", ...inputs, ...maps, "-f", "null", "-"];
  const { code, stderr } = await runProgram("ffmpeg", args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

type InfoTrack = Readonly<Record<string, string | undefined>>;

/** What mediainfo says of a file's track. */
async function describeTrack(path: string, kind: string): Promise<InfoTrack | undefined> {
  const { stdout } = await runProgram("mediainfo", ["--Output=JSON", path]);
  const { media } = JSON.parse(stdout) as { media: { track: InfoTrack[] } };
  return media.track.find((track) => track["@type"]?.toLowerCase() === kind);
}

// Codec strings ---------------------------------------------------------------------------------------

interface CodecFacts {
  readonly format: string | undefined;
  readonly profile?: string | undefined;
  readonly level?: string | undefined;
  readonly tier?: string | undefined;
}

/** RFC 6381; ISO/IEC 14496-15, annex E; the AV1 and VP9 bindings for ISO BMFF. */
function readCodecString(text: string): CodecFacts {
  const [name = "", ...parts] = text.split(".");
  switch (name) {
    case "avc1": {
      const [profile = 0, , level = 0] = Buffer.from(parts[0] ?? "", "hex");
      const names: Record<number, string> = { 66: "Baseline", 77: "Main", 100: "High" };
      return { format: "AVC", profile: names[profile], level: formatLevel(level / 10) };
    }
    case "hvc1": {
      const [profile, , level = ""] = parts;
      return {
        format: "HEVC",
        profile: profile === "1" ? "Main" : undefined,
        level: formatLevel(Number(level.slice(1)) / 30),
        tier: level.startsWith("L") ? "Main" : "High",
      };
    }
    case "av01": {
      const [profile, level = ""] = parts;
      const index = Number(level.slice(0, 2));
      return {
        format: "AV1",
        profile: profile === "0" ? "Main" : undefined,
        level: `${2 + (index >> 2)}.${index & 3}`,
      };
    }
    case "mp4a": {
      const isMp3 = text === "mp4a.40.34";
      return isMp3
        ? { format: "MPEG Audio" }
        : { format: "AAC", profile: text.replaceAll(".", "-") };
    }
    default:
      return { format: { vp09: "vp09", opus: "Opus" }[name] };
  }
}

function formatLevel(level: number): string {
  return String(Math.round(level * 10) / 10);
}

/** The same of what mediainfo says. */
function readInfo(track: InfoTrack | undefined): CodecFacts {
  const format = track?.["Format"];
  const facts = { format, profile: track?.["Format_Profile"], level: track?.["Format_Level"] };
  if (format === "HEVC") return { ...facts, tier: track?.["Format_Tier"] };
  if (format === "AVC" || format === "AV1") return facts;
  return format === "AAC" ? { format, profile: track?.["CodecID"] } : { format };
}

// The tests -------------------------------------------------------------------------------------------

interface Case {
  readonly name: string;
  readonly stream: string;
  readonly source: () => Promise<PackagedSource>;
  readonly hasTs: boolean;
}

const CASES: readonly Case[] = [
  {
    name: "H.264 with B-frames, AAC",
    stream: "live/b-frames",
    source: () => packagedSource("h264-aac.flv", { video: "h264", audio: "aac" }),
    hasTs: true,
  },
  {
    name: "HEVC, AAC",
    stream: "live/hevc",
    source: () => packagedSource("hevc-aac.mp4", { video: "hevc", audio: "aac" }),
    hasTs: true,
  },
  {
    name: "HEVC, Opus",
    stream: "live/opus",
    source: () => packagedSource("hevc-opus.mp4", { video: "hevc", audio: "opus" }),
    hasTs: true,
  },
  {
    name: "AV1",
    stream: "live/av1",
    source: () => packagedSource("av1.mp4", { video: "av1" }),
    hasTs: false,
  },
  {
    name: "VP9",
    stream: "live/vp9",
    source: () => packagedSource("vp9.mp4", { video: "vp9" }),
    hasTs: false,
  },
  {
    name: "MP3",
    stream: "live/mp3",
    source: () => packagedSource("mp3.flv", { audio: "mp3" }),
    hasTs: true,
  },
];

describe.each(CASES)("$name", ({ stream, source, hasTs }) => {
  let published: PackagedSource;

  beforeAll(async () => {
    published = await cutSource(await source(), server, SECONDS);
    await publishWhole(published, server, stream);
  }, 120_000);

  const pathOf = (name: string): string => `${server.folder}/${stream.slice(5)}-${name}`;

  async function expectSegments(
    segments: readonly DownloadedSegment[],
    kind: "video" | "audio",
    extension: string,
  ): Promise<void> {
    const paths = segments.map(({ sequenceNumber, bytes }) => {
      const path = pathOf(`${kind}-${sequenceNumber}.${extension}`);
      writeFileSync(path, bytes);
      return path;
    });
    const [measured] = await Promise.all([measure(paths, kind), expectDecode(paths)]);
    for (const [index, { startsWithKeyFrame, seconds, frameSeconds }] of measured.entries()) {
      const { uri = "", duration = 0 } = segments[index] ?? {};
      expect(startsWithKeyFrame, uri).toBe(true);
      expect(Math.abs(duration - seconds), uri).toBeLessThanOrEqual(frameSeconds + ROUNDING_S);
    }
    expect(paths.length).toBeGreaterThan(2);
  }

  test("fMP4 segments decode alone, and last as long as they say", async () => {
    for (const kind of ["video", "audio"] as const) {
      if (published[kind] === undefined) continue;
      const { text, segments } = await downloadPlaylist(server.httpUrl(`/${stream}/${kind}.m3u8`));
      expect(HLS.parse(text).isMasterPlaylist).toBe(false);
      await expectSegments(segments, kind, "mp4");
    }
  });

  test.runIf(hasTs)(
    "so do MPEG-TS segments, whose playlist says of them what fMP4's does",
    async () => {
      const address = server.httpUrl(`/${stream}/ts.m3u8`);
      const ladder = await fetchText(address);
      expect(checkMultivariantPlaylist(ladder)).toEqual([]);
      const variant = readVariant(ladder);
      const inCmaf = readVariant(await fetchText(server.httpUrl(`/${stream}.m3u8`)));
      for (const name of ["CODECS", "RESOLUTION", "FRAME-RATE"]) {
        expect(variant.get(name), name).toBe(inCmaf.get(name));
      }
      const uri = ladder.trimEnd().split("\n").at(-1) ?? "";
      const { text, segments } = await downloadPlaylist(new URL(uri, address).href);
      expect(HLS.parse(text).isMasterPlaylist).toBe(false);
      await expectSegments(segments, published.video === undefined ? "audio" : "video", "ts");
    },
  );

  test("the multivariant playlist and the manifest tell what is in the tracks", async () => {
    const multivariant = await fetchText(server.httpUrl(`/${stream}.m3u8`));
    expect(checkMultivariantPlaylist(multivariant)).toEqual([]);
    expect(HLS.parse(multivariant).isMasterPlaylist).toBe(true);
    const variant = readVariant(multivariant);
    // AV1 and VP9 have a frame rate only where an encoder says so.
    const isRateless = published.video === "av1" || published.video === "vp9";
    const { text, representations } = await downloadManifest(server.httpUrl(`/${stream}.mpd`));
    const violations = checkMpd(text).filter((what) => !(isRateless && /no frameRate$/.test(what)));
    expect(violations).toEqual([]);
    const codecs: (string | undefined)[] = [];
    for (const { attributes, channelCount, bytes } of representations) {
      const kind = attributes.get("id") as "video" | "audio";
      const path = pathOf(`all-${kind}.mp4`);
      writeFileSync(path, bytes);
      const info = await describeTrack(path, kind);
      const probed = (await probeStreams(path)).find(({ codec_type }) => codec_type === kind);
      expect(readCodecString(attributes.get("codecs") ?? "")).toEqual(readInfo(info));
      codecs.push(attributes.get("codecs"));
      if (kind === "audio") {
        expect(attributes.get("audioSamplingRate")).toBe(info?.["SamplingRate"]);
        expect(attributes.get("audioSamplingRate")).toBe(probed?.sample_rate);
        expect(channelCount).toBe(probed?.channels);
        expect([undefined, String(channelCount)]).toContain(info?.["Channels"]);
        continue;
      }
      expect([attributes.get("width"), attributes.get("height")]).toEqual([
        info?.["Width"],
        info?.["Height"],
      ]);
      expect(variant.get("RESOLUTION")).toBe(`${info?.["Width"]}x${info?.["Height"]}`);
      expect(variant.get("RESOLUTION")).toBe(`${probed?.width}x${probed?.height}`);
      if (isRateless) continue;
      expect(variant.get("FRAME-RATE")).toBe(info?.["FrameRate"]);
      expect(`${attributes.get("frameRate")}/1`).toBe(probed?.r_frame_rate);
    }
    expect(variant.get("CODECS")).toBe(codecs.join(","));
  });
});

let server: TestServer;

beforeAll(async () => {
  HLS.setOptions({ strictMode: true });
  // Programmes have multivariant playlists in MPEG-TS too.
  const variants = { hls_variants: ["_small"] };
  const hls = { hls_on_demand: false, hls_window: 600, hls_fragment: 2, ...variants };
  const cmaf = { on_demand: false, window: 600, sessions: false };
  const packaging = { publish: { grace_ms: 0 }, hls, cmaf };
  server = await startServer({ config: { vhosts: { __defaultVhost__: packaging } } });
});

afterAll(() => server.stop());
