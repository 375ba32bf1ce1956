/**
 * Script data: the named values that FLV script tags and RTMP data messages carry, above all
 * `onMetaData`.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, Annex E.4.4 and E.5.
 *
 * @module
 */

import { decodeAmf0, decodeAmf0Name } from "../amf0/decode.ts";
import { encodeAmf0 } from "../amf0/encode.ts";
import { AmfObject, type AmfValue } from "../amf0/value.ts";

/** What a publisher puts first to say: keep this for those who come later. */
const SET_DATA_FRAME = "@setDataFrame";
const ON_META_DATA = "onMetaData";

/** A name and the values that belong to it; mostly one. */
export interface ScriptData {
  readonly name: string;
  readonly values: readonly AmfValue[];
}

/**
 * Decodes script data, and takes `@setDataFrame` off.
 *
 * @returns `undefined` if it does not start with a name.
 * @throws {MalformedError} If the values break AMF0.
 */
export function decodeScriptData(body: Uint8Array): ScriptData | undefined {
  const stripped = stripSetDataFrame(body);
  const named = decodeAmf0Name(stripped);
  if (named === undefined) return undefined;
  const [name, end] = named;
  return { name, values: decodeAmf0(stripped.subarray(end)) };
}

export function encodeScriptData(name: string, values: readonly AmfValue[]): Uint8Array {
  return encodeAmf0(name, ...values);
}

/**
 * Decodes `onMetaData`.
 *
 * @returns Its properties, or `undefined` if the script data is another one or has none.
 * @throws {MalformedError} If the values break AMF0.
 */
export function decodeMetadata(body: Uint8Array): AmfObject | undefined {
  const stripped = stripSetDataFrame(body);
  const named = decodeAmf0Name(stripped);
  if (named === undefined || named[0] !== ON_META_DATA) return undefined;
  return decodeAmf0(stripped.subarray(named[1])).find((value) => value instanceof AmfObject);
}

/** Encodes `onMetaData`, as an object or as an ECMA array, whichever `properties` is. */
export function encodeMetadata(properties: AmfObject): Uint8Array {
  return encodeAmf0(ON_META_DATA, properties);
}

/** The script data behind `@setDataFrame`, as a view; all of `body` if that is not there. */
export function stripSetDataFrame(body: Uint8Array): Uint8Array {
  const named = decodeAmf0Name(body);
  return named?.[0] === SET_DATA_FRAME ? body.subarray(named[1]) : body;
}

/** Puts `@setDataFrame` in front, as publishers do. */
export function prependSetDataFrame(body: Uint8Array): Uint8Array {
  const prefix = encodeAmf0(SET_DATA_FRAME);
  const output = new Uint8Array(prefix.length + body.length);
  output.set(prefix);
  output.set(body, prefix.length);
  return output;
}
