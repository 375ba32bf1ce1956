/**
 * Encodes AMF0.
 *
 * Spec: Adobe Action Message Format AMF 0, section 2.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import {
  Amf0Marker,
  AmfDate,
  AmfObject,
  type AmfValue,
  EcmaArray,
  TypedObject,
  XmlDocument,
} from "./value.ts";

const STRING_SIZE_MAX = 0xffff;
/** Deeper than any decoder here returns, so that only a cycle of our own making gets there. */
const DEPTH_MAX = 64;

const TEXT_ENCODER = new TextEncoder();

/** Encodes `values` one after the other. */
export function encodeAmf0(...values: readonly AmfValue[]): Uint8Array {
  const writer = new ByteWriter();
  for (const value of values) writeAmf0(writer, value);
  return writer.take();
}

/** Writes one value. */
export function writeAmf0(writer: ByteWriter, value: AmfValue): void {
  writeValue(writer, value, 0);
}

function writeValue(writer: ByteWriter, value: AmfValue, depth: number): void {
  assert(depth < DEPTH_MAX, "an AMF0 value has no cycle");
  if (typeof value === "number") {
    writer.writeUint8(Amf0Marker.Number);
    writer.writeFloat64(value);
  } else if (typeof value === "boolean") {
    writer.writeUint8(Amf0Marker.Boolean);
    writer.writeUint8(value ? 1 : 0);
  } else if (typeof value === "string") {
    writeString(writer, value);
  } else if (value === null) {
    writer.writeUint8(Amf0Marker.Null);
  } else if (value === undefined) {
    writer.writeUint8(Amf0Marker.Undefined);
  } else if (value instanceof AmfObject) {
    writeObject(writer, value, depth);
  } else if (value instanceof AmfDate) {
    writer.writeUint8(Amf0Marker.Date);
    writer.writeFloat64(value.timeMs);
    writer.writeUint16(value.timezone);
  } else if (value instanceof XmlDocument) {
    writer.writeUint8(Amf0Marker.XmlDocument);
    writeLongText(writer, value.source);
  } else if (Array.isArray(value)) {
    writer.writeUint8(Amf0Marker.StrictArray);
    writer.writeUint32(value.length);
    for (const element of value) writeValue(writer, element, depth + 1);
  } else {
    writer.writeUint8(Amf0Marker.Unsupported);
  }
}

function writeObject(writer: ByteWriter, object: AmfObject, depth: number): void {
  if (object instanceof EcmaArray) {
    writer.writeUint8(Amf0Marker.EcmaArray);
    writer.writeUint32(object.size);
  } else if (object instanceof TypedObject) {
    writer.writeUint8(Amf0Marker.TypedObject);
    writeShortText(writer, object.className);
  } else {
    writer.writeUint8(Amf0Marker.Object);
  }
  for (const [key, value] of object) {
    writeShortText(writer, key);
    writeValue(writer, value, depth + 1);
  }
  writer.writeUint16(0);
  writer.writeUint8(Amf0Marker.ObjectEnd);
}

function writeString(writer: ByteWriter, text: string): void {
  const bytes = TEXT_ENCODER.encode(text);
  if (bytes.length > STRING_SIZE_MAX) {
    writer.writeUint8(Amf0Marker.LongString);
    writer.writeUint32(bytes.length);
  } else {
    writer.writeUint8(Amf0Marker.String);
    writer.writeUint16(bytes.length);
  }
  writer.writeBytes(bytes);
}

function writeLongText(writer: ByteWriter, text: string): void {
  const bytes = TEXT_ENCODER.encode(text);
  writer.writeUint32(bytes.length);
  writer.writeBytes(bytes);
}

function writeShortText(writer: ByteWriter, text: string): void {
  const bytes = TEXT_ENCODER.encode(text);
  assert(bytes.length <= STRING_SIZE_MAX, "a name fits in 16 bits of size");
  writer.writeUint16(bytes.length);
  writer.writeBytes(bytes);
}
