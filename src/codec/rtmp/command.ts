/**
 * RTMP commands: remote calls, their results, and the statuses that servers send.
 *
 * Spec: Adobe RTMP 1.0, section 7.1.1 (command message) and 7.2.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { Amf0Decoder, decodeAmf0Name } from "../amf0/decode.ts";
import { encodeAmf0 } from "../amf0/encode.ts";
import { Amf0Marker, type AmfValue } from "../amf0/value.ts";
import { RtmpMessageType } from "./message.ts";

export interface RtmpCommand {
  readonly name: string;
  /** What a `_result` or `_error` must repeat; 0 if no answer is wanted. */
  readonly transactionId: number;
  /** The command object, `null` for most commands. */
  readonly object: AmfValue;
  /** What follows the command object. */
  readonly args: readonly AmfValue[];
}

/** A data message's name, and its AMF0 from the name on. */
export interface RtmpData {
  readonly name: string;
  readonly payload: Uint8Array;
}

const SET_DATA_FRAME = "@setDataFrame";

/** Values behind the command object. `connect` and `play` have up to four. */
const ARGUMENTS_MAX = 32;

/**
 * Decodes a command of either type.
 *
 * @throws {MalformedError} If there is no name, or a value breaks AMF0.
 */
export function decodeCommand(typeId: number, payload: Uint8Array): RtmpCommand {
  const decoder = new Amf0Decoder(skipAmf3Prefix(typeId, payload));
  const name = decoder.decode();
  if (typeof name !== "string") throw new MalformedError("Cannot decode command without name", 0);
  // Some clients leave out what they have no use for: a call without an id wants no answer.
  const id = decoder.remaining > 0 ? decoder.decode() : 0;
  const object = decoder.remaining > 0 ? decoder.decode() : null;
  const args: AmfValue[] = [];
  while (decoder.remaining > 0 && args.length < ARGUMENTS_MAX) args.push(decoder.decode());
  return { name, transactionId: typeof id === "number" ? id : 0, object, args };
}

/** Encodes a command for a message of type CommandAmf0. */
export function encodeCommand(
  name: string,
  transactionId: number,
  object: AmfValue,
  args: readonly AmfValue[],
): Uint8Array {
  return encodeAmf0(name, transactionId, object, ...args);
}

/**
 * Reads the name of a data message of either type, and takes `@setDataFrame` off. The values stay
 * undecoded: whoever wants them can tell by the name.
 *
 * @returns `undefined` if there is no name: nobody knows what to do with such a message.
 */
export function decodeData(typeId: number, payload: Uint8Array): RtmpData | undefined {
  const values = skipAmf3Prefix(typeId, payload);
  const named = decodeAmf0Name(values);
  if (named === undefined) return undefined;
  const [name, end] = named;
  if (name !== SET_DATA_FRAME) return { name, payload: values };
  const framed = values.subarray(end);
  const framedName = decodeAmf0Name(framed)?.[0];
  return framedName === undefined ? undefined : { name: framedName, payload: framed };
}

/** Messages of the AMF3 types start with a byte that says nothing; AMF0 follows. */
function skipAmf3Prefix(typeId: number, payload: Uint8Array): Uint8Array {
  const isAmf3 = typeId === RtmpMessageType.CommandAmf3 || typeId === RtmpMessageType.DataAmf3;
  return isAmf3 && payload[0] !== Amf0Marker.String ? payload.subarray(1) : payload;
}
