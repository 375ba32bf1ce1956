/**
 * Goal: WebRTC publishers send the pictures of the source, marked or not, and sound that is valid Opus.
 *
 * Method: a made-up source; the decoder of Opus's packet headers.
 */

import { describe, expect, test } from "vitest";
import { createOpusSilence, createRtcSource } from "../../src/bench/rtc-source.ts";
import { createSource } from "../../src/bench/source.ts";
import { createSyntheticFile } from "../../src/bench/synthetic-file.ts";
import { findTimeMark, TIME_MARK_SIZE } from "../../src/bench/time-mark.ts";
import { opusPacketSamples } from "../../src/codec/opus/packet-duration.ts";

describe("createRtcSource()", () => {
  test("has each picture with and without its mark", () => {
    const { pictures, periodMs, profileLevelId, track } = createRtcSource(
      createSource(createSyntheticFile(600_000)),
    );
    expect([pictures.length, periodMs, profileLevelId]).toEqual([200, 8_000, 0x42_c01f]);
    expect([track.codec, track.decoderConfigurationRecord?.[0]]).toEqual(["h264", 1]);
    const keyFrames = pictures.filter(({ isKeyFrame }) => isKeyFrame);
    expect(keyFrames.map(({ timestampMs }) => timestampMs)).toEqual([0, 2_000, 4_000, 6_000]);
    for (const { plain, marked, markOffset } of pictures) {
      expect(findTimeMark(marked, 0, marked.length)).toBe(markOffset);
      const rest = marked.subarray(markOffset + TIME_MARK_SIZE);
      expect(rest).toEqual(plain);
      expect(marked.subarray(0, 4)).toEqual(Uint8Array.of(0, 0, 0, TIME_MARK_SIZE));
    }
  });

  test("refuses a source without H.264", () => {
    const source = createSource(createSyntheticFile(100_000));
    const isSound = ({ type }: { type: number }): boolean => type === 8;
    const sound = {
      ...source,
      prologue: source.prologue.filter(isSound),
      tags: source.tags.filter(isSound),
    };
    expect(() => createRtcSource(sound)).toThrow("no H.264");
  });
});

test("the sound is one frame of 20 ms with padding, as large as music", () => {
  const packet = createOpusSilence();
  expect(opusPacketSamples(packet)).toBe(960);
  // RFC 6716, section 3.2.5: code 3 with one frame (M = 1) and padding (p = 1).
  expect([packet.length, (packet[0] ?? 0) & 0b11, packet[1]]).toEqual([120, 3, 0x41]);
  expect(packet[2]).toBe(packet.length - 3 - 2);
  expect(packet.subarray(5).every((byte) => byte === 0)).toBe(true);
});
