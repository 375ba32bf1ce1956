/**
 * Full intra request: somebody new needs a key frame.
 *
 * ```text
 * | SSRC of the media sender (32) | sequence number (8) | reserved (24) | ...
 * ```
 *
 * Spec: RFC 5104, 4.3.1.
 *
 * @module
 */

import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import {
  beginRtcp,
  endRtcp,
  PayloadFeedbackFormat,
  RtcpPacketType,
  readFeedbackSources,
  writeFeedbackSources,
} from "./rtcp-header.ts";

const ENTRY_SIZE = 8;

export interface Fir {
  readonly type: "fir";
  readonly senderSsrc: number;
  readonly entries: readonly FirEntry[];
}

export interface FirEntry {
  /** Who is to send a key frame. */
  readonly ssrc: number;
  /** 8 bits: a repeated request has the number of the first, a new one the next. */
  readonly sequenceNumber: number;
}

/** Reads what follows the header. The SSRC of the media source there is not used. */
export function readFir(reader: ByteReader): Fir {
  const { senderSsrc } = readFeedbackSources(reader);
  const entries: FirEntry[] = [];
  while (reader.remaining >= ENTRY_SIZE) {
    entries.push({ ssrc: reader.readUint32(), sequenceNumber: reader.readUint8() });
    reader.skip(3);
  }
  return { type: "fir", senderSsrc, entries };
}

export function writeFir(writer: ByteWriter, { senderSsrc, entries }: Fir): void {
  const start = beginRtcp(writer, RtcpPacketType.PayloadFeedback, PayloadFeedbackFormat.Fir);
  writeFeedbackSources(writer, { senderSsrc, mediaSsrc: 0 });
  for (const { ssrc, sequenceNumber } of entries) {
    writer.writeUint32(ssrc);
    writer.writeUint8(sequenceNumber);
    writer.writeUint24(0);
  }
  endRtcp(writer, start);
}
