/**
 * The configuration of one vhost as a program writes it.
 *
 * Made by scripts/generate.ts from src/config/settings/: do not edit.
 *
 * @module
 */

import type { OneOrMore, RuleInput } from "./input-types.ts";
import type {
  CmafConfigInput,
  DashConfigInput,
  DvrConfigInput,
  EngineConfigInput,
  HdsConfigInput,
  HlsConfigInput,
  TranscodeConfigInput,
} from "./packaging-config-input.ts";

/** What differs by host name. `__defaultVhost__` serves IP addresses and every name not listed. */
export interface VhostConfigInput {
  /** Serve this vhost; off: refuse everybody. */
  readonly enabled?: boolean | undefined;
  /** Size of the RTMP chunks sent. Unit: bytes. */
  readonly chunk_size?: number | undefined;
  /** Acknowledge after this many bytes. 0: as the peer asks. Unit: bytes. */
  readonly in_ack_size?: number | undefined;
  /** Ask peers to acknowledge after this many bytes. 0: do not. Unit: bytes. */
  readonly out_ack_size?: number | undefined;
  /** Send small packets at once (no Nagle algorithm). */
  readonly tcp_nodelay?: boolean | undefined;
  /** Realtime mode: write each frame as it comes. */
  readonly min_latency?: boolean | undefined;
  readonly play?: PlayConfigInput | undefined;
  readonly publish?: PublishConfigInput | undefined;
  readonly http_remux?: HttpRemuxConfigInput | undefined;
  readonly http_static?: HttpStaticConfigInput | undefined;
  readonly http_hooks?: HttpHooksConfigInput | undefined;
  readonly security?: SecurityConfigInput | undefined;
  readonly refer?: ReferConfigInput | undefined;
  readonly token?: TokenConfigInput | undefined;
  readonly cluster?: ClusterConfigInput | undefined;
  readonly forward?: ForwardConfigInput | undefined;
  readonly pull?: Readonly<Record<string, PullConfigInput>> | undefined;
  readonly hls?: HlsConfigInput | undefined;
  readonly cmaf?: CmafConfigInput | undefined;
  readonly dash?: DashConfigInput | undefined;
  readonly hds?: HdsConfigInput | undefined;
  readonly dvr?: DvrConfigInput | undefined;
  readonly exec?: ExecConfigInput | undefined;
  readonly ingest?: Readonly<Record<string, IngestConfigInput>> | undefined;
  readonly transcode?: Readonly<Record<string, TranscodeConfigInput>> | undefined;
  readonly snapshot?: SnapshotConfigInput | undefined;
  readonly rtc?: RtcConfigInput | undefined;
  readonly srt?: SrtConfigInput | undefined;
  readonly rtsp?: RtspConfigInput | undefined;
}

/** Playing, by any protocol that sends frames as they come. */
export interface PlayConfigInput {
  /** Keep the frames since the last key frame, so that players start with a picture at once. */
  readonly gop_cache?: boolean | undefined;
  /** Frames from which the cache is emptied. 0: no limit. */
  readonly gop_cache_max_frames?: number | undefined;
  /** Longest backlog of a player; then it skips to the next key frame. Unit: s. */
  readonly queue_length?: number | undefined;
  /** Largest backlog of a player; then it skips to the next key frame. Unit: bytes. */
  readonly queue_bytes?: number | undefined;
  /**
   * What is done to timestamps: `full`: start near 0 and never jump; `zero`: start at 0; `off`:
   * nothing.
   */
  readonly time_jitter?: "full" | "zero" | "off" | undefined;
  /** Keep the publisher's timestamps; beats `time_jitter`. */
  readonly atc?: boolean | undefined;
  /** Behave as with `atc` if the publisher's metadata asks for it. */
  readonly atc_auto?: boolean | undefined;
  /** Put audio and video into the order of their timestamps. */
  readonly mix_correct?: boolean | undefined;
  /** Time to collect messages before they are written to players together. Unit: ms. */
  readonly mw_latency?: number | undefined;
  /** Messages to collect before they are written to players together. */
  readonly mw_msgs?: number | undefined;
  /** Least time between two messages to a player. Unit: ms. Not supported yet. */
  readonly send_min_interval?: number | undefined;
  /** Do not send a sequence header again that is the same. */
  readonly reduce_sequence_header?: boolean | undefined;
  /** Time without progress after which a player is closed. Unit: s. */
  readonly write_timeout?: number | undefined;
  /**
   * How long an HTTP player waits for a stream that nobody publishes yet. 0: without end. Unit: s.
   */
  readonly wait_stream?: number | undefined;
  /** Time after which a stream without publisher and players is forgotten. Unit: s. */
  readonly idle_stream_timeout?: number | undefined;
}

/** Publishing. */
export interface PublishConfigInput {
  /** Time for a publisher to send its first message. Unit: ms. */
  readonly firstpkt_timeout?: number | undefined;
  /** Time without messages after which a publisher is closed. Unit: ms. */
  readonly normal_timeout?: number | undefined;
  /** Time without players after which a publisher is closed. 0: never. Unit: s. */
  readonly kickoff_for_idle?: number | undefined;
  /**
   * How long a stream outlives its publisher: players stay, and a publisher who returns goes on.
   * Unit: ms.
   */
  readonly grace_ms?: number | undefined;
}

/** Live streams over HTTP and WebSocket. */
export interface HttpRemuxConfigInput {
  /** Serve the streams. */
  readonly enabled?: boolean | undefined;
  /**
   * Where a stream appears: host, path, and the extension that selects the format: `.flv`, `.ts`,
   * `.aac` or `.mp3`.
   */
  readonly mount?: string | undefined;
  /**
   * Formats of a stream, each under its own extension in place of that of `mount`, which is always
   * one of them.
   */
  readonly formats?: OneOrMore<string> | undefined;
  /** Audio to start a player with; for AAC and MP3. Unit: s. */
  readonly fast_cache?: number | undefined;
  /** Drop audio or video that the FLV header did not announce. */
  readonly drop_if_not_match?: boolean | undefined;
  /** Announce audio if nothing is known yet. */
  readonly has_audio?: boolean | undefined;
  /** Announce video if nothing is known yet. */
  readonly has_video?: boolean | undefined;
  /** Announce what the stream's first frames are. */
  readonly guess_has_av?: boolean | undefined;
}

/** Static files of this vhost. */
export interface HttpStaticConfigInput {
  /** Serve the files. */
  readonly enabled?: boolean | undefined;
  /** Where they appear: host and path. */
  readonly mount?: string | undefined;
  /** Folder of the files. */
  readonly dir?: string | undefined;
}

/** Callbacks to your own HTTP servers, which may refuse a session. */
export interface HttpHooksConfigInput {
  /** Call back. */
  readonly enabled?: boolean | undefined;
  /** URLs for a client that connects. Each gets a POST, in order. */
  readonly on_connect?: OneOrMore<string> | undefined;
  /** URLs for a client that has gone. Each gets a POST, in order. */
  readonly on_close?: OneOrMore<string> | undefined;
  /** URLs for a publisher that starts. Each gets a POST, in order. */
  readonly on_publish?: OneOrMore<string> | undefined;
  /** URLs for a publisher that has stopped. Each gets a POST, in order. */
  readonly on_unpublish?: OneOrMore<string> | undefined;
  /** URLs for a player that starts. Each gets a POST, in order. */
  readonly on_play?: OneOrMore<string> | undefined;
  /** URLs for a player that has stopped. Each gets a POST, in order. */
  readonly on_stop?: OneOrMore<string> | undefined;
  /** URLs for a finished recording. Each gets a POST, in order. */
  readonly on_dvr?: OneOrMore<string> | undefined;
  /** URLs for a finished HLS segment. Each gets a POST, in order. */
  readonly on_hls?: OneOrMore<string> | undefined;
  /** URLs to GET for a finished HLS segment; may hold variables. */
  readonly on_hls_notify?: OneOrMore<string> | undefined;
  /**
   * How long a backend may take to say whether a session may begin. If it takes longer, the session
   * is refused. Unit: s.
   */
  readonly timeout?: number | undefined;
  /** How long a backend may take to answer what it is only told. Unit: s. */
  readonly notify_timeout?: number | undefined;
  /**
   * How often what a backend is only told is told again, if it could not be reached, broke off,
   * took too long, or answered with a status from 500.
   */
  readonly retries?: number | undefined;
  /** Go on after `retries`, until the backend takes it or the queue is full. */
  readonly keep_undelivered?: boolean | undefined;
  /**
   * Tell a backend one thing after the other. Off: only of one client, those of others at the same
   * time.
   */
  readonly notify_in_order?: boolean | undefined;
  /** How much may wait to be told to one backend. */
  readonly queue_max?: number | undefined;
  /** How many bytes of it. Unit: bytes. */
  readonly queue_bytes?: number | undefined;
  /** Connections to one backend, at most. What is only told uses half of them. */
  readonly connections?: number | undefined;
  /** Refuse a backend whose certificate is not valid. */
  readonly tls_verify?: boolean | undefined;
  /** File of further authorities to trust, PEM. */
  readonly tls_ca?: string | undefined;
  /** Sign each request with this in the field `X-Sluice-Signature`. */
  readonly secret?: string | undefined;
}

/**
 * Access by address. Deny rules are tried first, then allow rules; enabled without rules denies
 * all.
 */
export interface SecurityConfigInput {
  /** Apply the rules. */
  readonly enabled?: boolean | undefined;
  /** Rules that admit, each `publish|play all|ADDRESS|RANGE`. */
  readonly allow?: OneOrMore<RuleInput> | undefined;
  /** Rules that refuse, each `publish|play all|ADDRESS|RANGE`. */
  readonly deny?: OneOrMore<RuleInput> | undefined;
}

/** Access by the page that a player is embedded in. */
export interface ReferConfigInput {
  /** Check the page. */
  readonly enabled?: boolean | undefined;
  /** Sites that may publish and play; a page's host must end with one of them. */
  readonly all?: OneOrMore<string> | undefined;
  /** Sites that may play. */
  readonly play?: OneOrMore<string> | undefined;
  /** Sites that may publish. */
  readonly publish?: OneOrMore<string> | undefined;
  /** Check HTTP players too, by their field Referer; else, as in SRS, RTMP clients alone. */
  readonly http?: boolean | undefined;
}

/** Access by a token, a signed URL, or a user's name and password; docs/access.md says how. */
export interface TokenConfigInput {
  /** Publishers must show one of them. */
  readonly publish?: boolean | undefined;
  /** Players must show one of them. */
  readonly play?: boolean | undefined;
  /**
   * Secret of JSON Web Tokens signed by HS256, of at least 32 bytes. `$NAME` is an environment
   * variable. Empty: none are accepted.
   */
  readonly jwt_secret?: string | undefined;
  /**
   * Public keys of JSON Web Tokens signed by RS256 or ES256: the https URL of a JSON Web Key Set,
   * or a file with one. Empty: none are accepted.
   */
  readonly jwks?: string | undefined;
  /** What `iss` in a JSON Web Token must be. Empty: anything. */
  readonly issuer?: string | undefined;
  /** What `aud` in it must be or contain. Empty: anything. */
  readonly audience?: string | undefined;
  /**
   * Secrets of signed URLs, of at least 16 bytes; `$NAME` is an environment variable. Each of them
   * is good, so that one can follow another.
   */
  readonly sign_secrets?: OneOrMore<string> | undefined;
}

/** Edges, which fetch streams from origins, and clusters of origins. */
export interface ClusterConfigInput {
  /** `local`: origin; `remote`: edge. */
  readonly mode?: "local" | "remote" | undefined;
  /** Origins of an edge, each `host` or `host:port`, used in turn. */
  readonly origin?: OneOrMore<string> | undefined;
  /** Let the origin check a client's connect first. */
  readonly token_traverse?: boolean | undefined;
  /** Vhost to use at the origin. */
  readonly vhost?: string | undefined;
  /** Tell the origin about this server when connecting. */
  readonly debug_srs_upnode?: boolean | undefined;
  /** Protocol to fetch streams by. */
  readonly protocol?: "rtmp" | "flv" | "flvs" | undefined;
  /** Fetch by the protocol of the first client. */
  readonly follow_client?: boolean | undefined;
  /** Send players to the origin that has the stream. */
  readonly origin_cluster?: boolean | undefined;
  /** The other origins, each `host:port` of its HTTP API. */
  readonly coworkers?: OneOrMore<string> | undefined;
}

/** Copies of every published stream to other servers. */
export interface ForwardConfigInput {
  /** Forward streams. */
  readonly enabled?: boolean | undefined;
  /**
   * Servers, each `host` or `host:port`, or addresses `rtmp://host/app/stream`, `rtmps` too, in
   * which `[vhost]`, `[app]`, `[stream]` and `[param]` are the stream's.
   */
  readonly destination?: OneOrMore<string> | undefined;
  /** URL to ask for destinations; replaces `destination`. */
  readonly backend?: string | undefined;
  /** Refuse a server of `rtmps` whose certificate is not valid. */
  readonly tls_verify?: boolean | undefined;
  /** File of further authorities to trust, PEM. */
  readonly tls_ca?: string | undefined;
}

/** Streams that are fetched from other servers and published here, without FFmpeg. */
export interface PullConfigInput {
  /** Fetch this stream. */
  readonly enabled?: boolean | undefined;
  /** `rtmp://`, `rtmps://`, or the address of HTTP-FLV or HLS (`.m3u8`). */
  readonly url?: string | undefined;
  /** What it is called here: `app/stream`. */
  readonly stream?: string | undefined;
  /** Refuse a server whose certificate is not valid. */
  readonly tls_verify?: boolean | undefined;
  /** File of further authorities to trust, PEM. */
  readonly tls_ca?: string | undefined;
}

/** Programs to run when something happens to a stream; docs/exec.md says how. */
export interface ExecConfigInput {
  /** Run the programs. */
  readonly enabled?: boolean | undefined;
  /**
   * Programs that run for as long as a stream is published, each a list of arguments that may hold
   * variables.
   */
  readonly publish?: string | readonly OneOrMore<string>[] | undefined;
  /** Programs to run once when a publisher has left. */
  readonly publish_done?: string | readonly OneOrMore<string>[] | undefined;
  /** Programs to run once for each player that begins. */
  readonly play?: string | readonly OneOrMore<string>[] | undefined;
  /** Programs to run once for each player that has left. */
  readonly play_done?: string | readonly OneOrMore<string>[] | undefined;
  /** Programs to run once for each file that has been recorded. */
  readonly record_done?: string | readonly OneOrMore<string>[] | undefined;
  /** How long a program may run that is run once. 0: as long as it likes. Unit: s. */
  readonly timeout?: number | undefined;
}

/** Streams and files that FFmpeg fetches and publishes here. */
export interface IngestConfigInput {
  /** Run this ingester. */
  readonly enabled?: boolean | undefined;
  readonly input?: IngestInputConfigInput | undefined;
  /** FFmpeg: a path, or a name that is looked for in PATH. */
  readonly ffmpeg?: string | undefined;
  readonly engines?: Readonly<Record<string, EngineConfigInput>> | undefined;
}

/** What to fetch. */
export interface IngestInputConfigInput {
  /** `file`: over and over; `stream`; both in real time. `device` (ours): as it comes. */
  readonly type?: "file" | "stream" | "device" | undefined;
  /** URL or path. */
  readonly url?: string | undefined;
  /**
   * Options before the input, such as `rtsp_transport: tcp`; `perfile` of an engine counts with
   * codecs alone.
   */
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** Pictures of published streams over HTTP, as `/app/stream.jpg`; docs/snapshots.md says how. */
export interface SnapshotConfigInput {
  /** Give out pictures. */
  readonly enabled?: boolean | undefined;
  /** FFmpeg: a path, or a name that is looked for in PATH. */
  readonly ffmpeg?: string | undefined;
  /** How long a picture is as good as a new one. Unit: s. */
  readonly interval?: number | undefined;
  /** Width of the picture; the height follows. 0: as it is, up to 4096. Unit: pixels. */
  readonly width?: number | undefined;
  /**
   * File to write a picture to at each interval, such as `./html/[app]/[stream].jpg`. Empty: none.
   */
  readonly path?: string | undefined;
}

/** WebRTC; `rtc_server.enabled` is needed as well. */
export interface RtcConfigInput {
  /** Serve WebRTC. */
  readonly enabled?: boolean | undefined;
  /** Offer what others publish to WebRTC players; AAC and MP3 become Opus. */
  readonly rtmp_to_rtc?: boolean | undefined;
  /** Offer what WebRTC publishes to all others; Opus becomes AAC. */
  readonly rtc_to_rtmp?: boolean | undefined;
  /** Ask for lost packets, and send those again that players have lost. */
  readonly nack?: boolean | undefined;
  /** Report arrival times, by which publishers find their bitrate. */
  readonly twcc?: boolean | undefined;
  /** Silence after which a session is closed. Unit: s. */
  readonly stun_timeout?: number | undefined;
  /** Refuse STUN that does not name both sides. */
  readonly stun_strict_check?: boolean | undefined;
  /** Role if the peer leaves the choice. */
  readonly dtls_role?: "passive" | "active" | undefined;
  /** Drop packets of this payload type, for tests. 0: none. */
  readonly drop_for_pt?: number | undefined;
  /** Keep B-frames, which browsers cannot show, for players. */
  readonly keep_bframe?: boolean | undefined;
  /** Keep SEI NAL units for players. */
  readonly keep_avc_nalu_sei?: boolean | undefined;
  /** Bitrate of Opus made from AAC and MP3. Unit: bit/s. */
  readonly opus_bitrate?: number | undefined;
  /** Bitrate of AAC made from Opus. Unit: bit/s. */
  readonly aac_bitrate?: number | undefined;
  /** Interval at which a publisher is asked for a key frame for all others. Unit: s. */
  readonly pli_for_rtmp?: number | undefined;
  /**
   * Endings of stream names, such as `_720`, that make a ladder: a WebRTC player of `live/show`
   * then gets `live/show_720` when its network bears no more. What is set for HLS serves both; `[]`
   * is no ladder.
   */
  readonly variants?: OneOrMore<string> | undefined;
}

/** SRT; `srt_server.enabled` is needed as well. */
export interface SrtConfigInput {
  /** Serve SRT. */
  readonly enabled?: boolean | undefined;
  /** Offer streams published by SRT to all other players. */
  readonly srt_to_rtmp?: boolean | undefined;
}

/** RTSP; `rtsp_server.enabled` is needed as well. */
export interface RtspConfigInput {
  /** Serve RTSP. */
  readonly enabled?: boolean | undefined;
  /** Offer streams published by RTMP to RTSP players. */
  readonly rtmp_to_rtsp?: boolean | undefined;
}
