/**
 * Goal: metadata of an FLV file take as many bytes when it is complete as when it began, however many key
 * frames there are, and name as many of them as there is room for, evenly.
 *
 * Method: metadata for files of all kinds are made, completed and decoded.
 */

import { describe, expect, test } from "vitest";
import { AmfObject } from "../../../src/codec/amf0/value.ts";
import { decodeMetadata } from "../../../src/codec/flv/script-data.ts";
import { EMPTY_DESCRIPTION, type StreamDescription } from "../../../src/live/track.ts";
import {
  completeFileMetadata,
  countRoom,
  createFileMetadata,
  encodeFileMetadata,
} from "../../../src/remux/flv/file-metadata.ts";
import { KeyFrameIndex } from "../../../src/remux/flv/key-frame-index.ts";

const FACTS = { size: 1e9, durationMs: 12_345, lastMs: 12_000 };

function indexOf(count: number, entriesMax: number): KeyFrameIndex {
  const index = new KeyFrameIndex(entriesMax);
  for (let i = 0; i < count; i++) index.add(i * 2_000, 500 + i * 1_000);
  return index;
}

const HOSTILE: StreamDescription = {
  ...EMPTY_DESCRIPTION,
  metadata: {
    scriptData: new Uint8Array(),
    fields: new Map<string, string | number | boolean>([
      ["padding", "mine"],
      ["keyframes", "none"],
      ["duration", "long"],
      ["filesize", -1],
      ["encoder", "x".repeat(70_000)],
    ]),
  },
};

describe("completeFileMetadata()", () => {
  test.each([16, 17, 100, 3_600])("takes the room of %i key frames", (entriesMax) => {
    const metadata = createFileMetadata(EMPTY_DESCRIPTION, entriesMax);
    expect(encodeFileMetadata(metadata).length).toBe(metadata.size);
    expect(countRoom(metadata)).toBe(entriesMax);
    const counts = [0, 1, 2, 15, 16, 17, 49, 50, 51, 99, 100, 101, 3_599, 3_600, 3_601, 100_000];
    for (const count of counts) {
      const index = indexOf(count, entriesMax);
      const bytes = completeFileMetadata(metadata, { ...FACTS, index });
      expect([count, bytes?.length]).toEqual([count, metadata.size]);
      const read = decodeMetadata(bytes ?? new Uint8Array());
      expect(read?.get("duration")).toBe(12.345);
      expect(read?.get("filesize")).toBe(1e9);
      const keyFrames = read?.get("keyframes");
      if (count === 0) expect(keyFrames).toBeUndefined();
      else if (!(keyFrames instanceof AmfObject)) throw new Error("No index");
      else expect((keyFrames.get("times") as number[]).length).toBe(index.timesMs.length);
    }
  });

  test("what a publisher has said changes nothing of what is known better", () => {
    const metadata = createFileMetadata(HOSTILE, 16);
    const bytes = completeFileMetadata(metadata, { ...FACTS, index: indexOf(5, 16) });
    expect(bytes?.length).toBe(metadata.size);
    const read = decodeMetadata(bytes ?? new Uint8Array());
    expect([read?.get("duration"), read?.get("filesize")]).toEqual([12.345, 1e9]);
    expect(read?.get("keyframes")).toBeInstanceOf(AmfObject);
  });

  test("of another program, without room, it says so", () => {
    const { properties, size } = createFileMetadata(EMPTY_DESCRIPTION, 16);
    const facts = { ...FACTS, index: indexOf(16, 16) };
    expect(completeFileMetadata({ properties, size: size - 400 }, facts)).toBeUndefined();
  });
});

describe("KeyFrameIndex", () => {
  test("of more key frames than it has room for it has some, as far apart from one another", () => {
    const index = indexOf(10_000, 100);
    expect(index.timesMs.length).toBeGreaterThan(50);
    expect(index.timesMs.length).toBeLessThanOrEqual(100);
    const steps = index.timesMs.slice(1).map((ms, i) => ms - (index.timesMs[i] ?? 0));
    expect(new Set(steps).size).toBe(1);
    expect(index.timesMs[0]).toBe(0);
    expect(index.positions.map((position) => (position - 500) * 2)).toEqual(index.timesMs);
  });
});
