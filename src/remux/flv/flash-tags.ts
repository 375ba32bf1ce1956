/**
 * A stream as FLV tags for Flash Player itself, which knows the short headers alone and H.264, AAC and
 * MP3 of what is published today.
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { decodeAudioBody } from "../../codec/flv/audio-body.ts";
import { FlvTagType, writeFlvTag } from "../../codec/flv/tag.ts";
import { decodeVideoBody } from "../../codec/flv/video-body.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { frameBody, roundedFrame, trackBodies } from "./body.ts";

/** What cannot be decoded without its sequence header. */
const CONFIGURED: ReadonlySet<string> = new Set(["h264", "aac"]);

export function isFlashCodec(codec: Track["codec"]): boolean {
  return codec === "mp3" || CONFIGURED.has(codec);
}

/** Whether a track can be carried: as soon as all is known that its frames need. */
export function canCarryInFlash({ codec, decoderConfigurationRecord }: Track): boolean {
  const isConfigured = decoderConfigurationRecord !== undefined || !CONFIGURED.has(codec);
  return isFlashCodec(codec) && isConfigured;
}

/** Writes the sequence header of a track, if its codec has one. */
export function writeFlashTrack(writer: ByteWriter, track: Track, dtsMs: number): void {
  const { flvSequenceHeader: body } = track;
  const flvSequenceHeader = isKnown(track, body) ? body : undefined;
  const known: Track = { ...track, flvSequenceHeader, flvExtension: undefined };
  for (const header of trackBodies(known)) writeTag(writer, track, dtsMs, header);
}

export function writeFlashFrame(writer: ByteWriter, frame: Frame): void {
  const rounded = roundedFrame(frame, frame.dtsMs);
  const { track, flvBody } = rounded;
  const known = isKnown(track, flvBody) ? rounded : { ...rounded, flvBody: undefined };
  writeTag(writer, track, frame.dtsMs, frameBody(known));
}

/** Whether the publisher's own body has no header of Enhanced RTMP, of which Flash knows nothing. */
function isKnown({ kind }: Track, body: Uint8Array | undefined): boolean {
  if (body === undefined) return true;
  const decoded = kind === "video" ? decodeVideoBody(body) : decodeAudioBody(body);
  return decoded?.isEnhanced === false;
}

/** FLV counts 32 bits of milliseconds. */
function writeTag(writer: ByteWriter, { kind }: Track, dtsMs: number, body: Uint8Array): void {
  const type = kind === "video" ? FlvTagType.Video : FlvTagType.Audio;
  writeFlvTag(writer, type, Math.round(dtsMs) | 0, body);
}
