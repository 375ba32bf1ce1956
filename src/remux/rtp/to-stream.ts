/**
 * From RTP to the live core.
 *
 * @module
 */

import type { Track } from "../../live/track.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import { AudioInput } from "./audio-input.ts";
import { Av1Depacketizer } from "./av1-depacketizer.ts";
import { createH264Depacketizer } from "./h264-depacketizer.ts";
import { createHevcDepacketizer } from "./hevc-depacketizer.ts";
import type { RtpInput } from "./rtp-input.ts";
import type { RtpCodec } from "./rtp-payload.ts";
import { VideoInput } from "./video-input.ts";
import { Vp8Depacketizer } from "./vp8-depacketizer.ts";
import { Vp9Depacketizer } from "./vp9-depacketizer.ts";

/**
 * Creates what feeds a publication from the RTP packets of one track, which a jitter buffer has put in
 * order. Frames have the time of their packets: in milliseconds what `timestamp` is in ticks.
 *
 * @param output Where tracks and frames go: a publication, or who moves them to a common timeline first.
 * @param parameterSets Of H.264 and HEVC: the NAL units that the session description has of them
 *   (sprop-parameter-sets; sprop-vps, -sps and -pps), for senders who do not send them with key frames.
 */
export function createRtpInput(
  codec: RtpCodec,
  output: FlvOutput,
  parameterSets: readonly Uint8Array[] = [],
): RtpInput {
  const writeTrack = (track: Track): Track => output.writeTrack(track);
  switch (codec) {
    case "h264":
      return new VideoInput(createH264Depacketizer(writeTrack, parameterSets), output);
    case "hevc":
      return new VideoInput(createHevcDepacketizer(writeTrack, parameterSets), output);
    case "vp8":
      return new VideoInput(new Vp8Depacketizer(writeTrack), output);
    case "vp9":
      return new VideoInput(new Vp9Depacketizer(writeTrack), output);
    case "av1":
      return new VideoInput(new Av1Depacketizer(writeTrack), output);
    case "opus":
    case "g711a":
    case "g711u":
      return new AudioInput(codec, output);
  }
}
