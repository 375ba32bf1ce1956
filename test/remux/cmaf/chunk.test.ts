/**
 * Goal: a chunk holds the payloads of its frames as they are, of AV1 without temporal delimiters, at
 * times beyond 32 bits, and can follow others in one buffer.
 *
 * Method: chunks of small frames, read box by box.
 */

import { expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { findBox, readBoxes } from "../../../src/codec/mp4/box-reader.ts";
import {
  type CmafSample,
  writeCmafChunk,
  writeCmafSegmentType,
} from "../../../src/remux/cmaf/chunk.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { boxHex, readFragment } from "../../support/mp4-fragments.ts";

function sample(payload: string): CmafSample {
  return { payload: fromHex(payload), duration: 3600, compositionTimeOffset: 0, isKeyFrame: true };
}

function write(codec: "h264" | "av1" | "aac", ...payloads: string[]): Uint8Array {
  const writer = new ByteWriter();
  const samples = payloads.map(sample);
  writeCmafChunk(writer, { codec }, { sequenceNumber: 1, baseDecodeTime: 0, samples });
  return writer.take();
}

test("several chunks follow one another, each with what is its own", () => {
  const writer = new ByteWriter();
  writeCmafSegmentType(writer);
  const baseDecodeTime = 1_700_000_000_000 * 90; // Milliseconds since 1970, in ticks.
  for (const sequenceNumber of [41, 42]) {
    writeCmafChunk(
      writer,
      { codec: "h264" },
      {
        sequenceNumber,
        baseDecodeTime: baseDecodeTime + sequenceNumber,
        samples: [sample("00000001 65"), sample("00000002 4142")],
      },
    );
  }
  const bytes = writer.take();
  const boxes = [...readBoxes(bytes)];
  expect(boxes.map(({ type }) => type)).toEqual(["styp", "moof", "mdat", "moof", "mdat"]);
  expect(boxHex(bytes, "styp")).toBe(
    Buffer.from("\0\0\0\u001cstypmsdh\0\0\0\0msdhcmfsiso6", "latin1").toString("hex"),
  );
  for (const [index, sequenceNumber] of [41, 42].entries()) {
    const start = boxes[1 + 2 * index]?.offset ?? 0;
    const chunk = bytes.subarray(start, boxes[3 + 2 * index]?.offset);
    const info = readFragment(chunk);
    expect(info).toMatchObject({
      sequenceNumber,
      baseDecodeTime: baseDecodeTime + sequenceNumber,
      trackId: 1,
    });
    expect(info.samples.map(({ size }) => size)).toEqual([5, 6]);
    expect(chunk.subarray(info.dataOffset)).toEqual(fromHex("00000001 65 00000002 4142"));
  }
});

test("AV1 goes in without its temporal delimiters", () => {
  const frame = "32 02 aabb"; // OBU_FRAME with a size.
  const bytes = write("av1", `1200 ${frame}`, frame, `1200 0a01cc 1200 ${frame}`);
  expect(findBox(bytes, ["mdat"])?.body).toEqual(
    joinBytes(fromHex(frame), fromHex(frame), fromHex(`0a01cc ${frame}`)),
  );
  expect(readFragment(bytes).samples.map(({ size }) => size)).toEqual([4, 4, 7]);
});

test("a broken temporal unit goes in as it came", () => {
  const broken = "1200 32 7f aabb"; // A size beyond the end.
  expect(findBox(write("av1", broken), ["mdat"])?.body).toEqual(fromHex(broken));
});

test("what looks like a temporal delimiter in other codecs stays", () => {
  expect(findBox(write("aac", "1200 32"), ["mdat"])?.body).toEqual(fromHex("1200 32"));
});
