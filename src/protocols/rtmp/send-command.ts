/**
 * Commands on their way out: on which chunk stream and message stream each kind of them goes.
 *
 * @module
 */

import type { AmfObject, AmfValue } from "../../codec/amf0/value.ts";
import { ChunkStreamId } from "../../codec/rtmp/chunk-encoder.ts";
import { encodeCommand } from "../../codec/rtmp/command.ts";
import { RtmpMessageType } from "../../codec/rtmp/message.ts";
import type { RtmpConnection } from "./connection.ts";

/** A call, or the answer to one: everything behind the message header. */
export interface OutgoingCommand {
  readonly name: string;
  readonly transactionId: number;
  readonly object: AmfValue;
  readonly args: readonly AmfValue[];
}

/** Sends a command about the connection, or the answer to a call. */
export function sendCommand(
  connection: RtmpConnection,
  command: OutgoingCommand,
  messageStreamId = 0,
): void {
  send(connection, ChunkStreamId.Command, messageStreamId, command);
}

/** Sends a command about a message stream. */
export function sendStreamCommand(
  connection: RtmpConnection,
  command: OutgoingCommand,
  messageStreamId: number,
): void {
  send(connection, ChunkStreamId.StreamCommand, messageStreamId, command);
}

/** Sends `_result` with one value. */
export function sendResult(
  connection: RtmpConnection,
  transactionId: number,
  value: AmfValue,
  messageStreamId = 0,
): void {
  const command = { name: "_result", transactionId, object: null, args: [value] };
  send(connection, ChunkStreamId.Command, messageStreamId, command);
}

/** Sends a notification, such as `onStatus`, which nobody answers. */
export function sendNotice(
  connection: RtmpConnection,
  name: string,
  information: AmfObject,
  messageStreamId: number,
): void {
  const command = { name, transactionId: 0, object: null, args: [information] };
  send(connection, ChunkStreamId.StreamCommand, messageStreamId, command);
}

function send(
  connection: RtmpConnection,
  chunkStreamId: number,
  messageStreamId: number,
  command: OutgoingCommand,
): void {
  const { name, transactionId, object, args } = command;
  connection.send({
    typeId: RtmpMessageType.CommandAmf0,
    timestamp: 0,
    messageStreamId,
    chunkStreamId,
    payload: encodeCommand(name, transactionId, object, args),
  });
}
