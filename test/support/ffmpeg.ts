/**
 * FFmpeg as a peer: it publishes, and what it finds in a stream is compared with the source.
 *
 * @module
 */

import { Program, runProgram } from "./program.ts";

/** One packet as ffprobe sees it. Times are in milliseconds, the time base of FLV and RTMP. */
export interface Packet {
  readonly codecType: "video" | "audio";
  readonly pts: number;
  readonly dts: number;
  readonly size: number;
  readonly hash: string;
  readonly isKeyFrame: boolean;
}

interface ProbePacket {
  codec_type: string;
  pts?: number;
  dts?: number;
  size: string;
  flags: string;
  data_hash: string;
}

/** How long ffprobe may look for streams: they are announced at once. */
const ANALYSIS = ["-probesize", "200000", "-analyzeduration", "2000000"];

/**
 * Reads packets with a hash of their content.
 *
 * @param input A file or an address.
 * @param countMax Stops after so many packets; a live stream has no end.
 */
export async function probePackets(input: string, countMax?: number): Promise<Packet[]> {
  const args = [
    ...["-v", "error", ...ANALYSIS],
    ...["-show_packets", "-show_data_hash", "md5", "-of", "json"],
    ...(countMax === undefined ? [] : ["-read_intervals", `%+#${countMax}`]),
    input,
  ];
  const { code, stdout, stderr } = await runProgram("ffprobe", args, { patienceMs: 60_000 });
  if (code !== 0) throw new Error(`ffprobe ${input} ended with ${code}: ${stderr}`);
  const { packets } = JSON.parse(stdout) as { packets: ProbePacket[] };
  return packets
    .filter(({ codec_type }) => codec_type === "video" || codec_type === "audio")
    .map((packet) => ({
      codecType: packet.codec_type as "video" | "audio",
      pts: packet.pts ?? Number.NaN,
      dts: packet.dts ?? Number.NaN,
      size: Number(packet.size),
      hash: packet.data_hash,
      isKeyFrame: packet.flags.includes("K"),
    }));
}

export interface PublishOptions {
  /** Begin again at the end of the file, for ever. */
  readonly isLooped?: boolean;
  /** As fast as the server takes it, in place of real time. */
  readonly isFast?: boolean;
  readonly extra?: readonly string[];
}

/** Starts to publish a file as it is. */
export function publishFile(file: string, url: string, options: PublishOptions = {}): Program {
  const { isLooped = false, isFast = false, extra = [] } = options;
  return new Program("ffmpeg", [
    ...["-hide_banner", "-loglevel", "warning", "-nostdin"],
    ...(isFast ? [] : ["-re"]),
    ...(isLooped ? ["-stream_loop", "-1"] : []),
    ...["-i", file, "-map", "0", "-c", "copy", ...extra, "-f", "flv", url],
  ]);
}
