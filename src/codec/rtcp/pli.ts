/**
 * Picture loss indication: a decoder has lost its way and needs a key frame.
 *
 * Spec: RFC 4585, 6.3.1.
 *
 * @module
 */

import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import {
  beginRtcp,
  endRtcp,
  type FeedbackSources,
  PayloadFeedbackFormat,
  RtcpPacketType,
  readFeedbackSources,
  writeFeedbackSources,
} from "./rtcp-header.ts";

export interface Pli extends FeedbackSources {
  readonly type: "pli";
}

/** Reads what follows the header. */
export function readPli(reader: ByteReader): Pli {
  return { type: "pli", ...readFeedbackSources(reader) };
}

export function writePli(writer: ByteWriter, pli: Pli): void {
  const start = beginRtcp(writer, RtcpPacketType.PayloadFeedback, PayloadFeedbackFormat.Pli);
  writeFeedbackSources(writer, pli);
  endRtcp(writer, start);
}
