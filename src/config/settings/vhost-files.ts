/**
 * Vhost blocks that write files: HDS, recordings.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, number, oneOf, string, strings } from "./setting.ts";

const NOW = { takes: "now" } as const;
const SECONDS = { unit: "s", takes: "now" } as const;
const SRS_HTML = { takes: "now", srsDefault: "./objs/nginx/html" } as const;

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
