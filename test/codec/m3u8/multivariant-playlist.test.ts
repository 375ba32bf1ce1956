/**
 * Goal: multivariant playlists tell players what there is, in SRS's form where it has one.
 *
 * Method: the playlist by which SRS 7.0.18 gives a viewer a session; one with everything in it; both
 * also by our checker and by hls-parser in its strict mode; what no playlist can hold.
 */

import * as hlsParser from "hls-parser";
import { beforeAll, describe, expect, test } from "vitest";
import {
  formatMultivariantPlaylist,
  type MultivariantPlaylist,
  type Rendition,
} from "../../../src/codec/m3u8/multivariant-playlist.ts";
import { isQuotable, quote } from "../../../src/codec/m3u8/quoted-string.ts";
import { checkMultivariantPlaylist } from "../../support/hls-check.ts";

beforeAll(() => hlsParser.setOptions({ strictMode: true }));

function format(playlist: MultivariantPlaylist): string {
  const text = formatMultivariantPlaylist(playlist);
  expect(checkMultivariantPlaylist(text)).toEqual([]);
  expect(() => hlsParser.parse(text)).not.toThrow();
  return text;
}

const SOUND: Rendition = {
  type: "AUDIO",
  groupId: "audio",
  name: "Main",
  uri: "audio.m3u8",
  isDefault: true,
  isAutoselect: true,
};

describe("formatMultivariantPlaylist()", () => {
  test("gives a viewer a session as SRS does", () => {
    const uri = "/live/livestream.m3u8?hls_ctx=4j43f3d8&token=t1&a=b";
    const text = format({ variants: [{ uri, bandwidth: 1, averageBandwidth: 1 }] });
    expect(text).toBe(`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n${uri}\n`);
    expect(text).toHaveLength(110); // The Content-Length of the capture.
  });

  test("says all there is to say", () => {
    const text = format({
      version: 6,
      isIndependentSegments: true,
      renditions: [
        { ...SOUND, language: "en", channels: 2 },
        { ...SOUND, name: "Kommentar", language: "de", isDefault: false, uri: undefined },
        { ...SOUND, type: "SUBTITLES", groupId: "text", isDefault: false, isAutoselect: false },
        {
          type: "CLOSED-CAPTIONS",
          groupId: "captions",
          name: "Captions",
          instreamId: "CC1",
          isDefault: false,
          isAutoselect: true,
        },
      ],
      variants: [
        {
          uri: "video.m3u8",
          bandwidth: 2_500_000.4,
          averageBandwidth: 2_000_000,
          codecs: ["avc1.64001f", "mp4a.40.2"],
          width: 1280,
          height: 720,
          frameRate: 30_000 / 1_001,
          videoRange: "SDR",
          audioGroup: "audio",
          subtitlesGroup: "text",
          closedCaptionsGroup: "captions",
        },
        { uri: "sound.m3u8", bandwidth: 128_000, codecs: [], audioGroup: "audio" },
      ],
    });
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Kommentar",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="Main",DEFAULT=NO,AUTOSELECT=NO,URI="audio.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="Captions",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=2500001,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,VIDEO-RANGE=SDR,AUDIO="audio",SUBTITLES="text",CLOSED-CAPTIONS="captions"
video.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=128000,AUDIO="audio"
sound.m3u8
`);
  });

  test("says of all variants that none has closed captions", () => {
    const variants = [
      { uri: "a.m3u8", bandwidth: 1 },
      { uri: "b.m3u8", bandwidth: 2 },
    ];
    expect(format({ hasNoClosedCaptions: true, variants })).toBe(`#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1,CLOSED-CAPTIONS=NONE
a.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2,CLOSED-CAPTIONS=NONE
b.m3u8
`);
  });

  test("takes a query with quotes in an address, which a viewer may have sent", () => {
    const uri = '/live/a.m3u8?token="x"';
    expect(formatMultivariantPlaylist({ variants: [{ uri, bandwidth: 1 }] })).toContain(uri);
  });

  test.each<[string, MultivariantPlaylist]>([
    ["a group that is not there", { variants: [{ uri: "a", bandwidth: 1, audioGroup: "x" }] }],
    [
      "a group of another type",
      { renditions: [SOUND], variants: [{ uri: "a", bandwidth: 1, subtitlesGroup: "audio" }] },
    ],
    ["a line break in an address", { variants: [{ uri: "a\n#EXTINF", bandwidth: 1 }] }],
    ["a quote in a name", { renditions: [{ ...SOUND, name: 'a"b' }], variants: [] }],
    ["a line break in a group", { renditions: [{ ...SOUND, groupId: "a\nb" }], variants: [] }],
    [
      "a default that is not selected by itself",
      { renditions: [{ ...SOUND, isAutoselect: false }], variants: [] },
    ],
  ])("refuses %s", (_name, playlist) => {
    expect(() => formatMultivariantPlaylist(playlist)).toThrow("Assertion failed");
  });
});

describe("a quoted string", () => {
  test("holds what has neither quotes nor line breaks", () => {
    expect(isQuotable("a,b=c 直播")).toBe(true);
    expect(quote("a,b=c")).toBe('"a,b=c"');
    for (const text of ['"', "a\r", "a\nb"]) {
      expect(isQuotable(text)).toBe(false);
      expect(() => quote(text)).toThrow("Assertion failed");
    }
  });
});
