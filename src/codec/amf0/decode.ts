/**
 * Decodes AMF0.
 *
 * Spec: Adobe Action Message Format AMF 0, section 2.
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { AMF_NAME_SIZE_MAX, AmfBudget, type AmfCost } from "./budget.ts";
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
  readonly #costs: AmfCost[] = [];
  readonly #budget = new AmfBudget();

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
    this.#budget.addValues(1, offset);
    const marker = this.#reader.readUint8();
    switch (marker) {
      case Amf0Marker.Number:
        return this.#reader.readFloat64();
      case Amf0Marker.Boolean:
        return this.#reader.readUint8() !== 0;
      case Amf0Marker.String:
        return this.#readText(this.#reader.readUint16());
      case Amf0Marker.Null:
        return null;
      case Amf0Marker.Undefined:
        return undefined;
      case Amf0Marker.Reference:
        return this.#decodeReference(offset);
      case Amf0Marker.Date:
        return new AmfDate(this.#reader.readFloat64(), this.#reader.readInt16());
      case Amf0Marker.LongString:
        return this.#readText(this.#reader.readUint32());
      case Amf0Marker.Unsupported:
        return UNSUPPORTED;
      case Amf0Marker.XmlDocument:
        return new XmlDocument(this.#readText(this.#reader.readUint32()));
      case Amf0Marker.AvmPlusObject:
        return this.#decodeAvmPlus();
      default:
        return this.#decodeComplex(marker, offset);
    }
  }

  #decodeComplex(marker: number, offset: number): AmfValue {
    const before = this.#budget.enter(offset);
    const index = this.#complex.length;
    this.#complex.push(undefined);
    const value = this.#decodeContent(marker, offset);
    this.#complex[index] = value;
    this.#costs[index] = this.#budget.leave(before);
    return value;
  }

  #decodeContent(marker: number, offset: number): AmfValue {
    switch (marker) {
      case Amf0Marker.Object:
        return this.#decodeProperties(new AmfObject(), undefined);
      case Amf0Marker.EcmaArray:
        return this.#decodeProperties(new EcmaArray(), this.#reader.readUint32());
      case Amf0Marker.TypedObject:
        return this.#decodeProperties(new TypedObject(this.#readName()), undefined);
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
      const key = this.#readName();
      if (key === "" && reader.remaining > 0 && reader.peekUint8() === Amf0Marker.ObjectEnd) {
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
    const cost = this.#costs[index];
    if (value === undefined || cost === undefined) {
      throw new MalformedError(`Cannot resolve reference ${index}`, offset);
    }
    this.#budget.repeat(cost, offset);
    return value;
  }

  #decodeAvmPlus(): AmfValue {
    const { value, end } = decodeAmf3(this.#bytes, this.#reader.offset, this.#budget);
    this.#reader.skip(end - this.#reader.offset);
    return value;
  }

  /** The name of a property or class. */
  #readName(): string {
    const offset = this.#reader.offset;
    const size = this.#reader.readUint16();
    if (size > AMF_NAME_SIZE_MAX) {
      throw new MalformedError(`Cannot decode name of ${size} bytes`, offset);
    }
    return this.#readText(size);
  }

  #readText(size: number): string {
    const offset = this.#reader.offset;
    this.#budget.addText(size, offset);
    const text = this.#reader.readText(size);
    this.#budget.addReplaced(text, size, offset);
    return text;
  }
}
