/**
 * The AAC of a stream as ADTS, for `.aac` over HTTP.
 *
 * @module
 */

import { toAdtsFormat, writeAdtsHeader } from "../../codec/aac/adts.ts";
import { decodeAudioSpecificConfig } from "../../codec/aac/audio-specific-config.ts";
import type { BroadcastFormat } from "../../live/broadcast-format.ts";
import type { Track } from "../../live/track.ts";
import { createAudioFormat, type WriteAudioFrame } from "../audio/from-stream.ts";

/** @param backlogMs How much a listener is first given of what was before, in milliseconds. */
export function createAdtsFormat(backlogMs: number): BroadcastFormat {
  const head = new Uint8Array(0);
  return createAudioFormat({ name: "aac", codec: "aac", head, backlogMs, createFrameWriter });
}

function createFrameWriter(track: Track): WriteAudioFrame | undefined {
  const record = track.decoderConfigurationRecord;
  const config = record === undefined ? undefined : decodeAudioSpecificConfig(record);
  const format = config === undefined ? undefined : toAdtsFormat(config);
  if (format === undefined) return undefined;
  return (writer, payload) => {
    writeAdtsHeader(writer, format, payload.length);
    writer.writeBytes(payload);
  };
}
