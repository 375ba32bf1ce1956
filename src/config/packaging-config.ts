/**
 * How the streams of one vhost are packaged.
 * Property names are the directives' in camel case.
 *
 * Made by scripts/generate.ts from src/config/settings/: do not edit.
 *
 * @module
 */

/**
 * HLS with MPEG-TS segments, for old players. File names may hold [vhost], [app], [stream], [seq],
 * [timestamp], [duration] and the date variables [2006], [01], [02], [15], [04], [05], [999].
 */
export interface HlsConfig {
  /** Package streams as HLS with MPEG-TS. */
  readonly enabled: boolean;
  /** Duration of a segment. Unit: s. */
  readonly hlsFragment: number;
  /** Factor from `hls_fragment` to the duration a segment should have. */
  readonly hlsTdRatio: number;
  /** Factor from `hls_fragment` to the duration that forces a cut. */
  readonly hlsAofRatio: number;
  /** Duration of all segments in the playlist. Unit: s. */
  readonly hlsWindow: number;
  /** Size of all segments in the playlist, at most. Unit: bytes. */
  readonly hlsWindowBytes: number;
  /**
   * What follows if a file cannot be written. `continue`: try again with the next segment;
   * `ignore`: write no more files of this publish; `disconnect`: close the publisher.
   */
  readonly hlsOnError: "continue" | "ignore" | "disconnect";
  /** Where segments are kept: `memory`, `disk`, or `both`. */
  readonly hlsStorage: "memory" | "disk" | "both";
  /**
   * Begin with the first request, and stop a minute after the last. Only with the storage `memory`.
   */
  readonly hlsOnDemand: boolean;
  /** Folder to write to. */
  readonly hlsPath: string;
  /** Name of the playlist. */
  readonly hlsM3u8File: string;
  /** Name of a segment. */
  readonly hlsTsFile: string;
  /** Text before every segment's address in the playlist. */
  readonly hlsEntryPrefix: string;
  /** `an` leaves audio out. The codec is the stream's own. */
  readonly hlsAcodec: "aac" | "mp3" | "an";
  /** `vn` leaves video out. The codec is the stream's own. */
  readonly hlsVcodec: "h264" | "h265" | "vn";
  /** Delete the files of segments that leave the playlist. */
  readonly hlsCleanup: boolean;
  /**
   * Time after which what there is of an ended stream is deleted. 0: keep the files, and forget the
   * rest after 120 s. Unit: s.
   */
  readonly hlsDispose: number;
  /** Cut at key frames only. */
  readonly hlsWaitKeyframe: boolean;
  /** Count [timestamp] in segments instead of milliseconds. */
  readonly hlsTsFloor: boolean;
  /** Bytes to read of the answer to on_hls_notify. Unit: bytes. */
  readonly hlsNbNotify: number;
  /** Take the time of audio from its timestamps, not its samples. */
  readonly hlsDtsDirectly: boolean;
  /** Give each player a session of its own: it is counted, can be refused and kicked. */
  readonly hlsCtx: boolean;
  /** Carry the session to the segments. */
  readonly hlsTsCtx: boolean;
  /** Encrypt with AES-128. */
  readonly hlsKeys: boolean;
  /** Segments encrypted with the same key. */
  readonly hlsFragmentsPerKey: number;
  /** Name of a key file. */
  readonly hlsKeyFile: string;
  /** Folder to write keys to. */
  readonly hlsKeyFilePath: string;
  /** Text before every key's address. Empty: relative to the playlist. */
  readonly hlsKeyUrl: string;
  /**
   * Endings of stream names, such as `_720`, that make a ladder: the playlist of `live/show` then
   * offers `live/show_720` too. WebRTC players get them as well, unless `rtc.variants` says
   * otherwise.
   */
  readonly hlsVariants: readonly string[];
}

/**
 * CMAF: HLS with fMP4 segments, by default with low latency, for today's players. Its segments are
 * those of DASH too.
 */
export interface CmafConfig {
  /** Package streams as HLS with fMP4. */
  readonly enabled: boolean;
  /** Name of the multivariant playlist; all else is in the folder of that name without `.m3u8`. */
  readonly playlist: string;
  /** Duration of a segment; it is cut at the next key frame. Unit: s. */
  readonly segmentDuration: number;
  /** Offer segments in parts, before they are complete. */
  readonly lowLatency: boolean;
  /** Longest duration of a part. Players stay three of them behind. Unit: s. */
  readonly partDuration: number;
  /** Duration of all segments in the playlist. Unit: s. */
  readonly window: number;
  /** Size of all segments in the playlist, at most. Unit: bytes. */
  readonly windowBytes: number;
  /** Where segments are kept: `memory`, or `both`. */
  readonly storage: "memory" | "both";
  /** Folder to write to with the storage `both`. */
  readonly path: string;
  /**
   * Begin with the first request, and stop a minute after the last. Only with the storage `memory`.
   */
  readonly onDemand: boolean;
  /**
   * Give each player a session of its own, by a parameter in the playlists' addresses. Off: proxies
   * can share playlists among players.
   */
  readonly sessions: boolean;
  /**
   * Carry the session to the segments, so that a session's bytes are counted. Proxies cannot share
   * segments then.
   */
  readonly segmentSessions: boolean;
  /** Time after which what there is of an ended stream is deleted. Unit: s. */
  readonly dispose: number;
}

/** MPEG-DASH. */
export interface DashConfig {
  /** Package streams as DASH. */
  readonly enabled: boolean;
  /** Duration of a segment. If it is that of `cmaf`, both share their segments. Unit: s. */
  readonly dashFragment: number;
  /** How often players are to ask for the manifest. Unit: s. */
  readonly dashUpdatePeriod: number;
  /** How far back players may go, if there are segments. Unit: s. */
  readonly dashTimeshift: number;
  /** Folder to write to. */
  readonly dashPath: string;
  /** Name of the manifest. */
  readonly dashMpdFile: string;
  /** Segments in the manifest. */
  readonly dashWindowSize: number;
  /** Where segments are kept: `memory`, or `both`. */
  readonly dashStorage: "memory" | "both";
  /** Delete the files of segments that leave the manifest. */
  readonly dashCleanup: boolean;
  /**
   * Time after which what there is of an ended stream is deleted. 0: keep the files, and forget the
   * rest after 120 s. Unit: s.
   */
  readonly dashDispose: number;
}

/** Adobe HTTP Dynamic Streaming (HDS), for players that run in Flash. */
export interface HdsConfig {
  /** Write HDS. */
  readonly enabled: boolean;
  /** Duration of a fragment. Unit: s. */
  readonly hdsFragment: number;
  /** Duration of all fragments that players are told of. Unit: s. */
  readonly hdsWindow: number;
  /** Folder to write to. */
  readonly hdsPath: string;
}
