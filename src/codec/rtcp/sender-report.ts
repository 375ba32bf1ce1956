/**
 * What a source says of itself: which RTP timestamp belongs to which time, and how much it has sent.
 *
 * Spec: RFC 3550, 6.4.1.
 *
 * @module
 */

import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import type { NtpTime } from "./ntp-time.ts";
import { type ReportBlock, readReportBlocks, writeReportBlocks } from "./report-block.ts";
import { beginRtcp, endRtcp, RtcpPacketType } from "./rtcp-header.ts";

export interface SenderReport extends NtpTime {
  readonly type: "sender-report";
  readonly ssrc: number;
  /** The time above in the clock of the source's RTP packets. */
  readonly rtpTimestamp: number;
  /** Packets sent, 32 bits. */
  readonly packetCount: number;
  /** Payload bytes sent, without headers and padding, 32 bits. */
  readonly octetCount: number;
  /** At most 31. */
  readonly reports: readonly ReportBlock[];
}

/**
 * Reads what follows the header. Profile-specific extensions behind the reports are left alone.
 *
 * @param count Of report blocks.
 */
export function readSenderReport(reader: ByteReader, count: number): SenderReport {
  return {
    type: "sender-report",
    ssrc: reader.readUint32(),
    ntpSeconds: reader.readUint32(),
    ntpFraction: reader.readUint32(),
    rtpTimestamp: reader.readUint32(),
    packetCount: reader.readUint32(),
    octetCount: reader.readUint32(),
    reports: readReportBlocks(reader, count),
  };
}

export function writeSenderReport(writer: ByteWriter, report: SenderReport): void {
  const start = beginRtcp(writer, RtcpPacketType.SenderReport, report.reports.length);
  writer.writeUint32(report.ssrc);
  writer.writeUint32(report.ntpSeconds);
  writer.writeUint32(report.ntpFraction);
  writer.writeUint32(report.rtpTimestamp);
  writer.writeUint32(report.packetCount);
  writer.writeUint32(report.octetCount);
  writeReportBlocks(writer, report.reports);
  endRtcp(writer, start);
}
