/**
 * Vhost blocks that run external programs.
 *
 * @module
 */

import type { Block, Item } from "./setting.ts";
import { block, boolean, commands, integer, number, oneOf, options, string } from "./setting.ts";

const NOW = { takes: "now" } as const;

export const EXEC: Block = block(
  "exec",
  "Programs to run while a stream is published.",
  [
    boolean("enabled", false, "Run the programs.", NOW),
    commands("publish", "Programs, each a list of arguments that may hold variables.", NOW),
  ],
  { typeName: "ExecConfig", hasNoEnv: true, planned: "Running programs is not supported yet" },
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
            ["file", "stream"],
            "`file`: played at its own speed; `stream`: as it comes.",
            NOW,
          ),
          string("url", "", "URL or path.", NOW),
        ],
        { typeName: "IngestInputConfig", isUncheckedBySrs: true },
      ),
      string("ffmpeg", "", "Path of FFmpeg.", NOW),
      { ...ENGINES, isUncheckedBySrs: true },
    ],
    {
      keyName: "ID",
      typeName: "IngestConfig",
      hasNoEnv: true,
      planned: "Ingesting is not supported yet",
    },
  ),
  shape: "map",
};

export const TRANSCODE: Block = {
  ...block(
    "transcode",
    "Published streams that FFmpeg encodes again, by `app` or `app/stream`; `*` is every stream.",
    [
      boolean("enabled", false, "Transcode these streams.", NOW),
      string("ffmpeg", "", "Path of FFmpeg.", NOW),
      ENGINES,
    ],
    {
      keyName: "STREAMS",
      typeName: "TranscodeConfig",
      hasNoEnv: true,
      planned: "Transcoding is not supported yet",
    },
  ),
  shape: "map",
};
