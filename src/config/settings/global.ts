/**
 * Settings outside all blocks, and the small blocks that concern the whole process.
 *
 * @module
 */

import type { Block, DeriveContext, Item } from "./setting.ts";
import {
  block,
  boolean,
  endpoints,
  integer,
  number,
  obsolete,
  oneOf,
  string,
  strings,
} from "./setting.ts";

const LEVELS_V1 = ["trace", "verbose", "info", "warn", "error"] as const;
const LEVELS_V2 = ["", "trace", "debug", "info", "warn", "error"] as const;

export const GLOBAL: readonly Item[] = [
  endpoints(
    "listen",
    1935,
    "Where to listen for RTMP: a port, `address:port`, or several of them.",
    { takes: "now" },
  ),
  string(
    "pid",
    "",
    "File to write the process id to; the server does not start if it names one that is running. Empty: none.",
    { srsDefault: "./objs/srs.pid" },
  ),
  integer(
    "max_connections",
    1000,
    "Connections accepted at the same time, over all TCP listeners.",
    {
      min: 1,
      max: 1_000_000,
      takes: "next session",
    },
  ),
  string(
    "workers",
    "1",
    "How many processes serve, on the same ports and as one server; `auto`: as many as the machine has cores.",
    { isOwn: true },
  ),
  boolean(
    "daemon",
    false,
    "Run in the background, once all ports are open. Without effect under a service manager that is told so, as the first process of a container, and with `--foreground`.",
    { srsDefault: true },
  ),
  string(
    "user",
    "",
    "The user to act for once all ports and files are open, for a server that root starts: `name` or `name:group`, or numbers. Empty: whoever starts it.",
    { isOwn: true },
  ),
  boolean("in_docker", false, "The server runs in a container."),
  boolean("disable_daemon_for_docker", true, "Ignore `daemon` in a container."),
  boolean("asprocess", false, "Quit when the parent process is gone."),
  string("work_dir", "./", "Folder to change to at start; relative paths start there."),
  string(
    "server_id",
    "",
    "Name of this server in the HTTP API and in callbacks. Empty: one is made and, if there is a pid file, kept beside it.",
  ),
  integer("pithy_print_ms", 10_000, "Interval of the periodic log lines of each session.", {
    min: 100,
    unit: "ms",
    takes: "now",
    planned: "Periodic log lines are not supported yet",
  }),
  boolean("utc_time", false, "Use UTC instead of local time in the log and in file names.", {
    planned: "UTC times in the log are not supported yet",
  }),
  oneOf("srs_log_tank", ["console", "file"], "Where the log goes.", {
    srsDefault: "file",
    env: ["LOG_TANK", "SRS_LOG_TANK"],
  }),
  oneOf(
    "srs_log_level",
    LEVELS_V1,
    "Log level in SRS's older words: `verbose` and `info` mean debug, `trace` means info.",
    { env: ["LOG_LEVEL", "SRS_LOG_LEVEL"] },
  ),
  oneOf(
    "srs_log_level_v2",
    LEVELS_V2,
    "Log level in SRS's newer words; beats `srs_log_level` unless empty. `trace` means debug.",
    { env: ["LOG_LEVEL_V2", "SRS_LOG_LEVEL_V2"] },
  ),
  string("srs_log_file", "./sluice.log", "File for the log if `srs_log_tank` is `file`.", {
    srsDefault: "./objs/srs.log",
    env: ["LOG_FILE", "SRS_LOG_FILE"],
  }),
  string("ff_log_dir", "./", "Folder for the logs of FFmpeg; `/dev/null` keeps none.", {
    srsDefault: "./objs",
    takes: "now",
  }),
  string("ff_log_level", "info", "Log level handed to FFmpeg that ingests.", { takes: "now" }),
  integer("chunk_size", 60_000, "Size of the RTMP chunks sent; a vhost may have its own.", {
    min: 128,
    max: 65_536,
    unit: "bytes",
    takes: "next session",
    srsOutOfRange: "clamp",
  }),
  obsolete("empty_ip_ok", "A connection whose peer has no address is closed in any case."),
  integer(
    "grace_start_wait",
    0,
    "Wait between the signal to stop gracefully and closing listeners.",
    {
      srsDefault: 2300,
      unit: "ms",
      takes: "now",
    },
  ),
  integer("grace_final_wait", 0, "Wait after the last connection has gone in a graceful stop.", {
    srsDefault: 3200,
    unit: "ms",
    takes: "now",
  }),
  integer(
    "grace_timeout",
    0,
    "How long a graceful stop waits for the last to leave; who is still there then is disconnected. A service manager is asked for that much time. 0: as long as anybody stays, and the manager lets it.",
    {
      unit: "ms",
      takes: "now",
      isOwn: true,
    },
  ),
  boolean("force_grace_quit", false, "Stop gracefully on SIGTERM too, as on SIGQUIT.", {
    takes: "now",
  }),
  boolean("inotify_auto_reload", false, "Reload when the configuration file changes."),
  boolean("auto_reload_for_docker", true, "Reload when the file changes if in a container."),
  obsolete("tcmalloc_release_rate", "It tunes an allocator that is not used here."),
  obsolete("query_latest_version", "The server never asks anybody for its latest version."),
  obsolete("first_wait_for_qlv", "The server never asks anybody for its latest version."),
  obsolete(
    "is_full",
    "It marks SRS's sample of all settings, which is refused with `on`, as SRS does.",
  ),
];

/** What all levels come down to. */
function effectiveLogLevel({ blocks }: DeriveContext): string {
  const root = blocks.at(-1) ?? {};
  const v2 = String(root["srsLogLevelV2"] ?? "");
  if (v2 !== "") return v2 === "trace" ? "debug" : v2;
  const v1 = String(root["srsLogLevel"] ?? "trace");
  if (v1 === "trace") return "info";
  return v1 === "verbose" || v1 === "info" ? "debug" : v1;
}

export const LOG: Block = block(
  "log",
  "How the log looks.",
  [
    oneOf(
      "format",
      ["auto", "pretty", "json"],
      "`pretty`: a line to read; `json`: a line for machines; `auto`: pretty on a terminal, else json.",
      { isOwn: true },
    ),
    oneOf(
      "level",
      ["info", "debug", "warn", "error"],
      "The least important lines that are logged.",
      {
        value: { text: "from `srs_log_level_v2` and `srs_log_level`", derive: effectiveLogLevel },
        isOwn: true,
      },
    ),
  ],
  { typeName: "LogConfig" },
);

export const LIMITS: Block = block(
  "limits",
  "Limits that protect the server from strangers.",
  [
    integer("handshake_timeout", 10, "Time for a new connection to finish its first exchange.", {
      min: 1,
      max: 3600,
      unit: "s",
      takes: "next session",
      isOwn: true,
    }),
    integer(
      "connections_per_address",
      0,
      "Connections at the same time from one address. 0: no limit.",
      {
        takes: "next session",
        isOwn: true,
      },
    ),
    integer(
      "auth_failures",
      10,
      "Wrong tokens and passwords from one address, after which it has to wait before it can show another. 0: no limit.",
      {
        max: 1_000_000,
        takes: "next session",
        isOwn: true,
      },
    ),
    integer("rtmp_message_size", 16_777_216, "Largest RTMP message accepted from a peer.", {
      min: 65_536,
      max: 16_777_216, // The length field of a message has 24 bits.
      unit: "bytes",
      takes: "next session",
      isOwn: true,
    }),
    integer(
      "programs",
      64,
      "Programs that may run beside the server at the same time, for `exec`, `transcode`, `ingest` and `snapshot`; with workers in each of them. What runs once has half of them.",
      {
        min: 1,
        max: 10_000,
        takes: "now",
        isOwn: true,
      },
    ),
    integer(
      "send_buffer",
      524_288,
      "What the kernel may hold for a connection that reads slower than it is sent to; on Bun and Deno, on Linux. Node has no way to set it: set net.ipv4.tcp_wmem there. Linux grants at most `net.core.wmem_max`. 0: the kernel's own rule, which lets it grow to 4 MiB.",
      {
        max: 67_108_864,
        unit: "bytes",
        takes: "restart",
        isOwn: true,
      },
    ),
  ],
  { typeName: "LimitsConfig" },
);

export const USERS: Block = {
  ...block(
    "users",
    "Who may use the HTTP API, publish and play by name and password; docs/access.md says how.",
    [
      string(
        "password",
        "",
        "What `sluice hash-password` makes of the password. Empty: nobody can use the name.",
        { takes: "next session", isOwn: true },
      ),
      strings(
        "permissions",
        [],
        "What the user may do: `publish`, `play`, `api:read`, `api:write`, each everywhere or, behind another colon, on paths such as `publish:/live/*`.",
        { takes: "next session", isOwn: true },
      ),
    ],
    { srsName: "user", keyName: "NAME", typeName: "UserConfig", hasNoEnv: true },
  ),
  shape: "map",
};

export const TEST_STREAM: Block = block(
  "test_stream",
  "A test picture that the server publishes itself, on the default vhost.",
  [
    boolean("enabled", false, "Publish the test picture.", { isOwn: true }),
    string("app", "live", "Its app.", { isOwn: true }),
    string("stream", "test", "Its stream name.", { isOwn: true }),
  ],
  { typeName: "TestStreamConfig" },
);

const NOW = { takes: "now" } as const;

export const CIRCUIT_BREAKER: Block = block(
  "circuit_breaker",
  "Protection of WebRTC against overload of the processor, sampled once a second.",
  [
    boolean("enabled", true, "Watch the load of the core that the process runs on.", NOW),
    integer("high_threshold", 90, "Load from which NACK is off.", { unit: "%", ...NOW }),
    integer("high_pulse", 2, "Samples to enter and leave that state. 0: never.", NOW),
    integer("critical_threshold", 95, "Load from which TWCC is off as well.", {
      unit: "%",
      ...NOW,
    }),
    integer("critical_pulse", 1, "Samples to enter and leave that state. 0: never.", NOW),
    integer("dying_threshold", 99, "Load from which packets to players are dropped.", {
      unit: "%",
      ...NOW,
    }),
    integer("dying_pulse", 5, "Samples to enter and leave that state. 0: never.", NOW),
  ],
  { typeName: "CircuitBreakerConfig", isUncheckedBySrs: true },
);

export const THREADS: Block = block(
  "threads",
  "Threads of SRS.",
  [obsolete("interval", "It is the period of a thread manager that is not needed here.")],
  { typeName: "ThreadsConfig", isUncheckedBySrs: true },
);

export const HEARTBEAT: Block = block(
  "heartbeat",
  "Reports this server to another one over HTTP, at start and at intervals.",
  [
    boolean("enabled", false, "Send heartbeats."),
    number("interval", 10, "Time between two heartbeats.", { min: 0.1, unit: "s" }),
    string("url", "http://127.0.0.1:8085/api/v1/servers", "Where to POST them.", {
      takes: "next session",
    }),
    string("device_id", "", "Name of this device in the report.", { takes: "next session" }),
    boolean("summaries", false, "Include the summaries of the HTTP API.", {
      takes: "next session",
    }),
    boolean("ports", false, "Include the ports the server listens on.", { takes: "next session" }),
  ],
  { typeName: "HeartbeatConfig" },
);

export const STATS: Block = block(
  "stats",
  "Sampling of the machine's load for the HTTP API.",
  [
    boolean("enabled", true, "Sample the machine every 3 s. Off: when asked, and rates are 0."),
    integer("network", 0, "Which of the machine's addresses to report, counted from 0.", {
      takes: "next session",
    }),
    strings("disk", [], "Disks to report, named as in /proc/diskstats.", { takes: "next session" }),
  ],
  { typeName: "StatsConfig", hasNoEnv: true },
);
