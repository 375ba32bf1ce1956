/**
 * Goal: our judge of playlists finds nothing wrong with good ones, and everything with bad ones.
 *
 * Method: the examples of the specifications and playlists of ours in use; each rule broken by the
 * smallest change to one of them, with what the judge must say to it.
 */

import { describe, expect, test } from "vitest";
import { checkMediaPlaylist, checkMultivariantPlaylist, readMediaPlaylist } from "./hls-check.ts";
import { compareReconstruction, PlaylistHistory } from "./hls-history.ts";

// RFC 8216, sections 8.1 to 8.3.
const SIMPLE = `#EXTM3U
#EXT-X-TARGETDURATION:10
#EXT-X-VERSION:3
#EXTINF:9.009,
http://media.example.com/first.ts
#EXTINF:9.009,
http://media.example.com/second.ts
#EXTINF:3.003,
http://media.example.com/third.ts
#EXT-X-ENDLIST
`;
const LIVE = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:8
#EXT-X-MEDIA-SEQUENCE:2680

#EXTINF:7.975,
https://priv.example.com/fileSequence2680.ts
#EXTINF:7.941,
https://priv.example.com/fileSequence2681.ts
#EXTINF:7.975,
https://priv.example.com/fileSequence2682.ts
`;
const KEYS = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:7794
#EXT-X-TARGETDURATION:15

#EXT-X-KEY:METHOD=AES-128,URI="https://priv.example.com/key.php?r=52"

#EXTINF:2.833,
http://media.example.com/fileSequence52-A.ts
#EXTINF:15.0,
http://media.example.com/fileSequence52-B.ts
#EXTINF:13.333,
http://media.example.com/fileSequence52-C.ts

#EXT-X-KEY:METHOD=AES-128,URI="https://priv.example.com/key.php?r=53"

#EXTINF:15.0,
http://media.example.com/fileSequence53-A.ts
`;
/** After the draft's appendix on low latency, shorter, and with a target duration of a second. */
const LOW = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-TARGETDURATION:1
#EXT-X-DISCONTINUITY-SEQUENCE:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6,HOLD-BACK=3,PART-HOLD-BACK=1.5
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z
#EXTINF:1.000,
s266.m4s
#EXTINF:1.000,
s267.m4s
#EXTINF:1.000,
s268.m4s
#EXTINF:1.000,
s269.m4s
#EXTINF:1.000,
s270.m4s
#EXTINF:1.000,
s271.m4s
#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:42.106Z
#EXT-X-PART:DURATION=0.5,URI="p272.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.48,URI="p272.1.m4s"
#EXTINF:0.980,
s272.m4s
#EXT-X-PART:DURATION=0.5,URI="p273.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p273.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../1M/a.m3u8",LAST-MSN=273,LAST-PART=0
`;

const GOOD = { SIMPLE, LIVE, KEYS, LOW };

/** The text with `from`, which must be there, replaced. */
function edit(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe("checkMediaPlaylist()", () => {
  test.each(Object.entries(GOOD))("finds nothing wrong with %s", (_name, text) => {
    expect(checkMediaPlaylist(text)).toEqual([]);
    expect(checkMediaPlaylist(text.replaceAll("\n", "\r\n"))).toEqual([]);
  });

  test.each<[string, keyof typeof GOOD, readonly [string, string], string]>([
    ["no first line", "LIVE", ["#EXTM3U\n", ""], "the first line is not #EXTM3U"],
    ["a byte order mark", "LIVE", ["#EXTM3U", "\ufeff#EXTM3U"], "the first line is not #EXTM3U"],
    ["no end of line", "SIMPLE", ["ENDLIST\n", "ENDLIST"], "the last line has no end"],
    ["a control character", "LIVE", ["2680.ts", "2680\x07.ts"], "it has a control character"],
    ["a blank in an address", "LIVE", ["2680.ts", "2680 .ts"], "the address has a blank"],
    ["an unknown tag", "LIVE", ["#EXT-X-VERSION:", "#EXT-X-VERSON:"], "unknown tag EXT-X-VERSON"],
    ["a value of another type", "LIVE", ["DURATION:8", "DURATION:8.5"], 'has the value "8.5"'],
    ["no comma behind a duration", "LIVE", ["7.975,", "7.975"], 'EXTINF has the value "7.975"'],
    ["a tag twice", "LIVE", ["DURATION:8", "DURATION:8\n#EXT-X-VERSION:3"], "a second time"],
    ["no target duration", "LIVE", ["#EXT-X-TARGETDURATION:8\n", ""], "no EXT-X-TARGETDURATION"],
    [
      "a late media sequence",
      "LIVE",
      ["2682.ts", "2.ts\n#EXT-X-MEDIA-SEQUENCE:1"],
      "a second time",
    ],
    ["too long a segment", "LIVE", ["7.941", "8.5"], "8.5 s exceed the target duration"],
    ["no duration", "LIVE", ["#EXTINF:7.941,\n", ""], "no EXTINF"],
    [
      "a duration for nothing",
      "LIVE",
      ["2682.ts\n", "2682.ts\n#EXTINF:1,\n"],
      "without an address",
    ],
    ["a URI twice", "LIVE", ["2682.ts", "2681.ts"], "2681.ts: a second time"],
    ["too old a version", "LIVE", ["VERSION:3", "VERSION:2"], "version 2 where 3 is needed"],
    [
      "too old a version for maps",
      "LOW",
      ["VERSION:9", "VERSION:5"],
      "version 5 where 6 is needed",
    ],
    ["an attribute twice", "KEYS", ["AES-128,", "AES-128,METHOD=AES-128,"], "METHOD a second time"],
    ["an unknown attribute", "KEYS", ["AES-128,", "AES-128,FOO=1,"], "unknown attribute FOO"],
    ["an unquoted attribute", "LOW", ['"init.mp4"', "init.mp4"], "URI is no string"],
    ["a quoted attribute", "LOW", ["TARGET=0.5", 'TARGET="0.5"'], "PART-TARGET is no decimal"],
    ["an unknown word", "KEYS", ["METHOD=AES-128", "METHOD=AES-129"], "METHOD is AES-129"],
    [
      "a blank between attributes",
      "KEYS",
      ["AES-128,URI", "AES-128, URI"],
      "cannot read attributes",
    ],
    ["no needed attribute", "LOW", ["DURATION=0.48,", ""], "no DURATION"],
    [
      "a key without an address",
      "KEYS",
      [',URI="https://priv.example.com/key.php?r=52"', ""],
      "no URI",
    ],
    ["a key that is none", "KEYS", ["METHOD=AES-128", "METHOD=NONE"], "NONE with other attributes"],
    ["a short vector", "KEYS", ["AES-128,", `AES-128,IV=0x${"A".repeat(31)},`], "not 16 bytes"],
    ["a vector in lower case", "KEYS", ["AES-128,", `AES-128,IV=0x${"a".repeat(32)},`], "no hex"],
    ["an end before the end", "LIVE", ["2680.ts", "2680.ts\n#EXT-X-ENDLIST"], "before the end"],
    [
      "an end within a segment",
      "LOW",
      ["#EXT-X-PRELOAD", "#EXT-X-ENDLIST\n#EXT-X-PRELOAD"],
      "ends within",
    ],
    [
      "parts without a target",
      "LOW",
      ["#EXT-X-PART-INF:PART-TARGET=0.5\n", ""],
      "without EXT-X-PART-INF",
    ],
    ["too long a part", "LOW", ["=0.48", "=0.51"], "0.51 s exceed the part target"],
    ["too short a part", "LOW", ["0.5,URI", "0.42,URI"], "less than 85 % of the part target"],
    ["parts that are less than the whole", "LOW", ["0.980,", "1.000,"], "its parts 0.980 s"],
    ["a part twice", "LOW", ["p272.1", "p272.0"], "p272.0.m4s: a second time"],
    ["a segment that depends", "LOW", [",INDEPENDENT=YES", ""], "should: p272.0.m4s"],
    ["players too near", "LOW", ["BACK=1.5", "BACK=0.9"], "PART-HOLD-BACK is 0.9, less than 2"],
    ["players rather near", "LOW", ["BACK=1.5", "BACK=1.4"], "should: PART-HOLD-BACK"],
    ["players near by segments", "LOW", ["HOLD-BACK=3", "HOLD-BACK=2.9"], "HOLD-BACK is 2.9"],
    ["skipping too near", "LOW", ["UNTIL=6", "UNTIL=5"], "CAN-SKIP-UNTIL is 5, less than 6"],
    ["no distance", "LOW", [",PART-HOLD-BACK=1.5", ""], "parts without PART-HOLD-BACK"],
    ["no waiting", "LOW", ["CAN-BLOCK-RELOAD=YES,", ""], "should: parts without CAN-BLOCK-RELOAD"],
    [
      "distance of no parts",
      "LIVE",
      ["#EXT-X-M", "#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=1\n#EXT-X-M"],
      "PART-HOLD-BACK without parts",
    ],
    [
      "skipping unannounced",
      "LIVE",
      ["2680\n", "2680\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n"],
      "EXT-X-SKIP without",
    ],
    [
      "skipping nothing",
      "LOW",
      ["#EXT-X-DISCONTINUITY\n", "#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n"],
      "skips nothing",
    ],
    [
      "skipping late",
      "LOW",
      ["s266.m4s\n", "s266.m4s\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n"],
      "EXT-X-SKIP comes behind",
    ],
    [
      "a late discontinuity sequence",
      "LIVE",
      ["2680.ts\n", "2680.ts\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n"],
      "comes behind",
    ],
    ["no initialization segment", "LOW", ['#EXT-X-MAP:URI="init.mp4"\n', ""], "no EXT-X-MAP"],
    ["a date that does not fit", "LOW", ["13:42.106", "13:42.200"], "94 ms off"],
    [
      "a date that is none",
      "LOW",
      ["14T02:13:42", "14 02:13:42"],
      "PROGRAM-DATE-TIME has the value",
    ],
    ["a hint at what is there", "LOW", ["p273.1", "p273.0"], "hint at p273.0.m4s, which is there"],
    [
      "two hints",
      "LOW",
      ["#EXT-X-R", '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="x"\n#EXT-X-R'],
      "two hints",
    ],
    ["a report from afar", "LOW", ["MSN=273", "MSN=276"], "is at 276, this playlist at 273"],
    ["a report of no part", "LOW", [",LAST-PART=0", ""], "names no part"],
    ["a report of no segment", "LOW", [",LAST-MSN=273", ""], "a part of no segment"],
    ["an absolute report", "LOW", ["../1M", "http://a/1M"], "is not relative"],
    [
      "a report twice",
      "LOW",
      ["#EXT-X-R", '#EXT-X-RENDITION-REPORT:URI="../1M/a.m3u8",LAST-MSN=273,LAST-PART=0\n#EXT-X-R'],
      "two reports",
    ],
    [
      "a tag of another kind",
      "LIVE",
      ["2680\n", "2680\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"],
      "multivariant",
    ],
  ])("finds %s", (_name, playlist, [from, to], message) => {
    const violations = checkMediaPlaylist(edit(GOOD[playlist], from, to));
    expect(violations.join("\n")).toContain(message);
  });

  test("finds that there is nothing", () => {
    const text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n";
    expect(checkMediaPlaylist(text)).toEqual(["no segment"]);
  });

  test("takes a discontinuity for a reason to change the date", () => {
    const text = edit(LOW, "13:42.106Z\n", "13:55.000Z\n#EXT-X-DISCONTINUITY\n");
    expect(checkMediaPlaylist(text)).toEqual([]);
  });
});

describe("PlaylistHistory", () => {
  function judge(...texts: string[]): string {
    const history = new PlaylistHistory();
    return texts.flatMap((text) => history.add(text)).join("\n");
  }
  /** LIVE with another segment, since three are less than three target durations. */
  const FOUR = `${LIVE}#EXTINF:7.975,\nhttps://priv.example.com/fileSequence2683.ts\n`;
  /** FOUR with the first segment gone and another behind the last. */
  const NEXT = edit(FOUR, "#EXTINF:7.975,\nhttps://priv.example.com/fileSequence2680.ts\n", "")
    .replace("SEQUENCE:2680", "SEQUENCE:2681")
    .concat("#EXTINF:7.975,\nhttps://priv.example.com/fileSequence2684.ts\n");
  /** LOW with the hinted part, which ends its segment, and the beginning of the next. */
  const LOW_NEXT = edit(
    LOW,
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p273.1.m4s"\n',
    `#EXT-X-PART:DURATION=0.5,URI="p273.1.m4s"
#EXTINF:1.000,
s273.m4s
#EXT-X-PART:DURATION=0.5,URI="p274.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p274.1.m4s"
`,
  );
  /** LOW_NEXT with its first segment gone, which was a discontinuity. */
  const LOW_LATER = edit(LOW_NEXT, "#EXT-X-DISCONTINUITY\n", "")
    .replace("SEQUENCE:266", "SEQUENCE:267")
    .replace("SEQUENCE:4", "SEQUENCE:5")
    .replace("#EXTINF:1.000,\ns266.m4s\n", "")
    .replace("13:36.106", "13:37.106");

  test("finds nothing wrong with a playlist that moves on", () => {
    expect(judge(FOUR, FOUR, NEXT, NEXT, `${NEXT}#EXT-X-ENDLIST\n`)).toBe("");
    expect(judge(LOW, LOW_NEXT, LOW_LATER)).toBe("");
    expect(judge(LOW, LOW_LATER)).toBe("");
  });

  test.each<[string, readonly [string, string], readonly [string, string], string]>([
    [
      "another target duration",
      [FOUR, NEXT],
      ["DURATION:8", "DURATION:9"],
      "target duration changed",
    ],
    ["other numbers", [FOUR, NEXT], ["SEQUENCE:2681", "SEQUENCE:2682"], "2681.ts moved"],
    ["numbers that went back", [NEXT, FOUR], ["", ""], "media sequence went back"],
    ["a segment put in front", [NEXT, FOUR], ["2680\n", "2681\n"], "moved from 2681 to 2682"],
    ["another duration", [FOUR, NEXT], ["7.941", "7.942"], "fileSequence2681.ts changed"],
    ["another address", [FOUR, NEXT], ["2681.ts", "x.ts"], "fileSequence2681.ts changed"],
    [
      "a break in hindsight",
      [FOUR, NEXT],
      ["#EXTINF:7.941", "#EXT-X-DISCONTINUITY\n#EXTINF:7.941"],
      "2681.ts changed",
    ],
    [
      "a key in hindsight",
      [FOUR, NEXT],
      ["#EXTINF:7.941", '#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:7.941'],
      "2681.ts changed",
    ],
    [
      "a loss at the end",
      [FOUR, FOUR],
      ["#EXTINF:7.975,\nhttps://priv.example.com/fileSequence2683.ts\n", ""],
      "vanished from the end",
    ],
    [
      "a loss at the front",
      [FOUR, NEXT],
      ["#EXTINF:7.975,\nhttps://priv.example.com/fileSequence2684.ts\n", ""],
      "less than three target durations",
    ],
    ["a break that is forgotten", [LOW, LOW_LATER], ["SEQUENCE:5", "SEQUENCE:4"], "is 4, not 5"],
    ["a break that never was", [LOW, LOW_NEXT], ["SEQUENCE:4", "SEQUENCE:5"], "is 5, not 4"],
    [
      "another part target",
      [LOW, LOW_NEXT],
      ["TARGET=0.5", "TARGET=0.51"],
      "the part target changed",
    ],
    [
      "another promise",
      [LOW, LOW_NEXT],
      ["HOLD-BACK=3", "HOLD-BACK=4"],
      "the server control changed",
    ],
    ["another part than before", [LOW, LOW_NEXT], ["p273.0", "p273.x"], "parts of 273 changed"],
    [
      "another part than hinted",
      [LOW, LOW_NEXT],
      ["p273.1", "p273.x"],
      "should: the hint was p273.1.m4s",
    ],
    ["a date in hindsight", [LOW, LOW_NEXT], ["13:42.106", "13:42.116"], "s272.m4s changed"],
    [
      "life after the end",
      [`${FOUR}#EXT-X-ENDLIST\n`, NEXT],
      ["", ""],
      "the ended playlist changed",
    ],
  ])("finds %s", (_name, [before, after], [from, to], message) => {
    expect(judge(before, edit(after, from, to))).toContain(message);
  });

  test("finds what a delta update must not skip", () => {
    // The client has 266 to 271 by the first version.
    const skip = (count: number, text: string) =>
      text
        .replace("#EXT-X-DISCONTINUITY\n", `#EXT-X-SKIP:SKIPPED-SEGMENTS=${count}\n`)
        .replace("#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z\n", "")
        .replace(new RegExp(`(#EXTINF:1.000,\\ns2\\d\\d.m4s\\n){${count}}`), "");
    const delta = skip(1, LOW_NEXT);
    expect(delta).not.toContain("s266.m4s");
    expect(judge(LOW, delta)).toBe("");
    expect(judge(LOW, delta, LOW_LATER)).toBe("");
    const compare = (update: string) =>
      compareReconstruction(readMediaPlaylist(LOW), update, readMediaPlaylist(LOW_NEXT));
    expect(compare(delta)).toEqual([]);
    expect(compare(edit(delta, "s270", "x"))).toEqual(["the segments differ"]);
    expect(compare(edit(delta, "MSN=273", "MSN=274"))).toEqual(["the renditionReports differ"]);
    expect(judge(LOW, skip(3, LOW_NEXT))).toContain("skips up to 5.480 s from the end");
    expect(judge(delta)).toContain("a delta update of nothing");
    expect(judge(LOW_LATER, delta)).toContain("skips segment 266, which the client does not know");
  });
});

describe("checkMultivariantPlaylist()", () => {
  // RFC 8216, sections 8.4 and 8.6.
  const VARIANTS = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000
http://example.com/low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=65000,CODECS="mp4a.40.5"
http://example.com/audio-only.m3u8
`;
  const RENDITIONS = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en",URI="main/english-audio.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Deutsch",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="de",URI="main/german-audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1280000,CODECS="...",AUDIO="aac"
low/video-only.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=65000,CODECS="mp4a.40.5",AUDIO="aac"
main/english-audio.m3u8
`;

  test("finds nothing wrong with the examples", () => {
    expect(checkMultivariantPlaylist(VARIANTS)).toEqual([]);
    expect(checkMultivariantPlaylist(RENDITIONS)).toEqual([]);
  });

  test.each([
    ["no bandwidth", "BANDWIDTH=1280000,", "", "no BANDWIDTH"],
    ["a fraction of a bandwidth", "=1280000", "=12.5", "BANDWIDTH is no integer"],
    ["a resolution that is none", "CODECS=", "RESOLUTION=1280,CODECS=", "no resolution"],
    ["a group that is not there", 'CODECS="...",AUDIO="aac"', 'AUDIO="x"', 'no group "x" of AUDIO'],
    ["a name twice", "Deutsch", "English", "the name is there already"],
    ["two defaults", "DEFAULT=NO", "DEFAULT=YES", "a second default"],
    ["a default not selected", "YES,AUTOSELECT=YES", "YES,AUTOSELECT=NO", "not selected by itself"],
    ["a variant without address", "low/video-only.m3u8\n", "", "no address follows"],
    ["an address too many", "low/", "x.m3u8\nlow/", "without EXT-X-STREAM-INF"],
    ["a tag of another kind", "#EXT-X-ST", "#EXT-X-ENDLIST\n#EXT-X-ST", "of a media playlist"],
    ["an average above the peak", "=1280000", "=1,AVERAGE-BANDWIDTH=2", "exceeds the peak"],
  ])("finds %s", (_name, from, to, message) => {
    const violations = checkMultivariantPlaylist(edit(RENDITIONS, from, to));
    expect(violations.join("\n")).toContain(message);
  });

  test("finds that there is no choice", () => {
    expect(checkMultivariantPlaylist("#EXTM3U\n")).toEqual(["no variant"]);
  });
});
