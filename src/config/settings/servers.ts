/**
 * Blocks of the listeners: RTMPS, HTTP, WebRTC, SRT, RTSP, stream casters and the exporter.
 *
 * @module
 */

import type { Endpoint } from "../endpoint.ts";
import type { Block, DeriveContext, SettingValue, Values } from "./setting.ts";
import { block, boolean, endpoints, integer, obsolete, oneOf, string, strings } from "./setting.ts";

const CERT = ["./conf/server.key", "./conf/server.crt"] as const;

const NOW = { takes: "now" } as const;

export const RTMPS: Block = block(
  "rtmps",
  "RTMP over TLS.",
  [
    boolean("enabled", false, "Listen for RTMPS.", NOW),
    endpoints("listen", 1443, "Where to listen.", NOW),
    string("key", CERT[0], "Private key, a PEM file. Read anew by a reload.", NOW),
    string("cert", CERT[1], "Certificate with its chain, a PEM file. Read anew by a reload.", NOW),
  ],
  { typeName: "RtmpsConfig" },
);

/** The API shares the port of the HTTP server if their `listen` is the same; then HTTPS as well. */
function apiHttpsListen({ blocks }: DeriveContext): SettingValue {
  const [, api, root] = blocks;
  const server = root?.["httpServer"] as Values | undefined;
  const isShared = JSON.stringify(api?.["listen"]) === JSON.stringify(server?.["listen"]);
  const serverHttps = server?.["https"] as Values | undefined;
  return isShared && serverHttps !== undefined
    ? (serverHttps["listen"] as SettingValue)
    : [{ host: "0.0.0.0", port: 1990 }];
}

export const HTTP_API: Block = block(
  "http_api",
  "The HTTP API.",
  [
    boolean("enabled", false, "Serve the HTTP API.", NOW),
    endpoints(
      "listen",
      1985,
      "Where to listen. The same as `http_server.listen`: one port for both.",
      NOW,
    ),
    obsolete(
      "crossdomain",
      "CORS on every HTTP port follows `http_server.crossdomain`, as in SRS.",
    ),
    boolean(
      "allow_update",
      false,
      "Let whoever may write by the API add `ingest` and `pull` entries, and take them away: FFmpeg reads and writes what its options say.",
      { ...NOW, isOwn: true },
    ),
    block(
      "raw_api",
      "The part of the API that acts on the server.",
      [
        boolean("enabled", false, "Serve `/api/v1/raw`.", NOW),
        boolean("allow_reload", false, "Let it reload the configuration.", NOW),
        obsolete("allow_query", "SRS removed it."),
        obsolete("allow_update", "SRS removed it."),
      ],
      { typeName: "RawApiConfig" },
    ),
    block(
      "auth",
      "Basic authentication for the API and `/metrics`. Without it, both answer this machine alone.",
      [
        boolean("enabled", false, "Ask for credentials, and answer whoever has them.", {
          takes: "next session",
        }),
        string("username", "", "The user's name.", { takes: "next session" }),
        string("password", "", "The password.", { takes: "next session" }),
      ],
      { typeName: "ApiAuthConfig" },
    ),
    block(
      "events",
      "What happens to the server, told as it happens by `/api/v2/events`; docs/events.md says how.",
      [
        integer("clients", 32, "Clients that may be told at the same time, all workers together.", {
          min: 1,
          max: 10_000,
          takes: "next session",
          isOwn: true,
        }),
        integer("history", 4_096, "Past events that are kept for clients that come again.", {
          min: 1,
          max: 1_000_000,
          ...NOW,
          isOwn: true,
        }),
        integer("history_bytes", 4_194_304, "What they may take.", {
          min: 65_536,
          max: 1_073_741_824,
          unit: "bytes",
          ...NOW,
          isOwn: true,
        }),
      ],
      { typeName: "ApiEventsConfig" },
    ),
    block(
      "https",
      "The HTTP API over TLS.",
      [
        boolean(
          "enabled",
          false,
          "Serve the API over HTTPS too; `http_api.enabled` is needed.",
          NOW,
        ),
        endpoints(
          "listen",
          { text: "1990, or `http_server.https.listen` on a shared port", derive: apiHttpsListen },
          "Where to listen.",
          NOW,
        ),
        string("key", CERT[0], "Private key, a PEM file. Read anew by a reload.", NOW),
        string(
          "cert",
          CERT[1],
          "Certificate with its chain, a PEM file. Read anew by a reload.",
          NOW,
        ),
      ],
      { typeName: "HttpsConfig", isUncheckedBySrs: true },
    ),
  ],
  { typeName: "HttpApiConfig" },
);

export const HTTP_SERVER: Block = block(
  "http_server",
  "HTTP: live streams as HTTP-FLV and WebSocket-FLV, static files, and the built-in pages.",
  [
    boolean("enabled", false, "Serve HTTP.", NOW),
    endpoints("listen", 8080, "Where to listen.", NOW),
    string("dir", "./html", "Folder of the static files.", {
      srsDefault: "./objs/nginx/html",
      ...NOW,
    }),
    boolean("crossdomain", true, "Allow pages of other sites to use every HTTP port (CORS).", {
      ...NOW,
    }),
    boolean(
      "page",
      true,
      "Serve the built-in pages on `/`, and on the API's ports `/console/`, where `dir` has none.",
      {
        isOwn: true,
        ...NOW,
      },
    ),
    block(
      "https",
      "The same over TLS.",
      [
        boolean("enabled", false, "Serve HTTPS too; `http_server.enabled` is needed.", NOW),
        endpoints("listen", 8088, "Where to listen.", NOW),
        string("key", CERT[0], "Private key, a PEM file. Read anew by a reload.", NOW),
        string(
          "cert",
          CERT[1],
          "Certificate with its chain, a PEM file. Read anew by a reload.",
          NOW,
        ),
      ],
      { typeName: "HttpsConfig", isUncheckedBySrs: true },
    ),
  ],
  { typeName: "HttpServerConfig" },
);

const NEXT = { takes: "next session" } as const;

const RTC_LISTEN = [{ host: "0.0.0.0", port: 8000 }];

function rtcListen({ blocks }: DeriveContext): SettingValue {
  const [, rtc] = blocks;
  const udp = rtc?.["listen"] as readonly Endpoint[];
  return udp.length === 0 ? RTC_LISTEN : udp;
}

export const RTC_SERVER: Block = block(
  "rtc_server",
  "WebRTC: one port for the media of all sessions. Who publishes and plays asks by HTTP, at `http_server` or `http_api`.",
  [
    boolean("enabled", false, "Serve WebRTC, on every vhost with `rtc.enabled`.", NOW),
    endpoints("listen", 8000, "UDP ports for media.", NOW),
    block(
      "tcp",
      "The same over TCP, for clients whose network lets no UDP through.",
      [
        boolean("enabled", true, "Listen on TCP as well.", { srsDefault: false, ...NOW }),
        endpoints(
          "listen",
          { text: "as `rtc_server.listen`, 8000 without UDP", derive: rtcListen },
          "TCP ports for media; may be those of `http_server`.",
          { srsDefault: RTC_LISTEN, ...NOW },
        ),
      ],
      { typeName: "RtcTcpConfig", isUncheckedBySrs: true },
    ),
    oneOf("protocol", ["udp", "tcp", "all"], "Transports to offer as candidates.", {
      value: "all",
      srsDefault: "udp",
      ...NEXT,
    }),
    strings(
      "candidate",
      ["*"],
      "Addresses that clients reach the server at, each with a port if it is not the one listened on; names are looked up. `*` stands for those that the server finds by itself.",
      { isEnvironmentReference: true, ...NEXT },
    ),
    oneOf("ip_family", ["ipv4", "ipv6", "all"], "Which local addresses `*` stands for.", {
      value: "all",
      srsDefault: "ipv4",
      ...NEXT,
    }),
    boolean(
      "use_auto_detect_network_ip",
      true,
      "`*` stands for the addresses of this machine's interfaces.",
      NEXT,
    ),
    boolean(
      "api_as_candidates",
      true,
      "`*` stands for the host too that the client asked at by HTTP.",
      NEXT,
    ),
    boolean("resolve_api_domain", true, "Look its address up if that host is a name.", NEXT),
    boolean("keep_api_domain", false, "Offer the name too.", NEXT),
    string(
      "key",
      "",
      "Private key for DTLS, a PEM file: ECDSA on P-256, or RSA. None: one that is made at each start.",
      { isOwn: true },
    ),
    string("cert", "", "The certificate that belongs to `key`, a PEM file.", { isOwn: true }),
    strings(
      "ice_servers",
      [],
      "Servers of STUN and TURN that WHIP and WHEP clients are told of: `stun:HOST`, or `turn:HOST?transport=udp; username=NAME; credential=PASSWORD`.",
      { isOwn: true, ...NEXT },
    ),
    boolean("ecdsa", true, "Make an ECDSA certificate where none is given; off: RSA."),
    boolean("encrypt", true, "Encrypt media with SRTP. Off is for looking at packets alone.", NEXT),
    boolean("merge_nalus", false, "Put small NAL units together on the way to players.", NEXT),
    obsolete("reuseport", "One socket serves a port; `workers` spread the work over the cores."),
    block(
      "black_hole",
      "A copy of all packets.",
      [
        obsolete("enabled", "It is a tool for work on SRS."),
        obsolete("addr", "It is a tool for work on SRS."),
      ],
      { typeName: "BlackHoleConfig", isUncheckedBySrs: true },
    ),
    obsolete("dir", "SRS removed it."),
  ],
  { typeName: "RtcServerConfig" },
);

const SRT_BUFFER_SIZE = 8192 * (1500 - 28); // Packets, times what a packet has beyond IP and UDP.

export const SRT_SERVER: Block = block(
  "srt_server",
  "SRT.",
  [
    boolean("enabled", false, "Listen for SRT; `vhost.srt.enabled` is needed as well."),
    endpoints("listen", 10_080, "UDP ports to listen on."),
    integer("maxbw", -1, "Most bandwidth to use. -1: no limit.", { min: -1, unit: "bytes/s" }),
    integer("mss", 1500, "Largest packet.", { min: 76, max: 65_536, unit: "bytes" }),
    integer("latency", 120, "Latency in both directions.", { unit: "ms" }),
    integer("recvlatency", 120, "Latency when receiving.", { unit: "ms" }),
    integer("peerlatency", 0, "Least latency asked of the peer.", { unit: "ms" }),
    boolean("tlpktdrop", true, "Drop packets that come too late."),
    boolean("tsbpdmode", true, "Deliver packets at their time."),
    integer("connect_timeout", 3000, "Time for a connection to be made.", { unit: "ms" }),
    integer("peer_idle_timeout", 10_000, "Silence after which a peer is gone.", { unit: "ms" }),
    integer("sendbuf", SRT_BUFFER_SIZE, "Send buffer.", { unit: "bytes" }),
    integer("recvbuf", SRT_BUFFER_SIZE, "Receive buffer.", { unit: "bytes" }),
    integer("payloadsize", 1316, "Payload of a packet.", { max: 1456, unit: "bytes" }),
    string("passphrase", "", "Passphrase of at least 10 characters; encrypts with AES."),
    integer("pbkeylen", 0, "Length of the AES key: 16, 24 or 32. 0: from the peer.", {
      max: 32,
      unit: "bytes",
    }),
    string("default_app", "live", "App for a stream id that has only a stream name.", {
      takes: "next session",
    }),
    boolean("sei_filter", true, "Drop SEI NAL units on the way from SRT to RTMP.", {
      takes: "next session",
    }),
    obsolete("mix_correct", "SRS never used it."),
  ],
  { typeName: "SrtServerConfig", planned: "SRT is not supported yet" },
);

export const RTSP_SERVER: Block = block(
  "rtsp_server",
  "RTSP.",
  [
    boolean("enabled", false, "Listen for RTSP; `vhost.rtsp.enabled` is needed as well."),
    endpoints("listen", 554, "TCP ports to listen on."),
  ],
  { typeName: "RtspServerConfig", planned: "RTSP is not supported yet" },
);

export const STREAM_CASTER: Block = {
  ...block(
    "stream_caster",
    "Listeners that take a stream of a foreign kind and publish it as RTMP.",
    [
      boolean("enabled", false, "Listen."),
      oneOf("caster", ["", "mpegts_over_udp", "flv", "gb28181"], "What the listener takes."),
      string(
        "output",
        "",
        "RTMP URL to publish to, such as `rtmp://127.0.0.1/[app]/[stream]`; the variables depend on the caster.",
      ),
      endpoints(
        "listen",
        { text: "none", derive: () => [] },
        "Where to listen: UDP for mpegts_over_udp, else TCP.",
      ),
      block(
        "sip",
        "The SIP server for gb28181.",
        [
          boolean("enabled", true, "Answer SIP over TCP."),
          endpoints("listen", 5060, "Where to listen for SIP."),
          integer("timeout", 60, "Time for a session to be set up.", { unit: "s" }),
          integer("reinvite", 5, "Wait before the next invitation.", { unit: "s" }),
          string("candidate", "*", "Address to put into SDP; `*` is the machine's own.", {
            isEnvironmentReference: true,
          }),
        ],
        { typeName: "SipConfig" },
      ),
    ],
    {
      typeName: "StreamCasterConfig",
      hasNoEnv: true,
      planned: "Stream casters are not supported yet",
    },
  ),
  shape: "list",
};

function exporterListen({ format }: DeriveContext): SettingValue {
  return format === "srs" ? [{ host: "0.0.0.0", port: 9972 }] : [];
}

export const EXPORTER: Block = block(
  "exporter",
  "Figures for Prometheus at `/metrics`. Who may ask is as for the HTTP API.",
  [
    boolean("enabled", true, "Serve the figures.", { srsDefault: false }),
    endpoints(
      "listen",
      { text: "none; in SRS's format 9972", derive: exporterListen },
      "Where to serve them besides the ports of the HTTP API.",
    ),
    string("label", "", "Value of the label `label` on every figure."),
    string("tag", "", "Value of the label `tag` on every figure."),
  ],
  { typeName: "ExporterConfig" },
);
