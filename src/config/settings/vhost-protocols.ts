/**
 * Vhost blocks about WebRTC, SRT and RTSP.
 *
 * @module
 */

import type { Block, DeriveContext, SettingValue, Values } from "./setting.ts";
import { block, boolean, integer, number, obsolete, oneOf, strings } from "./setting.ts";

const NEXT = { takes: "next session" } as const;

function hlsVariants({ blocks }: DeriveContext): SettingValue {
  const hls = blocks[1]?.["hls"] as Values | undefined;
  return (hls?.["hlsVariants"] ?? []) as readonly string[];
}

export const RTC: Block = block(
  "rtc",
  "WebRTC; `rtc_server.enabled` is needed as well.",
  [
    boolean("enabled", true, "Serve WebRTC.", { srsDefault: false, ...NEXT }),
    boolean(
      "rtmp_to_rtc",
      true,
      "Offer what others publish to WebRTC players; AAC and MP3 become Opus.",
      {
        srsDefault: false,
        ...NEXT,
      },
    ),
    boolean("rtc_to_rtmp", true, "Offer what WebRTC publishes to all others; Opus becomes AAC.", {
      srsDefault: false,
      ...NEXT,
    }),
    boolean(
      "nack",
      true,
      "Ask for lost packets, and send those again that players have lost.",
      NEXT,
    ),
    boolean("twcc", true, "Report arrival times, by which publishers find their bitrate.", NEXT),
    integer("stun_timeout", 30, "Silence after which a session is closed.", {
      min: 1,
      unit: "s",
      ...NEXT,
    }),
    boolean("stun_strict_check", false, "Refuse STUN that does not name both sides.", NEXT),
    oneOf("dtls_role", ["passive", "active"], "Role if the peer leaves the choice.", NEXT),
    integer("drop_for_pt", 0, "Drop packets of this payload type, for tests. 0: none.", {
      max: 127,
      ...NEXT,
    }),
    boolean("keep_bframe", false, "Keep B-frames, which browsers cannot show, for players.", NEXT),
    boolean("keep_avc_nalu_sei", true, "Keep SEI NAL units for players.", NEXT),
    integer("opus_bitrate", 48_000, "Bitrate of Opus made from AAC and MP3.", {
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
    number(
      "pli_for_rtmp",
      6,
      "Interval at which a publisher is asked for a key frame for all others.",
      {
        min: 0.5,
        max: 30,
        unit: "s",
        srsOutOfRange: "default",
        ...NEXT,
      },
    ),
    strings(
      "variants",
      { text: "`hls.hls_variants`", derive: hlsVariants },
      "Endings of stream names, such as `_720`, that make a ladder: a WebRTC player of `live/show` then gets `live/show_720` when its network bears no more. What is set for HLS serves both; `[]` is no ladder.",
      { env: [], isOwn: true, takes: "now" },
    ),
    obsolete("nack_no_copy", "Packets are never copied."),
    obsolete("dtls_version", "DTLS 1.2 is what every client speaks."),
    obsolete("bframe", "It is the old name of `keep_bframe`."),
    obsolete("aac", "It is the old name of `rtmp_to_rtc`."),
  ],
  { typeName: "RtcConfig" },
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
