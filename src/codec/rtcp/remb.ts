/**
 * Receiver estimated maximum bitrate: how much a receiver believes that its link carries.
 *
 * ```text
 * | "REMB" | count of SSRCs (8) | exponent (6) | mantissa (18) | SSRC ... |
 * ```
 *
 * Spec: draft-alvestrand-rmcat-remb-03, 2.2.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
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

/** "REMB". */
const IDENTIFIER = 0x5245_4d42;
const MANTISSA_BITS = 18;
const EXPONENT_MAX = 63;
const SSRC_COUNT_MAX = 255;

export interface Remb {
  readonly type: "remb";
  readonly senderSsrc: number;
  /** Of all sources together, in bit/s. Where written, 18 bits of it are kept, rounded down. */
  readonly bitrate: number;
  /** The sources that the bitrate is for. */
  readonly ssrcs: readonly number[];
}

/**
 * Reads what follows the header of application layer feedback.
 *
 * @returns `undefined` if it is something else than REMB.
 */
export function readRemb(reader: ByteReader): Remb | undefined {
  const { senderSsrc } = readFeedbackSources(reader);
  if (reader.remaining < 4 || reader.readUint32() !== IDENTIFIER) return undefined;
  const count = reader.readUint8();
  const rate = reader.readUint24();
  const exponent = rate >> MANTISSA_BITS;
  const bitrate = (rate & ((1 << MANTISSA_BITS) - 1)) * 2 ** exponent;
  const ssrcs: number[] = [];
  for (let i = 0; i < count; i++) ssrcs.push(reader.readUint32());
  return { type: "remb", senderSsrc, bitrate, ssrcs };
}

export function writeRemb(writer: ByteWriter, { senderSsrc, bitrate, ssrcs }: Remb): void {
  assert(bitrate >= 0 && bitrate < 2 ** (MANTISSA_BITS + EXPONENT_MAX), "the bitrate fits REMB");
  assert(ssrcs.length <= SSRC_COUNT_MAX, "the count of SSRCs in REMB has eight bits");
  let exponent = 0;
  let mantissa = Math.floor(bitrate);
  while (mantissa >= 1 << MANTISSA_BITS) {
    mantissa = Math.floor(mantissa / 2);
    exponent++;
  }
  const format = PayloadFeedbackFormat.ApplicationLayer;
  const start = beginRtcp(writer, RtcpPacketType.PayloadFeedback, format);
  writeFeedbackSources(writer, { senderSsrc, mediaSsrc: 0 });
  writer.writeUint32(IDENTIFIER);
  writer.writeUint8(ssrcs.length);
  writer.writeUint24((exponent << MANTISSA_BITS) | mantissa);
  for (const ssrc of ssrcs) writer.writeUint32(ssrc);
  endRtcp(writer, start);
}
