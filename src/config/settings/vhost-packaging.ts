/**
 * Vhost blocks about streams in pieces over HTTP: HLS with MPEG-TS, CMAF (HLS with fMP4 and
 * Low-Latency HLS), DASH.
 *
 * @module
 */

import type { Block, DeriveContext, SettingValue, Values } from "./setting.ts";
import { block, boolean, integer, number, obsolete, oneOf, string, strings } from "./setting.ts";

const NOW = { takes: "now" } as const;
const SECONDS = { unit: "s", takes: "now" } as const;
const SRS_HTML = { takes: "now", srsDefault: "./objs/nginx/html" } as const;

/** Both at 0.5 GiB: a minute of 60 Mbps. */
const WINDOW_BYTES = 536_870_912;

const STORAGE = "`memory`, `disk`, or `both`.";
const DISPOSE = "Time after which what there is of an ended stream is deleted.";
const ON_DEMAND =
  "Begin with the first request, and stop a minute after the last. Only with the storage `memory`.";

function hlsPath({ blocks }: DeriveContext): string {
  return String(blocks[0]?.["hlsPath"] ?? "");
}

function cmafValue({ blocks }: DeriveContext, name: string): SettingValue {
  const cmaf = blocks[1]?.["cmaf"] as Values | undefined;
  return cmaf?.[name] as SettingValue;
}

export const HLS: Block = block(
  "hls",
  "HLS with MPEG-TS segments, for old players. File names may hold [vhost], [app], [stream], [seq], [timestamp], [duration] and the date variables [2006], [01], [02], [15], [04], [05], [999].",
  [
    boolean("enabled", true, "Package streams as HLS with MPEG-TS.", {
      srsDefault: false,
      ...NOW,
    }),
    number("hls_fragment", 6, "Duration of a segment.", { srsDefault: 10, min: 0.1, ...SECONDS }),
    number("hls_td_ratio", 1, "Factor from `hls_fragment` to the duration a segment should have.", {
      min: 0.1,
      ...NOW,
    }),
    number("hls_aof_ratio", 2.1, "Factor from `hls_fragment` to the duration that forces a cut.", {
      min: 0.1,
      ...NOW,
    }),
    number("hls_window", 60, "Duration of all segments in the playlist.", { min: 0.1, ...SECONDS }),
    integer("hls_window_bytes", WINDOW_BYTES, "Size of all segments in the playlist, at most.", {
      min: 1_048_576,
      unit: "bytes",
      isOwn: true,
      ...NOW,
    }),
    oneOf(
      "hls_on_error",
      ["continue", "ignore", "disconnect"],
      "What follows if a file cannot be written. `continue`: try again with the next segment; `ignore`: write no more files of this publish; `disconnect`: close the publisher.",
      NOW,
    ),
    oneOf("hls_storage", ["memory", "disk", "both"], `Where segments are kept: ${STORAGE}`, {
      value: {
        text: "`memory`, or `both` under a configuration in SRS's format",
        derive: ({ format }) => (format === "srs" ? "both" : "memory"),
      },
      isOwn: true,
      ...NOW,
    }),
    boolean("hls_on_demand", true, ON_DEMAND, { srsDefault: false, isOwn: true, ...NOW }),
    string("hls_path", "./html", "Folder to write to.", SRS_HTML),
    string("hls_m3u8_file", "[app]/[stream]/ts.m3u8", "Name of the playlist.", {
      srsDefault: "[app]/[stream].m3u8",
      ...NOW,
    }),
    string("hls_ts_file", "[app]/[stream]/[timestamp]-[seq].ts", "Name of a segment.", {
      srsDefault: "[app]/[stream]-[seq].ts",
      ...NOW,
    }),
    string("hls_entry_prefix", "", "Text before every segment's address in the playlist.", NOW),
    oneOf(
      "hls_acodec",
      ["aac", "mp3", "an"],
      "`an` leaves audio out. The codec is the stream's own.",
      NOW,
    ),
    oneOf(
      "hls_vcodec",
      ["h264", "h265", "vn"],
      "`vn` leaves video out. The codec is the stream's own.",
      NOW,
    ),
    boolean("hls_cleanup", true, "Delete the files of segments that leave the playlist.", NOW),
    integer("hls_dispose", 120, `${DISPOSE} 0: keep the files, and forget the rest after 120 s.`, {
      unit: "s",
      ...NOW,
    }),
    boolean("hls_wait_keyframe", true, "Cut at key frames only.", NOW),
    boolean("hls_ts_floor", false, "Count [timestamp] in segments instead of milliseconds.", NOW),
    integer("hls_nb_notify", 64, "Bytes to read of the answer to on_hls_notify.", {
      unit: "bytes",
      ...NOW,
    }),
    boolean(
      "hls_dts_directly",
      true,
      "Take the time of audio from its timestamps, not its samples.",
      NOW,
    ),
    boolean(
      "hls_ctx",
      true,
      "Give each player a session of its own: it is counted, can be refused and kicked.",
      NOW,
    ),
    boolean("hls_ts_ctx", true, "Carry the session to the segments.", NOW),
    boolean("hls_keys", false, "Encrypt with AES-128.", NOW),
    integer("hls_fragments_per_key", 5, "Segments encrypted with the same key.", {
      min: 1,
      ...NOW,
    }),
    string("hls_key_file", "[app]/[stream]/[timestamp]-[seq].key", "Name of a key file.", {
      srsDefault: "[app]/[stream]-[seq].key",
      ...NOW,
    }),
    string(
      "hls_key_file_path",
      { text: "`hls_path`", derive: hlsPath },
      "Folder to write keys to.",
      NOW,
    ),
    string(
      "hls_key_url",
      "",
      "Text before every key's address. Empty: relative to the playlist.",
      NOW,
    ),
    strings(
      "hls_variants",
      [],
      "Endings of stream names, such as `_720`, that make a ladder: the playlist of `live/show` then offers `live/show_720` too. WebRTC players get them as well, unless `rtc.variants` says otherwise.",
      { env: [], isOwn: true, ...NOW },
    ),
    obsolete("hls_mount", "SRS removed it."),
  ],
  { typeName: "HlsConfig" },
);

export const CMAF: Block = block(
  "cmaf",
  "CMAF: HLS with fMP4 segments, by default with low latency, for today's players. Its segments are those of DASH too.",
  [
    boolean("enabled", true, "Package streams as HLS with fMP4.", {
      srsDefault: false,
      isOwn: true,
      ...NOW,
    }),
    string(
      "playlist",
      "[app]/[stream].m3u8",
      "Name of the multivariant playlist; all else is in the folder of that name without `.m3u8`.",
      { isOwn: true, ...NOW },
    ),
    number("segment_duration", 2, "Duration of a segment; it is cut at the next key frame.", {
      min: 0.5,
      max: 60,
      isOwn: true,
      ...SECONDS,
    }),
    boolean("low_latency", true, "Offer segments in parts, before they are complete.", {
      isOwn: true,
      ...NOW,
    }),
    number("part_duration", 0.5, "Longest duration of a part. Players stay three of them behind.", {
      min: 0.1,
      max: 5,
      isOwn: true,
      ...SECONDS,
    }),
    number("window", 30, "Duration of all segments in the playlist.", {
      min: 2,
      isOwn: true,
      ...SECONDS,
    }),
    integer("window_bytes", WINDOW_BYTES, "Size of all segments in the playlist, at most.", {
      min: 1_048_576,
      unit: "bytes",
      isOwn: true,
      ...NOW,
    }),
    oneOf("storage", ["memory", "both"], "Where segments are kept: `memory`, or `both`.", {
      isOwn: true,
      ...NOW,
    }),
    string("path", "./html", "Folder to write to with the storage `both`.", {
      isOwn: true,
      ...NOW,
    }),
    boolean("on_demand", true, ON_DEMAND, { isOwn: true, ...NOW }),
    boolean(
      "sessions",
      true,
      "Give each player a session of its own, by a parameter in the playlists' addresses. Off: proxies can share playlists among players.",
      { isOwn: true, ...NOW },
    ),
    boolean(
      "segment_sessions",
      false,
      "Carry the session to the segments, so that a session's bytes are counted. Proxies cannot share segments then.",
      { isOwn: true, ...NOW },
    ),
    integer("dispose", 60, DISPOSE, { min: 1, unit: "s", isOwn: true, ...NOW }),
  ],
  { typeName: "CmafConfig" },
);

export const DASH: Block = block(
  "dash",
  "MPEG-DASH.",
  [
    boolean("enabled", true, "Package streams as DASH.", { srsDefault: false, ...NOW }),
    number(
      "dash_fragment",
      {
        text: "10, or `cmaf.segment_duration` with `cmaf`",
        derive: (context) =>
          cmafValue(context, "enabled") === true ? cmafValue(context, "segmentDuration") : 10,
      },
      "Duration of a segment. If it is that of `cmaf`, both share their segments.",
      { min: 0.1, ...SECONDS },
    ),
    number("dash_update_period", 2, "How often players are to ask for the manifest.", {
      srsDefault: 5,
      min: 0.1,
      ...SECONDS,
    }),
    number("dash_timeshift", 300, "How far back players may go, if there are segments.", {
      ...SECONDS,
    }),
    string("dash_path", "./html", "Folder to write to.", SRS_HTML),
    string("dash_mpd_file", "[app]/[stream].mpd", "Name of the manifest.", NOW),
    integer("dash_window_size", 15, "Segments in the manifest.", {
      srsDefault: 5,
      min: 1,
      ...NOW,
    }),
    oneOf("dash_storage", ["memory", "both"], "Where segments are kept: `memory`, or `both`.", {
      value: {
        text: "`memory`, or `both` under a configuration in SRS's format",
        derive: ({ format }) => (format === "srs" ? "both" : "memory"),
      },
      isOwn: true,
      ...NOW,
    }),
    boolean("dash_cleanup", true, "Delete the files of segments that leave the manifest.", NOW),
    integer("dash_dispose", 120, `${DISPOSE} 0: keep the files, and forget the rest after 120 s.`, {
      unit: "s",
      ...NOW,
    }),
  ],
  { typeName: "DashConfig" },
);
