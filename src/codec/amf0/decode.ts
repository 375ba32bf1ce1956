/**
 * Decodes AMF0.
 *
 * Spec: Adobe Action Message Format AMF 0, section 2.
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { decodeAmf3 } from "./decode-amf3.ts";
import {
  Amf0Marker,
  AmfDate,
  AmfObject,
  type AmfValue,
  EcmaArray,
  TypedObject,
  UNSUPPORTED,
  XmlDocument,
} from "./value.ts";

/** Levels of objects and arrays. Metadata and commands in use have four at most; the stack is ours. */
export const AMF_DEPTH_MAX = 32;

/**
 * Values in one message, those that references repeat included. The longest known is the key frame
 * index that recorders put into `onMetaData`: two numbers a second for up to ten hours.
 */
export const AMF_VALUE_COUNT_MAX = 80_000;

/** Bytes of a property's name. Names are identifiers; the longest in use have about forty. */
export const AMF_KEY_SIZE_MAX = 1024;

/** Decodes all values in `bytes`, one after the other. @throws {MalformedError} */
export function decodeAmf0(bytes: Uint8Array): AmfValue[] {
  const decoder = new Amf0Decoder(bytes);
  const values: AmfValue[] = [];
  while (decoder.remaining > 0) values.push(decoder.decode());
  return values;
}

/**
 * Decodes the string that `bytes` start with, as every command and data message does, and nothing
 * behind it.
 *
 * @returns The string and the offset behind it, or `undefined` if something else stands there.
 */
export function decodeAmf0Name(bytes: Uint8Array): [name: string, end: number] | undefined {
  if (bytes[0] !== Amf0Marker.String || bytes.length < 3) return undefined;
  const reader = new ByteReader(bytes, 1);
  const size = reader.readUint16();
  return size > reader.remaining ? undefined : [reader.readText(size), 3 + size];
}

/** Decodes one value after another from bytes that have all arrived. */
export class Amf0Decoder {
  readonly #bytes: Uint8Array;
  readonly #reader: ByteReader;
  /** What references refer to, in the order in which it began; `undefined` while incomplete. */
  readonly #complex: (AmfValue | undefined)[] = [];
  /** How many values each of them holds, itself included. */
  readonly #complexCounts: number[] = [];
  #valueCount = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new ByteReader(bytes);
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#reader.remaining;
  }

  /** @throws {MalformedError} */
  decode(): AmfValue {
    const offset = this.#reader.offset;
    this.#count(1, offset);
    const marker = this.#reader.readUint8();
    switch (marker) {
      case Amf0Marker.Number:
        return this.#reader.readFloat64();
      case Amf0Marker.Boolean:
        return this.#reader.readUint8() !== 0;
      case Amf0Marker.String:
        return this.#reader.readText(this.#reader.readUint16());
      case Amf0Marker.Null:
        return null;
      case Amf0Marker.Undefined:
        return undefined;
      case Amf0Marker.Reference:
        return this.#decodeReference(offset);
      case Amf0Marker.Date:
        return new AmfDate(this.#reader.readFloat64(), this.#reader.readInt16());
      case Amf0Marker.LongString:
        return this.#reader.readText(this.#reader.readUint32());
      case Amf0Marker.Unsupported:
        return UNSUPPORTED;
      case Amf0Marker.XmlDocument:
        return new XmlDocument(this.#reader.readText(this.#reader.readUint32()));
      case Amf0Marker.AvmPlusObject:
        return this.#decodeAvmPlus(offset);
      default:
        return this.#decodeComplex(marker, offset);
    }
  }

  #decodeComplex(marker: number, offset: number): AmfValue {
    if (this.#depth === AMF_DEPTH_MAX) {
      throw new MalformedError(`Cannot decode AMF0 deeper than ${AMF_DEPTH_MAX}`, offset);
    }
    const index = this.#complex.length;
    const countBefore = this.#valueCount;
    this.#complex.push(undefined);
    this.#complexCounts.push(0);
    this.#depth += 1;
    const value = this.#decodeContent(marker, offset);
    this.#depth -= 1;
    this.#complex[index] = value;
    this.#complexCounts[index] = this.#valueCount - countBefore + 1;
    return value;
  }

  #decodeContent(marker: number, offset: number): AmfValue {
    switch (marker) {
      case Amf0Marker.Object:
        return this.#decodeProperties(new AmfObject(), undefined);
      case Amf0Marker.EcmaArray:
        return this.#decodeProperties(new EcmaArray(), this.#reader.readUint32());
      case Amf0Marker.TypedObject: {
        const className = this.#reader.readText(this.#reader.readUint16());
        return this.#decodeProperties(new TypedObject(className), undefined);
      }
      case Amf0Marker.StrictArray:
        return this.#decodeElements();
      default:
        throw new MalformedError(`Cannot decode AMF0 marker ${marker}`, offset);
    }
  }

  /**
   * Reads properties up to the object end. The count of an ECMA array is a hint that encoders get
   * wrong, so it serves for one thing only: some leave out the end of an array that ends the message.
   */
  #decodeProperties(object: AmfObject, countHint: number | undefined): AmfObject {
    const reader = this.#reader;
    for (;;) {
      if (countHint === object.size && reader.remaining === 0) return object;
      const offset = reader.offset;
      const size = reader.readUint16();
      if (size > AMF_KEY_SIZE_MAX) {
        throw new MalformedError(`Cannot decode property name of ${size} bytes`, offset);
      }
      const key = reader.readText(size);
      if (size === 0 && reader.remaining > 0 && reader.peekUint8() === Amf0Marker.ObjectEnd) {
        reader.skip(1);
        return object;
      }
      object.set(key, this.decode());
    }
  }

  #decodeElements(): AmfValue[] {
    const offset = this.#reader.offset;
    const length = this.#reader.readUint32();
    // Each element has a byte at least: a length that cannot be true allocates nothing.
    if (length > this.#reader.remaining) {
      throw new MalformedError(`Cannot decode array of ${length} elements`, offset);
    }
    const elements: AmfValue[] = [];
    for (let i = 0; i < length; i++) elements.push(this.decode());
    return elements;
  }

  /**
   * Resolves a reference. One to an object that is still being read would make a cycle, which
   * nobody who forwards or prints the value would survive.
   */
  #decodeReference(offset: number): AmfValue {
    const index = this.#reader.readUint16();
    const value = this.#complex[index];
    if (value === undefined) throw new MalformedError(`Cannot resolve reference ${index}`, offset);
    // A reference costs three bytes but may stand for all the values that a message can have.
    this.#count((this.#complexCounts[index] ?? 1) - 1, offset);
    return value;
  }

  #decodeAvmPlus(offset: number): AmfValue {
    const limits = {
      depth: AMF_DEPTH_MAX - this.#depth,
      count: AMF_VALUE_COUNT_MAX - this.#valueCount,
    };
    const decoded = decodeAmf3(this.#bytes, this.#reader.offset, limits);
    this.#count(decoded.valueCount, offset);
    this.#reader.skip(decoded.end - this.#reader.offset);
    return decoded.value;
  }

  #count(count: number, offset: number): void {
    this.#valueCount += count;
    if (this.#valueCount > AMF_VALUE_COUNT_MAX) {
      throw new MalformedError(`Cannot decode more than ${AMF_VALUE_COUNT_MAX} values`, offset);
    }
  }
}
