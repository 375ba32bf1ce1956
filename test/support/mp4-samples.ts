/**
 * What is inside an MP4 file, read by ffprobe: for a publisher of our own.
 *
 * @module
 */

import { runProgram } from "./program.ts";

export interface Mp4Track {
  /** ffprobe's name, such as `hevc`. */
  readonly codec: string;
  /** The decoder configuration record. */
  readonly configuration: Uint8Array;
}

export interface Mp4Sample {
  readonly codec: string;
  /** Milliseconds from the earliest sample. */
  readonly dts: number;
  readonly compositionTimeOffset: number;
  readonly isKeyFrame: boolean;
  readonly data: Uint8Array;
}

interface Probe {
  streams: { index: number; codec_name: string; extradata: string }[];
  packets: {
    stream_index: number;
    pts_time: string;
    dts_time: string;
    flags: string;
    data: string;
  }[];
}

/** Reads `00000000: 0001 0203 ...  ....`, 16 bytes a line. */
function parseDump(dump: string): Uint8Array {
  const hex = dump
    .split("\n")
    .map((line) => line.slice("00000000: ".length, "00000000: ".length + 40).replaceAll(" ", ""));
  return new Uint8Array(Buffer.from(hex.join(""), "hex"));
}

/** Reads all tracks and, in the order of their decoding times, all samples. */
export async function readMp4(path: string): Promise<{ tracks: Mp4Track[]; samples: Mp4Sample[] }> {
  const { stdout } = await runProgram("ffprobe", [
    ...["-v", "error", "-show_streams", "-show_packets", "-show_data", "-of", "json", path],
  ]);
  const { streams, packets } = JSON.parse(stdout) as Probe;
  const start = Math.min(...packets.map(({ dts_time }) => Number(dts_time)));
  const samples = packets.map((packet) => ({
    codec: streams.find(({ index }) => index === packet.stream_index)?.codec_name ?? "",
    dts: Math.round((Number(packet.dts_time) - start) * 1000),
    compositionTimeOffset: Math.round((Number(packet.pts_time) - Number(packet.dts_time)) * 1000),
    isKeyFrame: packet.flags.includes("K"),
    data: parseDump(packet.data),
  }));
  return {
    tracks: streams.map(({ codec_name, extradata }) => ({
      codec: codec_name,
      configuration: parseDump(extradata),
    })),
    samples: samples.sort((a, b) => a.dts - b.dts),
  };
}
