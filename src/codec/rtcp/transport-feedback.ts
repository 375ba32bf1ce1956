/**
 * Transport-wide feedback: when each packet of a connection arrived, by the sequence number that
 * its sender gave it (codec/rtp/transport-sequence-number.ts).
 *
 * ```text
 * |   SSRC of the packet's sender   |   SSRC of the media source   |
 * |     base sequence number        |     packet status count      |
 * |  reference time (24 bits, signed, 64 ms)  | feedback count (8) |
 * | packet chunks (16 bits each) ...
 * | arrival deltas (8 or 16 bits each, 0.25 ms) ...
 * | zeros up to a whole word
 *
 * chunk: |0| status (2) | run length (13) |     so many packets of this status
 *        |1|0| 14 statuses of 1 bit |           0: not received, 1: small delta
 *        |1|1|  7 statuses of 2 bits |
 * status: 0 not received, 1 small delta (8 bits), 2 large or negative delta (16 bits), 3 reserved
 * ```
 *
 * Spec: draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
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

/** The unit of `referenceTimeMs`. */
export const REFERENCE_TIME_UNIT_MS = 64;
/** Arrival times are whole numbers of 1/4 ms. */
export const ARRIVAL_TICKS_PER_MS = 4;
/** In ticks: what two arrivals may be apart. */
export const ARRIVAL_DELTA_MIN = -0x8000;
export const ARRIVAL_DELTA_MAX = 0x7fff;
/** How many packets one feedback can tell of. */
export const STATUS_COUNT_MAX = 0xffff;
/** In bytes, with the header of RTCP: what is in front of the chunks. */
export const TRANSPORT_FEEDBACK_HEADER_SIZE = 20;
/** How many packets of one status a chunk can tell of. */
export const RUN_LENGTH_MAX = 0x1fff;

const SMALL_DELTA_MAX = 0xff;

const PacketStatus = { NotReceived: 0, SmallDelta: 1, LargeDelta: 2, Reserved: 3 } as const;
type PacketStatus = (typeof PacketStatus)[keyof typeof PacketStatus];

const VECTOR_FLAG = 0x8000;
const TWO_BIT_FLAG = 0x4000;
const STATUS_SHIFT = 13;
const ONE_BIT_STATUSES = 14;
const TWO_BIT_STATUSES = 7;

export interface TransportFeedback extends FeedbackSources {
  readonly type: "transport-feedback";
  /** Of the first packet it tells of: 16 bits. */
  readonly baseSequenceNumber: number;
  /** Which feedback of this receiver it is: 8 bits. */
  readonly feedbackCount: number;
  /**
   * By the receiver's clock: a multiple of 64. Read, it is within 24 bits of them and signed; what
   * is beyond is left out where written.
   */
  readonly referenceTimeMs: number;
  /**
   * When each packet came, from the base on: in milliseconds (in steps of 0.25) after
   * `referenceTimeMs`; `undefined` if it has not come. At most 65,535.
   */
  readonly arrivals: readonly (number | undefined)[];
}

/**
 * Reads what follows the header.
 *
 * @param statusCountMax How many packets it may tell of: a few bytes can tell of many.
 */
export function readTransportFeedback(
  reader: ByteReader,
  statusCountMax: number,
): TransportFeedback {
  const sources = readFeedbackSources(reader);
  const baseSequenceNumber = reader.readUint16();
  const { offset } = reader;
  const statusCount = reader.readUint16();
  if (statusCount > statusCountMax) {
    throw new MalformedError(`Cannot read feedback of ${statusCount} packets: too many`, offset);
  }
  const time = reader.readUint32();
  const statuses = readStatuses(reader, statusCount);
  return {
    type: "transport-feedback",
    ...sources,
    baseSequenceNumber,
    feedbackCount: time & 0xff,
    referenceTimeMs: (time >> 8) * REFERENCE_TIME_UNIT_MS,
    arrivals: readArrivals(reader, statuses),
  };
}

function readStatuses(reader: ByteReader, count: number): Uint8Array {
  const statuses = new Uint8Array(count);
  let index = 0;
  while (index < count) {
    const { offset } = reader;
    const chunk = reader.readUint16();
    if ((chunk & VECTOR_FLAG) === 0) {
      const end = index + (chunk & RUN_LENGTH_MAX);
      // It would tell of nothing, and a packet of such chunks would be read for nothing.
      if (end === index) throw new MalformedError("Cannot read run of 0 packets", offset);
      statuses.fill(chunk >> STATUS_SHIFT, index, end);
      index = end;
    } else {
      index = unpackVector(chunk, statuses, index);
    }
  }
  return statuses;
}

/** @returns The index behind the statuses of the vector; those beyond the last packet are zeros. */
function unpackVector(chunk: number, statuses: Uint8Array, start: number): number {
  const isTwoBit = (chunk & TWO_BIT_FLAG) !== 0;
  const bits = isTwoBit ? 2 : 1;
  const end = Math.min(start + (isTwoBit ? TWO_BIT_STATUSES : ONE_BIT_STATUSES), statuses.length);
  let shift = ONE_BIT_STATUSES;
  for (let index = start; index < end; index++) {
    shift -= bits;
    statuses[index] = (chunk >> shift) & (isTwoBit ? 0b11 : 0b1);
  }
  return end;
}

function readArrivals(reader: ByteReader, statuses: Uint8Array): (number | undefined)[] {
  const arrivals: (number | undefined)[] = [];
  let ticks = 0;
  for (const status of statuses) {
    if (status === PacketStatus.NotReceived) {
      arrivals.push(undefined);
      continue;
    }
    if (status === PacketStatus.Reserved) {
      throw new MalformedError("Cannot read packet status 3: it is reserved", reader.offset);
    }
    ticks += status === PacketStatus.SmallDelta ? reader.readUint8() : reader.readInt16();
    arrivals.push(ticks / ARRIVAL_TICKS_PER_MS);
  }
  return arrivals;
}

/**
 * Writes a feedback, whose arrivals are at most 8,191.75 ms after the one before and 8,192 ms before
 * it. TransportFeedbackBuilder makes such.
 */
export function writeTransportFeedback(writer: ByteWriter, feedback: TransportFeedback): void {
  const { arrivals } = feedback;
  assert(arrivals.length <= STATUS_COUNT_MAX, "a feedback tells of at most 65,535 packets");
  const format = TransportFeedbackFormat.TransportWide;
  const start = beginRtcp(writer, RtcpPacketType.TransportFeedback, format);
  writeFeedbackSources(writer, feedback);
  writer.writeUint16(feedback.baseSequenceNumber);
  writer.writeUint16(arrivals.length);
  writer.writeUint24((feedback.referenceTimeMs / REFERENCE_TIME_UNIT_MS) & 0xff_ffff);
  writer.writeUint8(feedback.feedbackCount);
  const deltas = toDeltas(arrivals);
  writeStatuses(writer, deltas.map(toStatus));
  for (const delta of deltas) {
    const status = toStatus(delta);
    if (delta === undefined || status === PacketStatus.NotReceived) continue;
    if (status === PacketStatus.SmallDelta) writer.writeUint8(delta);
    else writer.writeUint16(delta & 0xffff);
  }
  endRtcp(writer, start);
}

/** In ticks after the arrival before, the first after the reference time. */
function toDeltas(arrivals: readonly (number | undefined)[]): (number | undefined)[] {
  let previousTicks = 0;
  return arrivals.map((arrivalMs) => {
    if (arrivalMs === undefined) return undefined;
    const ticks = Math.round(arrivalMs * ARRIVAL_TICKS_PER_MS);
    const delta = ticks - previousTicks;
    assert(delta >= ARRIVAL_DELTA_MIN && delta <= ARRIVAL_DELTA_MAX, "the delta has 16 bits");
    previousTicks = ticks;
    return delta;
  });
}

function toStatus(delta: number | undefined): PacketStatus {
  if (delta === undefined) return PacketStatus.NotReceived;
  return delta >= 0 && delta <= SMALL_DELTA_MAX ? PacketStatus.SmallDelta : PacketStatus.LargeDelta;
}

/** Each chunk but the last tells of at least seven packets, which is what the builder counts on. */
function writeStatuses(writer: ByteWriter, statuses: readonly PacketStatus[]): void {
  let index = 0;
  while (index < statuses.length) {
    const runLength = measureRun(statuses, index);
    const isOneBit = statuses
      .slice(index, index + ONE_BIT_STATUSES)
      .every((status) => status <= PacketStatus.SmallDelta);
    if (runLength >= (isOneBit ? ONE_BIT_STATUSES : TWO_BIT_STATUSES)) {
      writer.writeUint16(((statuses[index] ?? 0) << STATUS_SHIFT) | runLength);
      index += runLength;
    } else {
      const bits = isOneBit ? 1 : 2;
      let chunk = VECTOR_FLAG | (isOneBit ? 0 : TWO_BIT_FLAG);
      for (let i = 1; i * bits <= ONE_BIT_STATUSES; i++) {
        chunk |= (statuses[index++] ?? 0) << (ONE_BIT_STATUSES - i * bits);
      }
      writer.writeUint16(chunk);
    }
  }
}

function measureRun(statuses: readonly PacketStatus[], start: number): number {
  const endMax = Math.min(statuses.length, start + RUN_LENGTH_MAX);
  let end = start + 1;
  while (end < endMax && statuses[end] === statuses[start]) end++;
  return end - start;
}
