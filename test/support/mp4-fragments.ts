/**
 * What the boxes of a fragmented MP4 file say, whoever wrote them.
 *
 * @module
 */

import { ByteReader } from "../../src/base/byte-reader.ts";
import { decodeFullBox, findBox, readBoxes } from "../../src/codec/mp4/box-reader.ts";

/** Boxes with nothing inside but boxes. */
const CONTAINERS = ["moov", "trak", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf"];

/** The types of all boxes of a file with the way to them, such as `moov/mvhd`. */
export function listBoxes(bytes: Uint8Array, parent = ""): string[] {
  return [...readBoxes(bytes)].flatMap(({ type, body }) => {
    const path = `${parent}${type}`;
    return CONTAINERS.includes(type) ? [path, ...listBoxes(body, `${path}/`)] : [path];
  });
}

/** The box at the end of a path, with its header, as hexadecimal digits. */
export function boxHex(bytes: Uint8Array, ...path: string[]): string {
  const box = findBox(bytes, path);
  if (box === undefined) throw new Error(`No ${path.join("/")}`);
  const start = box.body.byteOffset - 8;
  const whole = new Uint8Array(box.body.buffer, start, box.body.length + 8);
  return Buffer.from(whole).toString("hex");
}

export interface FragmentSampleInfo {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
  readonly compositionTimeOffset: number;
}

export interface FragmentInfo {
  readonly sequenceNumber: number;
  readonly trackId: number;
  readonly baseDecodeTime: number;
  readonly dataOffset: number;
  readonly samples: readonly FragmentSampleInfo[];
}

/** Reads a `moof` of one track and one run (ISO/IEC 14496-12, 8.8.4 to 8.8.12). */
export function readFragment(bytes: Uint8Array): FragmentInfo {
  const open = (...path: string[]) => {
    const box = findBox(bytes, ["moof", ...path]);
    if (box === undefined) throw new Error(`No ${path.join("/")}`);
    const { version, flags, body } = decodeFullBox(box.body);
    return { version, flags, reader: new ByteReader(body) };
  };
  const sequenceNumber = open("mfhd").reader.readUint32();
  const header = open("traf", "tfhd");
  const trackId = header.reader.readUint32();
  const duration = header.flags & 0x8 ? header.reader.readUint32() : 0;
  const size = header.flags & 0x10 ? header.reader.readUint32() : 0;
  const flags = header.flags & 0x20 ? header.reader.readUint32() : 0;
  const { reader: time } = open("traf", "tfdt");
  const baseDecodeTime = time.readUint32() * 2 ** 32 + time.readUint32();
  const run = open("traf", "trun");
  const count = run.reader.readUint32();
  const dataOffset = run.reader.readInt32();
  const firstFlags = run.flags & 0x4 ? run.reader.readUint32() : undefined;
  const samples = Array.from({ length: count }, (_, index) => ({
    duration: run.flags & 0x100 ? run.reader.readUint32() : duration,
    size: run.flags & 0x200 ? run.reader.readUint32() : size,
    flags: readFlags(run, index === 0 ? (firstFlags ?? flags) : flags),
    compositionTimeOffset: readOffset(run),
  }));
  if (run.reader.remaining > 0) throw new Error(`${run.reader.remaining} bytes too many in trun`);
  return { sequenceNumber, trackId, baseDecodeTime, dataOffset, samples };
}

interface Run {
  readonly version: number;
  readonly flags: number;
  readonly reader: ByteReader;
}

function readFlags(run: Run, otherwise: number): number {
  return run.flags & 0x400 ? run.reader.readUint32() : otherwise;
}

function readOffset(run: Run): number {
  if (!(run.flags & 0x800)) return 0;
  return run.version === 0 ? run.reader.readUint32() : run.reader.readInt32();
}
