/**
 * Vhost blocks that write files: HDS, recordings.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, integer, number, oneOf, string, strings } from "./setting.ts";

const NOW = { takes: "now" } as const;
const SECONDS = { unit: "s", takes: "now" } as const;
const SRS_HTML = { takes: "now", srsDefault: "./objs/nginx/html" } as const;

export const HDS: Block = block(
  "hds",
  "Adobe HTTP Dynamic Streaming (HDS), for players that run in Flash.",
  [
    boolean("enabled", false, "Write HDS.", NOW),
    number("hds_fragment", 10, "Duration of a fragment.", { min: 0.1, ...SECONDS }),
    number("hds_window", 60, "Duration of all fragments that players are told of.", {
      min: 0.1,
      ...SECONDS,
    }),
    string("hds_path", "./html", "Folder to write to.", SRS_HTML),
  ],
  { typeName: "HdsConfig" },
);

const OWN = { isOwn: true, takes: "now" } as const;
/** Of a stream that waits for the disk: ten seconds of 12 Mbps. */
const QUEUE_BYTES = 16_777_216;
/** So much that the system and the log can go on. */
const FREE_SPACE = 268_435_456;

export const DVR: Block = block(
  "dvr",
  "Recordings: files that streams are written to. See recording.md.",
  [
    boolean("enabled", false, "Record streams.", NOW),
    strings("dvr_apply", ["all"], "Streams to record: `all`, or a list of `app/stream`.", {
      env: [],
      takes: "now",
    }),
    oneOf(
      "dvr_plan",
      ["session", "segment", "append"],
      "`session`: a file for each publish; `segment`: a file for each `dvr_duration`; `append`: who publishes again goes on in the same file.",
      NOW,
    ),
    string(
      "dvr_path",
      "./html/[app]/[stream].[timestamp].flv",
      "Name of a recording, `.flv`, `.mp4` or `.ts`; may hold [vhost], [app], [stream], [timestamp] and the date variables [2006], [01], [02], [15], [04], [05], [999]. Without one of these endings it is a folder, in which files are called `[stream].[timestamp].flv`.",
      { takes: "now", srsDefault: "./objs/nginx/html/[app]/[stream].[timestamp].flv" },
    ),
    number("dvr_duration", 30, "Duration of a file with `dvr_plan: segment`.", {
      min: 0.1,
      ...SECONDS,
    }),
    boolean(
      "dvr_wait_keyframe",
      true,
      "With `dvr_plan: segment`: begin files with key frames only.",
      NOW,
    ),
    oneOf(
      "time_jitter",
      ["full", "zero", "off"],
      "What is done to timestamps, as in `play`: `full` and `zero` begin each file at 0.",
      NOW,
    ),
    boolean(
      "dvr_playback",
      false,
      "Let who may play a stream play its recordings by time too, complete ones: `/app/stream.mp4?from=...&duration=...`, `.flv` and `.ts`. See playback.md.",
      OWN,
    ),
    number(
      "dvr_append_wait",
      300,
      "With `dvr_plan: append`: how long after its publisher a file is complete, if nobody goes on in it.",
      { max: 86_400, unit: "s", ...OWN },
    ),
    integer(
      "dvr_queue_bytes",
      QUEUE_BYTES,
      "How much of a stream may wait for the disk. If that is not enough, its recording ends, and the next one begins as soon as the disk has taken it.",
      { min: 1_048_576, unit: "bytes", ...OWN },
    ),
    number(
      "dvr_free_space",
      FREE_SPACE,
      "What is to stay free on the disk: with less, recordings end and none begins. 0: as long as there is any.",
      { max: Number.MAX_SAFE_INTEGER, unit: "bytes", ...OWN },
    ),
    number(
      "dvr_sync",
      1,
      "How often what has been written is handed to the disk itself (fsync), which decides what a power failure leaves. 0: only when a file is complete.",
      { max: 3_600, unit: "s", ...OWN },
    ),
    number(
      "dvr_keep_days",
      0,
      "How long recordings are kept after they ended; then they are deleted. 0: for ever.",
      { max: 36_500, unit: "days", ...OWN },
    ),
    number(
      "dvr_keep_bytes",
      0,
      "How much all recordings of the vhost may take: with more, the oldest are deleted, but never the newest. 0: as much as there is room for.",
      { max: Number.MAX_SAFE_INTEGER, unit: "bytes", ...OWN },
    ),
  ],
  { typeName: "DvrConfig" },
);
