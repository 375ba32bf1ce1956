/**
 * Vhost blocks that write files: HLS, DASH, HDS, recordings.
 *
 * @module
 */

import type { Block, DeriveContext } from "./setting.ts";
import { block, boolean, integer, number, obsolete, oneOf, string, strings } from "./setting.ts";

const NOW = { takes: "now" } as const;
const NEXT = { takes: "next session" } as const;
const SECONDS = { unit: "s", takes: "now" } as const;
const SRS_HTML = { takes: "now", srsDefault: "./objs/nginx/html" } as const;

function hlsPath({ blocks }: DeriveContext): string {
  return String(blocks[0]?.["hlsPath"] ?? "");
}

export const HLS: Block = block(
  "hls",
  "HLS playlists and segments. The file names may hold [vhost], [app], [stream] and date variables.",
  [
    boolean("enabled", false, "Write HLS.", NOW),
    number("hls_fragment", 10, "Duration of a segment.", { min: 0.1, ...SECONDS }),
    number("hls_td_ratio", 1, "Factor from `hls_fragment` to the duration a segment should have.", {
      min: 0.1,
      ...NOW,
    }),
    number("hls_aof_ratio", 2.1, "Factor from `hls_fragment` to the duration that forces a cut.", {
      min: 0.1,
      ...NOW,
    }),
    number("hls_window", 60, "Duration of all segments in the playlist.", { min: 0.1, ...SECONDS }),
    oneOf(
      "hls_on_error",
      ["continue", "ignore", "disconnect"],
      "What follows an error in HLS.",
      NEXT,
    ),
    string("hls_path", "./html", "Folder to write to.", SRS_HTML),
    string("hls_m3u8_file", "[app]/[stream].m3u8", "Name of the playlist.", NOW),
    string("hls_ts_file", "[app]/[stream]-[seq].ts", "Name of a segment.", NOW),
    string("hls_entry_prefix", "", "Text before every segment's address in the playlist.", NOW),
    oneOf("hls_acodec", ["aac", "mp3", "an"], "Audio codec to announce at first; `an`: none.", NOW),
    oneOf(
      "hls_vcodec",
      ["h264", "h265", "vn"],
      "Video codec to announce at first; `vn`: none.",
      NOW,
    ),
    boolean("hls_cleanup", true, "Delete segments that leave the playlist.", NOW),
    integer(
      "hls_dispose",
      120,
      "Time after which the files of an ended stream are deleted. 0: never.",
      {
        unit: "s",
        ...NEXT,
      },
    ),
    boolean("hls_wait_keyframe", true, "Cut at key frames only.", NOW),
    boolean("hls_ts_floor", false, "Count [timestamp] in segments instead of milliseconds.", NOW),
    integer("hls_nb_notify", 64, "Bytes to read of the answer to on_hls_notify.", {
      unit: "bytes",
      ...NEXT,
    }),
    boolean(
      "hls_dts_directly",
      true,
      "Take the time of audio from its timestamps, not its samples.",
      NOW,
    ),
    boolean("hls_ctx", true, "Give each player a session of its own.", NEXT),
    boolean("hls_ts_ctx", true, "Carry the session to the segments.", NEXT),
    boolean("hls_keys", false, "Encrypt with AES-128.", NOW),
    integer("hls_fragments_per_key", 5, "Segments encrypted with the same key.", {
      min: 1,
      ...NOW,
    }),
    string("hls_key_file", "[app]/[stream]-[seq].key", "Name of a key file.", NOW),
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
    obsolete("hls_storage", "SRS removed it."),
    obsolete("hls_mount", "SRS removed it."),
  ],
  { typeName: "HlsConfig", planned: "HLS is not supported yet, no playlist is written" },
);

export const DASH: Block = block(
  "dash",
  "MPEG-DASH manifests and segments.",
  [
    boolean("enabled", false, "Write DASH.", NOW),
    number("dash_fragment", 10, "Duration of a segment.", { min: 0.1, ...SECONDS }),
    number("dash_update_period", 5, "Time between two writes of the manifest.", {
      min: 0.1,
      ...SECONDS,
    }),
    number("dash_timeshift", 300, "How far back players may go.", SECONDS),
    string("dash_path", "./html", "Folder to write to.", SRS_HTML),
    string("dash_mpd_file", "[app]/[stream].mpd", "Name of the manifest.", NOW),
    integer("dash_window_size", 5, "Segments in the manifest.", { min: 1, ...NOW }),
    boolean("dash_cleanup", true, "Delete segments that leave the manifest.", NOW),
    integer(
      "dash_dispose",
      120,
      "Time after which the files of an ended stream are deleted. 0: never.",
      {
        unit: "s",
        ...NEXT,
      },
    ),
  ],
  { typeName: "DashConfig", planned: "DASH is not supported yet, no manifest is written" },
);

export const HDS: Block = block(
  "hds",
  "Adobe HDS.",
  [
    boolean("enabled", false, "Write HDS.", NOW),
    number("hds_fragment", 10, "Duration of a fragment.", SECONDS),
    number("hds_window", 60, "Duration of all fragments in the manifest.", SECONDS),
    string("hds_path", "./html", "Folder to write to.", SRS_HTML),
  ],
  { typeName: "HdsConfig", planned: "HDS is not supported" },
);

export const DVR: Block = block(
  "dvr",
  "Recordings.",
  [
    boolean("enabled", false, "Record streams.", NOW),
    strings("dvr_apply", ["all"], "Streams to record: `all`, or a list of `app/stream`.", {
      env: [],
    }),
    oneOf("dvr_plan", ["session", "segment"], "One file per publish, or a file per duration.", NOW),
    string(
      "dvr_path",
      "./html/[app]/[stream].[timestamp].flv",
      "Name of a recording, `.flv` or `.mp4`; may hold stream and date variables.",
      { takes: "now", srsDefault: "./objs/nginx/html/[app]/[stream].[timestamp].flv" },
    ),
    number("dvr_duration", 30, "Duration of a file with `dvr_plan: segment`.", {
      min: 0.1,
      ...SECONDS,
    }),
    boolean("dvr_wait_keyframe", true, "Cut at key frames only.", NOW),
    oneOf("time_jitter", ["full", "zero", "off"], "What is done to timestamps, as in `play`.", NOW),
  ],
  { typeName: "DvrConfig", planned: "Recording is not supported yet, no file is written" },
);
