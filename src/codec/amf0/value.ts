/**
 * AMF0 values as TypeScript has them.
 *
 * | AMF0                              | here                                     |
 * | --------------------------------- | ---------------------------------------- |
 * | number, boolean, string           | number, boolean, string                  |
 * | long string                       | string                                   |
 * | null, undefined                   | null, undefined                          |
 * | object                            | AmfObject, a Map, so that no name is special |
 * | ECMA array, typed object          | EcmaArray, TypedObject, both AmfObjects  |
 * | strict array                      | array                                    |
 * | date, XML document, unsupported   | AmfDate, XmlDocument, UNSUPPORTED        |
 * | reference                         | the value that it refers to              |
 *
 * Spec: Adobe Action Message Format AMF 0.
 *
 * @module
 */

/** Type markers (2.1). */
export const Amf0Marker = {
  Number: 0x00,
  Boolean: 0x01,
  String: 0x02,
  Object: 0x03,
  MovieClip: 0x04,
  Null: 0x05,
  Undefined: 0x06,
  Reference: 0x07,
  EcmaArray: 0x08,
  ObjectEnd: 0x09,
  StrictArray: 0x0a,
  Date: 0x0b,
  LongString: 0x0c,
  Unsupported: 0x0d,
  RecordSet: 0x0e,
  XmlDocument: 0x0f,
  TypedObject: 0x10,
  AvmPlusObject: 0x11,
} as const;
export type Amf0Marker = (typeof Amf0Marker)[keyof typeof Amf0Marker];

export type AmfValue =
  | number
  | boolean
  | string
  | null
  | undefined
  | AmfObject
  | AmfDate
  | XmlDocument
  | Unsupported
  | readonly AmfValue[];

/** Names and values in the order of the wire. */
export class AmfObject extends Map<string, AmfValue> {}

/** An associative array (2.10); like an object, but encoded with a count. */
export class EcmaArray extends AmfObject {}

/** An object of a class that the sender has registered (2.18). */
export class TypedObject extends AmfObject {
  readonly className: string;

  constructor(className: string) {
    super();
    this.className = className;
  }
}

/** A date (2.13). */
export class AmfDate {
  /** Milliseconds since the Unix epoch, UTC; whatever the sender put in, not a number included. */
  readonly timeMs: number;
  /** Reserved: 0, and to be ignored. */
  readonly timezone: number;

  constructor(timeMs: number, timezone = 0) {
    this.timeMs = timeMs;
    this.timezone = timezone;
  }
}

/** The source of an XML document (2.17). */
export class XmlDocument {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** Stands for something that the sender could not encode (2.15). */
export class Unsupported {}
export const UNSUPPORTED: Unsupported = new Unsupported();

/** Makes an object of `properties`, in their order. */
export function toAmfObject(properties: Readonly<Record<string, AmfValue>>): AmfObject {
  return new AmfObject(Object.entries(properties));
}

/** Makes an ECMA array of `properties`, in their order. */
export function toEcmaArray(properties: Readonly<Record<string, AmfValue>>): EcmaArray {
  return new EcmaArray(Object.entries(properties));
}

/** The string called `name` if `value` is an object that has one, else an empty one. */
export function amfString(value: AmfValue, name: string): string {
  const property = value instanceof AmfObject ? value.get(name) : undefined;
  return typeof property === "string" ? property : "";
}

/** The number called `name` if `value` is an object that has one. */
export function amfNumber(value: AmfValue, name: string): number | undefined {
  const property = value instanceof AmfObject ? value.get(name) : undefined;
  return typeof property === "number" ? property : undefined;
}
