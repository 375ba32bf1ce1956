/**
 * The configuration as a program writes it: in the shape of the YAML.
 *
 * Made by scripts/generate.ts from src/config/settings/: do not edit.
 *
 * @module
 */

import type { EndpointInput, OneOrMore } from "./input-types.ts";
import type { VhostConfigInput } from "./vhost-config-input.ts";

/** The whole configuration. */
export interface ConfigInput {
  /** Where to listen for RTMP: a port, `address:port`, or several of them. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  /**
   * File to write the process id to; the server does not start if it names one that is running.
   * Empty: none.
   */
  readonly pid?: string | undefined;
  /** Connections accepted at the same time, over all TCP listeners. */
  readonly max_connections?: number | undefined;
  /**
   * How many processes serve, on the same ports and as one server; `auto`: as many as the machine
   * has cores.
   */
  readonly workers?: string | undefined;
  /**
   * Run in the background, once all ports are open. Without effect under a service manager that is
   * told so, as the first process of a container, and with `--foreground`.
   */
  readonly daemon?: boolean | undefined;
  /**
   * The user to act for once all ports and files are open, for a server that root starts: `name` or
   * `name:group`, or numbers. Empty: whoever starts it.
   */
  readonly user?: string | undefined;
  /** The server runs in a container. */
  readonly in_docker?: boolean | undefined;
  /** Ignore `daemon` in a container. */
  readonly disable_daemon_for_docker?: boolean | undefined;
  /** Quit when the parent process is gone. */
  readonly asprocess?: boolean | undefined;
  /** Folder to change to at start; relative paths start there. */
  readonly work_dir?: string | undefined;
  /**
   * Name of this server in the HTTP API and in callbacks. Empty: one is made and, if there is a pid
   * file, kept beside it.
   */
  readonly server_id?: string | undefined;
  /** Interval of the periodic log lines of each session. Unit: ms. Not supported yet. */
  readonly pithy_print_ms?: number | undefined;
  /** Use UTC instead of local time in the log and in file names. Not supported yet. */
  readonly utc_time?: boolean | undefined;
  /** Where the log goes. */
  readonly srs_log_tank?: "console" | "file" | undefined;
  /** Log level in SRS's older words: `verbose` and `info` mean debug, `trace` means info. */
  readonly srs_log_level?: "trace" | "verbose" | "info" | "warn" | "error" | undefined;
  /** Log level in SRS's newer words; beats `srs_log_level` unless empty. `trace` means debug. */
  readonly srs_log_level_v2?: "" | "trace" | "debug" | "info" | "warn" | "error" | undefined;
  /** File for the log if `srs_log_tank` is `file`. */
  readonly srs_log_file?: string | undefined;
  /** Folder for the logs of FFmpeg; `/dev/null` keeps none. */
  readonly ff_log_dir?: string | undefined;
  /** Log level handed to FFmpeg that ingests. */
  readonly ff_log_level?: string | undefined;
  /** Size of the RTMP chunks sent; a vhost may have its own. Unit: bytes. */
  readonly chunk_size?: number | undefined;
  /** Wait between the signal to stop gracefully and closing listeners. Unit: ms. */
  readonly grace_start_wait?: number | undefined;
  /** Wait after the last connection has gone in a graceful stop. Unit: ms. */
  readonly grace_final_wait?: number | undefined;
  /**
   * How long a graceful stop waits for the last to leave; who is still there then is disconnected.
   * A service manager is asked for that much time. 0: as long as anybody stays, and the manager
   * lets it. Unit: ms.
   */
  readonly grace_timeout?: number | undefined;
  /** Stop gracefully on SIGTERM too, as on SIGQUIT. */
  readonly force_grace_quit?: boolean | undefined;
  /** Reload when the configuration file changes. */
  readonly inotify_auto_reload?: boolean | undefined;
  /** Reload when the file changes if in a container. */
  readonly auto_reload_for_docker?: boolean | undefined;
  readonly log?: LogConfigInput | undefined;
  readonly limits?: LimitsConfigInput | undefined;
  readonly users?: Readonly<Record<string, UserConfigInput>> | undefined;
  readonly rtmps?: RtmpsConfigInput | undefined;
  readonly http_api?: HttpApiConfigInput | undefined;
  readonly http_server?: HttpServerConfigInput | undefined;
  readonly rtc_server?: RtcServerConfigInput | undefined;
  readonly srt_server?: SrtServerConfigInput | undefined;
  readonly rtsp_server?: RtspServerConfigInput | undefined;
  readonly stream_caster?: readonly StreamCasterConfigInput[] | undefined;
  readonly exporter?: ExporterConfigInput | undefined;
  readonly heartbeat?: HeartbeatConfigInput | undefined;
  readonly stats?: StatsConfigInput | undefined;
  readonly circuit_breaker?: CircuitBreakerConfigInput | undefined;
  readonly tencentcloud_cls?: TencentcloudClsConfigInput | undefined;
  readonly tencentcloud_apm?: TencentcloudApmConfigInput | undefined;
  readonly tracing?: TracingConfigInput | undefined;
  readonly test_stream?: TestStreamConfigInput | undefined;
  readonly vhosts?: Readonly<Record<string, VhostConfigInput>> | undefined;
}

/** How the log looks. */
export interface LogConfigInput {
  /**
   * `pretty`: a line to read; `json`: a line for machines; `auto`: pretty on a terminal, else json.
   */
  readonly format?: "auto" | "pretty" | "json" | undefined;
  /** The least important lines that are logged. */
  readonly level?: "info" | "debug" | "warn" | "error" | undefined;
}

/** Limits that protect the server from strangers. */
export interface LimitsConfigInput {
  /** Time for a new connection to finish its first exchange. Unit: s. */
  readonly handshake_timeout?: number | undefined;
  /** Connections at the same time from one address. 0: no limit. */
  readonly connections_per_address?: number | undefined;
  /**
   * Wrong tokens and passwords from one address, after which it has to wait before it can show
   * another. 0: no limit.
   */
  readonly auth_failures?: number | undefined;
  /** Largest RTMP message accepted from a peer. Unit: bytes. */
  readonly rtmp_message_size?: number | undefined;
  /**
   * Programs that may run beside the server at the same time, for `exec`, `transcode`, `ingest` and
   * `snapshot`; with workers in each of them. What runs once has half of them.
   */
  readonly programs?: number | undefined;
  /**
   * What the kernel may hold for a connection that reads slower than it is sent to; on Bun and
   * Deno, on Linux. Node has no way to set it: set net.ipv4.tcp_wmem there. Linux grants at most
   * `net.core.wmem_max`. 0: the kernel's own rule, which lets it grow to 4 MiB. Unit: bytes.
   */
  readonly send_buffer?: number | undefined;
}

/** Who may use the HTTP API, publish and play by name and password; docs/access.md says how. */
export interface UserConfigInput {
  /** What `sluice hash-password` makes of the password. Empty: nobody can use the name. */
  readonly password?: string | undefined;
  /**
   * What the user may do: `publish`, `play`, `api:read`, `api:write`, each everywhere or, behind
   * another colon, on paths such as `publish:/live/*`.
   */
  readonly permissions?: OneOrMore<string> | undefined;
}

/** RTMP over TLS. */
export interface RtmpsConfigInput {
  /** Listen for RTMPS. */
  readonly enabled?: boolean | undefined;
  /** Where to listen. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  /** Private key, a PEM file. Read anew by a reload. */
  readonly key?: string | undefined;
  /** Certificate with its chain, a PEM file. Read anew by a reload. */
  readonly cert?: string | undefined;
}

/** The HTTP API. */
export interface HttpApiConfigInput {
  /** Serve the HTTP API. */
  readonly enabled?: boolean | undefined;
  /** Where to listen. The same as `http_server.listen`: one port for both. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  /**
   * Let whoever may write by the API add `ingest` and `pull` entries, and take them away: FFmpeg
   * reads and writes what its options say.
   */
  readonly allow_update?: boolean | undefined;
  readonly raw_api?: RawApiConfigInput | undefined;
  readonly auth?: ApiAuthConfigInput | undefined;
  readonly events?: ApiEventsConfigInput | undefined;
  readonly https?: HttpsConfigInput | undefined;
}

/** The part of the API that acts on the server. */
export interface RawApiConfigInput {
  /** Serve `/api/v1/raw`. */
  readonly enabled?: boolean | undefined;
  /** Let it reload the configuration. */
  readonly allow_reload?: boolean | undefined;
}

/** Basic authentication for the API and `/metrics`. Without it, both answer this machine alone. */
export interface ApiAuthConfigInput {
  /** Ask for credentials, and answer whoever has them. */
  readonly enabled?: boolean | undefined;
  /** The user's name. */
  readonly username?: string | undefined;
  /** The password. */
  readonly password?: string | undefined;
}

/** What happens to the server, told as it happens by `/api/v2/events`; docs/events.md says how. */
export interface ApiEventsConfigInput {
  /** Clients that may be told at the same time, all workers together. */
  readonly clients?: number | undefined;
  /** Past events that are kept for clients that come again. */
  readonly history?: number | undefined;
  /** What they may take. Unit: bytes. */
  readonly history_bytes?: number | undefined;
}

/** The HTTP API over TLS. */
export interface HttpsConfigInput {
  /** Serve the API over HTTPS too; `http_api.enabled` is needed. */
  readonly enabled?: boolean | undefined;
  /** Where to listen. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  /** Private key, a PEM file. Read anew by a reload. */
  readonly key?: string | undefined;
  /** Certificate with its chain, a PEM file. Read anew by a reload. */
  readonly cert?: string | undefined;
}

/** HTTP: live streams as HTTP-FLV and WebSocket-FLV, static files, and the built-in pages. */
export interface HttpServerConfigInput {
  /** Serve HTTP. */
  readonly enabled?: boolean | undefined;
  /** Where to listen. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  /** Folder of the static files. */
  readonly dir?: string | undefined;
  /** Allow pages of other sites to use every HTTP port (CORS). */
  readonly crossdomain?: boolean | undefined;
  /** Serve the built-in pages on `/`, and on the API's ports `/console/`, where `dir` has none. */
  readonly page?: boolean | undefined;
  readonly https?: HttpsConfigInput | undefined;
}

/**
 * WebRTC: one port for the media of all sessions. Who publishes and plays asks by HTTP, at
 * `http_server` or `http_api`.
 */
export interface RtcServerConfigInput {
  /** Serve WebRTC, on every vhost with `rtc.enabled`. */
  readonly enabled?: boolean | undefined;
  /** UDP ports for media. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  readonly tcp?: RtcTcpConfigInput | undefined;
  /** Transports to offer as candidates. */
  readonly protocol?: "udp" | "tcp" | "all" | undefined;
  /**
   * Addresses that clients reach the server at, each with a port if it is not the one listened on;
   * names are looked up. `*` stands for those that the server finds by itself.
   */
  readonly candidate?: OneOrMore<string> | undefined;
  /** Which local addresses `*` stands for. */
  readonly ip_family?: "ipv4" | "ipv6" | "all" | undefined;
  /** `*` stands for the addresses of this machine's interfaces. */
  readonly use_auto_detect_network_ip?: boolean | undefined;
  /** `*` stands for the host too that the client asked at by HTTP. */
  readonly api_as_candidates?: boolean | undefined;
  /** Look its address up if that host is a name. */
  readonly resolve_api_domain?: boolean | undefined;
  /** Offer the name too. */
  readonly keep_api_domain?: boolean | undefined;
  /**
   * Private key for DTLS, a PEM file: ECDSA on P-256, or RSA. None: one that is made at each start.
   */
  readonly key?: string | undefined;
  /** The certificate that belongs to `key`, a PEM file. */
  readonly cert?: string | undefined;
  /**
   * Servers of STUN and TURN that WHIP and WHEP clients are told of: `stun:HOST`, or
   * `turn:HOST?transport=udp; username=NAME; credential=PASSWORD`.
   */
  readonly ice_servers?: OneOrMore<string> | undefined;
  /** Make an ECDSA certificate where none is given; off: RSA. */
  readonly ecdsa?: boolean | undefined;
  /** Encrypt media with SRTP. Off is for looking at packets alone. */
  readonly encrypt?: boolean | undefined;
  /** Put small NAL units together on the way to players. */
  readonly merge_nalus?: boolean | undefined;
}

/** The same over TCP, for clients whose network lets no UDP through. */
export interface RtcTcpConfigInput {
  /** Listen on TCP as well. */
  readonly enabled?: boolean | undefined;
  /** TCP ports for media; may be those of `http_server`. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
}

/** SRT. */
export interface SrtServerConfigInput {
  /** Listen for SRT; `vhost.srt.enabled` is needed as well. */
  readonly enabled?: boolean | undefined;
  /** UDP ports to listen on. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  /** Most bandwidth to use. -1: no limit. Unit: bytes/s. */
  readonly maxbw?: number | undefined;
  /** Largest packet. Unit: bytes. */
  readonly mss?: number | undefined;
  /** Latency in both directions. Unit: ms. */
  readonly latency?: number | undefined;
  /** Latency when receiving. Unit: ms. */
  readonly recvlatency?: number | undefined;
  /** Least latency asked of the peer. Unit: ms. */
  readonly peerlatency?: number | undefined;
  /** Drop packets that come too late. */
  readonly tlpktdrop?: boolean | undefined;
  /** Deliver packets at their time. */
  readonly tsbpdmode?: boolean | undefined;
  /** Time for a connection to be made. Unit: ms. */
  readonly connect_timeout?: number | undefined;
  /** Silence after which a peer is gone. Unit: ms. */
  readonly peer_idle_timeout?: number | undefined;
  /** Send buffer. Unit: bytes. */
  readonly sendbuf?: number | undefined;
  /** Receive buffer. Unit: bytes. */
  readonly recvbuf?: number | undefined;
  /** Payload of a packet. Unit: bytes. */
  readonly payloadsize?: number | undefined;
  /** Passphrase of at least 10 characters; encrypts with AES. */
  readonly passphrase?: string | undefined;
  /** Length of the AES key: 16, 24 or 32. 0: from the peer. Unit: bytes. */
  readonly pbkeylen?: number | undefined;
  /** App for a stream id that has only a stream name. */
  readonly default_app?: string | undefined;
  /** Drop SEI NAL units on the way from SRT to RTMP. */
  readonly sei_filter?: boolean | undefined;
}

/** RTSP. */
export interface RtspServerConfigInput {
  /** Listen for RTSP; `vhost.rtsp.enabled` is needed as well. */
  readonly enabled?: boolean | undefined;
  /** TCP ports to listen on. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
}

/** Listeners that take a stream of a foreign kind and publish it as RTMP. */
export interface StreamCasterConfigInput {
  /** Listen. */
  readonly enabled?: boolean | undefined;
  /** What the listener takes. */
  readonly caster?: "" | "mpegts_over_udp" | "flv" | "gb28181" | undefined;
  /**
   * RTMP URL to publish to, such as `rtmp://127.0.0.1/[app]/[stream]`; the variables depend on the
   * caster.
   */
  readonly output?: string | undefined;
  /** Where to listen: UDP for mpegts_over_udp, else TCP. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  readonly sip?: SipConfigInput | undefined;
}

/** The SIP server for gb28181. */
export interface SipConfigInput {
  /** Answer SIP over TCP. */
  readonly enabled?: boolean | undefined;
  /** Where to listen for SIP. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  /** Time for a session to be set up. Unit: s. */
  readonly timeout?: number | undefined;
  /** Wait before the next invitation. Unit: s. */
  readonly reinvite?: number | undefined;
  /** Address to put into SDP; `*` is the machine's own. */
  readonly candidate?: string | undefined;
}

/** Figures for Prometheus at `/metrics`. Who may ask is as for the HTTP API. */
export interface ExporterConfigInput {
  /** Serve the figures. */
  readonly enabled?: boolean | undefined;
  /** Where to serve them besides the ports of the HTTP API. */
  readonly listen?: OneOrMore<EndpointInput> | undefined;
  /** Value of the label `label` on every figure. */
  readonly label?: string | undefined;
  /** Value of the label `tag` on every figure. */
  readonly tag?: string | undefined;
}

/** Reports this server to another one over HTTP, at start and at intervals. */
export interface HeartbeatConfigInput {
  /** Send heartbeats. */
  readonly enabled?: boolean | undefined;
  /** Time between two heartbeats. Unit: s. */
  readonly interval?: number | undefined;
  /** Where to POST them. */
  readonly url?: string | undefined;
  /** Name of this device in the report. */
  readonly device_id?: string | undefined;
  /** Include the summaries of the HTTP API. */
  readonly summaries?: boolean | undefined;
  /** Include the ports the server listens on. */
  readonly ports?: boolean | undefined;
}

/** Sampling of the machine's load for the HTTP API. */
export interface StatsConfigInput {
  /** Sample the machine every 3 s. Off: when asked, and rates are 0. */
  readonly enabled?: boolean | undefined;
  /** Which of the machine's addresses to report, counted from 0. */
  readonly network?: number | undefined;
  /** Disks to report, named as in /proc/diskstats. */
  readonly disk?: OneOrMore<string> | undefined;
}

/** Protection of WebRTC against overload of the processor, sampled once a second. */
export interface CircuitBreakerConfigInput {
  /** Watch the load of the core that the process runs on. */
  readonly enabled?: boolean | undefined;
  /** Load from which NACK is off. Unit: %. */
  readonly high_threshold?: number | undefined;
  /** Samples to enter and leave that state. 0: never. */
  readonly high_pulse?: number | undefined;
  /** Load from which TWCC is off as well. Unit: %. */
  readonly critical_threshold?: number | undefined;
  /** Samples to enter and leave that state. 0: never. */
  readonly critical_pulse?: number | undefined;
  /** Load from which packets to players are dropped. Unit: %. */
  readonly dying_threshold?: number | undefined;
  /** Samples to enter and leave that state. 0: never. */
  readonly dying_pulse?: number | undefined;
}

/** Upload of logs to Tencent Cloud CLS. */
export interface TencentcloudClsConfigInput {
  /** Upload logs. */
  readonly enabled?: boolean | undefined;
  /** Label of this server. */
  readonly label?: string | undefined;
  /** Tag of this server. */
  readonly tag?: string | undefined;
  /** Id of the key. */
  readonly secret_id?: string | undefined;
  /** The key. */
  readonly secret_key?: string | undefined;
  /** Host to upload to. */
  readonly endpoint?: string | undefined;
  /** Topic of the logs. */
  readonly topic_id?: string | undefined;
  /** Log the uploads. */
  readonly debug_logging?: boolean | undefined;
  /** Report heartbeats. */
  readonly stat_heartbeat?: boolean | undefined;
  /** Report streams. */
  readonly stat_streams?: boolean | undefined;
  /** Interval of heartbeats, times five seconds. */
  readonly heartbeat_ratio?: number | undefined;
  /** Interval of stream reports, times five seconds. */
  readonly streams_ratio?: number | undefined;
}

/** Upload of traces to Tencent Cloud APM. */
export interface TencentcloudApmConfigInput {
  /** Upload traces. */
  readonly enabled?: boolean | undefined;
  /** The team's name. */
  readonly team?: string | undefined;
  /** The team's token. */
  readonly token?: string | undefined;
  /** Host and port to upload to. */
  readonly endpoint?: string | undefined;
  /** Name of this service. */
  readonly service_name?: string | undefined;
  /** Log the uploads. */
  readonly debug_logging?: boolean | undefined;
}

/**
 * Traces of sessions for OpenTelemetry, sent by OTLP over HTTP; docs/tracing.md says what is in
 * them.
 */
export interface TracingConfigInput {
  /** Trace sessions. */
  readonly enabled?: boolean | undefined;
  /** The collector's URL, of http or https. `/v1/traces` is added unless it ends with it. */
  readonly endpoint?: string | undefined;
  /** Which part of the sessions is traced: 0.01 is one in a hundred. */
  readonly sample_ratio?: number | undefined;
  /**
   * Header fields of each request as OpenTelemetry writes them: `Authorization=Bearer%20...`, with
   * `%20` for a blank. `$NAME` is an environment variable that holds fields.
   */
  readonly headers?: OneOrMore<string> | undefined;
  /** What the server is called in traces. */
  readonly service_name?: string | undefined;
  /** Spans that may wait for the collector; more are dropped. */
  readonly queue_size?: number | undefined;
}

/** A test picture that the server publishes itself, on the default vhost. */
export interface TestStreamConfigInput {
  /** Publish the test picture. */
  readonly enabled?: boolean | undefined;
  /** Its app. */
  readonly app?: string | undefined;
  /** Its stream name. */
  readonly stream?: string | undefined;
}
