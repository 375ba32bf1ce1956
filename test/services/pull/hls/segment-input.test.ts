/**
 * Goal: a segment of frames without end takes no more memory than a segment may.
 *
 * Method: packed audio of the smallest frames that there are.
 */

import { expect, test } from "vitest";
import { ByteWriter } from "../../../../src/base/byte-writer.ts";
import { writeAdtsHeader } from "../../../../src/codec/aac/adts.ts";
import { TickLine } from "../../../../src/remux/mpegts/tick-line.ts";
import { SegmentInput } from "../../../../src/services/pull/hls/segment-input.ts";
import { toId3 } from "../../../support/id3.ts";

const FORMAT = { profile: 1, samplingFrequencyIndex: 4, channelConfiguration: 2 };

function segmentOf(frameCount: number): Uint8Array {
  const writer = new ByteWriter();
  writer.writeBytes(toId3(0));
  for (let index = 0; index < frameCount; index++) {
    writeAdtsHeader(writer, FORMAT, 1);
    writer.writeUint8(0);
  }
  return writer.take();
}

test("a segment has a hundred thousand frames at most", () => {
  const input = new SegmentInput(["audio"], new TickLine());
  expect(input.read(segmentOf(100_000))).toHaveLength(100_000);
  expect(() => input.read(segmentOf(100_001))).toThrow("more than 100000 frames");
  expect(input.read(segmentOf(3))).toHaveLength(3);
});
