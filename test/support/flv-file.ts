/**
 * What is in an FLV file, tag by tag.
 *
 * @module
 */

import type { AmfObject } from "../../src/codec/amf0/value.ts";
import { decodeMetadata } from "../../src/codec/flv/script-data.ts";
import { FlvStreamReader } from "../../src/codec/flv/stream-reader.ts";
import { type FlvTag, FlvTagType } from "../../src/codec/flv/tag.ts";
import { decodeVideoTracks, VideoPacketType } from "../../src/codec/flv/video-body.ts";

export interface FlvFrame {
  readonly kind: "audio" | "video";
  readonly dtsMs: number;
  /** In hexadecimal digits, without FLV's own header. */
  readonly payload: string;
}

export interface FlvFile {
  readonly metadata: AmfObject;
  readonly frames: readonly FlvFrame[];
  /** Times of sequence headers. */
  readonly sequenceHeaders: readonly { readonly kind: "audio" | "video"; readonly dtsMs: number }[];
  readonly header: { readonly hasAudio: boolean; readonly hasVideo: boolean };
  /** Bytes behind the last whole tag. */
  readonly restSize: number;
}

/** Reads H.264 and AAC. @throws {Error} If it is not FLV. */
export function readFlvFile(bytes: Uint8Array): FlvFile {
  const frames: FlvFrame[] = [];
  const sequenceHeaders: { kind: "audio" | "video"; dtsMs: number }[] = [];
  let metadata: AmfObject | undefined;
  let size = 13;
  let header = { hasAudio: false, hasVideo: false };
  const take = ({ type, timestampMs: dtsMs, data }: FlvTag): void => {
    size += 15 + data.length;
    if (type === FlvTagType.ScriptData) {
      metadata ??= decodeMetadata(data);
    } else if (type === FlvTagType.Audio) {
      const kind = "audio";
      if (data[1] === 0) sequenceHeaders.push({ kind, dtsMs });
      else frames.push({ kind, dtsMs, payload: hex(data.subarray(2)) });
    } else {
      const kind = "video";
      const [part] = decodeVideoTracks(data);
      if (part?.packetType === VideoPacketType.SequenceStart) sequenceHeaders.push({ kind, dtsMs });
      else frames.push({ kind, dtsMs, payload: hex(data.subarray(part?.dataOffset)) });
    }
  };
  const receiver = {
    header: (read: typeof header): void => {
      header = read;
    },
    tag: take,
  };
  new FlvStreamReader(receiver).read(bytes.slice());
  if (metadata === undefined) throw new Error("No metadata");
  return { metadata, frames, sequenceHeaders, header, restSize: bytes.length - size };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
