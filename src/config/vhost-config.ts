/**
 * The configuration of one vhost as the server sees it.
 * Property names are the directives' in camel case.
 *
 * Made by scripts/generate.ts from src/config/settings/: do not edit.
 *
 * @module
 */

import type { CmafConfig, DashConfig, HdsConfig, HlsConfig } from "./packaging-config.ts";
import type { AccessRule } from "./settings/setting.ts";

/** What differs by host name. `__defaultVhost__` serves IP addresses and every name not listed. */
export interface VhostConfig {
  /** Serve this vhost; off: refuse everybody. */
  readonly enabled: boolean;
  /** Size of the RTMP chunks sent. Unit: bytes. */
  readonly chunkSize: number;
  /** Acknowledge after this many bytes. 0: as the peer asks. Unit: bytes. */
  readonly inAckSize: number;
  /** Ask peers to acknowledge after this many bytes. 0: do not. Unit: bytes. */
  readonly outAckSize: number;
  /** Send small packets at once (no Nagle algorithm). */
  readonly tcpNodelay: boolean;
  /** Realtime mode: write each frame as it comes. */
  readonly minLatency: boolean;
  readonly play: PlayConfig;
  readonly publish: PublishConfig;
  readonly httpRemux: HttpRemuxConfig;
  readonly httpStatic: HttpStaticConfig;
  readonly httpHooks: HttpHooksConfig;
  readonly security: SecurityConfig;
  readonly refer: ReferConfig;
  readonly token: TokenConfig;
  readonly cluster: ClusterConfig;
  readonly forward: ForwardConfig;
  readonly pull: Readonly<Record<string, PullConfig>>;
  readonly hls: HlsConfig;
  readonly cmaf: CmafConfig;
  readonly dash: DashConfig;
  readonly hds: HdsConfig;
  readonly dvr: DvrConfig;
  readonly exec: ExecConfig;
  readonly ingest: Readonly<Record<string, IngestConfig>>;
  readonly transcode: Readonly<Record<string, TranscodeConfig>>;
  readonly snapshot: SnapshotConfig;
  readonly rtc: RtcConfig;
  readonly srt: SrtConfig;
  readonly rtsp: RtspConfig;
}

/** Playing, by any protocol that sends frames as they come. */
export interface PlayConfig {
  /** Keep the frames since the last key frame, so that players start with a picture at once. */
  readonly gopCache: boolean;
  /** Frames from which the cache is emptied. 0: no limit. */
  readonly gopCacheMaxFrames: number;
  /** Longest backlog of a player; then it skips to the next key frame. Unit: s. */
  readonly queueLength: number;
  /** Largest backlog of a player; then it skips to the next key frame. Unit: bytes. */
  readonly queueBytes: number;
  /**
   * What is done to timestamps: `full`: start near 0 and never jump; `zero`: start at 0; `off`:
   * nothing.
   */
  readonly timeJitter: "full" | "zero" | "off";
  /** Keep the publisher's timestamps; beats `time_jitter`. */
  readonly atc: boolean;
  /** Behave as with `atc` if the publisher's metadata asks for it. */
  readonly atcAuto: boolean;
  /** Put audio and video into the order of their timestamps. */
  readonly mixCorrect: boolean;
  /** Time to collect messages before they are written to players together. Unit: ms. */
  readonly mwLatency: number;
  /** Messages to collect before they are written to players together. */
  readonly mwMsgs: number;
  /** Least time between two messages to a player. Unit: ms. Not supported yet. */
  readonly sendMinInterval: number;
  /** Do not send a sequence header again that is the same. */
  readonly reduceSequenceHeader: boolean;
  /** Time without progress after which a player is closed. Unit: s. */
  readonly writeTimeout: number;
  /**
   * How long an HTTP player waits for a stream that nobody publishes yet. 0: without end. Unit: s.
   */
  readonly waitStream: number;
  /** Time after which a stream without publisher and players is forgotten. Unit: s. */
  readonly idleStreamTimeout: number;
}

/** Publishing. */
export interface PublishConfig {
  /** Time for a publisher to send its first message. Unit: ms. */
  readonly firstpktTimeout: number;
  /** Time without messages after which a publisher is closed. Unit: ms. */
  readonly normalTimeout: number;
  /** Time without players after which a publisher is closed. 0: never. Unit: s. */
  readonly kickoffForIdle: number;
  /**
   * How long a stream outlives its publisher: players stay, and a publisher who returns goes on.
   * Unit: ms.
   */
  readonly graceMs: number;
}

/** Live streams over HTTP and WebSocket. */
export interface HttpRemuxConfig {
  /** Serve the streams. */
  readonly enabled: boolean;
  /**
   * Where a stream appears: host, path, and the extension that selects the format: `.flv`, `.ts`,
   * `.aac` or `.mp3`.
   */
  readonly mount: string;
  /**
   * Formats of a stream, each under its own extension in place of that of `mount`, which is always
   * one of them.
   */
  readonly formats: readonly string[];
  /** Audio to start a player with; for AAC and MP3. Unit: s. */
  readonly fastCache: number;
  /** Drop audio or video that the FLV header did not announce. */
  readonly dropIfNotMatch: boolean;
  /** Announce audio if nothing is known yet. */
  readonly hasAudio: boolean;
  /** Announce video if nothing is known yet. */
  readonly hasVideo: boolean;
  /** Announce what the stream's first frames are. */
  readonly guessHasAv: boolean;
}

/** Static files of this vhost. */
export interface HttpStaticConfig {
  /** Serve the files. */
  readonly enabled: boolean;
  /** Where they appear: host and path. */
  readonly mount: string;
  /** Folder of the files. */
  readonly dir: string;
}

/** Callbacks to your own HTTP servers, which may refuse a session. */
export interface HttpHooksConfig {
  /** Call back. */
  readonly enabled: boolean;
  /** URLs for a client that connects. Each gets a POST, in order. */
  readonly onConnect: readonly string[];
  /** URLs for a client that has gone. Each gets a POST, in order. */
  readonly onClose: readonly string[];
  /** URLs for a publisher that starts. Each gets a POST, in order. */
  readonly onPublish: readonly string[];
  /** URLs for a publisher that has stopped. Each gets a POST, in order. */
  readonly onUnpublish: readonly string[];
  /** URLs for a player that starts. Each gets a POST, in order. */
  readonly onPlay: readonly string[];
  /** URLs for a player that has stopped. Each gets a POST, in order. */
  readonly onStop: readonly string[];
  /** URLs for a finished recording. Each gets a POST, in order. */
  readonly onDvr: readonly string[];
  /** URLs for a finished HLS segment. Each gets a POST, in order. */
  readonly onHls: readonly string[];
  /** URLs to GET for a finished HLS segment; may hold variables. */
  readonly onHlsNotify: readonly string[];
  /**
   * How long a backend may take to say whether a session may begin. If it takes longer, the session
   * is refused. Unit: s.
   */
  readonly timeout: number;
  /** How long a backend may take to answer what it is only told. Unit: s. */
  readonly notifyTimeout: number;
  /**
   * How often what a backend is only told is told again, if it could not be reached, broke off,
   * took too long, or answered with a status from 500.
   */
  readonly retries: number;
  /** Go on after `retries`, until the backend takes it or the queue is full. */
  readonly keepUndelivered: boolean;
  /**
   * Tell a backend one thing after the other. Off: only of one client, those of others at the same
   * time.
   */
  readonly notifyInOrder: boolean;
  /** How much may wait to be told to one backend. */
  readonly queueMax: number;
  /** How many bytes of it. Unit: bytes. */
  readonly queueBytes: number;
  /** Connections to one backend, at most. What is only told uses half of them. */
  readonly connections: number;
  /** Refuse a backend whose certificate is not valid. */
  readonly tlsVerify: boolean;
  /** File of further authorities to trust, PEM. */
  readonly tlsCa: string;
  /** Sign each request with this in the field `X-Sluice-Signature`. */
  readonly secret: string;
}

/**
 * Access by address. Deny rules are tried first, then allow rules; enabled without rules denies
 * all.
 */
export interface SecurityConfig {
  /** Apply the rules. */
  readonly enabled: boolean;
  /** Rules that admit, each `publish|play all|ADDRESS|RANGE`. */
  readonly allow: readonly AccessRule[];
  /** Rules that refuse, each `publish|play all|ADDRESS|RANGE`. */
  readonly deny: readonly AccessRule[];
}

/** Access by the page that a player is embedded in. */
export interface ReferConfig {
  /** Check the page. */
  readonly enabled: boolean;
  /** Sites that may publish and play; a page's host must end with one of them. */
  readonly all: readonly string[];
  /** Sites that may play. */
  readonly play: readonly string[];
  /** Sites that may publish. */
  readonly publish: readonly string[];
  /** Check HTTP players too, by their field Referer; else, as in SRS, RTMP clients alone. */
  readonly http: boolean;
}

/** Access by a token, a signed URL, or a user's name and password; docs/access.md says how. */
export interface TokenConfig {
  /** Publishers must show one of them. */
  readonly publish: boolean;
  /** Players must show one of them. */
  readonly play: boolean;
  /**
   * Secret of JSON Web Tokens signed by HS256, of at least 32 bytes. `$NAME` is an environment
   * variable. Empty: none are accepted.
   */
  readonly jwtSecret: string;
  /**
   * Public keys of JSON Web Tokens signed by RS256 or ES256: the https URL of a JSON Web Key Set,
   * or a file with one. Empty: none are accepted.
   */
  readonly jwks: string;
  /** What `iss` in a JSON Web Token must be. Empty: anything. */
  readonly issuer: string;
  /** What `aud` in it must be or contain. Empty: anything. */
  readonly audience: string;
  /**
   * Secrets of signed URLs, of at least 16 bytes; `$NAME` is an environment variable. Each of them
   * is good, so that one can follow another.
   */
  readonly signSecrets: readonly string[];
}

/** Edges, which fetch streams from origins, and clusters of origins. */
export interface ClusterConfig {
  /** `local`: origin; `remote`: edge. */
  readonly mode: "local" | "remote";
  /** Origins of an edge, each `host` or `host:port`, used in turn. */
  readonly origin: readonly string[];
  /** Let the origin check a client's connect first. */
  readonly tokenTraverse: boolean;
  /** Vhost to use at the origin. */
  readonly vhost: string;
  /** Tell the origin about this server when connecting. */
  readonly debugSrsUpnode: boolean;
  /** Protocol to fetch streams by. */
  readonly protocol: "rtmp" | "flv" | "flvs";
  /** Fetch by the protocol of the first client. */
  readonly followClient: boolean;
  /** Send players to the origin that has the stream. */
  readonly originCluster: boolean;
  /** The other origins, each `host:port` of its HTTP API. */
  readonly coworkers: readonly string[];
}

/** Copies of every published stream to other servers. */
export interface ForwardConfig {
  /** Forward streams. */
  readonly enabled: boolean;
  /**
   * Servers, each `host` or `host:port`, or addresses `rtmp://host/app/stream`, `rtmps` too, in
   * which `[vhost]`, `[app]`, `[stream]` and `[param]` are the stream's.
   */
  readonly destination: readonly string[];
  /** URL to ask for destinations; replaces `destination`. */
  readonly backend: string;
  /** Refuse a server of `rtmps` whose certificate is not valid. */
  readonly tlsVerify: boolean;
  /** File of further authorities to trust, PEM. */
  readonly tlsCa: string;
}

/** Streams that are fetched from other servers and published here, without FFmpeg. */
export interface PullConfig {
  /** Fetch this stream. */
  readonly enabled: boolean;
  /** `rtmp://`, `rtmps://`, or the address of HTTP-FLV or HLS (`.m3u8`). */
  readonly url: string;
  /** What it is called here: `app/stream`. */
  readonly stream: string;
  /** Refuse a server whose certificate is not valid. */
  readonly tlsVerify: boolean;
  /** File of further authorities to trust, PEM. */
  readonly tlsCa: string;
}

/** Recordings: files that streams are written to. See recording.md. */
export interface DvrConfig {
  /** Record streams. */
  readonly enabled: boolean;
  /** Streams to record: `all`, or a list of `app/stream`. */
  readonly dvrApply: readonly string[];
  /**
   * `session`: a file for each publish; `segment`: a file for each `dvr_duration`; `append`: who
   * publishes again goes on in the same file.
   */
  readonly dvrPlan: "session" | "segment" | "append";
  /**
   * Name of a recording, `.flv`, `.mp4` or `.ts`; may hold [vhost], [app], [stream], [timestamp]
   * and the date variables [2006], [01], [02], [15], [04], [05], [999]. Without one of these
   * endings it is a folder, in which files are called `[stream].[timestamp].flv`.
   */
  readonly dvrPath: string;
  /** Duration of a file with `dvr_plan: segment`. Unit: s. */
  readonly dvrDuration: number;
  /** With `dvr_plan: segment`: begin files with key frames only. */
  readonly dvrWaitKeyframe: boolean;
  /** What is done to timestamps, as in `play`: `full` and `zero` begin each file at 0. */
  readonly timeJitter: "full" | "zero" | "off";
  /**
   * Let who may play a stream play its recordings by time too, complete ones:
   * `/app/stream.mp4?from=...&duration=...`, `.flv` and `.ts`. See playback.md.
   */
  readonly dvrPlayback: boolean;
  /**
   * With `dvr_plan: append`: how long after its publisher a file is complete, if nobody goes on in
   * it. Unit: s.
   */
  readonly dvrAppendWait: number;
  /**
   * How much of a stream may wait for the disk. If that is not enough, its recording ends, and the
   * next one begins as soon as the disk has taken it. Unit: bytes.
   */
  readonly dvrQueueBytes: number;
  /**
   * What is to stay free on the disk: with less, recordings end and none begins. 0: as long as
   * there is any. Unit: bytes.
   */
  readonly dvrFreeSpace: number;
  /**
   * How often what has been written is handed to the disk itself (fsync), which decides what a
   * power failure leaves. 0: only when a file is complete. Unit: s.
   */
  readonly dvrSync: number;
  /**
   * How long recordings are kept after they ended; then they are deleted. 0: for ever. Unit: days.
   */
  readonly dvrKeepDays: number;
  /**
   * How much all recordings of the vhost may take: with more, the oldest are deleted, but never the
   * newest. 0: as much as there is room for. Unit: bytes.
   */
  readonly dvrKeepBytes: number;
}

/** Programs to run when something happens to a stream; docs/exec.md says how. */
export interface ExecConfig {
  /** Run the programs. */
  readonly enabled: boolean;
  /**
   * Programs that run for as long as a stream is published, each a list of arguments that may hold
   * variables.
   */
  readonly publish: readonly (readonly string[])[];
  /** Programs to run once when a publisher has left. */
  readonly publishDone: readonly (readonly string[])[];
  /** Programs to run once for each player that begins. */
  readonly play: readonly (readonly string[])[];
  /** Programs to run once for each player that has left. */
  readonly playDone: readonly (readonly string[])[];
  /** Programs to run once for each file that has been recorded. */
  readonly recordDone: readonly (readonly string[])[];
  /** How long a program may run that is run once. 0: as long as it likes. Unit: s. */
  readonly timeout: number;
}

/** Streams and files that FFmpeg fetches and publishes here. */
export interface IngestConfig {
  /** Run this ingester. */
  readonly enabled: boolean;
  readonly input: IngestInputConfig;
  /** FFmpeg: a path, or a name that is looked for in PATH. */
  readonly ffmpeg: string;
  readonly engines: Readonly<Record<string, EngineConfig>>;
}

/** What to fetch. */
export interface IngestInputConfig {
  /** `file`: over and over; `stream`; both in real time. `device` (ours): as it comes. */
  readonly type: "file" | "stream" | "device";
  /** URL or path. */
  readonly url: string;
  /**
   * Options before the input, such as `rtsp_transport: tcp`; `perfile` of an engine counts with
   * codecs alone.
   */
  readonly options: Readonly<Record<string, string>>;
}

/** How to encode, one output each. */
export interface EngineConfig {
  /** Use this engine. */
  readonly enabled: boolean;
  /** Options before the input. */
  readonly perfile: Readonly<Record<string, string>>;
  /** Format of the input; `off`: not given. */
  readonly iformat: string;
  /** Options for video filters. */
  readonly vfilter: Readonly<Record<string, string>>;
  /** Video codec: libx264, copy, png, or `vn` for no video. */
  readonly vcodec: string;
  /** Video bitrate. 0: not given. Unit: kbit/s. */
  readonly vbitrate: number;
  /** Frame rate. 0: not given. */
  readonly vfps: number;
  /** Width of the picture. 0: not given. Unit: pixels. */
  readonly vwidth: number;
  /** Height of the picture. 0: not given. Unit: pixels. */
  readonly vheight: number;
  /** Threads of the encoder. */
  readonly vthreads: number;
  /** Profile of the encoder. */
  readonly vprofile: string;
  /** Preset of the encoder. */
  readonly vpreset: string;
  /** More options for video. */
  readonly vparams: Readonly<Record<string, string>>;
  /** Audio codec: aac, libfdk_aac, copy, or `an` for no audio. */
  readonly acodec: string;
  /** Audio bitrate. 0: not given. Unit: kbit/s. */
  readonly abitrate: number;
  /** Audio sample rate. 0: not given. Unit: Hz. */
  readonly asampleRate: number;
  /** Audio channels. 0: not given. */
  readonly achannels: number;
  /** More options for audio. */
  readonly aparams: Readonly<Record<string, string>>;
  /** Format of the output; `off`: not given. */
  readonly oformat: string;
  /** URL or file to write; may hold variables. */
  readonly output: string;
}

/**
 * Published streams that FFmpeg encodes again, by `app` or `app/stream`; `*` is every stream. The
 * first of `*`, `app` and `app/stream` that is enabled is used.
 */
export interface TranscodeConfig {
  /** Transcode these streams. */
  readonly enabled: boolean;
  /** FFmpeg: a path, or a name that is looked for in PATH. */
  readonly ffmpeg: string;
  readonly engines: Readonly<Record<string, EngineConfig>>;
}

/** Pictures of published streams over HTTP, as `/app/stream.jpg`; docs/snapshots.md says how. */
export interface SnapshotConfig {
  /** Give out pictures. */
  readonly enabled: boolean;
  /** FFmpeg: a path, or a name that is looked for in PATH. */
  readonly ffmpeg: string;
  /** How long a picture is as good as a new one. Unit: s. */
  readonly interval: number;
  /** Width of the picture; the height follows. 0: as it is, up to 4096. Unit: pixels. */
  readonly width: number;
  /**
   * File to write a picture to at each interval, such as `./html/[app]/[stream].jpg`. Empty: none.
   */
  readonly path: string;
}

/** WebRTC; `rtc_server.enabled` is needed as well. */
export interface RtcConfig {
  /** Serve WebRTC. */
  readonly enabled: boolean;
  /** Offer what others publish to WebRTC players; AAC and MP3 become Opus. */
  readonly rtmpToRtc: boolean;
  /** Offer what WebRTC publishes to all others; Opus becomes AAC. */
  readonly rtcToRtmp: boolean;
  /** Ask for lost packets, and send those again that players have lost. */
  readonly nack: boolean;
  /** Report arrival times, by which publishers find their bitrate. */
  readonly twcc: boolean;
  /** Silence after which a session is closed. Unit: s. */
  readonly stunTimeout: number;
  /** Refuse STUN that does not name both sides. */
  readonly stunStrictCheck: boolean;
  /** Role if the peer leaves the choice. */
  readonly dtlsRole: "passive" | "active";
  /** Drop packets of this payload type, for tests. 0: none. */
  readonly dropForPt: number;
  /** Keep B-frames, which browsers cannot show, for players. */
  readonly keepBframe: boolean;
  /** Keep SEI NAL units for players. */
  readonly keepAvcNaluSei: boolean;
  /** Bitrate of Opus made from AAC and MP3. Unit: bit/s. */
  readonly opusBitrate: number;
  /** Bitrate of AAC made from Opus. Unit: bit/s. */
  readonly aacBitrate: number;
  /** Interval at which a publisher is asked for a key frame for all others. Unit: s. */
  readonly pliForRtmp: number;
  /**
   * Endings of stream names, such as `_720`, that make a ladder: a WebRTC player of `live/show`
   * then gets `live/show_720` when its network bears no more. What is set for HLS serves both; `[]`
   * is no ladder.
   */
  readonly variants: readonly string[];
}

/** SRT; `srt_server.enabled` is needed as well. */
export interface SrtConfig {
  /** Serve SRT. */
  readonly enabled: boolean;
  /** Offer streams published by SRT to all other players. */
  readonly srtToRtmp: boolean;
}

/** RTSP; `rtsp_server.enabled` is needed as well. */
export interface RtspConfig {
  /** Serve RTSP. */
  readonly enabled: boolean;
  /** Offer streams published by RTMP to RTSP players. */
  readonly rtmpToRtsp: boolean;
}
