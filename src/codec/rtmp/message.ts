/**
 * RTMP messages: their types, and the control messages that keep a connection going.
 *
 * Spec: Adobe RTMP 1.0, sections 5.4 (protocol control), 6.2 and 7.1 (message types, user control).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** MessageTypeId. */
export const RtmpMessageType = {
  SetChunkSize: 1,
  Abort: 2,
  Acknowledgement: 3,
  UserControl: 4,
  WindowAcknowledgementSize: 5,
  SetPeerBandwidth: 6,
  Audio: 8,
  Video: 9,
  DataAmf3: 15,
  SharedObjectAmf3: 16,
  CommandAmf3: 17,
  DataAmf0: 18,
  SharedObjectAmf0: 19,
  CommandAmf0: 20,
  Aggregate: 22,
} as const;
export type RtmpMessageType = (typeof RtmpMessageType)[keyof typeof RtmpMessageType];

/** One message, whole. */
export interface RtmpMessage {
  /** One of RtmpMessageType, or a number that nobody has given a meaning. */
  readonly typeId: number;
  /** Milliseconds, unsigned 32 bits, as on the wire: wraps after 49 days. */
  readonly timestamp: number;
  readonly messageStreamId: number;
  /** The chunk stream that it came on, or is to be sent on. */
  readonly chunkStreamId: number;
  readonly payload: Uint8Array;
}

/** EventType of user control messages. 31 and 32 are Flash Media Server's own. */
export const UserControlEvent = {
  StreamBegin: 0,
  StreamEof: 1,
  StreamDry: 2,
  SetBufferLength: 3,
  StreamIsRecorded: 4,
  PingRequest: 6,
  PingResponse: 7,
  BufferEmpty: 31,
  BufferReady: 32,
} as const;
export type UserControlEvent = (typeof UserControlEvent)[keyof typeof UserControlEvent];

/** How the receiver is to take a bandwidth (5.4.5, Limit Type). */
export const BandwidthLimit = { Hard: 0, Soft: 1, Dynamic: 2 } as const;
export type BandwidthLimit = (typeof BandwidthLimit)[keyof typeof BandwidthLimit];

/** A user control message. */
export interface UserControl {
  /** One of UserControlEvent, or a number that nobody has given a meaning. */
  readonly event: number;
  /** The stream id, or the timestamp of a ping. */
  readonly value: number;
  /** The buffer length in milliseconds, for SetBufferLength; otherwise 0. */
  readonly bufferLengthMs: number;
}

/** The payload of SetChunkSize, Abort, Acknowledgement and WindowAcknowledgementSize. */
export function encodeUint32(value: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, value);
  return payload;
}

/** @throws {MalformedError} If the payload has fewer than four bytes. */
export function decodeUint32(payload: Uint8Array): number {
  if (payload.length < 4) {
    throw new MalformedError(`Cannot decode control message of ${payload.length} bytes`, 0);
  }
  return viewOf(payload).getUint32(0);
}

export function encodeSetPeerBandwidth(size: number, limit: BandwidthLimit): Uint8Array {
  const payload = new Uint8Array(5);
  new DataView(payload.buffer).setUint32(0, size);
  payload[4] = limit;
  return payload;
}

/** Encodes an event that carries one number: all of them but SetBufferLength. */
export function encodeUserControl(event: UserControlEvent, value: number): Uint8Array {
  const payload = new Uint8Array(6);
  const view = new DataView(payload.buffer);
  view.setUint16(0, event);
  view.setUint32(2, value);
  return payload;
}

export function encodeSetBufferLength(streamId: number, bufferLengthMs: number): Uint8Array {
  const payload = new Uint8Array(10);
  const view = new DataView(payload.buffer);
  view.setUint16(0, UserControlEvent.SetBufferLength);
  view.setUint32(2, streamId);
  view.setUint32(6, bufferLengthMs);
  return payload;
}

/**
 * Decodes a user control message. Values that are missing count as 0: some peers leave them out,
 * and events of no known meaning may have none.
 *
 * @throws {MalformedError} If there is no event type.
 */
export function decodeUserControl(payload: Uint8Array): UserControl {
  if (payload.length < 2) {
    throw new MalformedError(`Cannot decode user control of ${payload.length} bytes`, 0);
  }
  const view = viewOf(payload);
  return {
    event: view.getUint16(0),
    value: payload.length < 6 ? 0 : view.getUint32(2),
    bufferLengthMs: payload.length < 10 ? 0 : view.getUint32(6),
  };
}

function viewOf(payload: Uint8Array): DataView {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
}
