/**
 * Goal: packed audio becomes the frames that it holds, at the time that its tag says, on one line with what
 * comes by MPEG-TS.
 *
 * Method: runs of ADTS and MP3 frames behind tags, read back; noise.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { writeAdtsHeader } from "../../../src/codec/aac/adts.ts";
import type { IncomingFrame } from "../../../src/live/frame.ts";
import { isPackedAudio, PackedAudioToStream } from "../../../src/remux/mpegts/packed-audio.ts";
import { TickLine } from "../../../src/remux/mpegts/tick-line.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { toId3 } from "../../support/id3.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { SOUND } from "./tracks.ts";

const FORMAT = { profile: 1, samplingFrequencyIndex: 4, channelConfiguration: 2 };
/** MPEG-1 layer III, 128 kbps, 44.1 kHz: 417 bytes. */
const MP3_FRAME = joinBytes(fromHex("fffb9000"), new Uint8Array(413));

function adts(count: number): Uint8Array {
  const writer = new ByteWriter();
  for (let index = 0; index < count; index++) {
    writeAdtsHeader(writer, FORMAT, SOUND.length);
    writer.writeBytes(SOUND);
  }
  return writer.take();
}

function createReader(line?: TickLine) {
  const frames: IncomingFrame[] = [];
  const reader = new PackedAudioToStream(
    {
      writeMetadata: () => undefined,
      writeTrack: (track) => track,
      writeFrame: (frame) => void frames.push(frame),
    },
    line,
  );
  return { reader, frames };
}

describe("packed audio", () => {
  test("of AAC has its frames, from the tag's time on", () => {
    const { reader, frames } = createReader();
    reader.read(joinBytes(toId3(90_000), adts(3)));
    reader.read(joinBytes(toId3(180_000), adts(1)));
    const step = (1_024 * 1_000) / 44_100;
    expect(frames.map(({ dtsMs }) => dtsMs)).toEqual([
      1_000,
      1_000 + step,
      1_000 + 2 * step,
      2_000,
    ]);
    expect(frames.map(({ payload }) => payload)).toEqual([SOUND, SOUND, SOUND, SOUND]);
    expect(frames[0]?.track).toMatchObject({ kind: "audio", codec: "aac" });
  });

  test("of MP3 has its frames whole", () => {
    const { reader, frames } = createReader();
    reader.read(joinBytes(toId3(0), MP3_FRAME, MP3_FRAME));
    expect(frames.map(({ payload }) => payload.length)).toEqual([417, 417]);
    expect(frames[0]?.track.codec).toBe("mp3");
  });

  test("goes on over the wrap of 33 bits, on the line that others share", () => {
    const line = new TickLine();
    const before = line.unwrap(0x1_ffff_ffff);
    const { reader, frames } = createReader(line);
    reader.read(joinBytes(toId3(89), adts(1)));
    expect(frames[0]?.dtsMs).toBe((before + 90) / 90);
  });

  test("without a time is refused", () => {
    expect(() => createReader().reader.read(adts(1))).toThrow("does not say when it is played");
  });

  test("is told by its first bytes", () => {
    const others = [fromHex("47400010"), fromHex("0000001c66747970"), new Uint8Array()];
    for (const bytes of [toId3(0), adts(1), MP3_FRAME]) expect(isPackedAudio(bytes)).toBe(true);
    for (const bytes of others) expect(isPackedAudio(bytes)).toBe(false);
  });

  test("of noise throws nothing but MalformedError", () => {
    for (const bytes of noise(2_000, 300)) {
      unlessMalformed(() => createReader().reader.read(joinBytes(toId3(1), bytes)));
    }
  });
});
