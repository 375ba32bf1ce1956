/**
 * What is written over in an FLV file when it is complete: its header and its metadata.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { encodeFlvHeader, type FlvHeader } from "../../codec/flv/header.ts";
import { FLV_TAG_OVERHEAD, FlvTagType, writeFlvTag } from "../../codec/flv/tag.ts";
import type { FilePatch } from "../file-patch.ts";

/** With the PreviousTagSize0 behind it: the metadata's tag follows. */
export const FLV_HEADER_SIZE: number = encodeFlvHeader({ hasAudio: true, hasVideo: true }).length;

/** @param scriptData As long as the one that is there; `undefined`: it stays. */
export function flvFilePatches(
  header: FlvHeader,
  scriptData: Uint8Array | undefined,
): readonly FilePatch[] {
  const writer = new ByteWriter(FLV_HEADER_SIZE + FLV_TAG_OVERHEAD + (scriptData?.length ?? 0));
  writer.writeBytes(encodeFlvHeader(header));
  if (scriptData !== undefined) writeFlvTag(writer, FlvTagType.ScriptData, 0, scriptData);
  return [{ offset: 0, bytes: writer.take() }];
}
