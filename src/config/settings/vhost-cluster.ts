/**
 * Vhost blocks that join servers: edge and origin clusters, forwarding.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, oneOf, string, strings } from "./setting.ts";

const NEXT = { takes: "next session" } as const;
const PULLED = { takes: "now", isOwn: true } as const;
const OWN = { ...NEXT, isOwn: true } as const;

export const CLUSTER: Block = block(
  "cluster",
  "Edges, which fetch streams from origins, and clusters of origins.",
  [
    oneOf("mode", ["local", "remote"], "`local`: origin; `remote`: edge.", { takes: "restart" }),
    strings("origin", [], "Origins of an edge, each `host` or `host:port`, used in turn.", NEXT),
    boolean("token_traverse", false, "Let the origin check a client's connect first.", NEXT),
    string("vhost", "[vhost]", "Vhost to use at the origin.", NEXT),
    boolean("debug_srs_upnode", true, "Tell the origin about this server when connecting.", NEXT),
    oneOf("protocol", ["rtmp", "flv", "flvs"], "Protocol to fetch streams by.", NEXT),
    boolean("follow_client", false, "Fetch by the protocol of the first client.", NEXT),
    boolean("origin_cluster", false, "Send players to the origin that has the stream.", NEXT),
    strings("coworkers", [], "The other origins, each `host:port` of its HTTP API.", NEXT),
  ],
  {
    typeName: "ClusterConfig",
    hasNoEnv: true,
    planned: "Edges and clusters are not supported yet, the vhost serves its own streams only",
  },
);

export const PULL: Block = {
  ...block(
    "pull",
    "Streams that are fetched from other servers and published here, without FFmpeg.",
    [
      boolean("enabled", true, "Fetch this stream.", PULLED),
      string(
        "url",
        "",
        "`rtmp://`, `rtmps://`, or the address of HTTP-FLV or HLS (`.m3u8`).",
        PULLED,
      ),
      string("stream", "", "What it is called here: `app/stream`.", PULLED),
      boolean("tls_verify", true, "Refuse a server whose certificate is not valid.", PULLED),
      string("tls_ca", "", "File of further authorities to trust, PEM.", PULLED),
    ],
    { keyName: "ID", typeName: "PullConfig", hasNoEnv: true },
  ),
  shape: "map",
};

export const FORWARD: Block = block(
  "forward",
  "Copies of every published stream to other servers.",
  [
    boolean("enabled", false, "Forward streams.", { takes: "now" }),
    strings(
      "destination",
      [],
      "Servers, each `host` or `host:port`, or addresses `rtmp://host/app/stream`, `rtmps` too, in which `[vhost]`, `[app]`, `[stream]` and `[param]` are the stream's.",
      { takes: "now" },
    ),
    string("backend", "", "URL to ask for destinations; replaces `destination`.", {
      takes: "next session",
    }),
    boolean("tls_verify", true, "Refuse a server of `rtmps` whose certificate is not valid.", OWN),
    string("tls_ca", "", "File of further authorities to trust, PEM.", OWN),
  ],
  { typeName: "ForwardConfig", hasNoEnv: true },
);
