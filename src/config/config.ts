/**
 * The configuration as the server sees it.
 * Property names are the directives' in camel case.
 *
 * Made by scripts/generate.ts from src/config/settings/: do not edit.
 *
 * @module
 */

import type { Endpoint } from "./endpoint.ts";
import type { VhostConfig } from "./vhost-config.ts";

/** The whole configuration. */
export interface Config {
  /** Where to listen for RTMP: a port, `address:port`, or several of them. */
  readonly listen: readonly Endpoint[];
  /**
   * File to write the process id to; the server does not start if it names one that is running.
   * Empty: none.
   */
  readonly pid: string;
  /** Connections accepted at the same time, over all TCP listeners. */
  readonly maxConnections: number;
  /**
   * How many processes serve, on the same ports and as one server; `auto`: as many as the machine
   * has cores.
   */
  readonly workers: string;
  /**
   * Run in the background, once all ports are open. Without effect under a service manager that is
   * told so, as the first process of a container, and with `--foreground`.
   */
  readonly daemon: boolean;
  /**
   * The user to act for once all ports and files are open, for a server that root starts: `name` or
   * `name:group`, or numbers. Empty: whoever starts it.
   */
  readonly user: string;
  /** The server runs in a container. */
  readonly inDocker: boolean;
  /** Ignore `daemon` in a container. */
  readonly disableDaemonForDocker: boolean;
  /** Quit when the parent process is gone. */
  readonly asprocess: boolean;
  /** Folder to change to at start; relative paths start there. */
  readonly workDir: string;
  /**
   * Name of this server in the HTTP API and in callbacks. Empty: one is made and, if there is a pid
   * file, kept beside it.
   */
  readonly serverId: string;
  /** Interval of the periodic log lines of each session. Unit: ms. Not supported yet. */
  readonly pithyPrintMs: number;
  /** Use UTC instead of local time in the log and in file names. Not supported yet. */
  readonly utcTime: boolean;
  /** Where the log goes. */
  readonly srsLogTank: "console" | "file";
  /** Log level in SRS's older words: `verbose` and `info` mean debug, `trace` means info. */
  readonly srsLogLevel: "trace" | "verbose" | "info" | "warn" | "error";
  /** Log level in SRS's newer words; beats `srs_log_level` unless empty. `trace` means debug. */
  readonly srsLogLevelV2: "" | "trace" | "debug" | "info" | "warn" | "error";
  /** File for the log if `srs_log_tank` is `file`. */
  readonly srsLogFile: string;
  /** Folder for the logs of FFmpeg; `/dev/null` keeps none. */
  readonly ffLogDir: string;
  /** Log level handed to FFmpeg that ingests. */
  readonly ffLogLevel: string;
  /** Size of the RTMP chunks sent; a vhost may have its own. Unit: bytes. */
  readonly chunkSize: number;
  /** Wait between the signal to stop gracefully and closing listeners. Unit: ms. */
  readonly graceStartWait: number;
  /** Wait after the last connection has gone in a graceful stop. Unit: ms. */
  readonly graceFinalWait: number;
  /**
   * How long a graceful stop waits for the last to leave; who is still there then is disconnected.
   * A service manager is asked for that much time. 0: as long as anybody stays, and the manager
   * lets it. Unit: ms.
   */
  readonly graceTimeout: number;
  /** Stop gracefully on SIGTERM too, as on SIGQUIT. */
  readonly forceGraceQuit: boolean;
  /** Reload when the configuration file changes. */
  readonly inotifyAutoReload: boolean;
  /** Reload when the file changes if in a container. */
  readonly autoReloadForDocker: boolean;
  readonly log: LogConfig;
  readonly limits: LimitsConfig;
  readonly users: Readonly<Record<string, UserConfig>>;
  readonly rtmps: RtmpsConfig;
  readonly httpApi: HttpApiConfig;
  readonly httpServer: HttpServerConfig;
  readonly rtcServer: RtcServerConfig;
  readonly srtServer: SrtServerConfig;
  readonly rtspServer: RtspServerConfig;
  readonly streamCaster: readonly StreamCasterConfig[];
  readonly exporter: ExporterConfig;
  readonly heartbeat: HeartbeatConfig;
  readonly stats: StatsConfig;
  readonly circuitBreaker: CircuitBreakerConfig;
  readonly tencentcloudCls: TencentcloudClsConfig;
  readonly tencentcloudApm: TencentcloudApmConfig;
  readonly tracing: TracingConfig;
  readonly testStream: TestStreamConfig;
  readonly vhosts: Readonly<Record<string, VhostConfig>>;
}

/** How the log looks. */
export interface LogConfig {
  /**
   * `pretty`: a line to read; `json`: a line for machines; `auto`: pretty on a terminal, else json.
   */
  readonly format: "auto" | "pretty" | "json";
  /** The least important lines that are logged. */
  readonly level: "info" | "debug" | "warn" | "error";
}

/** Limits that protect the server from strangers. */
export interface LimitsConfig {
  /** Time for a new connection to finish its first exchange. Unit: s. */
  readonly handshakeTimeout: number;
  /** Connections at the same time from one address. 0: no limit. */
  readonly connectionsPerAddress: number;
  /**
   * Wrong tokens and passwords from one address, after which it has to wait before it can show
   * another. 0: no limit.
   */
  readonly authFailures: number;
  /** Largest RTMP message accepted from a peer. Unit: bytes. */
  readonly rtmpMessageSize: number;
  /**
   * Programs that may run beside the server at the same time, for `exec`, `transcode`, `ingest` and
   * `snapshot`; with workers in each of them. What runs once has half of them.
   */
  readonly programs: number;
  /**
   * What the kernel may hold for a connection that reads slower than it is sent to; on Bun and
   * Deno, on Linux. Node has no way to set it: set net.ipv4.tcp_wmem there. Linux grants at most
   * `net.core.wmem_max`. 0: the kernel's own rule, which lets it grow to 4 MiB. Unit: bytes.
   */
  readonly sendBuffer: number;
}

/** Who may use the HTTP API, publish and play by name and password; docs/access.md says how. */
export interface UserConfig {
  /** What `sluice hash-password` makes of the password. Empty: nobody can use the name. */
  readonly password: string;
  /**
   * What the user may do: `publish`, `play`, `api:read`, `api:write`, each everywhere or, behind
   * another colon, on paths such as `publish:/live/*`.
   */
  readonly permissions: readonly string[];
}

/** RTMP over TLS. */
export interface RtmpsConfig {
  /** Listen for RTMPS. */
  readonly enabled: boolean;
  /** Where to listen. */
  readonly listen: readonly Endpoint[];
  /** Private key, a PEM file. Read anew by a reload. */
  readonly key: string;
  /** Certificate with its chain, a PEM file. Read anew by a reload. */
  readonly cert: string;
}

/** The HTTP API. */
export interface HttpApiConfig {
  /** Serve the HTTP API. */
  readonly enabled: boolean;
  /** Where to listen. The same as `http_server.listen`: one port for both. */
  readonly listen: readonly Endpoint[];
  /**
   * Let whoever may write by the API add `ingest` and `pull` entries, and take them away: FFmpeg
   * reads and writes what its options say.
   */
  readonly allowUpdate: boolean;
  readonly rawApi: RawApiConfig;
  readonly auth: ApiAuthConfig;
  readonly events: ApiEventsConfig;
  readonly https: HttpsConfig;
}

/** The part of the API that acts on the server. */
export interface RawApiConfig {
  /** Serve `/api/v1/raw`. */
  readonly enabled: boolean;
  /** Let it reload the configuration. */
  readonly allowReload: boolean;
}

/** Basic authentication for the API and `/metrics`. Without it, both answer this machine alone. */
export interface ApiAuthConfig {
  /** Ask for credentials, and answer whoever has them. */
  readonly enabled: boolean;
  /** The user's name. */
  readonly username: string;
  /** The password. */
  readonly password: string;
}

/** What happens to the server, told as it happens by `/api/v2/events`; docs/events.md says how. */
export interface ApiEventsConfig {
  /** Clients that may be told at the same time, all workers together. */
  readonly clients: number;
  /** Past events that are kept for clients that come again. */
  readonly history: number;
  /** What they may take. Unit: bytes. */
  readonly historyBytes: number;
}

/** The HTTP API over TLS. */
export interface HttpsConfig {
  /** Serve the API over HTTPS too; `http_api.enabled` is needed. */
  readonly enabled: boolean;
  /** Where to listen. */
  readonly listen: readonly Endpoint[];
  /** Private key, a PEM file. Read anew by a reload. */
  readonly key: string;
  /** Certificate with its chain, a PEM file. Read anew by a reload. */
  readonly cert: string;
}

/** HTTP: live streams as HTTP-FLV and WebSocket-FLV, static files, and the built-in pages. */
export interface HttpServerConfig {
  /** Serve HTTP. */
  readonly enabled: boolean;
  /** Where to listen. */
  readonly listen: readonly Endpoint[];
  /** Folder of the static files. */
  readonly dir: string;
  /** Allow pages of other sites to use every HTTP port (CORS). */
  readonly crossdomain: boolean;
  /** Serve the built-in pages on `/`, and on the API's ports `/console/`, where `dir` has none. */
  readonly page: boolean;
  readonly https: HttpsConfig;
}

/**
 * WebRTC: one port for the media of all sessions. Who publishes and plays asks by HTTP, at
 * `http_server` or `http_api`.
 */
export interface RtcServerConfig {
  /** Serve WebRTC, on every vhost with `rtc.enabled`. */
  readonly enabled: boolean;
  /** UDP ports for media. */
  readonly listen: readonly Endpoint[];
  readonly tcp: RtcTcpConfig;
  /** Transports to offer as candidates. */
  readonly protocol: "udp" | "tcp" | "all";
  /**
   * Addresses that clients reach the server at, each with a port if it is not the one listened on;
   * names are looked up. `*` stands for those that the server finds by itself.
   */
  readonly candidate: readonly string[];
  /** Which local addresses `*` stands for. */
  readonly ipFamily: "ipv4" | "ipv6" | "all";
  /** `*` stands for the addresses of this machine's interfaces. */
  readonly useAutoDetectNetworkIp: boolean;
  /** `*` stands for the host too that the client asked at by HTTP. */
  readonly apiAsCandidates: boolean;
  /** Look its address up if that host is a name. */
  readonly resolveApiDomain: boolean;
  /** Offer the name too. */
  readonly keepApiDomain: boolean;
  /**
   * Private key for DTLS, a PEM file: ECDSA on P-256, or RSA. None: one that is made at each start.
   */
  readonly key: string;
  /** The certificate that belongs to `key`, a PEM file. */
  readonly cert: string;
  /**
   * Servers of STUN and TURN that WHIP and WHEP clients are told of: `stun:HOST`, or
   * `turn:HOST?transport=udp; username=NAME; credential=PASSWORD`.
   */
  readonly iceServers: readonly string[];
  /** Make an ECDSA certificate where none is given; off: RSA. */
  readonly ecdsa: boolean;
  /** Encrypt media with SRTP. Off is for looking at packets alone. */
  readonly encrypt: boolean;
  /** Put small NAL units together on the way to players. */
  readonly mergeNalus: boolean;
}

/** The same over TCP, for clients whose network lets no UDP through. */
export interface RtcTcpConfig {
  /** Listen on TCP as well. */
  readonly enabled: boolean;
  /** TCP ports for media; may be those of `http_server`. */
  readonly listen: readonly Endpoint[];
}

/** SRT. */
export interface SrtServerConfig {
  /** Listen for SRT; `vhost.srt.enabled` is needed as well. */
  readonly enabled: boolean;
  /** UDP ports to listen on. */
  readonly listen: readonly Endpoint[];
  /** Most bandwidth to use. -1: no limit. Unit: bytes/s. */
  readonly maxbw: number;
  /** Largest packet. Unit: bytes. */
  readonly mss: number;
  /** Latency in both directions. Unit: ms. */
  readonly latency: number;
  /** Latency when receiving. Unit: ms. */
  readonly recvlatency: number;
  /** Least latency asked of the peer. Unit: ms. */
  readonly peerlatency: number;
  /** Drop packets that come too late. */
  readonly tlpktdrop: boolean;
  /** Deliver packets at their time. */
  readonly tsbpdmode: boolean;
  /** Time for a connection to be made. Unit: ms. */
  readonly connectTimeout: number;
  /** Silence after which a peer is gone. Unit: ms. */
  readonly peerIdleTimeout: number;
  /** Send buffer. Unit: bytes. */
  readonly sendbuf: number;
  /** Receive buffer. Unit: bytes. */
  readonly recvbuf: number;
  /** Payload of a packet. Unit: bytes. */
  readonly payloadsize: number;
  /** Passphrase of at least 10 characters; encrypts with AES. */
  readonly passphrase: string;
  /** Length of the AES key: 16, 24 or 32. 0: from the peer. Unit: bytes. */
  readonly pbkeylen: number;
  /** App for a stream id that has only a stream name. */
  readonly defaultApp: string;
  /** Drop SEI NAL units on the way from SRT to RTMP. */
  readonly seiFilter: boolean;
}

/** RTSP. */
export interface RtspServerConfig {
  /** Listen for RTSP; `vhost.rtsp.enabled` is needed as well. */
  readonly enabled: boolean;
  /** TCP ports to listen on. */
  readonly listen: readonly Endpoint[];
}

/** Listeners that take a stream of a foreign kind and publish it as RTMP. */
export interface StreamCasterConfig {
  /** Listen. */
  readonly enabled: boolean;
  /** What the listener takes. */
  readonly caster: "" | "mpegts_over_udp" | "flv" | "gb28181";
  /**
   * RTMP URL to publish to, such as `rtmp://127.0.0.1/[app]/[stream]`; the variables depend on the
   * caster.
   */
  readonly output: string;
  /** Where to listen: UDP for mpegts_over_udp, else TCP. */
  readonly listen: readonly Endpoint[];
  readonly sip: SipConfig;
}

/** The SIP server for gb28181. */
export interface SipConfig {
  /** Answer SIP over TCP. */
  readonly enabled: boolean;
  /** Where to listen for SIP. */
  readonly listen: readonly Endpoint[];
  /** Time for a session to be set up. Unit: s. */
  readonly timeout: number;
  /** Wait before the next invitation. Unit: s. */
  readonly reinvite: number;
  /** Address to put into SDP; `*` is the machine's own. */
  readonly candidate: string;
}

/** Figures for Prometheus at `/metrics`. Who may ask is as for the HTTP API. */
export interface ExporterConfig {
  /** Serve the figures. */
  readonly enabled: boolean;
  /** Where to serve them besides the ports of the HTTP API. */
  readonly listen: readonly Endpoint[];
  /** Value of the label `label` on every figure. */
  readonly label: string;
  /** Value of the label `tag` on every figure. */
  readonly tag: string;
}

/** Reports this server to another one over HTTP, at start and at intervals. */
export interface HeartbeatConfig {
  /** Send heartbeats. */
  readonly enabled: boolean;
  /** Time between two heartbeats. Unit: s. */
  readonly interval: number;
  /** Where to POST them. */
  readonly url: string;
  /** Name of this device in the report. */
  readonly deviceId: string;
  /** Include the summaries of the HTTP API. */
  readonly summaries: boolean;
  /** Include the ports the server listens on. */
  readonly ports: boolean;
}

/** Sampling of the machine's load for the HTTP API. */
export interface StatsConfig {
  /** Sample the machine every 3 s. Off: when asked, and rates are 0. */
  readonly enabled: boolean;
  /** Which of the machine's addresses to report, counted from 0. */
  readonly network: number;
  /** Disks to report, named as in /proc/diskstats. */
  readonly disk: readonly string[];
}

/** Protection of WebRTC against overload of the processor, sampled once a second. */
export interface CircuitBreakerConfig {
  /** Watch the load of the core that the process runs on. */
  readonly enabled: boolean;
  /** Load from which NACK is off. Unit: %. */
  readonly highThreshold: number;
  /** Samples to enter and leave that state. 0: never. */
  readonly highPulse: number;
  /** Load from which TWCC is off as well. Unit: %. */
  readonly criticalThreshold: number;
  /** Samples to enter and leave that state. 0: never. */
  readonly criticalPulse: number;
  /** Load from which packets to players are dropped. Unit: %. */
  readonly dyingThreshold: number;
  /** Samples to enter and leave that state. 0: never. */
  readonly dyingPulse: number;
}

/** Upload of logs to Tencent Cloud CLS. */
export interface TencentcloudClsConfig {
  /** Upload logs. */
  readonly enabled: boolean;
  /** Label of this server. */
  readonly label: string;
  /** Tag of this server. */
  readonly tag: string;
  /** Id of the key. */
  readonly secretId: string;
  /** The key. */
  readonly secretKey: string;
  /** Host to upload to. */
  readonly endpoint: string;
  /** Topic of the logs. */
  readonly topicId: string;
  /** Log the uploads. */
  readonly debugLogging: boolean;
  /** Report heartbeats. */
  readonly statHeartbeat: boolean;
  /** Report streams. */
  readonly statStreams: boolean;
  /** Interval of heartbeats, times five seconds. */
  readonly heartbeatRatio: number;
  /** Interval of stream reports, times five seconds. */
  readonly streamsRatio: number;
}

/** Upload of traces to Tencent Cloud APM. */
export interface TencentcloudApmConfig {
  /** Upload traces. */
  readonly enabled: boolean;
  /** The team's name. */
  readonly team: string;
  /** The team's token. */
  readonly token: string;
  /** Host and port to upload to. */
  readonly endpoint: string;
  /** Name of this service. */
  readonly serviceName: string;
  /** Log the uploads. */
  readonly debugLogging: boolean;
}

/**
 * Traces of sessions for OpenTelemetry, sent by OTLP over HTTP; docs/tracing.md says what is in
 * them.
 */
export interface TracingConfig {
  /** Trace sessions. */
  readonly enabled: boolean;
  /** The collector's URL, of http or https. `/v1/traces` is added unless it ends with it. */
  readonly endpoint: string;
  /** Which part of the sessions is traced: 0.01 is one in a hundred. */
  readonly sampleRatio: number;
  /**
   * Header fields of each request as OpenTelemetry writes them: `Authorization=Bearer%20...`, with
   * `%20` for a blank. `$NAME` is an environment variable that holds fields.
   */
  readonly headers: readonly string[];
  /** What the server is called in traces. */
  readonly serviceName: string;
  /** Spans that may wait for the collector; more are dropped. */
  readonly queueSize: number;
}

/** A test picture that the server publishes itself, on the default vhost. */
export interface TestStreamConfig {
  /** Publish the test picture. */
  readonly enabled: boolean;
  /** Its app. */
  readonly app: string;
  /** Its stream name. */
  readonly stream: string;
}
