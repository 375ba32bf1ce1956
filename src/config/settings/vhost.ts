/**
 * The vhost block with what concerns RTMP sessions: publishing and playing.
 *
 * @module
 */

import type { Block, DeriveContext, Values } from "./setting.ts";
import { block, boolean, integer, number, obsolete, oneOf } from "./setting.ts";
import { REFER, SECURITY, TOKEN } from "./vhost-access.ts";
import { CLUSTER, FORWARD, PULL } from "./vhost-cluster.ts";
import { DVR, HDS } from "./vhost-files.ts";
import { HTTP_HOOKS, HTTP_REMUX, HTTP_STATIC } from "./vhost-http.ts";
import { CMAF, DASH, HLS } from "./vhost-packaging.ts";
import { EXEC, INGEST, SNAPSHOT, TRANSCODE } from "./vhost-process.ts";
import { RTC, RTSP, SRT } from "./vhost-protocols.ts";

/** In realtime mode nothing waits for company. */
function isRealtime(context: DeriveContext): boolean {
  return context.blocks[1]?.["minLatency"] === true;
}

const PLAY: Block = block(
  "play",
  "Playing, by any protocol that sends frames as they come.",
  [
    boolean(
      "gop_cache",
      true,
      "Keep the frames since the last key frame, so that players start with a picture at once.",
      { takes: "now" },
    ),
    integer("gop_cache_max_frames", 2500, "Frames from which the cache is emptied. 0: no limit.", {
      takes: "now",
    }),
    integer(
      "queue_length",
      30,
      "Longest backlog of a player; then it skips to the next key frame.",
      {
        min: 1,
        max: 3600,
        unit: "s",
        takes: "now",
      },
    ),
    integer(
      "queue_bytes",
      33_554_432,
      "Largest backlog of a player; then it skips to the next key frame.",
      { min: 65_536, unit: "bytes", takes: "now", isOwn: true },
    ),
    oneOf(
      "time_jitter",
      ["full", "zero", "off"],
      "What is done to timestamps: `full`: start near 0 and never jump; `zero`: start at 0; `off`: nothing.",
      { takes: "now" },
    ),
    boolean("atc", false, "Keep the publisher's timestamps; beats `time_jitter`.", {
      takes: "now",
    }),
    boolean("atc_auto", false, "Behave as with `atc` if the publisher's metadata asks for it.", {
      takes: "next session",
    }),
    boolean("mix_correct", false, "Put audio and video into the order of their timestamps.", {
      takes: "now",
    }),
    integer(
      "mw_latency",
      {
        text: "350, or 0 with `min_latency`",
        derive: (context) => (isRealtime(context) ? 0 : 350),
      },
      "Time to collect messages before they are written to players together.",
      { max: 10_000, unit: "ms", takes: "now", srsDefault: 350 },
    ),
    integer(
      "mw_msgs",
      { text: "8, or 0 with `min_latency`", derive: (context) => (isRealtime(context) ? 0 : 8) },
      "Messages to collect before they are written to players together.",
      { max: 128, takes: "now", srsOutOfRange: "clamp" },
    ),
    integer("send_min_interval", 0, "Least time between two messages to a player.", {
      unit: "ms",
      takes: "now",
      planned: "A least interval between messages is not supported yet",
    }),
    boolean(
      "reduce_sequence_header",
      false,
      "Do not send a sequence header again that is the same.",
      {
        takes: "next session",
      },
    ),
    integer("write_timeout", 30, "Time without progress after which a player is closed.", {
      min: 1,
      max: 3600,
      unit: "s",
      takes: "next session",
      isOwn: true,
    }),
    integer(
      "wait_stream",
      30,
      "How long an HTTP player waits for a stream that nobody publishes yet. 0: without end.",
      { srsDefault: 0, max: 86_400, unit: "s", takes: "next session", isOwn: true },
    ),
    integer(
      "idle_stream_timeout",
      10,
      "Time after which a stream without publisher and players is forgotten.",
      { srsDefault: 3, min: 1, max: 86_400, unit: "s", takes: "now", isOwn: true },
    ),
  ],
  { typeName: "PlayConfig" },
);

const PUBLISH: Block = block(
  "publish",
  "Publishing.",
  [
    obsolete("mr", "What has arrived is read at once; there is no read to merge."),
    obsolete("mr_latency", "What has arrived is read at once; there is no read to merge."),
    integer("firstpkt_timeout", 20_000, "Time for a publisher to send its first message.", {
      min: 100,
      unit: "ms",
      takes: "now",
    }),
    integer("normal_timeout", 5000, "Time without messages after which a publisher is closed.", {
      min: 100,
      unit: "ms",
      takes: "now",
    }),
    obsolete("parse_sps", "The sequence header is always parsed."),
    obsolete("try_annexb_first", "The format of NAL units follows from the codec's own marks."),
    number(
      "kickoff_for_idle",
      0,
      "Time without players after which a publisher is closed. 0: never.",
      {
        unit: "s",
        takes: "next session",
      },
    ),
    integer(
      "grace_ms",
      5000,
      "How long a stream outlives its publisher: players stay, and a publisher who returns goes on.",
      { srsDefault: 0, max: 3_600_000, unit: "ms", takes: "next session", isOwn: true },
    ),
  ],
  { typeName: "PublishConfig" },
);

/** The chunk size for all vhosts that have none of their own. */
function globalChunkSize({ blocks }: DeriveContext): number {
  return (blocks.at(-1) as Values)["chunkSize"] as number;
}

export const VHOSTS: Block = {
  ...block(
    "vhosts",
    "What differs by host name. `__defaultVhost__` serves IP addresses and every name not listed.",
    [
      boolean("enabled", true, "Serve this vhost; off: refuse everybody.", {
        takes: "now",
        env: [],
      }),
      integer(
        "chunk_size",
        { text: "the global `chunk_size`", derive: globalChunkSize },
        "Size of the RTMP chunks sent.",
        { min: 128, max: 65_536, unit: "bytes", takes: "next session", srsOutOfRange: "clamp" },
      ),
      integer("in_ack_size", 0, "Acknowledge after this many bytes. 0: as the peer asks.", {
        unit: "bytes",
        takes: "next session",
      }),
      integer(
        "out_ack_size",
        2_500_000,
        "Ask peers to acknowledge after this many bytes. 0: do not.",
        {
          unit: "bytes",
          takes: "next session",
        },
      ),
      boolean("tcp_nodelay", true, "Send small packets at once (no Nagle algorithm).", {
        srsDefault: false,
        takes: "now",
      }),
      boolean("min_latency", false, "Realtime mode: write each frame as it comes.", {
        takes: "now",
      }),
      obsolete("bandcheck", "SRS removed the bandwidth check."),
      PLAY,
      PUBLISH,
      HTTP_REMUX,
      HTTP_STATIC,
      HTTP_HOOKS,
      SECURITY,
      REFER,
      TOKEN,
      CLUSTER,
      FORWARD,
      PULL,
      HLS,
      CMAF,
      DASH,
      HDS,
      DVR,
      EXEC,
      INGEST,
      TRANSCODE,
      SNAPSHOT,
      RTC,
      SRT,
      RTSP,
    ],
    { srsName: "vhost", keyName: "NAME", typeName: "VhostConfig" },
  ),
  shape: "map",
};
