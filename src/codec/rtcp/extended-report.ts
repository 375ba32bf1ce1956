/**
 * Extended reports, of which two kinds are known here: they let a receiver that sends no media
 * measure the round trip time. It tells its time (RRTR), and hears when that arrived (DLRR).
 *
 * ```text
 * | block type (8) | type-specific (8) | length of the block in words (16) |
 * RRTR (4):  | NTP seconds | NTP fraction |
 * DLRR (5):  | SSRC of the receiver | last RR (middle of its NTP time) | delay (1/65536 s) | ...
 * ```
 *
 * Spec: RFC 3611, 2, 3, 4.4 and 4.5.
 *
 * @module
 */

import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import type { NtpTime } from "./ntp-time.ts";
import { beginRtcp, endRtcp, RtcpPacketType } from "./rtcp-header.ts";

const RECEIVER_REFERENCE_TIME = 4;
const DLRR = 5;

const RECEIVER_REFERENCE_TIME_WORDS = 2;
const DLRR_ITEM_WORDS = 3;
const BLOCK_HEADER_SIZE = 4;

export interface ExtendedReport {
  readonly type: "extended-report";
  readonly ssrc: number;
  /** The time at the receiver that sends this. */
  readonly receiverReferenceTime?: NtpTime;
  /** Answers to such times of others. */
  readonly dlrr?: readonly DlrrItem[];
}

/** When the time that a receiver told arrived here. */
export interface DlrrItem {
  /** Of the receiver. */
  readonly ssrc: number;
  /** `toCompactNtp` of the time it told; 0 if none came. */
  readonly lastReceiverReport: number;
  /** Since then, in 1/65,536 s; 0 if none came. */
  readonly delay: number;
}

/** Reads what follows the header. Blocks of other kinds are skipped. */
export function readExtendedReport(reader: ByteReader): ExtendedReport {
  const ssrc = reader.readUint32();
  let receiverReferenceTime: NtpTime | undefined;
  let dlrr: DlrrItem[] | undefined;
  while (reader.remaining >= BLOCK_HEADER_SIZE) {
    const { offset } = reader;
    const blockType = reader.readUint8();
    reader.skip(1);
    const words = reader.readUint16();
    if (blockType === RECEIVER_REFERENCE_TIME) {
      checkLength(words === RECEIVER_REFERENCE_TIME_WORDS, offset);
      receiverReferenceTime = {
        ntpSeconds: reader.readUint32(),
        ntpFraction: reader.readUint32(),
      };
    } else if (blockType === DLRR) {
      checkLength(words % DLRR_ITEM_WORDS === 0, offset);
      dlrr ??= [];
      for (let i = 0; i < words / DLRR_ITEM_WORDS; i++) dlrr.push(readDlrrItem(reader));
    } else {
      reader.skip(words * 4);
    }
  }
  return {
    type: "extended-report",
    ssrc,
    ...(receiverReferenceTime && { receiverReferenceTime }),
    ...(dlrr && { dlrr }),
  };
}

export function writeExtendedReport(writer: ByteWriter, report: ExtendedReport): void {
  const start = beginRtcp(writer, RtcpPacketType.ExtendedReport, 0);
  const { receiverReferenceTime, dlrr } = report;
  writer.writeUint32(report.ssrc);
  if (receiverReferenceTime !== undefined) {
    writer.writeUint16(RECEIVER_REFERENCE_TIME << 8);
    writer.writeUint16(RECEIVER_REFERENCE_TIME_WORDS);
    writer.writeUint32(receiverReferenceTime.ntpSeconds);
    writer.writeUint32(receiverReferenceTime.ntpFraction);
  }
  if (dlrr !== undefined) {
    writer.writeUint16(DLRR << 8);
    writer.writeUint16(dlrr.length * DLRR_ITEM_WORDS);
    for (const item of dlrr) {
      writer.writeUint32(item.ssrc);
      writer.writeUint32(item.lastReceiverReport);
      writer.writeUint32(item.delay);
    }
  }
  endRtcp(writer, start);
}

function readDlrrItem(reader: ByteReader): DlrrItem {
  return {
    ssrc: reader.readUint32(),
    lastReceiverReport: reader.readUint32(),
    delay: reader.readUint32(),
  };
}

function checkLength(isRight: boolean, offset: number): void {
  if (!isRight)
    throw new MalformedError("Cannot read extended report: block has no such size", offset);
}
