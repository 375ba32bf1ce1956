/**
 * RTCP: what senders and receivers of RTP tell each other, several packets in a datagram.
 *
 * Spec: RFC 3550, 6.1 and A.2 (compound packets); RFC 5506 (datagrams without reports); RFC 5761, 4
 * (telling it from RTP).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { type Bye, readBye, writeBye } from "./bye.ts";
import { type ExtendedReport, readExtendedReport, writeExtendedReport } from "./extended-report.ts";
import { type Fir, readFir, writeFir } from "./fir.ts";
import { type Nack, readNack, writeNack } from "./nack.ts";
import { type Pli, readPli, writePli } from "./pli.ts";
import { type ReceiverReport, readReceiverReport, writeReceiverReport } from "./receiver-report.ts";
import { type Remb, readRemb, writeRemb } from "./remb.ts";
import {
  PayloadFeedbackFormat,
  RTCP_HEADER_SIZE,
  RtcpPacketType,
  TransportFeedbackFormat,
} from "./rtcp-header.ts";
import { readSenderReport, type SenderReport, writeSenderReport } from "./sender-report.ts";
import {
  readSourceDescription,
  type SourceDescription,
  writeSourceDescription,
} from "./source-description.ts";
import {
  readTransportFeedback,
  STATUS_COUNT_MAX,
  type TransportFeedback,
  writeTransportFeedback,
} from "./transport-feedback.ts";

const VERSION = 2;
const PADDING_FLAG = 0x20;
/** Of packet types: what RTP would have there are payload types 64 to 95 with the marker. */
const FIRST_PACKET_TYPE = 192;
const LAST_PACKET_TYPE = 223;

export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Bye
  | Nack
  | Pli
  | Fir
  | Remb
  | TransportFeedback
  | ExtendedReport;

/** Whether a datagram of version 2, RTP or RTCP, is RTCP. It may be encrypted (SRTCP). */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0;
  return type >= FIRST_PACKET_TYPE && type <= LAST_PACKET_TYPE;
}

/**
 * Parses a datagram. Packets of unknown kinds are skipped.
 *
 * @throws {MalformedError} If any packet in it is malformed, or there is none; nothing of such a
 * datagram is to be believed.
 */
export function parseRtcp(bytes: Uint8Array): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  // Feedback can tell of 65,535 packets in some twenty bytes. No datagram needs to tell of more.
  let statusCountMax = STATUS_COUNT_MAX;
  let start = 0;
  do {
    const { count, type, dataEnd, end } = readHeader(bytes, start);
    const reader = new ByteReader(bytes.subarray(0, dataEnd), start + RTCP_HEADER_SIZE);
    const packet = readPacket(reader, type, { count, statusCountMax });
    if (packet !== undefined) packets.push(packet);
    if (packet?.type === "transport-feedback") statusCountMax -= packet.arrivals.length;
    start = end;
  } while (start < bytes.length);
  return packets;
}

/**
 * Encodes packets as one datagram. Reports go first (RFC 3550, 6.1), which is for the caller to see
 * to, as is the size.
 */
export function encodeRtcp(packets: readonly RtcpPacket[]): Uint8Array {
  const writer = new ByteWriter();
  for (const packet of packets) writePacket(writer, packet);
  return writer.take();
}

interface RtcpHeader {
  /** Or FMT. */
  readonly count: number;
  readonly type: number;
  /** Where the packet ends but for its padding, and where with it. */
  readonly dataEnd: number;
  readonly end: number;
}

function readHeader(bytes: Uint8Array, start: number): RtcpHeader {
  const reader = new ByteReader(bytes, start);
  const first = reader.readUint8();
  if (first >> 6 !== VERSION) {
    throw new MalformedError(`Cannot read RTCP packet: version is ${first >> 6}`, start);
  }
  const type = reader.readUint8();
  const end = start + RTCP_HEADER_SIZE + reader.readUint16() * 4;
  if (end > bytes.length) {
    throw new MalformedError(`Cannot read RTCP packet: ${end - bytes.length} bytes missing`, start);
  }
  let dataEnd = end;
  if ((first & PADDING_FLAG) !== 0) {
    const paddingSize = bytes[end - 1] ?? 0;
    dataEnd -= paddingSize;
    if (paddingSize === 0 || dataEnd < start + RTCP_HEADER_SIZE) {
      throw new MalformedError(`Cannot read RTCP packet: padding of ${paddingSize} bytes`, end - 1);
    }
  }
  return { count: first & 0b1_1111, type, dataEnd, end };
}

interface ReadOptions {
  readonly count: number;
  readonly statusCountMax: number;
}

/** @returns `undefined` for kinds that are not known. */
function readPacket(
  reader: ByteReader,
  type: number,
  { count, statusCountMax }: ReadOptions,
): RtcpPacket | undefined {
  switch (type) {
    case RtcpPacketType.SenderReport:
      return readSenderReport(reader, count);
    case RtcpPacketType.ReceiverReport:
      return readReceiverReport(reader, count);
    case RtcpPacketType.SourceDescription:
      return readSourceDescription(reader, count);
    case RtcpPacketType.Bye:
      return readBye(reader, count);
    case RtcpPacketType.TransportFeedback:
      if (count === TransportFeedbackFormat.Nack) return readNack(reader);
      if (count === TransportFeedbackFormat.TransportWide) {
        return readTransportFeedback(reader, statusCountMax);
      }
      return undefined;
    case RtcpPacketType.PayloadFeedback:
      if (count === PayloadFeedbackFormat.Pli) return readPli(reader);
      if (count === PayloadFeedbackFormat.Fir) return readFir(reader);
      if (count === PayloadFeedbackFormat.ApplicationLayer) return readRemb(reader);
      return undefined;
    case RtcpPacketType.ExtendedReport:
      return readExtendedReport(reader);
    default:
      return undefined;
  }
}

function writePacket(writer: ByteWriter, packet: RtcpPacket): void {
  switch (packet.type) {
    case "sender-report":
      writeSenderReport(writer, packet);
      break;
    case "receiver-report":
      writeReceiverReport(writer, packet);
      break;
    case "source-description":
      writeSourceDescription(writer, packet);
      break;
    case "bye":
      writeBye(writer, packet);
      break;
    case "nack":
      writeNack(writer, packet);
      break;
    case "pli":
      writePli(writer, packet);
      break;
    case "fir":
      writeFir(writer, packet);
      break;
    case "remb":
      writeRemb(writer, packet);
      break;
    case "transport-feedback":
      writeTransportFeedback(writer, packet);
      break;
    case "extended-report":
      writeExtendedReport(writer, packet);
      break;
  }
}
