/**
 * Packets that a receiver misses and asks for again.
 *
 * ```text
 * | PID: sequence number (16) | BLP: which of the 16 that follow it, the next one lowest (16) | ...
 * ```
 *
 * Spec: RFC 4585, 6.2.1.
 *
 * @module
 */

import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import {
  beginRtcp,
  endRtcp,
  type FeedbackSources,
  RtcpPacketType,
  readFeedbackSources,
  TransportFeedbackFormat,
  writeFeedbackSources,
} from "./rtcp-header.ts";

/** Packets that one BLP tells of. */
const BITMASK_LENGTH = 16;
const ENTRY_SIZE = 4;
/** There are no more sequence numbers than these; who asks for more asks twice. */
const SEQUENCE_NUMBER_COUNT_MAX = 0x1_0000;

export interface Nack extends FeedbackSources {
  readonly type: "nack";
  /** In the order in which they were put; where written, best in the order in which they were sent. */
  readonly sequenceNumbers: readonly number[];
}

/** Reads what follows the header. */
export function readNack(reader: ByteReader): Nack {
  const sources = readFeedbackSources(reader);
  const sequenceNumbers: number[] = [];
  while (reader.remaining >= ENTRY_SIZE) {
    const { offset } = reader;
    const packetId = reader.readUint16();
    sequenceNumbers.push(packetId);
    for (let mask = reader.readUint16(), next = packetId + 1; mask !== 0; mask >>= 1, next++) {
      if ((mask & 1) !== 0) sequenceNumbers.push(next & 0xffff);
    }
    if (sequenceNumbers.length > SEQUENCE_NUMBER_COUNT_MAX) {
      throw new MalformedError("Cannot read NACK: more packets than sequence numbers", offset);
    }
  }
  return { type: "nack", ...sources, sequenceNumbers };
}

export function writeNack(writer: ByteWriter, nack: Nack): void {
  const start = beginRtcp(writer, RtcpPacketType.TransportFeedback, TransportFeedbackFormat.Nack);
  writeFeedbackSources(writer, nack);
  const { sequenceNumbers } = nack;
  let index = 0;
  while (index < sequenceNumbers.length) {
    const packetId = sequenceNumbers[index] ?? 0;
    let mask = 0;
    for (index++; index < sequenceNumbers.length; index++) {
      const distance = ((sequenceNumbers[index] ?? 0) - packetId) & 0xffff;
      if (distance > BITMASK_LENGTH) break;
      if (distance > 0) mask |= 1 << (distance - 1);
    }
    writer.writeUint16(packetId);
    writer.writeUint16(mask);
  }
  endRtcp(writer, start);
}
