/**
 * A complete recording as a line of JSON, which other programs may read as well.
 *
 * ```text
 * {"url":"/live/show","vhost":"__defaultVhost__","app":"live","stream":"show","file":"./html/live/show.1.flv",
 *  "format":"flv","startedMs":1,"durationMs":2000,"size":300,"tracks":[{"kind":"video","codec":"h264"}]}
 * ```
 *
 * @module
 */

import {
  formatStreamUrl,
  isSafeAppName,
  isSafeStreamName,
  type StreamName,
} from "../../base/stream-name.ts";
import type { RecordingFormatName } from "./formats/recording-format.ts";
import { parseJson } from "./own-folder.ts";
import type { CompleteRecording, RecordedTrack } from "./recorded.ts";

/** What a line says. */
export interface ListedRecording {
  readonly url: string;
  readonly name: StreamName;
  readonly path: string;
  readonly format: RecordingFormatName;
  /** Milliseconds since the Unix epoch. */
  readonly startedWallMs: number;
  readonly durationMs: number;
  /** Bytes. */
  readonly size: number;
  readonly tracks: readonly RecordedTrack[];
}

const FORMATS: readonly unknown[] = ["flv", "mp4", "ts"] satisfies RecordingFormatName[];
/** A recording has two; a line has no more of them than anybody would look at. */
const TRACKS_MAX = 16;
const CODEC_LENGTH_MAX = 64;
/** Of a path, as systems have it. */
const PATH_LENGTH_MAX = 4_096;
/** The largest time that a date can be. */
const WALL_MS_MAX = 8.64e15;

/** Without the line's end. */
export function formatRecordingLine(recording: Omit<CompleteRecording, "publisher">): string {
  const { url, name, path: file, format, startedWallMs, durationMs, size, tracks } = recording;
  return JSON.stringify({
    url,
    ...{ vhost: name.vhost, app: name.app, stream: name.stream },
    file,
    format,
    startedMs: Math.round(startedWallMs),
    durationMs: Math.round(durationMs),
    size,
    tracks,
  });
}

/** What a line says; `undefined` for one that was cut off, or says what no recording can be. */
export function parseRecordingLine(line: string): ListedRecording | undefined {
  const value = parseJson(line);
  if (typeof value !== "object" || value === null) return undefined;
  const { vhost, app, stream, file, format, startedMs, durationMs, size, tracks } =
    value as Readonly<Record<string, unknown>>;
  if (!isText(vhost) || !isText(app) || !isText(stream) || !isText(file)) return undefined;
  const isNamed = isSafeStreamName(vhost) && isSafeAppName(app) && isSafeStreamName(stream);
  const isFile = FORMATS.includes(format) && file.endsWith(`.${String(format)}`);
  if (!isNamed || !isFile || !isPath(file)) return undefined;
  if (!isCount(startedMs) || !isCount(durationMs) || !isCount(size)) return undefined;
  const name = { vhost, app, stream };
  return {
    url: formatStreamUrl(name),
    name,
    path: file,
    format: format as RecordingFormatName,
    startedWallMs: startedMs,
    durationMs,
    size,
    tracks: readTracks(tracks),
  };
}

function readTracks(value: unknown): RecordedTrack[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, TRACKS_MAX).flatMap((track: unknown): RecordedTrack[] => {
    const { kind, codec } = (track ?? {}) as Readonly<Record<string, unknown>>;
    if ((kind !== "audio" && kind !== "video") || !isText(codec)) return [];
    return codec.length > CODEC_LENGTH_MAX ? [] : [{ kind, codec }];
  });
}

/** Whether systems can have it. Where it leads is for who knows the folder of all recordings. */
function isPath(text: string): boolean {
  return text.length <= PATH_LENGTH_MAX && !text.includes("\0");
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= WALL_MS_MAX;
}
