/**
 * Goal: our judge of MPDs finds nothing wrong with a good one, and everything with bad ones.
 *
 * Method: one MPD; each rule broken by the smallest change to it, with what the judge must say; the
 * XML parser beneath by itself.
 */

import { describe, expect, test } from "vitest";
import { checkMpd, checkMpdUpdate } from "./mpd-check.ts";
import { parseXml } from "./xml-parse.ts";

const GOOD = `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T00:01:00.5Z" minimumUpdatePeriod="PT2S" minBufferTime="PT2S" maxSegmentDuration="PT4S">
  <ServiceDescription id="0">
    <Latency target="2000" max="5000" min="1000"/>
  </ServiceDescription>
  <Period id="0" start="PT0S">
    <AdaptationSet contentType="video" mimeType="video/mp4" segmentAlignment="true">
      <SegmentTemplate timescale="1000" presentationTimeOffset="1000" startNumber="7" initialization="$RepresentationID$.mp4" media="$RepresentationID$-$Number%05d$.m4s">
        <SegmentTimeline>
          <S t="2000" d="4000" r="2"/>
          <S d="3000"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="v" bandwidth="800000" codecs="avc1.64001e" width="768" height="320" frameRate="30000/1001"/>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4">
      <Representation id="a" bandwidth="48000" codecs="mp4a.40.2" audioSamplingRate="44100">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
        <SegmentTemplate media="a-$Time$.m4s" initialization="a.mp4">
          <SegmentTimeline>
            <S t="2" d="4"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
  </Period>
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-01-01T00:01:00Z"/>
</MPD>
`;

/** The text with `from`, which must be there, replaced. */
function edit(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe("checkMpd()", () => {
  test("finds nothing wrong with a good one", () => {
    expect(checkMpd(GOOD)).toEqual([]);
  });

  test.each<[string, readonly [string, string], string]>([
    ["XML that is none", ["</MPD>", ""], "not well-formed: <MPD> does not end"],
    ["another document", ['<MPD xmlns="', '<mpd xmlns="'], "not well-formed"],
    ["an unknown element", ["<UTCTiming", "<UtcTiming"], "unknown element <UtcTiming>"],
    ["an unknown attribute", ["minBufferTime", "minbuffertime"], "unknown attribute minbuffertime"],
    ["a missing attribute", [' minBufferTime="PT2S"', ""], "<MPD>: no minBufferTime"],
    ["no namespace", [' xmlns="urn:mpeg:dash:schema:mpd:2011"', ""], "<MPD>: no xmlns"],
    ["text", ["<SegmentTimeline>", "<SegmentTimeline>x"], "<SegmentTimeline>: text"],
    ["no update, and no end", [' minimumUpdatePeriod="PT2S"', ""], "where it ends is not told"],
    [
      "elements out of order",
      [
        '  <Period id="0"',
        '<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="x"/><Period id="0"',
      ],
      "<Period> comes late in <MPD>",
    ],
    [
      "an element in the wrong place",
      ["<SegmentTimeline>", "<SegmentTimeline><Latency/>"],
      "<Latency> in <SegmentTimeline>",
    ],
    ["a duration that is none", ['"PT4S"', '"4"'], 'maxSegmentDuration is "4"'],
    ["a duration of nothing", ['"PT4S"', '"PT"'], 'maxSegmentDuration is "PT"'],
    ["a date that is none", ["00:00:00Z", "00:00:00"], "availabilityStartTime is"],
    [
      "a date that SRS would write",
      ["2026-01-01T00:00:00Z", "2026-1-1T0:0:0Z"],
      "availabilityStartTime is",
    ],
    ["a rate that is none", ["30000/1001", "29.97"], 'frameRate is "29.97"'],
    ["a bandwidth that is none", ['"800000"', '"8e5"'], 'bandwidth is "8e5"'],
    [
      "a truth that is none",
      ['segmentAlignment="true"', 'segmentAlignment="yes"'],
      "segmentAlignment",
    ],
    [
      "a live one without origin",
      [' availabilityStartTime="2026-01-01T00:00:00Z"', ""],
      "dynamic without availabilityStartTime",
    ],
    [
      "a live one without age",
      [' publishTime="2026-01-01T00:01:00.5Z"', ""],
      "dynamic without publishTime",
    ],
    ["a finished one that changes", ["dynamic", "static"], "static with minimumUpdatePeriod"],
    ["a finished one without length", ["dynamic", "static"], "static without a duration"],
    ["a period without id", ['<Period id="0"', "<Period"], "a period without id"],
    ["a period twice", ["</Period>", '</Period><Period id="0"/>'], "period 0 a second time"],
    [
      "periods out of order",
      ['start="PT0S">', 'start="PT1M">\n</Period><Period id="1" start="PT59S">'],
      "period 1 starts before",
    ],
    [
      "a period of nothing",
      ["</Period>", '</Period><Period id="1"/>'],
      "period 1: no adaptation set",
    ],
    [
      "a set of nothing",
      ["</Period>", '<AdaptationSet mimeType="audio/mp4"/></Period>'],
      "no representation",
    ],
    ["a representation twice", ['id="a"', 'id="v"'], "representation v a second time"],
    ["no kind", [' mimeType="audio/mp4"', ""], "a: no mimeType"],
    ["another kind", ['mimeType="audio/mp4"', 'mimeType="video/mp4"'], "a: audio as video/mp4"],
    ["no size", [' width="768"', ""], "should: no width"],
    ["no codec", [' codecs="mp4a.40.2"', ""], "should: no codecs"],
    ["no sampling rate", [' audioSamplingRate="44100"', ""], "should: no audioSamplingRate"],
    ["no template", ["-$Number%05d$", ""], "v: all segments have one address"],
    ["a template that is none", ["$Number%05d$", "$Number$-$number$"], "v: cannot make an address"],
    [
      "too many initializations",
      ["$RepresentationID$.mp4", "$Number$.mp4"],
      "an initialization segment for each",
    ],
    [
      "no durations",
      [`<SegmentTimeline>\n            <S t="2" d="4"/>\n          </SegmentTimeline>`, ""],
      "a: no durations",
    ],
    ["a gap", ['<S d="3000"', '<S t="14001" d="3000"'], "v: a gap from 14000 to 14001"],
    ["an overlap", ['<S d="3000"', '<S t="13999" d="3000"'], "v: a segment at 13999 before 14000"],
    ["an endless run", ['r="2"', 'r="-1"'], "v: an endless run"],
    ["a segment of nothing", ['d="3000"', 'd="0"'], "v: a segment of no duration"],
    ["a segment without length", ['d="3000"', ""], "<S>: no d"],
    [
      "a segment too long",
      ['"PT4S"', '"PT3.9S"'],
      "v: a segment of 4 s exceeds maxSegmentDuration",
    ],
    [
      "segments before the start",
      ['Offset="1000"', 'Offset="2001"'],
      "v: segments before the period",
    ],
    ["a number too large", ['S t="2000"', 'S t="9007199254740993"'], "is out of range"],
    ["an impossible target", ['target="2000"', 'target="6000"'], "the target latency is out of"],
  ])("finds %s", (_name, [from, to], message) => {
    expect(checkMpd(edit(GOOD, from, to)).join("\n")).toContain(message);
  });

  test("finds that there is nothing", () => {
    const [start, end] = [GOOD.indexOf("  <Period"), GOOD.indexOf("  <UTCTiming")];
    expect(checkMpd(GOOD.slice(0, start) + GOOD.slice(end))).toEqual(["no period"]);
    expect(checkMpd("<MDP/>")).toEqual(["<MDP> is no MPD"]);
  });
});

describe("checkMpdUpdate()", () => {
  const NEXT = edit(GOOD, "00:01:00.5Z", "00:01:04.5Z")
    .replace('<S t="2000" d="4000" r="2"/>', '<S t="6000" d="4000" r="1"/>')
    .replace('<S d="3000"/>', '<S d="3000" r="1"/>')
    .replace('startNumber="7"', 'startNumber="8"');

  test("finds nothing wrong with one that moves on", () => {
    expect(checkMpd(NEXT)).toEqual([]);
    expect(checkMpdUpdate(GOOD, NEXT)).toEqual([]);
    expect(checkMpdUpdate(GOOD, edit(GOOD, "00:01:00Z", "00:01:01Z"))).toEqual([]);
    const over = edit(GOOD, ' minimumUpdatePeriod="PT2S"', "");
    expect(checkMpd(edit(over, 'start="PT0S"', 'start="PT0S" duration="PT14S"'))).toEqual([]);
  });

  test("knows segments with times in their addresses by these", () => {
    const before = edit(GOOD, '<S t="2" d="4"/>', '<S t="2" d="4" r="3"/>');
    const after = edit(NEXT, '<S t="2" d="4"/>', '<S t="6" d="4" r="3"/>');
    expect(checkMpdUpdate(before, after)).toEqual([]);
    const shorter = edit(after, '<S t="6" d="4" r="3"/>', '<S t="6" d="4"/><S d="3"/>');
    expect(checkMpdUpdate(before, shorter)).toEqual([
      "a: segment 10 changed",
      "a: segments vanished from the end",
    ]);
  });

  test.each<[string, readonly [string, string], string]>([
    ["another origin", ["00:00:00Z", "00:00:01Z"], "availabilityStartTime changed"],
    ["an age that goes back", ["00:01:04.5Z", "00:01:00Z"], "publishTime went back"],
    ["a change in secret", ["00:01:04.5Z", "00:01:00.5Z"], "under the same publishTime"],
    ["another start", ['start="PT0S"', 'start="PT1S"'], "the start of period 0 changed"],
    ["a representation gone", ['id="v"', 'id="w"'], "representation v is gone"],
    ["another address", ["%05d", "%06d"], "v: media changed"],
    ["another clock", ['timescale="1000"', 'timescale="999"'], "v: timescale changed"],
    ["other numbers", ['startNumber="8"', 'startNumber="9"'], "v: segment 9 changed"],
    [
      "another duration",
      ['<S t="6000" d="4000" r="1"/>', '<S t="6000" d="4000"/><S d="3999"/>'],
      "v: segment 9 changed",
    ],
    ["a loss at the end", ['<S d="3000" r="1"/>', ""], "v: segments vanished from the end"],
  ])("finds %s", (_name, [from, to], message) => {
    expect(checkMpdUpdate(GOOD, edit(NEXT, from, to)).join("\n")).toContain(message);
  });
});

describe("parseXml()", () => {
  test("reads elements, attributes, text and references", () => {
    expect(
      parseXml(
        `<?xml version="1.0"?>\n<!-- it --><a b='1' c = "&lt;&#10;&#x1F3A5;&quot;"><d/>x&amp;y</a>\n`,
      ),
    ).toEqual({
      name: "a",
      attributes: new Map([
        ["b", "1"],
        ["c", '<\n🎥"'],
      ]),
      children: [{ name: "d", attributes: new Map(), children: [], text: "" }],
      text: "x&y",
    });
  });

  test.each([
    "",
    "<a>",
    "<a></b>",
    "</a>",
    "<a/><b/>",
    "x<a/>",
    "<a b=1/>",
    '<a b="1"c="2"/>',
    '<a b="1" b="2"/>',
    '<a b="<"/>',
    "<a>&</a>",
    "<a>&amp</a>",
    "<a>&nbsp;</a>",
    "<a>\x01</a>",
    "<a><!-- -- --></a>",
    "< a/>",
    "<a",
  ])("refuses %j", (text) => {
    expect(() => parseXml(text)).toThrow();
  });
});
