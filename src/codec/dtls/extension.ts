/**
 * Extensions of hellos: lists of numbers that are known by their type.
 *
 * Spec: RFC 5246, section 7.4.1.4; RFC 8422, section 5.1 (curves); RFC 5764, section 4.1.1 (SRTP).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";

export const ExtensionType = {
  SupportedGroups: 10,
  EcPointFormats: 11,
  SignatureAlgorithms: 13,
  UseSrtp: 14,
  ExtendedMasterSecret: 23,
  RenegotiationInfo: 0xff01,
} as const;

export type HelloExtensions = ReadonlyMap<number, Uint8Array>;

/** The rest of a hello. @throws {MalformedError} If it is cut off. */
export function readExtensions(reader: ByteReader): HelloExtensions {
  const extensions = new Map<number, Uint8Array>();
  if (reader.remaining === 0) return extensions;
  const list = new ByteReader(reader.readBytes(reader.readUint16()));
  while (list.remaining > 0) {
    const type = list.readUint16();
    extensions.set(type, list.readBytes(list.readUint16()));
  }
  return extensions;
}

export function writeExtensions(writer: ByteWriter, extensions: HelloExtensions): void {
  if (extensions.size === 0) return;
  const start = writer.size;
  writer.writeUint16(0);
  for (const [type, bytes] of extensions) {
    writer.writeUint16(type);
    writer.writeUint16(bytes.length);
    writer.writeBytes(bytes);
  }
  writer.setUint16At(start, writer.size - start - 2);
}

/** Numbers of 16 bits behind their size in bytes, as in most extensions. */
export function parseUint16List(bytes: Uint8Array): number[] {
  const reader = new ByteReader(bytes);
  const list = new ByteReader(reader.readBytes(reader.readUint16()));
  const values: number[] = [];
  while (list.remaining > 0) values.push(list.readUint16());
  return values;
}

export function encodeUint16List(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 + 2 * values.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 2 * values.length);
  for (const [i, value] of values.entries()) view.setUint16(2 + 2 * i, value);
  return bytes;
}

/** `use_srtp`: profiles, and no master key identifier. */
export function encodeUseSrtp(profiles: readonly number[]): Uint8Array {
  const list = encodeUint16List(profiles);
  const bytes = new Uint8Array(list.length + 1);
  bytes.set(list);
  return bytes;
}
