/**
 * How a track becomes an elementary stream of MPEG-TS: its type, and the form of its frames.
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import type { PesStreamId } from "../../codec/mpegts/pes.ts";
import type { StreamType } from "../../codec/mpegts/stream-type.ts";
import type { Frame } from "../../live/frame.ts";

export interface ElementaryStream {
  readonly pid: number;
  readonly streamType: StreamType;
  readonly streamId: PesStreamId;
  /** For the PMT. */
  readonly descriptors: Uint8Array;
  /**
   * Writes a frame as it stands in a PES packet.
   *
   * @throws {MalformedError} If it cannot be; some of it may have been written then.
   */
  writeFrame(writer: ByteWriter, frame: Frame): void;
}
