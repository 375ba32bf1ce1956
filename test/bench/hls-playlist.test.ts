/**
 * Goal: an HLS client finds the segments of any playlist, and is stopped by none.
 *
 * Method: the specification's examples (section 8), variations, noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/base/errors.ts";
import { parseHlsPlaylist } from "../../src/bench/hls-playlist.ts";
import { noise } from "../support/noise.ts";

const URL_OF = "http://h/live/s.m3u8?k=v";

describe("parseHlsPlaylist()", () => {
  test("reads a live media playlist", () => {
    const text = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:8
#EXT-X-MEDIA-SEQUENCE:2680

#EXTINF:7.975,
https://priv.example.com/fileSequence2680.ts
#EXT-X-DISCONTINUITY\r
#EXTINF:7.941,title, with comma\r
../a/fileSequence2681.ts?x=1\r
`;
    expect(parseHlsPlaylist(text, URL_OF)).toEqual({
      targetSeconds: 8,
      mediaSequence: 2680,
      isEnded: false,
      segments: [
        { url: "https://priv.example.com/fileSequence2680.ts", seconds: 7.975 },
        { url: "http://h/a/fileSequence2681.ts?x=1", seconds: 7.941 },
      ],
    });
  });

  test("takes the first of several variants", () => {
    const text = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000

low.m3u8?hls_ctx=1
#EXT-X-STREAM-INF:BANDWIDTH=2560000
mid.m3u8
`;
    expect(parseHlsPlaylist(text, URL_OF)).toEqual({
      variantUrl: "http://h/live/low.m3u8?hls_ctx=1",
    });
  });

  test("does with what is there", () => {
    expect(parseHlsPlaylist("#EXTM3U\n#EXTINF:x\na.ts\n#EXT-X-ENDLIST", URL_OF)).toEqual({
      targetSeconds: 10,
      mediaSequence: 0,
      isEnded: true,
      segments: [{ url: "http://h/live/a.ts", seconds: 0 }],
    });
  });

  test.each([
    ["nothing", ""],
    ["a page", "<html>"],
    ["a variant without address", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#x"],
    ["an address that is none", "#EXTM3U\nhttp://[\n"],
  ])("refuses %s", (_, text) => {
    expect(() => parseHlsPlaylist(text, URL_OF)).toThrow(MalformedError);
  });

  test("throws nothing else, whatever comes", () => {
    for (const bytes of noise(300, 300)) {
      try {
        parseHlsPlaylist(`#EXTM3U\n${new TextDecoder().decode(bytes)}`, URL_OF);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});
