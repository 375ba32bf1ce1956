/**
 * Goal: a player is offered what the stream is, a publisher what it wants of what the server takes.
 *
 * Method: streams of each codec, and wishes.
 */

import { describe, expect, test } from "vitest";
import type { StreamDescription, Track } from "../../../src/live/track.ts";
import type { RtpCodec } from "../../../src/protocols/rtc/negotiation/rtp-codec.ts";
import { wantedCodecs } from "../../../src/servers/rtc/wanted-codecs.ts";
import { AAC, AV1, H264, HEVC } from "../../remux/mpegts/tracks.ts";

function names(chosen: readonly RtpCodec[], played?: StreamDescription): string[] {
  const { video, audio } = wantedCodecs(chosen, played);
  return [video, audio].map((codecs) => codecs.map(({ codec }) => codec).join(" "));
}

const described = (video: Track | undefined, audio: Track | undefined): StreamDescription => ({
  metadata: undefined,
  video,
  audio,
});
const OPUS: Track = { ...AAC, codec: "opus", decoderConfigurationRecord: undefined };

describe("who publishes", () => {
  test("may send all that there is", () => {
    expect(names([])).toEqual(["h264 hevc vp9 av1 vp8", "opus g711u g711a"]);
  });

  test("may choose, of the picture or the sound", () => {
    expect(names(["vp8"])).toEqual(["vp8", "opus g711u g711a"]);
    expect(names(["g711a", "av1"])).toEqual(["av1", "g711a"]);
  });
});

describe("who plays", () => {
  test("gets H.264 and Opus, or H.264 of its choice, of a stream that has not begun", () => {
    expect(names([], described(undefined, undefined))).toEqual(["h264", "opus"]);
    expect(names(["vp9"], described(undefined, undefined))).toEqual(["h264", "opus"]);
  });

  test.each([
    [H264, "h264"],
    [HEVC, "hevc"],
    [AV1, "av1"],
    [{ ...AV1, codec: "vp8", decoderConfigurationRecord: undefined } as Track, "vp8"],
    [{ ...AV1, codec: "vp9", decoderConfigurationRecord: undefined } as Track, "vp9"],
  ])("gets the stream's codec, whatever it wants: $codec", (track, expected) => {
    expect(names(["h264", "opus"], described(track, OPUS))).toEqual([expected, "opus"]);
  });

  test("gets H.264 of a profile that is good for the rungs of a ladder too, if it has one", () => {
    const wanted = (video: Track): unknown[] =>
      wantedCodecs([], described(video, OPUS), true).video.map(({ profileLevelId, isOnlyThat }) => {
        return `${profileLevelId?.toString(16)} ${isOnlyThat ?? false}`;
      });
    expect(wanted(H264)).toEqual(["64001f true", "4d001f true", "4d401e false"]);
    const high10 = H264.decoderConfigurationRecord?.slice() ?? new Uint8Array();
    high10.set([0x6e, 0, 0x1f], 1);
    expect(wanted({ ...H264, decoderConfigurationRecord: high10 })).toEqual(["6e001f false"]);
    expect(wanted(AV1)).toEqual(["undefined false"]);
  });

  test("gets H.264 of the stream's profile, if that can be read", () => {
    expect(wantedCodecs([], described(H264, OPUS)).video).toEqual([
      { codec: "h264", profileLevelId: 0x4d401e },
    ]);
    for (const record of [undefined, new Uint8Array(2)]) {
      const track: Track = { ...H264, decoderConfigurationRecord: record };
      expect(wantedCodecs([], described(track, OPUS)).video).toEqual([{ codec: "h264" }]);
    }
  });

  test("gets none of what RTP does not carry here", () => {
    expect(names([], described(H264, AAC))).toEqual(["h264", ""]);
    expect(names([], described({ ...H264, codec: "h263" }, OPUS))).toEqual(["", "opus"]);
  });
});
