/**
 * Goal: what publishers send by RTMP, in the old and the enhanced form, becomes the right tracks and
 * frames, and the body goes on unchanged wherever players can take it.
 *
 * Method: bodies written by hand from the specifications, fed to a publication that notes what it
 * gets; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/base/errors.ts";
import { encodeAmf0 } from "../../src/codec/amf0/encode.ts";
import { toEcmaArray } from "../../src/codec/amf0/value.ts";
import type { Frame } from "../../src/live/frame.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import type { StreamMetadata, Track } from "../../src/live/track.ts";
import { frameBody, trackBodies } from "../../src/remux/flv/body.ts";
import { FlvToStream } from "../../src/remux/flv/to-stream.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { SETTINGS } from "../support/live.ts";
import { noise } from "../support/noise.ts";

function createInput() {
  const hub = new StreamHub(new ManualClock(), () => SETTINGS);
  const stream = hub.getOrCreate({ vhost: "v", app: "live", stream: "show" });
  const tracks: Track[] = [];
  const frames: Frame[] = [];
  const metadata: StreamMetadata[] = [];
  stream.addListener({
    onTrack: (track) => tracks.push(track),
    onFrame: (frame) => frames.push(frame),
    onMetadata: (data) => metadata.push(data),
    onEnd: () => {},
    fail: () => {},
  });
  const publication = stream.publish({ clientId: "p", close: () => {} });
  return { input: new FlvToStream(publication), tracks, frames, metadata };
}

const fourCc = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

describe("video", () => {
  test("H.264: sequence header, key frame with composition time offset, inter frame", () => {
    const { input, tracks, frames } = createInput();
    const header = Uint8Array.of(0x17, 0, 0, 0, 0, 0xaa, 0xbb);
    const key = Uint8Array.of(0x17, 1, 0, 0, 80, 0xcc);
    const inter = Uint8Array.of(0x27, 1, 0xff, 0xff, 0xd8, 0xdd);
    input.video(1_000, header);
    input.video(1_000, key);
    input.video(1_040, inter);
    expect(tracks).toHaveLength(1);
    expect(tracks[0]).toMatchObject({ kind: "video", codec: "h264", flvSequenceHeader: header });
    expect(tracks[0]?.decoderConfigurationRecord).toEqual(Uint8Array.of(0xaa, 0xbb));
    expect(frames).toMatchObject([
      { dtsMs: 1_000, compositionTimeOffsetMs: 80, isKeyFrame: true, payload: Uint8Array.of(0xcc) },
      { dtsMs: 1_040, compositionTimeOffsetMs: -40, isKeyFrame: false },
    ]);
    expect(frames[0]?.flvBody).toBe(key);
    expect(frames[0]?.track).toBe(tracks[0]);
  });

  test.each([
    ["old id 12", [0x1c, 0, 0, 0, 0, 1], [0x1c, 1, 0, 0, 0, 2], "hevc"],
    ["FourCC hvc1", [0x90, ...fourCc("hvc1"), 1], [0x91, ...fourCc("hvc1"), 0, 0, 40, 2], "hevc"],
    ["FourCC hvc1, no offset", [0x90, ...fourCc("hvc1"), 1], [0x93, ...fourCc("hvc1"), 2], "hevc"],
    ["FourCC av01", [0x90, ...fourCc("av01"), 1], [0x91, ...fourCc("av01"), 2], "av1"],
    ["FourCC vp09", [0x90, ...fourCc("vp09"), 1], [0x91, ...fourCc("vp09"), 2], "vp9"],
  ])("%s", (_, header, frame, codec) => {
    const { input, tracks, frames } = createInput();
    input.video(0, Uint8Array.from(header));
    input.video(0, Uint8Array.from(frame));
    expect(tracks).toMatchObject([{ codec, decoderConfigurationRecord: Uint8Array.of(1) }]);
    expect(frames).toMatchObject([{ isKeyFrame: true, payload: Uint8Array.of(2) }]);
    expect(frames[0]?.flvBody).toEqual(Uint8Array.from(frame));
  });

  test("of several tracks in a message the main one, unwrapped, with ModEx in its time", () => {
    const { input, frames } = createInput();
    const tracks = [
      ...[1, 0, 0, 1, 0xee], // Track 1: size 1.
      ...[0, 0, 0, 1, 0xdd], // Track 0: size 1.
    ];
    // Inter frame, ModEx of 3 bytes: 500000 ns; then multitrack, then coded frames of AV1.
    const modEx = [0xa7, 2, 0x07, 0xa1, 0x20, 0x06];
    input.video(100, Uint8Array.from([...modEx, 0x11, ...fourCc("av01"), ...tracks]));
    expect(frames).toMatchObject([
      { dtsMs: 100.5, payload: Uint8Array.of(0xdd), flvBody: undefined },
    ]);
  });

  test("what holds no picture is left out", () => {
    const { input, tracks, frames } = createInput();
    input.video(0, new Uint8Array(0));
    input.video(0, Uint8Array.of(0x57, 0)); // A command to the player.
    input.video(0, Uint8Array.of(0x17, 2, 0, 0, 0)); // End of sequence.
    input.video(0, Uint8Array.of(0x17, 1, 0, 0, 0)); // A frame of nothing.
    input.video(0, Uint8Array.of(0x1f, 1, 2)); // A codec nobody has.
    expect([...tracks, ...frames]).toEqual([]);
  });

  test("colour information goes on with the track", () => {
    const { input, tracks } = createInput();
    const colour = Uint8Array.from([0x94, ...fourCc("hvc1"), 2, 0, 1, 0x61]);
    input.video(0, Uint8Array.from([0x90, ...fourCc("hvc1"), 1]));
    input.video(0, colour);
    expect(tracks.at(-1)).toMatchObject({ codec: "hevc", flvExtension: colour });
  });
});

describe("audio", () => {
  test.each([
    ["AAC", [0xaf, 0, 0x12, 0x10], [0xaf, 1, 7], "aac", Uint8Array.of(0x12, 0x10)],
    ["MP3, which has no header", undefined, [0x2f, 7], "mp3", undefined],
    ["Opus", [0x90, ...fourCc("Opus"), 1], [0x91, ...fourCc("Opus"), 7], "opus", Uint8Array.of(1)],
    [
      "enhanced AAC",
      [0x90, ...fourCc("mp4a"), 1],
      [0x91, ...fourCc("mp4a"), 7],
      "aac",
      Uint8Array.of(1),
    ],
  ])("%s", (...[, header, frame, codec, record]) => {
    const { input, tracks, frames } = createInput();
    if (header !== undefined) input.audio(0, Uint8Array.from(header));
    input.audio(20, Uint8Array.from(frame));
    expect(tracks).toMatchObject([{ kind: "audio", codec }]);
    expect(tracks[0]?.decoderConfigurationRecord).toEqual(record);
    expect(frames).toMatchObject([{ dtsMs: 20, isKeyFrame: true, payload: Uint8Array.of(7) }]);
  });
});

describe("timestamps", () => {
  test("count on when 32 bits wrap, and audio and video share the count", () => {
    const { input, frames } = createInput();
    const audio = Uint8Array.of(0x2f, 7);
    const video = Uint8Array.of(0x27, 1, 0, 0, 0, 1);
    input.audio(0xffff_fff0, audio);
    input.video(0xffff_fffb, video);
    input.audio(7, audio);
    input.video(0xffff_fffe, video);
    expect(frames.map((frame) => frame.dtsMs)).toEqual([
      0xffff_fff0, 0xffff_fffb, 0x1_0000_0007, 0xffff_fffe,
    ]);
  });
});

describe("metadata", () => {
  test("loses its duration, is signed, and becomes an AMF0 object", () => {
    const { input, metadata } = createInput();
    const sent = toEcmaArray({ duration: 12, width: 640, encoder: "x", server: "another" });
    input.scriptData(encodeAmf0("onMetaData", sent));
    expect([...(metadata[0]?.fields ?? [])]).toEqual([
      ["width", 640],
      ["encoder", "x"],
    ]);
    const text = new TextDecoder().decode(metadata[0]?.scriptData);
    expect(text.startsWith("\u0002\0\nonMetaData\u0003\0\u0005width")).toBe(true);
    expect(text).toMatch(/server.*Sluice\//s);
    expect(text).not.toContain("duration");
    expect(text).not.toContain("another");
  });

  test("other script data is ignored", () => {
    const { input, metadata } = createInput();
    input.scriptData(encodeAmf0("onCuePoint", toEcmaArray({ name: "x" })));
    input.scriptData(new Uint8Array(0));
    expect(metadata).toEqual([]);
  });
});

describe("what is to go on under a header of our own", () => {
  const SIZE = 0xff_ffff;

  /** A body of the largest size that a message can have, that starts so. */
  function largest(start: number[]): Uint8Array {
    const body = new Uint8Array(SIZE);
    body.set(start);
    return body;
  }

  test.each<[name: string, kind: "audio" | "video", start: number[]]>([
    // Multitrack, one track, CodedFramesX: 7 bytes in front of the data.
    ["video of one track", "video", [0x96, 0x03, ...fourCc("hvc1"), 0]],
    ["video behind ModEx", "video", [0x97, 0, 0, 0x03, ...fourCc("hvc1")]],
    ["a sequence header", "video", [0x96, 0x00, ...fourCc("hvc1"), 0]],
    ["audio of one track", "audio", [0x95, 0x01, ...fourCc("Opus"), 0]],
  ])("leaves room for it: %s", (_, kind, start) => {
    const { input, frames, tracks } = createInput();
    const body = largest(start);
    const take = (bytes: Uint8Array): Uint8Array | undefined => {
      input[kind](0, bytes);
      const frame = frames.at(-1);
      const [header] = frame === undefined ? trackBodies(tracks.at(-1) as Track) : [];
      return frame === undefined ? header : frameBody(frame);
    };
    try {
      expect(take(body)?.length).toBeLessThanOrEqual(SIZE);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedError);
    }
    expect(take(body.subarray(0, SIZE - 8))?.length).toBeLessThanOrEqual(SIZE);
  });

  test("takes what is not wrapped as large as it comes", () => {
    const { input, frames } = createInput();
    const body = largest([0x93, ...fourCc("hvc1")]);
    input.video(0, body);
    expect(frames.at(-1)?.flvBody).toBe(body);
  });
});

test("noise raises nothing but MalformedError", () => {
  const { input } = createInput();
  for (const bytes of noise(5_000, 40)) {
    for (const take of [
      () => input.video(0, bytes),
      () => input.audio(0, bytes),
      () => input.scriptData(bytes),
    ]) {
      try {
        take();
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  }
});
