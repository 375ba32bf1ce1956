/**
 * What FFmpeg finds in a file, in a form in which containers can be compared.
 *
 * FLV and MP4 have NAL units behind their sizes, and parameter sets apart; MPEG-TS has them as a byte
 * stream, with delimiters and parameter sets among them, and headers of ADTS before AAC. FFmpeg's
 * bitstream filters bring all of them to a byte stream without delimiters and parameter sets, and to
 * bare AAC, and then hash each packet.
 *
 * @module
 */

import type { Packet } from "./ffmpeg.ts";
import { runProgram } from "./program.ts";

export type ContainerKind = "flv" | "mp4" | "mpegts" | "aac" | "mp3";

/** What is compared of each. */
export interface CopyOptions {
  readonly kind: ContainerKind;
  readonly video?: "h264" | "hevc";
  readonly audio?: "aac" | "mp3" | "opus";
  /** Options of FFmpeg for the file. */
  readonly input?: readonly string[];
}

/**
 * Delimiters and parameter sets. x265 has put SEI (39) among the latter in MP4's record, from where
 * FFmpeg brings it back to each key frame.
 */
const REMOVED_TYPES = { h264: "7-9", hevc: "32-35|39" };

function filters({ kind, video, audio }: CopyOptions): string[] {
  const isPrefixed = kind === "flv" || kind === "mp4";
  const args: string[] = [];
  if (video !== undefined) {
    const removal = `filter_units=remove_types=${REMOVED_TYPES[video]}`;
    args.push("-bsf:v", isPrefixed ? `${video}_mp4toannexb,${removal}` : removal);
  }
  if (audio === "aac" && !isPrefixed) args.push("-bsf:a", "aac_adtstoasc");
  return args;
}

/** Reads packets. Their times are in milliseconds, with fractions; none is marked as a key frame. */
export async function copiedPackets(path: string, options: CopyOptions): Promise<Packet[]> {
  const args = [
    ...["-v", "error", "-copyts", ...(options.input ?? []), "-i", path],
    ...["-map", "0:v?", "-map", "0:a?", "-c", "copy", ...filters(options)],
    ...["-f", "framehash", "-hash", "md5", "-"],
  ];
  const { code, stdout, stderr } = await runProgram("ffmpeg", args, { patienceMs: 60_000 });
  if (code !== 0) throw new Error(`ffmpeg ${path} ended with ${code}: ${stderr}`);
  return parseFrameHashes(stdout);
}

/** Lines such as `0, 1280, 1280, 33, 1024, 5eb63bbbe01eeed0...`, behind some with `#`. */
function parseFrameHashes(text: string): Packet[] {
  const kinds = new Map<string, "video" | "audio">();
  const ticksMs = new Map<string, number>();
  const packets: Packet[] = [];
  for (const line of text.split("\n")) {
    const head = /^#(\w+) (\d+): (.*)$/.exec(line);
    if (line.startsWith("#")) {
      const [, key, index = "", value = ""] = head ?? [];
      const [numerator = "1", denominator = "1"] = value.split("/");
      if (key === "media_type") kinds.set(index, value === "video" ? "video" : "audio");
      if (key === "tb") ticksMs.set(index, (1_000 * Number(numerator)) / Number(denominator));
      continue;
    }
    const [index = "", dts, pts, , size, hash = ""] = line.split(",").map((field) => field.trim());
    if (hash === "") continue;
    const tickMs = ticksMs.get(index) ?? 1;
    packets.push({
      codecType: kinds.get(index) ?? "audio",
      pts: Number(pts) * tickMs,
      dts: Number(dts) * tickMs,
      size: Number(size),
      hash,
      isKeyFrame: false,
    });
  }
  return packets;
}
