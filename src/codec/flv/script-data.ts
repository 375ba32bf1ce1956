/**
 * Script data: the named values that FLV script tags and RTMP data messages carry, above all
 * `onMetaData`.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, Annex E.4.4 and E.5.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { decodeAmf0, decodeAmf0Name } from "../amf0/decode.ts";
import { encodeAmf0 } from "../amf0/encode.ts";
import { AmfObject } from "../amf0/value.ts";

/** What a publisher puts first to say: keep this for those who come later. */
const SET_DATA_FRAME = "@setDataFrame";
const ON_META_DATA = "onMetaData";

/**
 * Bytes of `onMetaData`. All who join a stream get it, and what carries it counts 24 bits of size. The
 * largest known, the key frame index of a recording of ten hours, takes 720 kB; a live stream has none.
 */
export const METADATA_SIZE_MAX: number = 1 << 20;

/**
 * Decodes `onMetaData`.
 *
 * @returns Its properties, or `undefined` if the script data is another one or has none.
 * @throws {MalformedError} If the values break AMF0, or are more than anybody has use for.
 */
export function decodeMetadata(body: Uint8Array): AmfObject | undefined {
  const stripped = stripSetDataFrame(body);
  const named = decodeAmf0Name(stripped);
  if (named === undefined || named[0] !== ON_META_DATA) return undefined;
  checkMetadataSize(stripped);
  return decodeAmf0(stripped.subarray(named[1])).find((value) => value instanceof AmfObject);
}

/**
 * Encodes `onMetaData`, as an object or as an ECMA array, whichever `properties` is.
 *
 * @throws {MalformedError} If that takes more than METADATA_SIZE_MAX: the properties are a peer's, and
 *   what is short in AMF3, by reference or as broken UTF-8, grows.
 */
export function encodeMetadata(properties: AmfObject): Uint8Array {
  const encoded = encodeAmf0(ON_META_DATA, properties);
  checkMetadataSize(encoded);
  return encoded;
}

/** The script data behind `@setDataFrame`, as a view; all of `body` if that is not there. */
function stripSetDataFrame(body: Uint8Array): Uint8Array {
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

function checkMetadataSize({ length }: Uint8Array): void {
  if (length <= METADATA_SIZE_MAX) return;
  throw new MalformedError(`Cannot take metadata of ${length} bytes`, 0);
}
