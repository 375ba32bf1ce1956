/**
 * How a program writes what becomes of the streams of one vhost.
 *
 * Made by scripts/generate.ts from src/config/settings/: do not edit.
 *
 * @module
 */

import type { OneOrMore } from "./input-types.ts";

/**
 * HLS with MPEG-TS segments, for old players. File names may hold [vhost], [app], [stream], [seq],
 * [timestamp], [duration] and the date variables [2006], [01], [02], [15], [04], [05], [999].
 */
export interface HlsConfigInput {
  /** Package streams as HLS with MPEG-TS. */
  readonly enabled?: boolean | undefined;
  /** Duration of a segment. Unit: s. */
  readonly hls_fragment?: number | undefined;
  /** Factor from `hls_fragment` to the duration a segment should have. */
  readonly hls_td_ratio?: number | undefined;
  /** Factor from `hls_fragment` to the duration that forces a cut. */
  readonly hls_aof_ratio?: number | undefined;
  /** Duration of all segments in the playlist. Unit: s. */
  readonly hls_window?: number | undefined;
  /** Size of all segments in the playlist, at most. Unit: bytes. */
  readonly hls_window_bytes?: number | undefined;
  /**
   * What follows if a file cannot be written. `continue`: try again with the next segment;
   * `ignore`: write no more files of this publish; `disconnect`: close the publisher.
   */
  readonly hls_on_error?: "continue" | "ignore" | "disconnect" | undefined;
  /** Where segments are kept: `memory`, `disk`, or `both`. */
  readonly hls_storage?: "memory" | "disk" | "both" | undefined;
  /**
   * Begin with the first request, and stop a minute after the last. Only with the storage `memory`.
   */
  readonly hls_on_demand?: boolean | undefined;
  /** Folder to write to. */
  readonly hls_path?: string | undefined;
  /** Name of the playlist. */
  readonly hls_m3u8_file?: string | undefined;
  /** Name of a segment. */
  readonly hls_ts_file?: string | undefined;
  /** Text before every segment's address in the playlist. */
  readonly hls_entry_prefix?: string | undefined;
  /** `an` leaves audio out. The codec is the stream's own. */
  readonly hls_acodec?: "aac" | "mp3" | "an" | undefined;
  /** `vn` leaves video out. The codec is the stream's own. */
  readonly hls_vcodec?: "h264" | "h265" | "vn" | undefined;
  /** Delete the files of segments that leave the playlist. */
  readonly hls_cleanup?: boolean | undefined;
  /**
   * Time after which what there is of an ended stream is deleted. 0: keep the files, and forget the
   * rest after 120 s. Unit: s.
   */
  readonly hls_dispose?: number | undefined;
  /** Cut at key frames only. */
  readonly hls_wait_keyframe?: boolean | undefined;
  /** Count [timestamp] in segments instead of milliseconds. */
  readonly hls_ts_floor?: boolean | undefined;
  /** Bytes to read of the answer to on_hls_notify. Unit: bytes. */
  readonly hls_nb_notify?: number | undefined;
  /** Take the time of audio from its timestamps, not its samples. */
  readonly hls_dts_directly?: boolean | undefined;
  /** Give each player a session of its own: it is counted, can be refused and kicked. */
  readonly hls_ctx?: boolean | undefined;
  /** Carry the session to the segments. */
  readonly hls_ts_ctx?: boolean | undefined;
  /** Encrypt with AES-128. */
  readonly hls_keys?: boolean | undefined;
  /** Segments encrypted with the same key. */
  readonly hls_fragments_per_key?: number | undefined;
  /** Name of a key file. */
  readonly hls_key_file?: string | undefined;
  /** Folder to write keys to. */
  readonly hls_key_file_path?: string | undefined;
  /** Text before every key's address. Empty: relative to the playlist. */
  readonly hls_key_url?: string | undefined;
  /**
   * Endings of stream names, such as `_720`, that make a ladder: the playlist of `live/show` then
   * offers `live/show_720` too. WebRTC players get them as well, unless `rtc.variants` says
   * otherwise.
   */
  readonly hls_variants?: OneOrMore<string> | undefined;
}

/**
 * CMAF: HLS with fMP4 segments, by default with low latency, for today's players. Its segments are
 * those of DASH too.
 */
export interface CmafConfigInput {
  /** Package streams as HLS with fMP4. */
  readonly enabled?: boolean | undefined;
  /** Name of the multivariant playlist; all else is in the folder of that name without `.m3u8`. */
  readonly playlist?: string | undefined;
  /** Duration of a segment; it is cut at the next key frame. Unit: s. */
  readonly segment_duration?: number | undefined;
  /** Offer segments in parts, before they are complete. */
  readonly low_latency?: boolean | undefined;
  /** Longest duration of a part. Players stay three of them behind. Unit: s. */
  readonly part_duration?: number | undefined;
  /** Duration of all segments in the playlist. Unit: s. */
  readonly window?: number | undefined;
  /** Size of all segments in the playlist, at most. Unit: bytes. */
  readonly window_bytes?: number | undefined;
  /** Where segments are kept: `memory`, or `both`. */
  readonly storage?: "memory" | "both" | undefined;
  /** Folder to write to with the storage `both`. */
  readonly path?: string | undefined;
  /**
   * Begin with the first request, and stop a minute after the last. Only with the storage `memory`.
   */
  readonly on_demand?: boolean | undefined;
  /**
   * Give each player a session of its own, by a parameter in the playlists' addresses. Off: proxies
   * can share playlists among players.
   */
  readonly sessions?: boolean | undefined;
  /**
   * Carry the session to the segments, so that a session's bytes are counted. Proxies cannot share
   * segments then.
   */
  readonly segment_sessions?: boolean | undefined;
  /** Time after which what there is of an ended stream is deleted. Unit: s. */
  readonly dispose?: number | undefined;
}

/** MPEG-DASH. */
export interface DashConfigInput {
  /** Package streams as DASH. */
  readonly enabled?: boolean | undefined;
  /** Duration of a segment. If it is that of `cmaf`, both share their segments. Unit: s. */
  readonly dash_fragment?: number | undefined;
  /** How often players are to ask for the manifest. Unit: s. */
  readonly dash_update_period?: number | undefined;
  /** How far back players may go, if there are segments. Unit: s. */
  readonly dash_timeshift?: number | undefined;
  /** Folder to write to. */
  readonly dash_path?: string | undefined;
  /** Name of the manifest. */
  readonly dash_mpd_file?: string | undefined;
  /** Segments in the manifest. */
  readonly dash_window_size?: number | undefined;
  /** Where segments are kept: `memory`, or `both`. */
  readonly dash_storage?: "memory" | "both" | undefined;
  /** Delete the files of segments that leave the manifest. */
  readonly dash_cleanup?: boolean | undefined;
  /**
   * Time after which what there is of an ended stream is deleted. 0: keep the files, and forget the
   * rest after 120 s. Unit: s.
   */
  readonly dash_dispose?: number | undefined;
}

/** Adobe HTTP Dynamic Streaming (HDS), for players that run in Flash. */
export interface HdsConfigInput {
  /** Write HDS. */
  readonly enabled?: boolean | undefined;
  /** Duration of a fragment. Unit: s. */
  readonly hds_fragment?: number | undefined;
  /** Duration of all fragments that players are told of. Unit: s. */
  readonly hds_window?: number | undefined;
  /** Folder to write to. */
  readonly hds_path?: string | undefined;
}

/** Recordings: files that streams are written to. See recording.md. */
export interface DvrConfigInput {
  /** Record streams. */
  readonly enabled?: boolean | undefined;
  /** Streams to record: `all`, or a list of `app/stream`. */
  readonly dvr_apply?: OneOrMore<string> | undefined;
  /**
   * `session`: a file for each publish; `segment`: a file for each `dvr_duration`; `append`: who
   * publishes again goes on in the same file.
   */
  readonly dvr_plan?: "session" | "segment" | "append" | undefined;
  /**
   * Name of a recording, `.flv`, `.mp4` or `.ts`; may hold [vhost], [app], [stream], [timestamp]
   * and the date variables [2006], [01], [02], [15], [04], [05], [999]. Without one of these
   * endings it is a folder, in which files are called `[stream].[timestamp].flv`.
   */
  readonly dvr_path?: string | undefined;
  /** Duration of a file with `dvr_plan: segment`. Unit: s. */
  readonly dvr_duration?: number | undefined;
  /** With `dvr_plan: segment`: begin files with key frames only. */
  readonly dvr_wait_keyframe?: boolean | undefined;
  /** What is done to timestamps, as in `play`: `full` and `zero` begin each file at 0. */
  readonly time_jitter?: "full" | "zero" | "off" | undefined;
  /**
   * Let who may play a stream play its recordings by time too, complete ones:
   * `/app/stream.mp4?from=...&duration=...`, `.flv` and `.ts`. See playback.md.
   */
  readonly dvr_playback?: boolean | undefined;
  /**
   * With `dvr_plan: append`: how long after its publisher a file is complete, if nobody goes on in
   * it. Unit: s.
   */
  readonly dvr_append_wait?: number | undefined;
  /**
   * How much of a stream may wait for the disk. If that is not enough, its recording ends, and the
   * next one begins as soon as the disk has taken it. Unit: bytes.
   */
  readonly dvr_queue_bytes?: number | undefined;
  /**
   * What is to stay free on the disk: with less, recordings end and none begins. 0: as long as
   * there is any. Unit: bytes.
   */
  readonly dvr_free_space?: number | undefined;
  /**
   * How often what has been written is handed to the disk itself (fsync), which decides what a
   * power failure leaves. 0: only when a file is complete. Unit: s.
   */
  readonly dvr_sync?: number | undefined;
  /**
   * How long recordings are kept after they ended; then they are deleted. 0: for ever. Unit: days.
   */
  readonly dvr_keep_days?: number | undefined;
  /**
   * How much all recordings of the vhost may take: with more, the oldest are deleted, but never the
   * newest. 0: as much as there is room for. Unit: bytes.
   */
  readonly dvr_keep_bytes?: number | undefined;
}

/** How to encode, one output each. */
export interface EngineConfigInput {
  /** Use this engine. */
  readonly enabled?: boolean | undefined;
  /** Options before the input. */
  readonly perfile?: Readonly<Record<string, string>> | undefined;
  /** Format of the input; `off`: not given. */
  readonly iformat?: string | undefined;
  /** Options for video filters. */
  readonly vfilter?: Readonly<Record<string, string>> | undefined;
  /** Video codec: libx264, copy, png, or `vn` for no video. */
  readonly vcodec?: string | undefined;
  /** Video bitrate. 0: not given. Unit: kbit/s. */
  readonly vbitrate?: number | undefined;
  /** Frame rate. 0: not given. */
  readonly vfps?: number | undefined;
  /** Width of the picture. 0: not given. Unit: pixels. */
  readonly vwidth?: number | undefined;
  /** Height of the picture. 0: not given. Unit: pixels. */
  readonly vheight?: number | undefined;
  /** Threads of the encoder. */
  readonly vthreads?: number | undefined;
  /** Profile of the encoder. */
  readonly vprofile?: string | undefined;
  /** Preset of the encoder. */
  readonly vpreset?: string | undefined;
  /** More options for video. */
  readonly vparams?: Readonly<Record<string, string>> | undefined;
  /** Audio codec: aac, libfdk_aac, copy, or `an` for no audio. */
  readonly acodec?: string | undefined;
  /** Audio bitrate. 0: not given. Unit: kbit/s. */
  readonly abitrate?: number | undefined;
  /** Audio sample rate. 0: not given. Unit: Hz. */
  readonly asample_rate?: number | undefined;
  /** Audio channels. 0: not given. */
  readonly achannels?: number | undefined;
  /** More options for audio. */
  readonly aparams?: Readonly<Record<string, string>> | undefined;
  /** Format of the output; `off`: not given. */
  readonly oformat?: string | undefined;
  /** URL or file to write; may hold variables. */
  readonly output?: string | undefined;
}

/**
 * Published streams that FFmpeg encodes again, by `app` or `app/stream`; `*` is every stream. The
 * first of `*`, `app` and `app/stream` that is enabled is used.
 */
export interface TranscodeConfigInput {
  /** Transcode these streams. */
  readonly enabled?: boolean | undefined;
  /** FFmpeg: a path, or a name that is looked for in PATH. */
  readonly ffmpeg?: string | undefined;
  readonly engines?: Readonly<Record<string, EngineConfigInput>> | undefined;
}
