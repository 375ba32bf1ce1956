/**
 * Vhost blocks about WebRTC, SRT and RTSP.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, integer, number, obsolete, oneOf } from "./setting.ts";

const NEXT = { takes: "next session" } as const;

export const RTC: Block = block(
  "rtc",
  "WebRTC; `rtc_server.enabled` is needed as well.",
  [
    boolean("enabled", false, "Serve WebRTC.", NEXT),
    boolean("rtmp_to_rtc", false, "Offer streams published by RTMP to WebRTC players.", NEXT),
    boolean("rtc_to_rtmp", false, "Offer streams published by WebRTC to all other players.", NEXT),
    boolean("nack", true, "Repeat lost packets.", NEXT),
    boolean("nack_no_copy", true, "Keep packets for repetition without a copy.", NEXT),
    boolean("twcc", true, "Report arrival times for congestion control.", NEXT),
    integer("stun_timeout", 30, "Silence after which a session is closed.", {
      min: 1,
      unit: "s",
      ...NEXT,
    }),
    boolean("stun_strict_check", false, "Check STUN messages strictly.", NEXT),
    oneOf("dtls_role", ["passive", "active"], "Role if the peer leaves the choice.", NEXT),
    oneOf("dtls_version", ["auto", "dtls1.0", "dtls1.2"], "Version of DTLS.", NEXT),
    integer("drop_for_pt", 0, "Drop packets of this payload type, for tests. 0: none.", {
      max: 127,
      ...NEXT,
    }),
    boolean("keep_bframe", false, "Keep B-frames on the way from RTMP.", NEXT),
    boolean("keep_avc_nalu_sei", true, "Keep SEI NAL units on the way from RTMP.", NEXT),
    integer("opus_bitrate", 48_000, "Bitrate of Opus made from AAC.", {
      min: 8000,
      max: 320_000,
      unit: "bit/s",
      srsOutOfRange: "default",
      ...NEXT,
    }),
    integer("aac_bitrate", 48_000, "Bitrate of AAC made from Opus.", {
      min: 8000,
      max: 320_000,
      unit: "bit/s",
      srsOutOfRange: "default",
      ...NEXT,
    }),
    number("pli_for_rtmp", 6, "Interval at which a WebRTC publisher is asked for a key frame.", {
      min: 0.5,
      max: 30,
      unit: "s",
      srsOutOfRange: "default",
      ...NEXT,
    }),
    obsolete("bframe", "It is the old name of `keep_bframe`."),
    obsolete("aac", "It is the old name of `rtmp_to_rtc`."),
  ],
  { typeName: "RtcConfig", planned: "WebRTC is not supported yet" },
);

export const SRT: Block = block(
  "srt",
  "SRT; `srt_server.enabled` is needed as well.",
  [
    boolean("enabled", false, "Serve SRT.", NEXT),
    boolean("srt_to_rtmp", true, "Offer streams published by SRT to all other players.", {
      env: ["VHOST_SRT_TO_RTMP", "VHOST_SRT_SRT_TO_RTMP"],
      srsOtherWords: false,
      ...NEXT,
    }),
  ],
  { typeName: "SrtConfig", planned: "SRT is not supported yet" },
);

export const RTSP: Block = block(
  "rtsp",
  "RTSP; `rtsp_server.enabled` is needed as well.",
  [
    boolean("enabled", false, "Serve RTSP.", NEXT),
    boolean("rtmp_to_rtsp", false, "Offer streams published by RTMP to RTSP players.", NEXT),
  ],
  { typeName: "RtspConfig", planned: "RTSP is not supported yet" },
);
