/**
 * Decodes AMF3, which an AMF0 message may switch to for a value. Flash clients that connect with
 * objectEncoding 3 do so. Sluice itself never writes AMF3.
 *
 * Spec: Adobe Action Message Format AMF 3, section 3.
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { AMF_NAME_SIZE_MAX, type AmfBudget, type AmfCost } from "./budget.ts";
import {
  AmfDate,
  AmfObject,
  type AmfValue,
  EcmaArray,
  TypedObject,
  UNSUPPORTED,
  XmlDocument,
} from "./value.ts";

/** Type markers (3.1). */
export const Amf3Marker = {
  Undefined: 0x00,
  Null: 0x01,
  False: 0x02,
  True: 0x03,
  Integer: 0x04,
  Double: 0x05,
  String: 0x06,
  XmlDocument: 0x07,
  Date: 0x08,
  Array: 0x09,
  Object: 0x0a,
  Xml: 0x0b,
  ByteArray: 0x0c,
  VectorInt: 0x0d,
  VectorUint: 0x0e,
  VectorDouble: 0x0f,
  VectorObject: 0x10,
  Dictionary: 0x11,
} as const;
export type Amf3Marker = (typeof Amf3Marker)[keyof typeof Amf3Marker];

/** Names of one class's sealed members; the largest real ones have dozens. */
const TRAIT_NAMES_MAX = 256;

interface Traits {
  readonly className: string;
  readonly names: readonly string[];
  readonly isDynamic: boolean;
  /** Bytes of all these names: an object of the class costs one or two. */
  readonly textSize: number;
}

/** A string, and the bytes that it takes. */
interface SizedText {
  readonly text: string;
  readonly size: number;
}

const EMPTY_TEXT: SizedText = { text: "", size: 0 };

/**
 * Decodes the value that starts at `offset`.
 *
 * @param budget What the message may still cost.
 * @returns The value and the offset behind it.
 * @throws {MalformedError} Also for classes that encode themselves (externalizable), whose end nobody
 *   else can find.
 */
export function decodeAmf3(
  bytes: Uint8Array,
  offset: number,
  budget: AmfBudget,
): { value: AmfValue; end: number } {
  const decoder = new Amf3Decoder(bytes, offset, budget);
  const value = decoder.decode();
  return { value, end: decoder.offset };
}

class Amf3Decoder {
  readonly #reader: ByteReader;
  readonly #budget: AmfBudget;
  readonly #strings: SizedText[] = [];
  readonly #traits: Traits[] = [];
  /** What references refer to; `undefined` while incomplete. */
  readonly #complex: (AmfValue | undefined)[] = [];
  readonly #costs: AmfCost[] = [];

  constructor(bytes: Uint8Array, offset: number, budget: AmfBudget) {
    this.#reader = new ByteReader(bytes, offset);
    this.#budget = budget;
  }

  get offset(): number {
    return this.#reader.offset;
  }

  decode(): AmfValue {
    const offset = this.#reader.offset;
    this.#budget.addValues(1, offset);
    const marker = this.#reader.readUint8();
    switch (marker) {
      case Amf3Marker.Undefined:
        return undefined;
      case Amf3Marker.Null:
        return null;
      case Amf3Marker.False:
        return false;
      case Amf3Marker.True:
        return true;
      case Amf3Marker.Integer:
        return (this.#readUint29() << 3) >> 3;
      case Amf3Marker.Double:
        return this.#reader.readFloat64();
      case Amf3Marker.String:
        return this.#readString().text;
      default:
        return this.#decodeComplex(marker, offset);
    }
  }

  #decodeComplex(marker: number, offset: number): AmfValue {
    const header = this.#readUint29();
    if ((header & 1) === 0) return this.#resolve(header >>> 1, offset);
    const before = this.#budget.enter(offset);
    const index = this.#complex.length;
    this.#complex.push(undefined);
    const value = this.#decodeContent(marker, header >>> 1, offset);
    this.#complex[index] = value;
    this.#costs[index] = this.#budget.leave(before);
    return value;
  }

  /** @param info The bits behind the reference flag: a length, or what an object is like. */
  #decodeContent(marker: number, info: number, offset: number): AmfValue {
    switch (marker) {
      case Amf3Marker.XmlDocument:
      case Amf3Marker.Xml:
        return new XmlDocument(this.#readText(info).text);
      case Amf3Marker.Date:
        return new AmfDate(this.#reader.readFloat64());
      case Amf3Marker.Array:
        return this.#decodeArray(info, offset);
      case Amf3Marker.Object:
        return this.#decodeObject(info, offset);
      case Amf3Marker.ByteArray:
        this.#reader.skip(info);
        return UNSUPPORTED; // AMF0, which all values here are to be able to become, has no bytes.
      case Amf3Marker.VectorInt:
      case Amf3Marker.VectorUint:
      case Amf3Marker.VectorDouble:
      case Amf3Marker.VectorObject:
        return this.#decodeVector(marker, info, offset);
      case Amf3Marker.Dictionary:
        return this.#decodeDictionary(info, offset);
      default:
        throw new MalformedError(`Cannot decode AMF3 marker ${marker}`, offset);
    }
  }

  /** Names and values up to an empty name, then `length` elements without names. */
  #decodeArray(length: number, offset: number): AmfValue {
    const named = this.#decodeDynamic(new EcmaArray());
    const elements = this.#decodeElements(length, offset);
    if (named.size === 0) return elements;
    for (const [index, element] of elements.entries()) named.set(String(index), element);
    return named;
  }

  /**
   * ```text
   * bits from the low end, the reference flag gone:
   * 0                    traits by reference; the rest is the index
   * 1 0 d nnn...         traits follow: n names of sealed members, d: dynamic members too
   * 1 1                  externalizable
   * ```
   */
  #decodeObject(info: number, offset: number): AmfValue {
    const traits =
      (info & 1) === 0 ? this.#repeatTraits(info >>> 1, offset) : this.#readTraits(info, offset);
    const object = traits.className === "" ? new AmfObject() : new TypedObject(traits.className);
    for (const name of traits.names) object.set(name, this.decode());
    return traits.isDynamic ? this.#decodeDynamic(object) : object;
  }

  #repeatTraits(index: number, offset: number): Traits {
    const traits = this.#traits[index];
    if (traits === undefined) throw new MalformedError("Cannot resolve AMF3 traits", offset);
    this.#budget.addText(traits.textSize, offset);
    return traits;
  }

  #readTraits(info: number, offset: number): Traits {
    if ((info & 0b10) !== 0)
      throw new MalformedError("Cannot decode externalizable object", offset);
    const length = info >>> 3;
    if (length > TRAIT_NAMES_MAX) {
      throw new MalformedError(`Cannot decode class of ${length} members`, offset);
    }
    const className = this.#readName();
    const names = Array.from({ length }, () => this.#readName());
    const traits = {
      className: className.text,
      names: names.map(({ text }) => text),
      isDynamic: (info & 0b100) !== 0,
      textSize: names.reduce((sum, { size }) => sum + size, className.size),
    };
    this.#traits.push(traits);
    return traits;
  }

  #decodeDynamic(object: AmfObject): AmfObject {
    for (let name = this.#readName(); name.text !== ""; name = this.#readName()) {
      object.set(name.text, this.decode());
    }
    return object;
  }

  #decodeElements(length: number, offset: number): AmfValue[] {
    if (length > this.#reader.remaining) {
      throw new MalformedError(`Cannot decode array of ${length} elements`, offset);
    }
    const elements: AmfValue[] = [];
    for (let i = 0; i < length; i++) elements.push(this.decode());
    return elements;
  }

  #decodeVector(marker: number, length: number, offset: number): AmfValue {
    this.#reader.skip(1); // Whether the length is fixed.
    if (marker === Amf3Marker.VectorObject) {
      this.#readString(); // The class of the elements.
      return this.#decodeElements(length, offset);
    }
    const size = marker === Amf3Marker.VectorDouble ? 8 : 4;
    if (length * size > this.#reader.remaining) {
      throw new MalformedError(`Cannot decode vector of ${length} elements`, offset);
    }
    this.#budget.addValues(length, offset);
    const elements: number[] = [];
    for (let i = 0; i < length; i++) elements.push(this.#readVectorElement(marker));
    return elements;
  }

  #readVectorElement(marker: number): number {
    if (marker === Amf3Marker.VectorInt) return this.#reader.readInt32();
    if (marker === Amf3Marker.VectorUint) return this.#reader.readUint32();
    return this.#reader.readFloat64();
  }

  /** Keys may be anything; those that are neither text nor number have no counterpart here. */
  #decodeDictionary(length: number, offset: number): AmfValue {
    this.#reader.skip(1); // Whether keys are held weakly.
    if (length > this.#reader.remaining) {
      throw new MalformedError(`Cannot decode dictionary of ${length} entries`, offset);
    }
    const entries = new AmfObject();
    for (let i = 0; i < length; i++) {
      const keyOffset = this.#reader.offset;
      const key = this.decode();
      const value = this.decode();
      if (typeof key !== "string" && typeof key !== "number") continue;
      const name = String(key);
      checkName(name.length, keyOffset);
      entries.set(name, value);
    }
    return entries;
  }

  #readString(): SizedText {
    const offset = this.#reader.offset;
    const header = this.#readUint29();
    if ((header & 1) === 0) {
      const known = this.#strings[header >>> 1];
      if (known === undefined) throw new MalformedError("Cannot resolve AMF3 string", offset);
      this.#budget.addText(known.size, offset);
      return known;
    }
    if (header === 1) return EMPTY_TEXT;
    const read = this.#readText(header >>> 1);
    this.#strings.push(read);
    return read;
  }

  #readName(): SizedText {
    const offset = this.#reader.offset;
    const name = this.#readString();
    checkName(name.text.length, offset);
    return name;
  }

  #readText(size: number): SizedText {
    const offset = this.#reader.offset;
    this.#budget.addText(size, offset);
    const text = this.#reader.readText(size);
    return { text, size: this.#budget.addReplaced(text, size, offset) };
  }

  /** Up to three bytes of seven bits, the high bit saying that more follow, and a fourth of eight. */
  #readUint29(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.#reader.readUint8();
      value = (value << 7) | (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return (value << 8) | this.#reader.readUint8();
  }

  #resolve(index: number, offset: number): AmfValue {
    const value = this.#complex[index];
    const cost = this.#costs[index];
    if (value === undefined || cost === undefined) {
      throw new MalformedError(`Cannot resolve AMF3 reference ${index}`, offset);
    }
    this.#budget.repeat(cost, offset);
    return value;
  }
}

/** @param length In UTF-16 units, of which each takes three bytes of UTF-8 at most. */
function checkName(length: number, offset: number): void {
  if (length <= AMF_NAME_SIZE_MAX) return;
  throw new MalformedError(`Cannot decode name of ${length} characters`, offset);
}
