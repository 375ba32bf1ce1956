/**
 * Goal: media playlists read as SRS writes them, byte for byte, where SRS can write them, and as the
 * specification wants them where it cannot.
 *
 * Method: playlists captured from SRS 7.0.18; the low-latency example of the specification's draft,
 * tag by tag; whatever is written also passes our checker and hls-parser in its strict mode.
 */

import * as hlsParser from "hls-parser";
import { beforeAll, describe, expect, test } from "vitest";
import {
  formatMediaPlaylist,
  type MediaKey,
  type MediaPlaylist,
  type MediaSegment,
} from "../../../src/codec/m3u8/media-playlist.ts";
import { fromHex } from "../../support/hex.ts";
import { checkMediaPlaylist, readMediaPlaylist } from "../../support/hls-check.ts";
import { compareReconstruction } from "../../support/hls-history.ts";

beforeAll(() => hlsParser.setOptions({ strictMode: true }));

/** Formats, and asks the checkers. */
function format(playlist: MediaPlaylist): string {
  const text = formatMediaPlaylist(playlist);
  expect(checkMediaPlaylist(text)).toEqual([]);
  if (playlist.skippedSegments === undefined) expect(() => hlsParser.parse(text)).not.toThrow();
  return text;
}

function segments(count: number, first = 0, duration = 2): MediaSegment[] {
  return Array.from({ length: count }, (_, i) => ({ uri: `show-${first + i}.ts`, duration }));
}

describe("a playlist as of SRS", () => {
  test("of a session", () => {
    const uris = [18, 19, 20, 21, 22, 23].map((number) => `livestream-${number}.ts`);
    const text = format({
      targetDuration: 4,
      mediaSequence: 18,
      segments: uris.map((uri) => ({ uri, duration: 4 })),
      uriSuffix: "?hls_ctx=4j43f3d8",
    });
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:18
#EXT-X-TARGETDURATION:4
#EXTINF:4.000, no desc
livestream-18.ts?hls_ctx=4j43f3d8
#EXTINF:4.000, no desc
livestream-19.ts?hls_ctx=4j43f3d8
#EXTINF:4.000, no desc
livestream-20.ts?hls_ctx=4j43f3d8
#EXTINF:4.000, no desc
livestream-21.ts?hls_ctx=4j43f3d8
#EXTINF:4.000, no desc
livestream-22.ts?hls_ctx=4j43f3d8
#EXTINF:4.000, no desc
livestream-23.ts?hls_ctx=4j43f3d8
`);
    expect(text).toHaveLength(416); // The Content-Length of the capture.
  });

  test("of a stream that begins", () => {
    const text = format({
      targetDuration: 5,
      mediaSequence: 0,
      segments: [
        { uri: "livestream-0.ts", duration: 4.458, isDiscontinuous: true },
        { uri: "livestream-1.ts", duration: 4.481 },
        { uri: "livestream-2.ts", duration: 4.482 },
      ],
    });
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-TARGETDURATION:5
#EXT-X-DISCONTINUITY
#EXTINF:4.458, no desc
livestream-0.ts
#EXTINF:4.481, no desc
livestream-1.ts
#EXTINF:4.482, no desc
livestream-2.ts
`);
  });

  test("with keys", () => {
    const key = (number: number, iv: string): MediaKey => ({
      method: "AES-128",
      uri: `/var/srs/html3kd/h3-${number}.key`,
      iv: fromHex(iv),
    });
    const first = key(0, "49DBB321CF95B923F318BFC4A0D42AF9");
    // Of the same value, though another object.
    const again = key(0, "49DBB321CF95B923F318BFC4A0D42AF9");
    const second = key(2, "0001D93D930B6063F97A5BA0CFD62F2E");
    const text = format({
      targetDuration: 3,
      mediaSequence: 0,
      segments: [
        { uri: "h3-0.ts", duration: 2.023, isDiscontinuous: true, key: first },
        { uri: "h3-1.ts", duration: 2, key: again },
        { uri: "h3-2.ts", duration: 2, key: second },
      ],
    });
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-TARGETDURATION:3
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=AES-128,URI="/var/srs/html3kd/h3-0.key",IV=0x49DBB321CF95B923F318BFC4A0D42AF9
#EXTINF:2.023, no desc
h3-0.ts
#EXTINF:2.000, no desc
h3-1.ts
#EXT-X-KEY:METHOD=AES-128,URI="/var/srs/html3kd/h3-2.key",IV=0x0001D93D930B6063F97A5BA0CFD62F2E
#EXTINF:2.000, no desc
h3-2.ts
`);
  });
});

describe("a key", () => {
  const key: MediaKey = { method: "AES-128", uri: "a.key", iv: new Uint8Array(16) };
  const tag = `#EXT-X-KEY:METHOD=AES-128,URI="a.key",IV=0x${"0".repeat(32)}`;
  const keyLines = (playlist: MediaPlaylist) =>
    format(playlist)
      .split("\n")
      .filter((line) => line.startsWith("#EXT-X-KEY"));

  test("is named where the window starts, unlike in SRS's playlists", () => {
    const keyed = segments(4, 7).map((segment) => ({ ...segment, key }));
    expect(keyLines({ targetDuration: 2, mediaSequence: 7, segments: keyed })).toEqual([tag]);
  });

  test("that ends is said to end", () => {
    const [first, second] = segments(2);
    const list = [{ ...first, key } as MediaSegment, second as MediaSegment];
    expect(keyLines({ targetDuration: 2, mediaSequence: 0, segments: list })).toEqual([
      tag,
      "#EXT-X-KEY:METHOD=NONE",
    ]);
  });

  test("may have no vector", () => {
    const list = [{ uri: "a.ts", duration: 2, key: { method: "AES-128", uri: "k" } as MediaKey }];
    expect(keyLines({ targetDuration: 2, mediaSequence: 0, segments: list })).toEqual([
      '#EXT-X-KEY:METHOD=AES-128,URI="k"',
    ]);
  });

  test("never holds for an initialization segment", () => {
    const list = [
      { uri: "a.m4s", duration: 2, key, map: { uri: "1.mp4" } },
      { uri: "b.m4s", duration: 2, key, map: { uri: "2.mp4" } },
      { uri: "c.m4s", duration: 2, key, map: { uri: "2.mp4" } },
    ];
    const text = format({ targetDuration: 2, mediaSequence: 0, segments: list });
    expect(text).toContain(`#EXT-X-MAP:URI="1.mp4"
${tag}
#EXTINF:2.000, no desc
a.m4s
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI="2.mp4"
${tag}
#EXTINF:2.000, no desc
b.m4s
#EXTINF:2.000, no desc
c.m4s
`);
  });

  test("of another size than 16 bytes is a mistake of ours", () => {
    const bad: MediaKey = { ...key, iv: new Uint8Array(15) };
    const list = [{ uri: "a.ts", duration: 2, key: bad }];
    expect(() => formatMediaPlaylist({ targetDuration: 2, mediaSequence: 0, segments: list })) //
      .toThrow("Assertion failed");
  });
});

// As the example in appendix B of the draft, with our order of tags and distances that are allowed.
const LOW_LATENCY: MediaPlaylist = {
  targetDuration: 4,
  mediaSequence: 266,
  isIndependentSegments: true,
  serverControl: { canBlockReload: true, canSkipUntil: 24, holdBack: 12, partHoldBack: 1.002 },
  partTarget: 0.33334,
  segments: [
    {
      uri: "fileSequence266.mp4",
      duration: 4.00008,
      map: { uri: "init.mp4" },
      programDateTimeMs: Date.UTC(2019, 1, 14, 2, 13, 36, 106),
    },
    ...[267, 268, 269, 270, 271].map((number) => ({
      uri: `fileSequence${number}.mp4`,
      duration: 4.00008,
      map: { uri: "init.mp4" },
    })),
    {
      uri: "fileSequence272.mp4",
      duration: 4.00008,
      map: { uri: "init.mp4" },
      parts: Array.from({ length: 12 }, (_, i) => ({
        uri: `filePart272.${i}.mp4`,
        duration: 0.33334,
        isIndependent: i === 0,
      })),
    },
  ],
  openSegment: {
    map: { uri: "init.mp4" },
    parts: [
      { uri: "filePart273.0.mp4", duration: 1 / 3, isIndependent: true },
      { uri: "filePart273.1.mp4", duration: 1 / 3 },
    ],
  },
  preloadHint: { type: "PART", uri: "filePart273.2.mp4" },
  renditionReports: [
    { uri: "../1M/waitForMSN.php", lastMsn: 273, lastPart: 2 },
    { uri: "../4M/waitForMSN.php", lastMsn: 273, lastPart: 1 },
  ],
};

describe("a low-latency playlist", () => {
  test("has parts, hint and reports", () => {
    const text = format(LOW_LATENCY);
    expect(text.slice(0, text.indexOf("fileSequence267"))).toBe(`#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-TARGETDURATION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,HOLD-BACK=12,PART-HOLD-BACK=1.002
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z
#EXTINF:4.000, no desc
fileSequence266.mp4
#EXTINF:4.000, no desc
`);
    expect(text.slice(text.indexOf("#EXT-X-PART:"))).toContain(`
#EXT-X-PART:DURATION=0.33334,URI="filePart272.11.mp4"
#EXTINF:4.000, no desc
fileSequence272.mp4
#EXT-X-PART:DURATION=0.33333,URI="filePart273.0.mp4",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33333,URI="filePart273.1.mp4"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="filePart273.2.mp4"
#EXT-X-RENDITION-REPORT:URI="../1M/waitForMSN.php",LAST-MSN=273,LAST-PART=2
#EXT-X-RENDITION-REPORT:URI="../4M/waitForMSN.php",LAST-MSN=273,LAST-PART=1
`);
  });

  test("skips what the client has, but not what holds for the rest", () => {
    const whole = format(LOW_LATENCY);
    const delta = format({ ...LOW_LATENCY, skippedSegments: 1 });
    expect(delta).toContain(`#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-SKIP:SKIPPED-SEGMENTS=1
#EXT-X-MAP:URI="init.mp4"
#EXTINF:4.000, no desc
fileSequence267.mp4
`);
    expect(delta).toContain("#EXT-X-MEDIA-SEQUENCE:266\n");
    expect(delta).not.toContain("fileSequence266");
    const playlist = readMediaPlaylist(whole);
    expect(compareReconstruction(playlist, delta, playlist)).toEqual([]);
  });

  test("has all that a part may have", () => {
    const text = format({
      ...LOW_LATENCY,
      openSegment: {
        isDiscontinuous: true,
        programDateTimeMs: 0,
        map: { uri: "init2.mp4" },
        parts: [
          {
            uri: "all.mp4",
            duration: 0.3,
            isIndependent: true,
            isGap: true,
            byteRange: { offset: 20, size: 10 },
          },
        ],
      },
      preloadHint: { type: "PART", uri: "all.mp4", byteRangeStart: 30 },
      renditionReports: undefined,
    });
    expect(text.slice(text.indexOf("#EXT-X-DISCONTINUITY"))).toBe(`#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init2.mp4"
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z
#EXT-X-PART:DURATION=0.3,URI="all.mp4",INDEPENDENT=YES,BYTERANGE="10@20",GAP=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="all.mp4",BYTERANGE-START=30
`);
  });

  test("puts the suffix behind every address of media", () => {
    const text = format({ ...LOW_LATENCY, uriSuffix: "?s=1" });
    const media = text.match(/[\w.]+\.mp4(\?s=1)?/g) ?? [];
    expect(media.length).toBeGreaterThan(20);
    expect(media.filter((uri) => !uri.endsWith("?s=1"))).toEqual([]);
    expect(text).toContain('URI="../1M/waitForMSN.php",');
  });
});

describe("a header", () => {
  const BASE: MediaPlaylist = { targetDuration: 2, mediaSequence: 0, segments: segments(3) };
  const header = (playlist: Partial<MediaPlaylist>) => format({ ...BASE, ...playlist });

  test("counts discontinuities that are gone, if there were some", () => {
    expect(header({ discontinuitySequence: 0 })).not.toContain("DISCONTINUITY");
    expect(header({ discontinuitySequence: 3 })).toContain(
      "#EXT-X-TARGETDURATION:2\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n",
    );
  });

  test.each([
    [{}, 3],
    [{ segments: [{ uri: "a.m4s", duration: 2, map: { uri: "i" } }] }, 6],
    [{ segments: [], openSegment: { map: { uri: "i" } }, partTarget: undefined }, 6],
    [{ segments: [{ uri: "a", duration: 2, key: { method: "SAMPLE-AES", uri: "k" } }] }, 5],
    [{ serverControl: { canSkipUntil: 12 } }, 9],
    [{ serverControl: { canBlockReload: true } }, 3],
    [{ segments: [{ uri: "a", duration: 2, isGap: true }, ...segments(1)] }, 8],
    [{ version: 7 }, 7],
  ] as [Partial<MediaPlaylist>, number][])("of %j has version %i", (playlist, version) => {
    expect(formatMediaPlaylist({ ...BASE, ...playlist })).toContain(
      `#EXTM3U\n#EXT-X-VERSION:${version}\n`,
    );
  });

  test("says nothing of a server that offers nothing", () => {
    expect(header({ serverControl: {} })).not.toContain("SERVER-CONTROL");
  });

  test("the end is said at the end", () => {
    expect(header({ isEnded: true })).toMatch(/show-2\.ts\n#EXT-X-ENDLIST\n$/);
  });
});

describe("a segment", () => {
  test("has all that a segment may have", () => {
    const text = format({
      targetDuration: 3,
      mediaSequence: 0,
      segments: [
        { uri: "a.ts", duration: 2.0004, title: "news", bitrateKbps: 800.4 },
        { uri: "b.ts", duration: 2.9996, isGap: true, bitrateKbps: 800.4 },
        { uri: "c.ts", duration: 2, bitrateKbps: 900 },
      ],
    });
    expect(text.slice(text.indexOf("#EXT-X-BITRATE"))).toBe(`#EXT-X-BITRATE:800
#EXTINF:2.000, news
a.ts
#EXT-X-GAP
#EXTINF:3.000, no desc
b.ts
#EXT-X-BITRATE:900
#EXTINF:2.000, no desc
c.ts
`);
  });

  test.each(["", "#a.ts", "a\nb.ts", "a\r.ts"])("cannot be at %j", (uri) => {
    const list = [{ uri, duration: 2 }];
    expect(() => formatMediaPlaylist({ targetDuration: 2, mediaSequence: 0, segments: list })) //
      .toThrow("Assertion failed");
  });

  test.each(['a"b.mp4', "a\nb.mp4"])("cannot need an initialization segment at %j", (uri) => {
    const list = [{ uri: "a.m4s", duration: 2, map: { uri } }];
    expect(() => formatMediaPlaylist({ targetDuration: 2, mediaSequence: 0, segments: list })) //
      .toThrow("Assertion failed");
  });
});
