/**
 * What a receiver says of one source, in sender and receiver reports.
 *
 * ```text
 * |                       SSRC of the source                      |
 * | fraction lost |          cumulative number lost (signed)      |
 * |           extended highest sequence number received           |
 * |                      interarrival jitter                      |
 * |                   last SR (middle of its NTP time)            |
 * |                   delay since last SR (1/65536 s)             |
 * ```
 *
 * Spec: RFC 3550, 6.4.1.
 *
 * @module
 */

import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";

export interface ReportBlock {
  /** Whose packets it is about. */
  readonly ssrc: number;
  /** Of 256, since the report before. */
  readonly fractionLost: number;
  /** Since the beginning; negative if packets came twice. Kept within 24 bits where written. */
  readonly cumulativeLost: number;
  /** 16 bits of how often it wrapped, then the sequence number. */
  readonly highestSequenceNumber: number;
  /** In ticks of the clock rate. */
  readonly jitter: number;
  /** `toCompactNtp` of the last sender report that came; 0 if none did. */
  readonly lastSenderReport: number;
  /** Since then, in 1/65,536 s; 0 if none came. */
  readonly delaySinceLastSenderReport: number;
}

const CUMULATIVE_LOST_MIN = -0x80_0000;
const CUMULATIVE_LOST_MAX = 0x7f_ffff;

/** @throws {MalformedError} If there are not `count` blocks. */
export function readReportBlocks(reader: ByteReader, count: number): ReportBlock[] {
  const blocks: ReportBlock[] = [];
  for (let i = 0; i < count; i++) {
    const ssrc = reader.readUint32();
    const loss = reader.readUint32();
    blocks.push({
      ssrc,
      fractionLost: loss >>> 24,
      cumulativeLost: (loss << 8) >> 8,
      highestSequenceNumber: reader.readUint32(),
      jitter: reader.readUint32(),
      lastSenderReport: reader.readUint32(),
      delaySinceLastSenderReport: reader.readUint32(),
    });
  }
  return blocks;
}

export function writeReportBlocks(writer: ByteWriter, blocks: readonly ReportBlock[]): void {
  for (const block of blocks) {
    const lost = Math.min(Math.max(block.cumulativeLost, CUMULATIVE_LOST_MIN), CUMULATIVE_LOST_MAX);
    writer.writeUint32(block.ssrc);
    writer.writeUint8(block.fractionLost);
    writer.writeUint24(lost & 0xff_ffff);
    writer.writeUint32(block.highestSequenceNumber);
    writer.writeUint32(block.jitter);
    writer.writeUint32(block.lastSenderReport);
    writer.writeUint32(block.delaySinceLastSenderReport);
  }
}
