/**
 * From RTP to the live core.
 *
 * @module
 */

import type { FlvOutput } from "../flv/to-stream.ts";
import { AudioInput } from "./audio-input.ts";
import { H264Depacketizer } from "./h264-depacketizer.ts";
import type { RtpInput } from "./rtp-input.ts";
import { VideoInput } from "./video-input.ts";

/**
 * Creates what feeds a publication from the RTP packets of one track, which a jitter buffer has put in
 * order. Frames have the time of their packets: in milliseconds what `timestamp` is in ticks.
 *
 * @param output Where tracks and frames go: a publication, or who moves them to a common timeline first.
 */
export function createRtpInput(
  codec: "h264" | "opus" | "g711a" | "g711u",
  output: FlvOutput,
): RtpInput {
  if (codec !== "h264") return new AudioInput(codec, output);
  return new VideoInput(new H264Depacketizer((track) => output.writeTrack(track)), output);
}
