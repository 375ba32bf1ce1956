/**
 * Goal: playlists of any server are read as RFC 8216 says, and what is none of that is said to be.
 *
 * Method: the examples of RFC 8216, sections 8.1 to 8.7, shortened; our own writer; noise and cuts.
 */

import { describe, expect, test } from "vitest";
import { formatMediaPlaylist } from "../../../src/codec/m3u8/media-playlist.ts";
import { type ReadMediaPlaylist, readPlaylist } from "../../../src/codec/m3u8/playlist-reader.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { createRandom } from "../../support/seeded-random.ts";

const LIVE = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:8
#EXT-X-MEDIA-SEQUENCE:2680
#EXT-X-DISCONTINUITY-SEQUENCE:4

#EXTINF:7.975,
https://priv.example.com/fileSequence2680.ts
# a comment
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z
#EXTINF:7.941,a title, with a comma
fileSequence2681.ts
`;

const ENCRYPTED = `#EXTM3U
#EXT-X-MEDIA-SEQUENCE:7794
#EXT-X-TARGETDURATION:15
#EXT-X-KEY:METHOD=AES-128,URI="https://priv.example.com/key.php?r=52,53",IV=0x1F
#EXTINF:2.833,
http://media.example.com/fileSequence52-A.ts
#EXT-X-KEY:METHOD=NONE
#EXTINF:15,
http://media.example.com/fileSequence52-B.ts
#EXT-X-ENDLIST
`;

const RANGES = `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-MAP:URI="main.mp4",BYTERANGE="719@0"
#EXTINF:4
#EXT-X-BYTERANGE:1000@719
main.mp4
#EXTINF:4
#EXT-X-BYTERANGE:500
main.mp4
#EXTINF:4
#EXT-X-GAP
other.mp4
`;

const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en",URI="main/english.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Commentary",DEFAULT=NO,URI="commentary/audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1280000,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="aac"
low/video.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI="low/iframe.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2560000
mid/video.m3u8
`;

function media(text: string): ReadMediaPlaylist {
  const playlist = readPlaylist(text);
  if (playlist.type !== "media") throw new Error("Not a media playlist");
  return playlist;
}

describe("readPlaylist()", () => {
  test("reads a live playlist with a discontinuity", () => {
    const { targetDuration, isEnded, segments } = media(LIVE);
    expect([targetDuration, isEnded]).toEqual([8, false]);
    const none = { isGap: false, byteRange: undefined, key: undefined, map: undefined };
    expect(segments).toEqual([
      {
        uri: "https://priv.example.com/fileSequence2680.ts",
        ...{ duration: 7.975, mediaSequence: 2_680, discontinuitySequence: 4, ...none },
      },
      {
        uri: "fileSequence2681.ts",
        ...{ duration: 7.941, mediaSequence: 2_681, discontinuitySequence: 5, ...none },
      },
    ]);
  });

  test("reads it with any line ends, and a mark of the byte order", () => {
    expect(media(`\uFEFF${LIVE.replaceAll("\n", "\r\n")}`)).toEqual(media(LIVE));
  });

  test("reads keys, their ends, and that of the stream", () => {
    const { segments, isEnded } = media(ENCRYPTED);
    expect(isEnded).toBe(true);
    expect(segments.map(({ key }) => key)).toEqual([
      {
        method: "AES-128",
        uri: "https://priv.example.com/key.php?r=52,53",
        iv: fromHex("0000000000000000000000000000001f"),
      },
      undefined,
    ]);
  });

  test("reads byte ranges, those that begin where the last one ended too, maps and gaps", () => {
    const { segments } = media(RANGES);
    expect(segments.map(({ byteRange, isGap }) => [byteRange, isGap])).toEqual([
      [{ offset: 719, size: 1_000 }, false],
      [{ offset: 1_719, size: 500 }, false],
      [undefined, true],
    ]);
    expect(segments[2]?.map).toEqual({ uri: "main.mp4", byteRange: { offset: 0, size: 719 } });
  });

  test("reads variants and renditions", () => {
    expect(readPlaylist(MULTIVARIANT)).toEqual({
      type: "multivariant",
      variants: [
        {
          uri: "low/video.m3u8",
          codecs: ["avc1.4d401e", "mp4a.40.2"],
          bandwidth: 1_280_000,
          audio: "aac",
        },
        { uri: "mid/video.m3u8", codecs: [], bandwidth: 2_560_000, audio: undefined },
      ],
      renditions: [
        { type: "AUDIO", groupId: "aac", isDefault: true, uri: "main/english.m3u8" },
        { type: "AUDIO", groupId: "aac", isDefault: false, uri: "commentary/audio.m3u8" },
      ],
    });
  });

  test("reads what we write", () => {
    const iv = fromHex("000102030405060708090a0b0c0d0e0f");
    const key = { method: "AES-128", uri: "a.key", iv } as const;
    const text = formatMediaPlaylist({
      ...{ targetDuration: 2, mediaSequence: 9, discontinuitySequence: 1, isEnded: true },
      segments: [
        { uri: "9.m4s", duration: 1.5, key, map: { uri: "init.mp4" } },
        { uri: "10.m4s", duration: 2, isDiscontinuous: true, key, map: { uri: "init2.mp4" } },
      ],
    });
    const { segments } = media(text);
    expect(segments.map((one) => [one.mediaSequence, one.discontinuitySequence, one.uri])).toEqual([
      [9, 1, "9.m4s"],
      [10, 2, "10.m4s"],
    ]);
    expect(segments.map((one) => [one.key?.iv, one.map?.uri])).toEqual([
      [iv, "init.mp4"],
      [iv, "init2.mp4"],
    ]);
  });

  test.each([
    ["a page", "<html></html>"],
    ["no target duration", "#EXTM3U\n#EXTINF:4,\na.ts\n"],
    ["a segment without a duration", "#EXTM3U\n#EXT-X-TARGETDURATION:4\na.ts\n"],
    ["a duration that is none", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:-1,\na.ts\n"],
    ["segments of hours", "#EXTM3U\n#EXT-X-TARGETDURATION:99999\n"],
    ["a number that is none", "#EXTM3U\n#EXT-X-TARGETDURATION:1e9\n"],
    [
      "a byte range that is none",
      "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4\n#EXT-X-BYTERANGE:x\na",
    ],
    ["an IV that is none", '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k",IV=12\n'],
  ])("does not read %s", (_, text) => {
    expect(() => readPlaylist(text)).toThrow("Cannot");
  });

  test("takes as long for a tag as it is long", () => {
    for (const filling of ["A", "A=", 'A="', ",", "=", '"']) {
      const line = `#EXT-X-KEY:${filling.repeat(2_000_000 / filling.length)}`;
      readPlaylist(`#EXTM3U\n#EXT-X-TARGETDURATION:4\n${line}\n`);
    }
  });

  test("reads attributes with commas and equals signs in quotes, and spaces around", () => {
    const list = 'BANDWIDTH=7 , CODECS="avc1.4d401e, mp4a.40.2",AUDIO="a=b"';
    const text = `#EXTM3U\n#EXT-X-STREAM-INF:${list}\nx.m3u8\n`;
    expect(readPlaylist(text)).toMatchObject({
      variants: [{ bandwidth: 7, codecs: ["avc1.4d401e", "mp4a.40.2"], audio: "a=b" }],
    });
  });

  test("throws nothing but MalformedError, wherever it is cut and whatever is changed", () => {
    const random = createRandom(3);
    for (const text of [LIVE, ENCRYPTED, RANGES, MULTIVARIANT]) {
      for (let cut = 0; cut < text.length; cut++) {
        unlessMalformed(() => readPlaylist(text.slice(0, cut)));
        const other = String.fromCharCode(random(128));
        unlessMalformed(() => readPlaylist(text.slice(0, cut) + other + text.slice(cut + 1)));
      }
    }
  });
});
