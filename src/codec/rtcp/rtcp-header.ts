/**
 * What all RTCP packets begin with.
 *
 * ```text
 * |V=2|P| count or FMT (5) |  packet type (8) |  length in words, less one (16) |
 * ```
 *
 * Spec: RFC 3550, 6.4.1 and 12.1; RFC 4585, 6.1 to 6.4; RFC 3611, 2.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";

/** The kinds of packets. */
export const RtcpPacketType = {
  SenderReport: 200,
  ReceiverReport: 201,
  SourceDescription: 202,
  Bye: 203,
  ApplicationDefined: 204,
  TransportFeedback: 205,
  PayloadFeedback: 206,
  ExtendedReport: 207,
} as const;
export type RtcpPacketType = (typeof RtcpPacketType)[keyof typeof RtcpPacketType];

/** What a packet of TransportFeedback is about (FMT). */
export const TransportFeedbackFormat = { Nack: 1, TransportWide: 15 } as const;
/** What a packet of PayloadFeedback is about (FMT). */
export const PayloadFeedbackFormat = { Pli: 1, Fir: 4, ApplicationLayer: 15 } as const;

/** In bytes. */
export const RTCP_HEADER_SIZE = 4;

/** How many blocks, chunks or sources the five bits of the count can tell of. */
export const RTCP_COUNT_MAX = 31;

const VERSION_BITS = 0x80;

/** Who gives feedback, and to whom: the first two fields of all feedback packets. */
export interface FeedbackSources {
  /** Who sends the feedback. */
  readonly senderSsrc: number;
  /** Whose packets it is about. */
  readonly mediaSsrc: number;
}

/** Begins a packet. @returns Where it starts, which `endRtcp` needs. */
export function beginRtcp(writer: ByteWriter, type: RtcpPacketType, count: number): number {
  assert(count <= RTCP_COUNT_MAX, "the count of an RTCP packet has five bits");
  const start = writer.size;
  writer.writeUint8(VERSION_BITS | count);
  writer.writeUint8(type);
  writer.writeUint16(0);
  return start;
}

/** Ends a packet: what has been written is filled up to whole words, and the length is set. */
export function endRtcp(writer: ByteWriter, start: number): void {
  while ((writer.size - start) % 4 !== 0) writer.writeUint8(0);
  const length = (writer.size - start) / 4 - 1;
  assert(length <= 0xffff, "the length of an RTCP packet has 16 bits");
  writer.setUint16At(start + 2, length);
}

export function readFeedbackSources(reader: ByteReader): FeedbackSources {
  return { senderSsrc: reader.readUint32(), mediaSsrc: reader.readUint32() };
}

export function writeFeedbackSources(writer: ByteWriter, sources: FeedbackSources): void {
  writer.writeUint32(sources.senderSsrc);
  writer.writeUint32(sources.mediaSsrc);
}
