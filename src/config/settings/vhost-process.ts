/**
 * Vhost blocks that run external programs.
 *
 * @module
 */

import type { Block, Item } from "./setting.ts";
import { block, boolean, commands, integer, number, oneOf, options, string } from "./setting.ts";

const NOW = { takes: "now" } as const;
const OWN = { ...NOW, isOwn: true } as const;
const FFMPEG = "FFmpeg: a path, or a name that is looked for in PATH.";

export const EXEC: Block = block(
  "exec",
  "Programs to run when something happens to a stream; docs/exec.md says how.",
  [
    boolean("enabled", false, "Run the programs.", NOW),
    commands(
      "publish",
      "Programs that run for as long as a stream is published, each a list of arguments that may hold variables.",
      NOW,
    ),
    commands("publish_done", "Programs to run once when a publisher has left.", OWN),
    commands("play", "Programs to run once for each player that begins.", OWN),
    commands("play_done", "Programs to run once for each player that has left.", OWN),
    commands("record_done", "Programs to run once for each file that has been recorded.", OWN),
    integer(
      "timeout",
      3600,
      "How long a program may run that is run once. 0: as long as it likes.",
      { unit: "s", ...OWN },
    ),
  ],
  { typeName: "ExecConfig", hasNoEnv: true },
);

const ENGINE: readonly Item[] = [
  boolean("enabled", false, "Use this engine.", NOW),
  options("perfile", "Options before the input.", NOW),
  string("iformat", "flv", "Format of the input; `off`: not given.", NOW),
  options("vfilter", "Options for video filters.", NOW),
  string("vcodec", "", "Video codec: libx264, copy, png, or `vn` for no video.", NOW),
  integer("vbitrate", 0, "Video bitrate. 0: not given.", { unit: "kbit/s", ...NOW }),
  number("vfps", 0, "Frame rate. 0: not given.", NOW),
  integer("vwidth", 0, "Width of the picture. 0: not given.", { unit: "pixels", ...NOW }),
  integer("vheight", 0, "Height of the picture. 0: not given.", { unit: "pixels", ...NOW }),
  integer("vthreads", 1, "Threads of the encoder.", NOW),
  string("vprofile", "", "Profile of the encoder.", NOW),
  string("vpreset", "", "Preset of the encoder.", NOW),
  options("vparams", "More options for video.", NOW),
  string("acodec", "", "Audio codec: aac, libfdk_aac, copy, or `an` for no audio.", NOW),
  integer("abitrate", 0, "Audio bitrate. 0: not given.", { unit: "kbit/s", ...NOW }),
  integer("asample_rate", 0, "Audio sample rate. 0: not given.", { unit: "Hz", ...NOW }),
  integer("achannels", 0, "Audio channels. 0: not given.", NOW),
  options("aparams", "More options for audio.", NOW),
  string("oformat", "flv", "Format of the output; `off`: not given.", NOW),
  string("output", "", "URL or file to write; may hold variables.", NOW),
];

const ENGINES: Block = {
  ...block("engines", "How to encode, one output each.", ENGINE, {
    srsName: "engine",
    keyName: "ID",
    typeName: "EngineConfig",
  }),
  shape: "map",
};

export const INGEST: Block = {
  ...block(
    "ingest",
    "Streams and files that FFmpeg fetches and publishes here.",
    [
      boolean("enabled", false, "Run this ingester.", NOW),
      block(
        "input",
        "What to fetch.",
        [
          oneOf(
            "type",
            ["file", "stream", "device"],
            "`file`: over and over; `stream`; both in real time. `device` (ours): as it comes.",
            NOW,
          ),
          string("url", "", "URL or path.", NOW),
          options(
            "options",
            "Options before the input, such as `rtsp_transport: tcp`; `perfile` of an engine counts with codecs alone.",
            OWN,
          ),
        ],
        { typeName: "IngestInputConfig", isUncheckedBySrs: true },
      ),
      string("ffmpeg", "ffmpeg", FFMPEG, NOW),
      { ...ENGINES, isUncheckedBySrs: true },
    ],
    {
      keyName: "ID",
      typeName: "IngestConfig",
      hasNoEnv: true,
    },
  ),
  shape: "map",
};

export const TRANSCODE: Block = {
  ...block(
    "transcode",
    "Published streams that FFmpeg encodes again, by `app` or `app/stream`; `*` is every stream. The first of `*`, `app` and `app/stream` that is enabled is used.",
    [
      boolean("enabled", false, "Transcode these streams.", NOW),
      string("ffmpeg", "ffmpeg", FFMPEG, NOW),
      ENGINES,
    ],
    {
      keyName: "STREAMS",
      typeName: "TranscodeConfig",
      hasNoEnv: true,
    },
  ),
  shape: "map",
};

export const SNAPSHOT: Block = block(
  "snapshot",
  "Pictures of published streams over HTTP, as `/app/stream.jpg`; docs/snapshots.md says how.",
  [
    boolean("enabled", false, "Give out pictures.", OWN),
    string("ffmpeg", "ffmpeg", FFMPEG, OWN),
    number("interval", 10, "How long a picture is as good as a new one.", {
      min: 1,
      max: 86_400,
      unit: "s",
      ...OWN,
    }),
    integer("width", 0, "Width of the picture; the height follows. 0: as it is, up to 4096.", {
      max: 4_096,
      unit: "pixels",
      ...OWN,
    }),
    string(
      "path",
      "",
      "File to write a picture to at each interval, such as `./html/[app]/[stream].jpg`. Empty: none.",
      OWN,
    ),
  ],
  { typeName: "SnapshotConfig", hasNoEnv: true },
);
