/**
 * Aggregate messages: several messages in one, as Flash Media Server and some encoders send them.
 *
 * Spec: Adobe RTMP 1.0, section 7.1.6.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { type RtmpMessage, RtmpMessageType } from "./message.ts";

const HEADER_SIZE = 11;
const BACK_POINTER_SIZE = 4;

/**
 * Yields the messages in an aggregate, their payloads as views. Timestamps are moved so that the
 * first is the aggregate's own.
 *
 * ```text
 * +------+------+-----------+------------+-----------+---------+--------------+
 * | type | size | time, low | time, high | stream id | payload | back pointer |  ...
 * +------+------+-----------+------------+-----------+---------+--------------+
 *  8      24     24          8            24                    32
 * ```
 *
 * @throws {MalformedError} If a message is larger than what is left, or an aggregate itself.
 */
export function* splitAggregate(aggregate: RtmpMessage): Generator<RtmpMessage> {
  const { payload, messageStreamId, chunkStreamId } = aggregate;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let shift: number | undefined;
  for (let offset = 0; offset < payload.length; ) {
    const start = offset + HEADER_SIZE;
    if (start > payload.length) {
      throw new MalformedError("Cannot split aggregate: message cut off", offset);
    }
    const typeId = view.getUint8(offset);
    const size = view.getUint32(offset) & 0xff_ffff;
    const timestamp = (view.getUint32(offset + 4) >>> 8) + view.getUint8(offset + 7) * 0x100_0000;
    const end = start + size;
    // What the last back pointer says interests nobody, and not every sender writes it.
    if (end > payload.length) {
      throw new MalformedError(`Cannot split aggregate: message of ${size} bytes`, offset);
    }
    if (typeId === RtmpMessageType.Aggregate) {
      throw new MalformedError("Cannot split aggregate inside aggregate", offset);
    }
    shift ??= aggregate.timestamp - timestamp;
    yield {
      typeId,
      timestamp: (timestamp + shift) >>> 0,
      messageStreamId,
      chunkStreamId,
      payload: payload.subarray(start, end),
    };
    offset = end + BACK_POINTER_SIZE;
  }
}
