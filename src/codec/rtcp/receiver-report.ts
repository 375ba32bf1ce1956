/**
 * What a receiver that sends no media says of the sources it hears.
 *
 * Spec: RFC 3550, 6.4.2.
 *
 * @module
 */

import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { type ReportBlock, readReportBlocks, writeReportBlocks } from "./report-block.ts";
import { beginRtcp, endRtcp, RtcpPacketType } from "./rtcp-header.ts";

export interface ReceiverReport {
  readonly type: "receiver-report";
  /** Of the receiver. */
  readonly ssrc: number;
  /** At most 31. */
  readonly reports: readonly ReportBlock[];
}

/**
 * Reads what follows the header. Profile-specific extensions behind the reports are left alone.
 *
 * @param count Of report blocks.
 */
export function readReceiverReport(reader: ByteReader, count: number): ReceiverReport {
  return {
    type: "receiver-report",
    ssrc: reader.readUint32(),
    reports: readReportBlocks(reader, count),
  };
}

export function writeReceiverReport(writer: ByteWriter, report: ReceiverReport): void {
  const start = beginRtcp(writer, RtcpPacketType.ReceiverReport, report.reports.length);
  writer.writeUint32(report.ssrc);
  writeReportBlocks(writer, report.reports);
  endRtcp(writer, start);
}
