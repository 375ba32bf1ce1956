/**
 * Goal: MPDs say what they are given, in the order and the types of the schema, whatever stands in
 * the names.
 *
 * Method: a whole MPD written out by hand from ISO/IEC 23009-1; its parts in tables; all that is
 * written is read back by a strict XML parser and judged by our checker.
 */

import { describe, expect, test } from "vitest";
import { formatDuration, formatFrameRate } from "../../../src/codec/mpd/lexical.ts";
import { formatMpd, type Mpd, UtcTimingScheme } from "../../../src/codec/mpd/mpd.ts";
import type { SegmentTemplate, TimelineSegment } from "../../../src/codec/mpd/segment-template.ts";
import { checkMpd, findAll } from "../../support/mpd-check.ts";
import { parseXml } from "../../support/xml-parse.ts";

/** The MPD, which must be a good one. */
function format(mpd: Mpd): string {
  const text = formatMpd(mpd);
  expect(checkMpd(text)).toEqual([]);
  return text;
}

function runs(...list: [startTime: number, duration: number][]): TimelineSegment[] {
  return list.map(([startTime, duration]) => ({ startTime, duration }));
}

function template(timeline: readonly TimelineSegment[], timescale: number): SegmentTemplate {
  return {
    timescale,
    initialization: "$RepresentationID$-init.mp4",
    media: "$RepresentationID$-$Number$.m4s",
    startNumber: 11,
    timeline,
  };
}

const LIVE: Mpd = {
  type: "dynamic",
  availabilityStartTimeMs: Date.UTC(2026, 10, 20, 17, 57, 30),
  publishTimeMs: Date.UTC(2026, 10, 20, 17, 59, 6, 250),
  minimumUpdatePeriod: 0,
  timeShiftBufferDepth: 30,
  suggestedPresentationDelay: 4.5,
  minBufferTime: 2,
  maxSegmentDuration: 6.0141,
  baseUrl: "livestream/",
  location: "http://a.com/live/livestream.mpd?token=x&y=z",
  latency: {
    targetMs: 2_000,
    minMs: 1_000,
    maxMs: 5_000,
    playbackRateMin: 0.96,
    playbackRateMax: 1.04,
  },
  periods: [
    {
      id: "0",
      start: 0,
      adaptationSets: [
        {
          id: 0,
          contentType: "video",
          mimeType: "video/mp4",
          segmentTemplate: {
            ...template(runs([66_000, 6_000], [72_000, 6_000], [78_000, 6_000]), 1_000),
            presentationTimeOffset: 60_000,
            availabilityTimeOffset: 5.5,
            availabilityTimeComplete: false,
          },
          representations: [
            {
              id: "video",
              bandwidth: 800_000.2,
              codecs: "avc1.64001e",
              width: 768,
              height: 320,
              frameRate: 25,
            },
          ],
        },
        {
          id: 1,
          contentType: "audio",
          mimeType: "audio/mp4",
          language: "de",
          representations: [
            {
              id: "audio",
              bandwidth: 48_000,
              codecs: "mp4a.40.2",
              samplingRate: 44_100,
              channelCount: 2,
              segmentTemplate: template(
                runs([2_910_000, 264_600], [3_174_600, 265_000], [3_439_600, 265_000]),
                44_100,
              ),
            },
          ],
        },
      ],
    },
  ],
  utcTiming: { scheme: UtcTimingScheme.Direct, value: Date.UTC(2026, 10, 20, 17, 59, 7) },
};

test("formatMpd() writes the whole of a live presentation", () => {
  expect(format(LIVE)).toBe(`<?xml version="1.0" encoding="utf-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" availabilityStartTime="2026-11-20T17:57:30.000Z" publishTime="2026-11-20T17:59:06.250Z" minimumUpdatePeriod="PT0S" timeShiftBufferDepth="PT30S" suggestedPresentationDelay="PT4.5S" minBufferTime="PT2S" maxSegmentDuration="PT6.014S">
  <BaseURL>livestream/</BaseURL>
  <Location>http://a.com/live/livestream.mpd?token=x&amp;y=z</Location>
  <ServiceDescription id="0">
    <Latency target="2000" max="5000" min="1000"/>
    <PlaybackRate max="1.04" min="0.96"/>
  </ServiceDescription>
  <Period id="0" start="PT0S">
    <AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
      <SegmentTemplate timescale="1000" presentationTimeOffset="60000" availabilityTimeOffset="5.5" availabilityTimeComplete="false" startNumber="11" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s">
        <SegmentTimeline>
          <S t="66000" d="6000" r="2"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="video" bandwidth="800001" codecs="avc1.64001e" width="768" height="320" frameRate="25"/>
    </AdaptationSet>
    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" lang="de" segmentAlignment="true" startWithSAP="1">
      <Representation id="audio" bandwidth="48000" codecs="mp4a.40.2" audioSamplingRate="44100">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
        <SegmentTemplate timescale="44100" startNumber="11" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s">
          <SegmentTimeline>
            <S t="2910000" d="264600"/>
            <S d="265000" r="1"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
  </Period>
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-11-20T17:59:07.000Z"/>
</MPD>
`);
});

test("formatMpd() writes what has ended, in several periods, without what it is not told", () => {
  const [first] = LIVE.periods;
  const text = format({
    type: "static",
    mediaPresentationDuration: 60,
    minBufferTime: 2,
    profiles: ["urn:mpeg:dash:profile:isoff-live:2011", "urn:example:other"],
    periods: [
      { id: "0", start: 0, duration: 20, adaptationSets: first?.adaptationSets ?? [] },
      { id: "1", start: 20, adaptationSets: first?.adaptationSets.slice(1) ?? [] },
    ],
    utcTiming: { scheme: UtcTimingScheme.HttpIso, value: "/time?x=1&y=2" },
  });
  expect(text).toContain(' profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:example:other" ');
  expect(text).toContain('<Period id="0" start="PT0S" duration="PT20S">');
  expect(text).toContain('value="/time?x=1&amp;y=2"');
  expect(text).not.toMatch(
    /undefined|BaseURL|Location|ServiceDescription|availability(Start|Time)Time/,
  );
});

describe("names", () => {
  const name = (text: string) => {
    const written = formatMpd({
      ...LIVE,
      baseUrl: text,
      periods: [{ ...LIVE.periods[0], id: text } as never],
    });
    const mpd = parseXml(written);
    return [findAll(mpd, "BaseURL")[0]?.text, findAll(mpd, "Period")[0]?.attributes.get("id")];
  };

  test.each(["a&b<c>d\"e'f", "&amp;", "]]>", "直播 🎥", "a\tb\nc\rd", "<!--", "$&"])(
    "come back as they were: %j",
    (text) => {
      expect(name(text)).toEqual([text, text]);
    },
  );

  test("that XML cannot hold are changed", () => {
    expect(name("a\x00b\ufffec\ud800d\x1b")).toEqual(Array(2).fill("a\ufffdb\ufffdc\ufffdd\ufffd"));
  });
});

describe("a timeline", () => {
  const S = (timeline: readonly TimelineSegment[]) => {
    const set = LIVE.periods[0]?.adaptationSets[0];
    const segmentTemplate = template(timeline, 1_000);
    const adaptationSets = set === undefined ? [] : [{ ...set, segmentTemplate }];
    const mpd = formatMpd({ ...LIVE, periods: [{ id: "0", start: 0, adaptationSets }] });
    return findAll(parseXml(mpd), "S").map(({ attributes }) => Object.fromEntries(attributes));
  };

  test.each([
    ["of nothing", [], []],
    ["of one segment", [[5, 10]], [{ t: "5", d: "10" }]],
    ["at 0", [[0, 10]], [{ t: "0", d: "10" }]],
    [
      "of the same durations",
      [
        [0, 10],
        [10, 10],
        [20, 10],
      ],
      [{ t: "0", d: "10", r: "2" }],
    ],
    [
      "of several runs",
      [
        [0, 10],
        [10, 10],
        [20, 11],
        [31, 10],
        [41, 10],
      ],
      [{ t: "0", d: "10", r: "1" }, { d: "11" }, { d: "10", r: "1" }],
    ],
    [
      "with a gap",
      [
        [0, 10],
        [15, 10],
        [25, 10],
      ],
      [
        { t: "0", d: "10" },
        { t: "15", d: "10", r: "1" },
      ],
    ],
    ["beyond 32 bits", [[2 ** 40, 90_000]], [{ t: "1099511627776", d: "90000" }]],
  ] as [string, [number, number][], Record<string, string>[]][])("%s", (_name, list, written) => {
    expect(S(runs(...list))).toEqual(written);
  });

  test.each([
    [
      "an overlap",
      [
        [0, 10],
        [9, 10],
      ],
    ],
    ["a fraction", [[0.5, 10]]],
    ["a segment of nothing", [[0, 0]]],
    ["a time before 0", [[-1, 10]]],
    ["what no double can hold", [[2 ** 53, 10]]],
  ] as [string, [number, number][]][])("never has %s", (_name, list) => {
    expect(() => S(runs(...list))).toThrow("Assertion failed");
  });
});

describe("types of the schema", () => {
  test.each([
    [0, "PT0S"],
    [30, "PT30S"],
    [4.004, "PT4.004S"],
    [0.000_4, "PT0S"],
    [1 / 3, "PT0.333S"],
    [86_400 * 365, "PT31536000S"],
  ])("a duration of %d s is %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
    "there is no duration of %d s",
    (seconds) => {
      expect(() => formatDuration(seconds)).toThrow("Assertion failed");
    },
  );

  test.each([
    [25, "25"],
    [24.999, "25"],
    [29.97, "30000/1001"],
    [30_000 / 1_001, "30000/1001"],
    [23.976, "24000/1001"],
    [59.94, "60000/1001"],
    [12.5, "12500/1000"],
    [0.1, "100/1000"],
    [0.000_1, "1/1000"],
  ])("a rate of %d is %s", (rate, text) => {
    expect(formatFrameRate(rate)).toBe(text);
  });

  test.each([0, -1, Number.NaN])("there is no rate of %d", (rate) => {
    expect(() => formatFrameRate(rate)).toThrow("Assertion failed");
  });
});
