/**
 * What the server tells of itself: plain data, as JSON carries it, since reports travel between
 * processes. Sizes are bytes, counts and totals are since the start of what they belong to.
 *
 * @module
 */

import type { ResourceUse } from "../base/resource-use.ts";
import type { ClientType } from "./admission.ts";
import type { HistogramReport } from "./histogram.ts";
import type { ProcessStat } from "./process-stat.ts";
import type { TotalsReport } from "./totals.ts";

/** A stream, as one process has it or, merged, as the server has it. */
export interface StreamReport {
  /** Its key everywhere, see `formatStreamUrl`. */
  readonly url: string;
  readonly vhost: string;
  readonly app: string;
  readonly name: string;
  /** Of its publisher, else of a player; empty if there is no session. */
  readonly tcUrl: string;
  /** `null` while nobody publishes, and in a process that has the stream from another one. */
  readonly publisher: PublisherReport | null;
  /** This process has the stream from another one. */
  readonly isRelayed: boolean;
  readonly video: TrackReport | null;
  readonly audio: TrackReport | null;
  /** What the publisher's metadata say of the picture. */
  readonly width: number | null;
  readonly height: number | null;
  /** Frames of all publishers so far. */
  readonly videoFrames: number;
  readonly audioFrames: number;
  /** Media from publishers and to subscribers, those that have left included. */
  readonly receivedSize: number;
  readonly sentSize: number;
  /** Bits per second over the last 30 s, or for as long as the stream is there. */
  readonly receivedRate: number;
  readonly sentRate: number;
  /** Sessions that publish it, play it or wait for it. */
  readonly clients: number;
  /** Those of them that get something. */
  readonly subscribers: number;
  readonly gopCache: GopCacheReport;
  readonly queue: QueueLimitsReport;
  readonly broadcasts: readonly BroadcastReport[];
  readonly drops: DropsReport;
}

export interface PublisherReport {
  readonly clientId: string;
  /** Wall time in milliseconds since the Unix epoch. */
  readonly sinceMs: number;
}

export interface TrackReport {
  readonly codec: string;
  /** The decoder configuration record in base64; `null` where the codec has none. */
  readonly configuration: string | null;
}

/** The frames since the latest key frame. */
export interface GopCacheReport {
  readonly isEnabled: boolean;
  readonly frames: number;
  /** 0: no limit. */
  readonly framesMax: number;
  readonly size: number;
  readonly sizeMax: number;
}

/** How far a subscriber may fall behind. */
export interface QueueLimitsReport {
  readonly durationMs: number;
  readonly sizeMax: number;
  readonly writeTimeoutMs: number;
}

/** A stream in one output format; the bytes are held once for all subscribers. */
export interface BroadcastReport {
  readonly format: string;
  /** For other processes of the server. Not counted as clients, nor in what was sent. */
  readonly isForPeers: boolean;
  readonly subscribers: number;
  /** What is held for the slowest subscriber and for those who join. */
  readonly chainSize: number;
  readonly chainMs: number;
  /** How far the worst subscriber is behind. */
  readonly lagSizeMax: number;
  readonly lagMsMax: number;
}

/** What subscribers did not get, those that have left included. */
export interface DropsReport {
  /** How often one fell too far behind and skipped to a key frame. */
  readonly skips: number;
  readonly skippedSize: number;
  /** How many were closed because they took nothing for too long. */
  readonly writeTimeouts: number;
}

/** Somebody who is connected. */
export interface SessionReport {
  readonly clientId: string;
  readonly clientType: ClientType;
  readonly address: string;
  /** The stream's; `null` until the peer has said which. */
  readonly url: string | null;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  readonly isPublishing: boolean;
  readonly aliveMs: number;
  readonly receivedSize: number;
  readonly sentSize: number;
  /** Bits per second over the last 30 s or somewhat more, or since it came. */
  readonly receivedRate: number;
  readonly sentRate: number;
  /** How far it is behind; 0 for who does not play. */
  readonly lagSize: number;
  readonly lagMs: number;
  readonly skips: number;
  readonly skippedSize: number;
  /** `null` where TCP sees to its packets. */
  readonly transport: TransportReport | null;
}

/** How the packets of a session fare on their way. */
export interface TransportReport {
  readonly protocol: "udp" | "tcp" | null;
  /** `null` until it has been measured. */
  readonly rttMs: number | null;
  /** Packets of the last report that were lost, from 0 to 1; and in all. */
  readonly lossRate: number;
  readonly lostPackets: number;
  readonly jitterMs: number;
  /** Packets that were asked for again by the receiver, and those sent again. */
  readonly nackedPackets: number;
  readonly repeatedPackets: number;
  /** Key frames that were asked for by the receiver. */
  readonly keyFrameRequests: number;
  /** Bits per second that the way bears, as far as the sender knows. */
  readonly bandwidth: number | null;
  readonly codecs: readonly string[];
}

/** A vhost, with all streams that it has had. */
export interface VhostReport {
  readonly name: string;
  /** Those with a publisher or clients. */
  readonly streams: number;
  readonly clients: number;
  /** Media from publishers and to subscribers since the start. */
  readonly receivedSize: number;
  readonly sentSize: number;
  /** Bits per second over the last 30 s, of the streams that are there. */
  readonly receivedRate: number;
  readonly sentRate: number;
}

/** A stream on its way to another server. */
export interface ForwardReport {
  /** The stream's. */
  readonly url: string;
  /** Without keys and queries. */
  readonly destination: string;
  readonly state: ForwardState;
  /** How long it has been in that state. */
  readonly stateMs: number;
  /** How often it has got through, and how often it has failed or been lost. */
  readonly connects: number;
  readonly failures: number;
  /** Why the latest attempt failed; empty while all is well. */
  readonly problem: string;
  readonly sentSize: number;
  /** How far it is behind. */
  readonly lagMs: number;
  readonly skips: number;
}

/** `waiting`: for the stream's first frames. `pausing`: before the next attempt. */
export type ForwardState = "waiting" | "connecting" | "forwarding" | "pausing";

/** A stream that is fetched from another server. */
export interface PullReport {
  /** What the configuration calls it. */
  readonly id: string;
  /** The stream's. */
  readonly url: string;
  /** Where it comes from, without secrets. */
  readonly source: string;
  readonly state: PullState;
  /** How long it has been in that state. */
  readonly stateMs: number;
  /** How often it has come, and how often it has failed or been lost. */
  readonly connects: number;
  readonly failures: number;
  /** Why the latest attempt failed; empty while all is well. */
  readonly problem: string;
}

/** `pausing`: before the next attempt. */
export type PullState = "connecting" | "pulling" | "pausing";

/** Recordings of a process. Counts and sizes are since the start. */
export interface RecordingsReport {
  /** Streams that are being recorded, and those of them for which the disk fails. */
  readonly streams: number;
  readonly failing: number;
  /** Files that are complete, and bytes in them. */
  readonly finished: number;
  readonly finishedSize: number;
  /** Files that ended because the disk failed. */
  readonly failed: number;
  /** Frames that are in no file, as files of their stream would have begun too often. */
  readonly framesLeftOut: number;
  /** Bytes that wait for the disk. */
  readonly waitingSize: number;
}

/** A stream that is being recorded. */
export interface RecordingReport {
  /** The stream's. */
  readonly url: string;
  /** The file's name when it is complete; `null` before the first frame, and while the disk fails. */
  readonly file: string | null;
  readonly format: "flv" | "mp4" | "ts";
  readonly plan: "session" | "segment" | "append";
  /** When the file began, in milliseconds since the Unix epoch. */
  readonly startedWallMs: number | null;
  /** Of the file. */
  readonly durationMs: number;
  /** Bytes of the file on disk. */
  readonly size: number;
  /** Somebody has asked for it, whatever is set. */
  readonly isAskedFor: boolean;
  /** Nobody publishes, and the next publisher goes on in the file. */
  readonly isWaiting: boolean;
  /** The disk has failed and is tried again. */
  readonly isFailing: boolean;
}

/** Why a recording can be neither begun nor ended by command. */
export type RecordingProblem =
  | "not_published"
  | "vhost_not_served"
  | "recorded_already"
  | "not_recorded";

/** What FFmpeg has said of its present run; `null` where it has not. */
export interface EncodingReport {
  readonly frames: number | null;
  readonly fps: number | null;
  /** 1: as fast as the stream itself. */
  readonly speed: number | null;
  /** Time of the output so far. */
  readonly outTimeMs: number | null;
  readonly outSize: number | null;
  readonly droppedFrames: number | null;
}

/** `pausing`: before it is started again. */
export type ProgramState = "starting" | "running" | "pausing" | "ended";

/** FFmpeg at work. */
export interface FfmpegReport {
  readonly state: ProgramState;
  /** How long it has been in that state. */
  readonly stateMs: number;
  /** `null` while it does not run. */
  readonly pid: number | null;
  readonly starts: number;
  /** How often it was ended by force, as it had hung. */
  readonly kills: number;
  /** How it ended the last time, or why it could not be started; `null`: it has not. */
  readonly problem: string | null;
  readonly progress: EncodingReport | null;
}

/** A stream on its way through an encoder. */
export interface TranscodeReport extends FfmpegReport {
  /** The stream's. */
  readonly url: string;
  /** The block of settings: `*`, an app, or `app/stream`. */
  readonly block: string;
  readonly engine: string;
  /** Without queries. */
  readonly output: string;
}

/** What is fetched and published here. */
export interface IngestReport extends Omit<FfmpegReport, "state"> {
  readonly vhost: string;
  readonly id: string;
  /** Which of its engines; empty where there is one without a name. */
  readonly engine: string;
  /** Without names, passwords and queries. */
  readonly input: string;
  readonly output: string;
  /** `stopped`: by the API. */
  readonly state: ProgramState | "stopped";
}

/** Programs that a process runs beside itself. */
export interface ProgramsReport {
  readonly running: number;
  /** How many may. */
  readonly runningMax: number;
  readonly starts: number;
  /** Ends that were not wanted, and what could not be started. */
  readonly failures: number;
  /** Ends by force. */
  readonly kills: number;
  /** What was to run once, and was left out for want of room; failures too. */
  readonly refusals: number;
}

/** One process of the server. */
export interface ProcessReport {
  readonly pid: number;
  readonly parentPid: number;
  /** What it was started with, the program first. */
  readonly commandLine: readonly string[];
  readonly workingFolder: string;
  readonly role: ProcessRole;
  /** From 0; `null` for who is no worker. */
  readonly worker: number | null;
  /** Wall time in milliseconds since the Unix epoch. */
  readonly startedMs: number;
  readonly uptimeMs: number;
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
  /** Processors kept busy over the last 30 s: 1 is one of them. */
  readonly cpuLoad: number;
  readonly residentSize: number;
  readonly heapSize: number;
  /** `null` where the system does not tell. */
  readonly openFiles: number | null;
  readonly pendingTimers: number | null;
  /** `null` where the system does not tell. */
  readonly stat: ProcessStat | null;
  readonly use: ResourceUse | null;
  readonly connections: number;
  /** Of the whole server. 0: no limit. */
  readonly connectionsMax: number;
  readonly streams: number;
  readonly sessions: Readonly<Partial<Record<ClientType, number>>>;
  /** Sessions since the start. */
  readonly sessionsTotal: number;
  /** Over all connections since the start. */
  readonly receivedSize: number;
  readonly sentSize: number;
  /** Of all streams since the start, those that have been forgotten included. */
  readonly drops: DropsReport;
  /** By protocol, for those that there have been. */
  readonly protocols: Readonly<Record<string, ProtocolReport>>;
  /** By output format: seconds that it took to hand a block to all subscribers. */
  readonly flushes: Readonly<Record<string, HistogramReport>>;
  /** Seconds that timers came too late. */
  readonly eventLoopDelay: HistogramReport;
  /** `null`: nobody is called back. */
  /** `null` for a process that runs none. */
  readonly programs: ProgramsReport | null;
  readonly hooks: HooksReport | null;
  /** `null`: this process does not trace. */
  readonly tracing: TracingReport | null;
  /** `null`: nothing can be recorded. */
  readonly recordings: RecordingsReport | null;
  /** Of all workers since the server started, those that are gone included; the supervisor's alone. */
  readonly ofWorkers: TotalsReport | null;
}

/** Sessions of one protocol, since the start. */
export interface ProtocolReport {
  /** Those that are there. */
  readonly sessions: number;
  readonly sessionsTotal: number;
  /** Sessions that ended by an error or a refusal. */
  readonly errors: number;
  readonly receivedSize: number;
  readonly sentSize: number;
  readonly skips: number;
  readonly skippedSize: number;
  /** Seconds from a player's request to its first key frame; `null`: none has been sent. */
  readonly firstFrame: HistogramReport | null;
}

/** Callbacks to backends. */
export interface HooksReport {
  /** Of the histograms of all events, in seconds. */
  readonly bounds: readonly number[];
  readonly events: readonly HookEventReport[];
  /** What waits to be told. */
  readonly queueLength: number;
}

export interface HookEventReport {
  readonly event: string;
  /** Calls that have ended, by outcome. */
  readonly calls: Readonly<Record<string, number>>;
  /** Calls that took no longer than the bound of the same index. */
  readonly buckets: readonly number[];
  readonly seconds: number;
  /** What was given up without having been delivered. */
  readonly lost: number;
}

/** Spans of traces. */
export interface TracingReport {
  readonly sent: number;
  readonly dropped: number;
  /** Those that wait to be sent. */
  readonly queueLength: number;
}

/** `single`: the server is this process alone. */
export type ProcessRole = "single" | "worker" | "supervisor";
