/**
 * Media for the integration tests, made by FFmpeg once and kept in .test-media/.
 *
 * @module
 */

import { existsSync, mkdirSync, renameSync } from "node:fs";
import { runProgram } from "./program.ts";
import { ROOT } from "./server.ts";

const FOLDER = `${ROOT}.test-media/`;
/** Longer than any test takes. */
const SECONDS = 60;
const RATE = 25;

const VIDEO: readonly string[] = [
  ...["-f", "lavfi", "-i", `testsrc=size=320x180:rate=${RATE}:duration=${SECONDS}`],
];
const AUDIO: readonly string[] = [
  ...["-f", "lavfi", "-i", `sine=frequency=330:sample_rate=48000:duration=${SECONDS}`],
];
/** A key frame each second, two B-frames between references. */
const H264: readonly string[] = [
  ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "300k"],
  ...["-g", `${RATE}`, "-keyint_min", `${RATE}`, "-sc_threshold", "0", "-bf", "2"],
];
const HEVC: readonly string[] = [
  ...["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-b:v", "300k"],
  ...["-x265-params", `log-level=error:keyint=${RATE}:min-keyint=${RATE}:scenecut=0:bframes=2`],
];
const AAC: readonly string[] = ["-c:a", "aac", "-b:a", "64k", "-ac", "2"];
const OPUS: readonly string[] = ["-c:a", "libopus", "-b:a", "64k", "-ac", "2"];

/** Encoders of AV1 take their time. */
const AV1: readonly string[] = [
  ...["-c:v", "libsvtav1", "-preset", "12", "-g", `${RATE}`, "-pix_fmt", "yuv420p", "-t", "10"],
];
const VP9: readonly string[] = [
  ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", `${RATE}`],
  ...["-pix_fmt", "yuv420p", "-t", "10"],
];
/** At a sampling frequency of MPEG-2. */
const MP3: readonly string[] = ["-c:a", "libmp3lame", "-b:a", "64k", "-ar", "22050", "-t", "10"];

export type MediaName =
  | "h264-aac.flv"
  | "h264.flv"
  | "aac.flv"
  | "mp3.flv"
  | "hevc-opus.mp4"
  | "hevc-aac.mp4"
  | "av1.mp4"
  | "av1-opus.mp4"
  | "vp9.mp4";

/** The arguments that make each. */
const RECIPES: Readonly<Record<MediaName, readonly string[]>> = {
  "h264-aac.flv": [...VIDEO, ...AUDIO, ...H264, ...AAC],
  "h264.flv": [...VIDEO, ...H264],
  "aac.flv": [...AUDIO, ...AAC],
  "mp3.flv": [...AUDIO, ...MP3],
  // FFmpeg 5 cannot send these by RTMP: for a publisher of our own.
  "hevc-opus.mp4": [...VIDEO, ...AUDIO, ...HEVC, "-tag:v", "hvc1", ...OPUS],
  "hevc-aac.mp4": [...VIDEO, ...AUDIO, ...HEVC, "-tag:v", "hvc1", ...AAC, "-t", "10"],
  "av1.mp4": [...VIDEO, ...AV1],
  "av1-opus.mp4": [...VIDEO, ...AUDIO, ...AV1, ...OPUS],
  "vp9.mp4": [...VIDEO, ...VP9],
};

/** The file's path; it is made if it is not there yet. */
export async function media(name: MediaName): Promise<string> {
  const path = FOLDER + name;
  if (existsSync(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  // Under another name first, so that a file that is there is whole.
  const unfinished = `${FOLDER}unfinished-${process.pid}-${name}`;
  const { code, stderr } = await runProgram(
    "ffmpeg",
    ["-y", "-hide_banner", "-loglevel", "error", "-nostdin", ...RECIPES[name], unfinished],
    { patienceMs: 120_000 },
  );
  if (code !== 0) throw new Error(`Cannot make ${name}: ${stderr}`);
  renameSync(unfinished, path);
  return path;
}
