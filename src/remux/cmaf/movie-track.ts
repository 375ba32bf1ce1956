/**
 * From what an MP4 file says of a track's codec to a track of the live core.
 *
 * @module
 */

import { ObjectTypeIndication } from "../../codec/mp4/elementary-stream-descriptor.ts";
import type { ReadSampleEntry } from "../../codec/mp4/sample-entry-reader.ts";
import { decodeOpusSpecificBox, encodeOpusHead } from "../../codec/opus/opus-head.ts";
import { createTrack, type Track } from "../../live/track.ts";

const CODECS: Readonly<Record<string, Track["codec"]>> = {
  avc1: "h264",
  avc3: "h264",
  hvc1: "hevc",
  hev1: "hevc",
  av01: "av1",
  vp08: "vp8",
  vp09: "vp9",
  Opus: "opus",
  ".mp3": "mp3",
};
const VIDEO: readonly Track["codec"][] = ["h264", "hevc", "av1", "vp8", "vp9"];

/** @returns `undefined` if it is nothing that is known here. @throws {MalformedError} */
export function createMovieTrack({
  format,
  record,
  objectTypeIndication,
}: ReadSampleEntry): Track | undefined {
  const codec = format === "mp4a" ? audioCodec(objectTypeIndication) : CODECS[format];
  if (codec === undefined || (record === undefined && codec !== "mp3")) return undefined;
  const isVideo = VIDEO.includes(codec);
  const kind = isVideo ? "video" : "audio";
  return createTrack(kind, codec, codec === "mp3" ? undefined : toRecord(codec, record));
}

function audioCodec(objectTypeIndication: number | undefined): Track["codec"] | undefined {
  switch (objectTypeIndication) {
    case ObjectTypeIndication.Mpeg4Audio:
      return "aac";
    case ObjectTypeIndication.Mpeg1Audio:
    case ObjectTypeIndication.Mpeg2Audio:
      return "mp3";
    default:
      return undefined;
  }
}

function toRecord(codec: Track["codec"], record: Uint8Array | undefined): Uint8Array | undefined {
  if (codec !== "opus" || record === undefined) return record;
  return encodeOpusHead(decodeOpusSpecificBox(record));
}
