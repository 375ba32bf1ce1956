/**
 * Reads what the codec of a track is: the reverse of sample-entry.ts, for files of anybody.
 *
 * Spec: as there; ISO/IEC 14496-1, 7.2.6 (descriptors of `esds`).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { decodeFullBox, findBox, readBoxes } from "./box-reader.ts";
import { DescriptorTag } from "./elementary-stream-descriptor.ts";

/** Of the first entry of `stsd`. Records are views into the input: copy to keep. */
export interface ReadSampleEntry {
  /** Four letters, such as `avc1`. */
  readonly format: string;
  /** avcC, hvcC, av1C, vpcC, dOps, or the specific info of `esds`; `undefined` if there is none. */
  readonly record: Uint8Array | undefined;
  /** Of `esds`. */
  readonly objectTypeIndication: number | undefined;
}

/** The fields in front of the boxes that follow. */
const VIDEO_FIELDS_SIZE = 78;
const AUDIO_FIELDS_SIZE = 28;
/** Where QuickTime says which version of its fields these are; ours is 0. */
const AUDIO_VERSION_OFFSET = 8;
const RECORD_BOXES: Readonly<Record<string, string>> = {
  avc1: "avcC",
  avc3: "avcC",
  hvc1: "hvcC",
  hev1: "hvcC",
  av01: "av1C",
  vp08: "vpcC",
  vp09: "vpcC",
  Opus: "dOps",
};
const AUDIO_FORMATS: readonly string[] = ["mp4a", "Opus", ".mp3"];

/**
 * @param body Of `stsd`.
 * @returns `undefined` if it has none.
 * @throws {MalformedError} If it is cut off.
 */
export function decodeSampleEntry(body: Uint8Array): ReadSampleEntry | undefined {
  const entries = decodeFullBox(body).body.subarray(4);
  for (const { type: format, body: entry, offset } of readBoxes(entries)) {
    if (!AUDIO_FORMATS.includes(format)) {
      const boxes = fieldsBehind(entry, VIDEO_FIELDS_SIZE, offset);
      return { format, record: recordOf(format, boxes), objectTypeIndication: undefined };
    }
    const version = entry[AUDIO_VERSION_OFFSET + 1] ?? 0;
    const more = version === 1 ? 16 : version === 2 ? 36 : 0; // As QuickTime has them.
    const boxes = fieldsBehind(entry, AUDIO_FIELDS_SIZE + more, offset);
    if (format !== "mp4a") {
      return { format, record: recordOf(format, boxes), objectTypeIndication: undefined };
    }
    const esds = findBox(boxes, ["esds"]) ?? findBox(boxes, ["wave", "esds"]);
    if (esds === undefined) return { format, record: undefined, objectTypeIndication: undefined };
    return { format, ...decodeDescriptor(decodeFullBox(esds.body).body) };
  }
  return undefined;
}

function fieldsBehind(entry: Uint8Array, size: number, offset: number): Uint8Array {
  if (entry.length >= size) return entry.subarray(size);
  throw new MalformedError("Cannot read sample entry: cut off", offset);
}

function recordOf(format: string, boxes: Uint8Array): Uint8Array | undefined {
  const type = RECORD_BOXES[format];
  const box = type === undefined ? undefined : findBox(boxes, [type]);
  if (box === undefined) return undefined;
  return type === "vpcC" ? decodeFullBox(box.body).body : box.body;
}

/** `| 3 | size | ES id 16 | flags 8 | ... | 4 | size | object type 8 | 12 bytes | 5 | size | specific info |` */
function decodeDescriptor(
  bytes: Uint8Array,
): Pick<ReadSampleEntry, "record" | "objectTypeIndication"> {
  const reader = new ByteReader(bytes);
  expectDescriptor(reader, DescriptorTag.ElementaryStream);
  reader.skip(2);
  const flags = reader.readUint8();
  if ((flags & 0x80) !== 0) reader.skip(2); // dependsOn_ES_ID
  if ((flags & 0x40) !== 0) reader.skip(reader.readUint8()); // URL
  if ((flags & 0x20) !== 0) reader.skip(2); // OCR_ES_ID
  const end = expectDescriptor(reader, DescriptorTag.DecoderConfig) + reader.offset;
  const objectTypeIndication = reader.readUint8();
  reader.skip(12);
  if (reader.offset >= end) return { objectTypeIndication, record: undefined };
  const size = expectDescriptor(reader, DescriptorTag.DecoderSpecificInfo);
  const start = reader.offset;
  reader.skip(size);
  return { objectTypeIndication, record: bytes.subarray(start, reader.offset) };
}

/** @returns The size of what follows. @throws {MalformedError} If it is another descriptor. */
function expectDescriptor(reader: ByteReader, tag: number): number {
  const found = reader.readUint8();
  if (found !== tag) {
    throw new MalformedError(`Cannot read descriptor ${found} in place of ${tag}`, reader.offset);
  }
  let size = 0;
  for (let i = 0; i < 4; i++) {
    const byte = reader.readUint8();
    size = size * 0x80 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return size;
}
