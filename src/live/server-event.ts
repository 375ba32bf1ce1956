/**
 * What can happen to a server: each event by its name, with what is told of it. Plain data, as JSON
 * carries it, since events travel between processes and to whoever listens.
 *
 * Nothing in an event is a secret: no query, no token, no password. Reasons are names, or this
 * program's own words.
 *
 * @module
 */

import type { RefusalReason } from "../base/errors.ts";
import type { StreamName } from "../base/stream-name.ts";
import type { ClientType } from "./admission.ts";
import type { SessionProtocol } from "./session-registry.ts";
import type { TrackKind } from "./track.ts";

/** A client that has said what it wants. */
export interface ClientFields extends StreamName {
  readonly clientId: string;
  readonly clientType: ClientType;
  readonly address: string;
}

/** What one track is made of; `null` where its configuration does not say. */
export interface TrackFields {
  readonly kind: TrackKind;
  /** Such as `h264` or `aac`. */
  readonly codec: string;
  /** As in playlists (RFC 6381), such as `avc1.64001f`. */
  readonly codecString: string | null;
  /** Of video, in samples. */
  readonly width?: number | null;
  readonly height?: number | null;
  /** Of audio, in Hz. */
  readonly sampleRate?: number | null;
  readonly channels?: number | null;
}

/** Fields of each event. Sizes are in bytes. */
export interface ServerEventFields {
  /** The ports are open, those of all workers. */
  readonly "server.started": {
    readonly version: string;
    /** Such as `bun 1.4.5`. */
    readonly runtime: string;
    readonly pid: number;
    /** How many processes serve. */
    readonly workers: number;
  };
  /** It takes nobody new. `isGraceful`: whoever is connected may stay until he leaves. */
  readonly "server.stopping": { readonly isGraceful: boolean };
  /** One of several processes serves. */
  readonly "worker.started": { readonly worker: number; readonly pid: number };
  /** It is gone, and whoever it served with it. */
  readonly "worker.ended": {
    readonly worker: number;
    readonly pid: number;
    /** Its exit status; `null` if a signal ended it. */
    readonly code: number | null;
    readonly signal: string | null;
  };
  /** Another configuration is in force. */
  readonly "configuration.reloaded": {
    /** What it was reloaded by, such as `SIGHUP` or `api`. */
    readonly cause: string;
    /** Paths of settings with another value, the first hundred of them. */
    readonly changed: readonly string[];
    /** Those that wait for a restart. */
    readonly needsRestart: readonly string[];
  };
  /** A configuration could not be taken on, and nothing has changed. */
  readonly "configuration.refused": { readonly cause: string; readonly problem: string };
  /** A client has said what it wants, and may be here for it. */
  readonly "session.connected": ClientFields & { readonly protocol: SessionProtocol | null };
  /** A client may not do what it wants. */
  readonly "session.refused": ClientFields & {
    readonly action: "connect" | "publish" | "play";
    /** What said no: access rules, a callback, a limit of the server, or the stream, which is busy. */
    readonly by: RefusedBy;
    readonly reason: RefusalReason;
  };
  /** Somebody has had a client disconnected. */
  readonly "session.kicked": SessionFields & { readonly reason: string };
  /** A client that has said what it wants is gone. */
  readonly "session.ended": SessionFields & {
    readonly reason: string;
    /** By an error or a refusal, and not by who or what may end it. */
    readonly isFailed: boolean;
    readonly durationMs: number;
    readonly receivedSize: number;
    readonly sentSize: number;
    /** How often it fell behind and skipped, and what it did not get. */
    readonly skips: number;
    readonly skippedSize: number;
  };
  /** A player has been let play; its stream may not be there yet. */
  readonly "play.started": ClientFields & { readonly protocol: SessionProtocol | null };
  readonly "play.ended": ClientFields & {
    readonly protocol: SessionProtocol | null;
    readonly reason: string;
    readonly durationMs: number;
    /** To this player while it played. */
    readonly sentSize: number;
  };
  /** Somebody publishes. The `null`s are for the built-in test stream. */
  readonly "stream.published": StreamName & PublisherFields;
  /** It is known what the stream is made of: players are sent it from now on. */
  readonly "stream.ready": StreamName & {
    /** Since it was published. */
    readonly delayMs: number;
    readonly tracks: readonly TrackFields[];
  };
  /** It is made of something else from now on. */
  readonly "stream.tracks_changed": StreamName & { readonly tracks: readonly TrackFields[] };
  /** The publisher is gone, and may return. */
  readonly "stream.unpublished": StreamName &
    PublisherFields & {
      readonly reason: string;
      readonly durationMs: number;
      /** Media of this publisher. */
      readonly receivedSize: number;
      readonly videoFrames: number;
      readonly audioFrames: number;
    };
  /** The publisher has not returned in time: its viewers are let go. */
  readonly "stream.ended": StreamName;
  /**
   * A segment can be had: of HLS with MPEG-TS, as the callback on_hls tells, or of one track in CMAF,
   * for HLS or DASH.
   */
  readonly "segment.finished": StreamName & {
    /** The publisher's. */
    readonly clientId: string;
    readonly format: "ts" | "cmaf";
    /** `null` for MPEG-TS, which has all. */
    readonly track: TrackKind | null;
    readonly seq: number;
    readonly durationMs: number;
    /** Its path below the folder of all files, or a URL; and that of its playlist. */
    readonly url: string;
    readonly playlistUrl: string;
  };
  /** A stream is written to a file from now on. */
  readonly "recording.started": StreamName & RecordingFields;
  /** A file is complete and has its name, as the callback on_dvr tells. */
  readonly "recording.finished": StreamName &
    RecordingFields & {
      readonly durationMs: number;
      /** Bytes. */
      readonly size: number;
    };
  /** A file ended, or could not begin, as the disk refused it; the stream goes on. */
  readonly "recording.failed": StreamName & {
    /** `null` if there is none. */
    readonly file: string | null;
    /** The system's name of the fault, such as `ENOSPC`; `EBUSY`: the disk is too slow. */
    readonly code: string;
  };
  /** Somebody, or a limit of how much is kept, has had a recording deleted. */
  readonly "recording.deleted": StreamName &
    RecordingFields & {
      /** Bytes. */
      readonly size: number;
      readonly reason: RemovalReason;
    };
  /** A callback got no answer, or one that is neither yes nor no. */
  readonly "hook.failed": HookFields & {
    /** Without its query; `null` if the address is no URL. */
    readonly backend: string | null;
    readonly reason: "wrong" | "unsettled" | "unreachable";
  };
  /** A backend is not told of something any more. */
  readonly "hook.lost": HookFields & {
    readonly reason: "queue_full" | "server_stopped" | "failed";
  };
  /** An address has shown so many wrong tokens or passwords that it has to wait. */
  readonly "address.held_off": { readonly address: string; readonly waitMs: number };
  /** Connections were more than there may be; told once a second at most. */
  readonly "connection.refused": {
    /** Where the latest came from. */
    readonly address: string;
    /** How many there were since the last time. */
    readonly count: number;
  };
  /** Events are missing before this one, for whoever reads it. */
  readonly "events.missed": {
    readonly reason: MissedReason;
    /** How many, of all kinds; `null` if nobody knows. */
    readonly count: number | null;
  };
}

/** Who has had a recording deleted: the API, or the setting `dvr_keep_days` or `dvr_keep_bytes`. */
export type RemovalReason = "api" | "keep_days" | "keep_bytes";

export type RefusedBy = "access" | "hook" | "forward" | "limit" | "stream";

/**
 * - `too_old`: the reader comes again with the id of an event so old that those after it are forgotten.
 * - `other_start`: with one of another start of the server, or of none.
 * - `too_slow`: it reads slower than events come.
 * - `busy`: a worker could not hand its events on.
 */
export type MissedReason = "too_old" | "other_start" | "too_slow" | "busy";

/** A client of whom there is a session. */
export interface SessionFields extends ClientFields {
  readonly protocol: SessionProtocol;
}

/** Who publishes; `null`s for what is no session. */
export interface PublisherFields {
  readonly clientId: string | null;
  readonly clientType: ClientType | null;
  readonly protocol: SessionProtocol | null;
  readonly address: string | null;
}

interface RecordingFields {
  /** Its path when it is complete. */
  readonly file: string;
  readonly format: "flv" | "mp4" | "ts";
}

interface HookFields extends StreamName {
  /** Such as `on_publish`. */
  readonly hook: string;
  readonly clientId: string;
}

export type ServerEventType = keyof ServerEventFields;

export type ServerEvent = {
  readonly [Type in ServerEventType]: { readonly type: Type } & ServerEventFields[Type];
}[ServerEventType];

/** An event with what is said of all of them. */
export type RecordedEvent = ServerEvent & {
  /** Since the Unix epoch. */
  readonly timeMs: number;
  /** Which worker it is of; `null` if it is the whole server's. */
  readonly worker: number | null;
};

/** Takes an event from where it is decided that it has happened. */
export type TellEvent = (event: ServerEvent) => void;

const TYPES: Readonly<Record<ServerEventType, true>> = {
  "server.started": true,
  "server.stopping": true,
  "worker.started": true,
  "worker.ended": true,
  "configuration.reloaded": true,
  "configuration.refused": true,
  "session.connected": true,
  "session.refused": true,
  "session.kicked": true,
  "session.ended": true,
  "play.started": true,
  "play.ended": true,
  "stream.published": true,
  "stream.ready": true,
  "stream.tracks_changed": true,
  "stream.unpublished": true,
  "stream.ended": true,
  "segment.finished": true,
  "recording.started": true,
  "recording.finished": true,
  "recording.failed": true,
  "recording.deleted": true,
  "hook.failed": true,
  "hook.lost": true,
  "address.held_off": true,
  "connection.refused": true,
  "events.missed": true,
};

/** All there are. */
export const SERVER_EVENT_TYPES: readonly ServerEventType[] = Object.keys(
  TYPES,
) as ServerEventType[];

/** @param worker The process that tells; `null` for one that is the server, or its supervisor. */
export function recordEvent(
  event: ServerEvent,
  wallMs: number,
  worker: number | null,
): RecordedEvent {
  const { type, ...fields } = event;
  return { type, timeMs: Math.round(wallMs), worker, ...fields } as RecordedEvent;
}
