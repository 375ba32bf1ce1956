/**
 * The codecs that WebRTC peers and this server have in common, under the names of the live core.
 *
 * Spec: RFC 7741 (VP8), RFC 9628 (VP9), RFC 6184 (H264), RFC 7798 (H265), AV1 RTP Specification
 * section 7 (AV1), RFC 7587 (opus), RFC 3551 section 4.5.14 (PCMU, PCMA).
 *
 * @module
 */

import type { PayloadFormat } from "../../../codec/sdp/payload-format.ts";

export type RtpVideoCodec = "h264" | "hevc" | "av1" | "vp9" | "vp8";
export type RtpAudioCodec = "opus" | "g711u" | "g711a";
export type RtpCodec = RtpVideoCodec | RtpAudioCodec;
export type RtpKind = "audio" | "video";

interface Encoding {
  readonly codec: RtpCodec;
  readonly kind: RtpKind;
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
}

const ENCODINGS: readonly Encoding[] = [
  { codec: "h264", kind: "video", name: "H264", clockRate: 90_000, channels: 1 },
  { codec: "hevc", kind: "video", name: "H265", clockRate: 90_000, channels: 1 },
  { codec: "av1", kind: "video", name: "AV1", clockRate: 90_000, channels: 1 },
  // Its name in browsers before the specification was done; the payload is the same.
  { codec: "av1", kind: "video", name: "AV1X", clockRate: 90_000, channels: 1 },
  { codec: "vp9", kind: "video", name: "VP9", clockRate: 90_000, channels: 1 },
  { codec: "vp8", kind: "video", name: "VP8", clockRate: 90_000, channels: 1 },
  { codec: "opus", kind: "audio", name: "opus", clockRate: 48_000, channels: 2 },
  { codec: "g711u", kind: "audio", name: "PCMU", clockRate: 8_000, channels: 1 },
  { codec: "g711a", kind: "audio", name: "PCMA", clockRate: 8_000, channels: 1 },
];

/** The codec of a format, if it is one of ours. */
export function codecOf(format: PayloadFormat, kind: RtpKind): RtpCodec | undefined {
  const name = format.encoding.toLowerCase();
  const found = ENCODINGS.find(
    (encoding) =>
      encoding.kind === kind &&
      encoding.name.toLowerCase() === name &&
      encoding.clockRate === format.clockRate &&
      // GStreamer may leave out that Opus has two, which it always has.
      (encoding.channels === format.channels || (name === "opus" && format.channels === 1)),
  );
  return found?.codec;
}

/** How a codec is offered. */
export function encodingOf(
  codec: RtpCodec,
): Pick<PayloadFormat, "encoding" | "clockRate" | "channels"> {
  const found = ENCODINGS.find((encoding) => encoding.codec === codec);
  return {
    encoding: found?.name ?? codec,
    clockRate: found?.clockRate ?? 90_000,
    channels: found?.channels ?? 1,
  };
}
