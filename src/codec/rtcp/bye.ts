/**
 * Sources that are gone.
 *
 * Spec: RFC 3550, 6.6.
 *
 * @module
 */

import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { beginRtcp, endRtcp, RtcpPacketType } from "./rtcp-header.ts";

export interface Bye {
  readonly type: "bye";
  /** At most 31. */
  readonly ssrcs: readonly number[];
}

/**
 * Reads what follows the header. A text with the reason, which may stand behind it, is left alone.
 *
 * @param count Of sources.
 */
export function readBye(reader: ByteReader, count: number): Bye {
  const ssrcs: number[] = [];
  for (let i = 0; i < count; i++) ssrcs.push(reader.readUint32());
  return { type: "bye", ssrcs };
}

export function writeBye(writer: ByteWriter, { ssrcs }: Bye): void {
  const start = beginRtcp(writer, RtcpPacketType.Bye, ssrcs.length);
  for (const ssrc of ssrcs) writer.writeUint32(ssrc);
  endRtcp(writer, start);
}
