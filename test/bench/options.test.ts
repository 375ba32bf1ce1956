/**
 * Goal: the command line means what the guide says, wrong ones are explained, and the shares of slow
 * and stalled players come out right for any number.
 *
 * Method: tables.
 */

import { describe, expect, test } from "vitest";
import {
  expandUrl,
  playerClassOf,
  playProtocolOf,
  publishProtocolOf,
  rampMsOf,
} from "../../src/bench/options.ts";
import { parseArguments, UsageError } from "../../src/cli/arguments.ts";
import { parseBenchArguments } from "../../src/cli/bench-arguments.ts";

const DEFAULTS = {
  plays: [],
  publish: undefined,
  rampSeconds: undefined,
  warmupSeconds: 3,
  durationSeconds: 10,
  stalledPercent: 0,
  slowPercent: 0,
  decryptEvery: 50,
  pid: undefined,
  server: undefined,
  isVerified: true,
};
const RTMP = "rtmp://h/live/s";
const WHIP = "http://h/rtc/v1/whip/?app=live&stream=s";
const PLAY = { url: RTMP, protocol: "rtmp", playerCount: 1 };

describe("parseBenchArguments()", () => {
  test.each([
    [`--play ${RTMP}`, { plays: [PLAY] }],
    [
      `--play ${RTMP} --players 20 --play https://h/live/s.flv?k=v --play ws://h/s.flv --players 3 --play http://h/a.m3u8`,
      {
        plays: [
          { ...PLAY, playerCount: 20 },
          { url: "https://h/live/s.flv?k=v", protocol: "http-flv", playerCount: 1 },
          { url: "ws://h/s.flv", protocol: "ws-flv", playerCount: 3 },
          { url: "http://h/a.m3u8", protocol: "hls", playerCount: 1 },
        ],
      },
    ],
    [
      `--publish ${RTMP}{n} --publishers 9 --bitrate 1.5M`,
      {
        publish: {
          ...{ url: `${RTMP}{n}`, protocol: "rtmp", publisherCount: 9 },
          ...{ file: undefined, bitrate: 1_500_000 },
        },
      },
    ],
    [
      `--publish ${RTMP} --file a.flv --ramp 0 --warmup 0.5 --duration 60`,
      {
        publish: {
          ...{ url: RTMP, protocol: "rtmp", publisherCount: 1 },
          ...{ file: "a.flv", bitrate: undefined },
        },
        rampSeconds: 0,
        warmupSeconds: 0.5,
        durationSeconds: 60,
      },
    ],
    [
      `--publish ${WHIP} --play http://h/rtc/v1/whep/?app=live&stream=s --decrypt 7`,
      {
        plays: [{ ...PLAY, url: "http://h/rtc/v1/whep/?app=live&stream=s", protocol: "whep" }],
        publish: {
          ...{ url: WHIP, protocol: "whip", publisherCount: 1 },
          ...{ file: undefined, bitrate: undefined },
        },
        decryptEvery: 7,
      },
    ],
    [
      `--play ${RTMP} --stalled 1 --slow 1.5 --pid 7 --server http://h:1985 --insecure`,
      {
        plays: [PLAY],
        ...{ stalledPercent: 1, slowPercent: 1.5, pid: 7, server: "http://h:1985" },
        isVerified: false,
      },
    ],
  ])("%s", (typed, expected) => {
    const command = parseBenchArguments(typed.split(" "));
    expect(command).toEqual({ options: { ...DEFAULTS, ...expected }, isJson: false });
  });

  test("are what stands behind the word bench", () => {
    const expected = { name: "bench", arguments: ["-h", "-c"] };
    expect(parseArguments(["bench", "-h", "-c"], {})).toEqual(expected);
    expect(() => parseArguments(["-t", "bench"], {})).toThrow(UsageError);
  });

  test("--json", () => {
    expect(parseBenchArguments(["--json", "--play", RTMP])?.isJson).toBe(true);
  });

  test.each(["-h", "--help", `--play ${RTMP} -h`])("%s asks for help", (typed) => {
    expect(parseBenchArguments(typed.split(" "))).toBeUndefined();
  });

  test.each([
    ["--x", 'Cannot understand option "--x"'],
    ["--duration 1", "nothing to do"],
    ["--play", "it needs a value"],
    ["--play ftp://h/s", "Cannot use --play ftp://h/s"],
    ["--play rtmp://h", "Cannot use --play"],
    ["--players 2", "give --play before it"],
    [`--play ${RTMP} --players 0`, "from 1 to"],
    [`--play ${RTMP} --players 1.5`, "whole number"],
    [`--play ${RTMP} --players 1e3`, "give a number"],
    ["--publish http://h/s.flv", "give rtmp://HOST/APP/STREAM"],
    [`--publish ${RTMP} --publishers 2`, "put {n} into --publish"],
    [`--publish ${RTMP} --publish ${RTMP}`, "twice"],
    [`--play ${RTMP} --publishers 2`, "give --publish too"],
    [`--publish ${RTMP} --file a --bitrate 200k`, "together"],
    [`--publish ${RTMP} --bitrate fast`, "give bits per second"],
    [`--publish ${RTMP} --bitrate 1k`, "8k to 200M"],
    [`--play ${RTMP} --duration -1`, "from 0 to 86400"],
    [`--play ${RTMP} --stalled 60 --slow 50`, "over 100 percent"],
    [`--play ${RTMP} --decrypt 0`, "from 1 to"],
    ["--publish http://h/rtc/v1/whep/?app=live", "give rtmp://HOST/APP/STREAM"],
    [`--play ${RTMP} --pid 1.5`, "Cannot use --pid"],
    [`--play ${RTMP} --server h:1985`, "give http://HOST:PORT"],
  ])("refuses %s", (typed, message) => {
    const parse = (): unknown => parseBenchArguments(typed.split(" "));
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });
});

describe("playProtocolOf()", () => {
  test.each([
    ["rtmp://h:1935/live/s{n}", "rtmp"],
    ["rtmps://h/live/s", "rtmp"],
    ["HTTP://h/live/s.flv", "http-flv"],
    ["http://h/live/{n}.m3u8?x=.flv", "hls"],
    ["wss://h/live/s.flv", "ws-flv"],
    ["https://h/rtc/v1/whep/?app=live&stream=s{n}", "whep"],
    ["http://h/rtc/v1/whip-play/?app=live", "whep"],
    ["http://h:8889/live/s/whep", "whep"],
    ["http://h/whepper/s.flv", "http-flv"],
    ["srt://h:1", undefined],
    ["http://h", undefined],
    ["live/s", undefined],
  ])("%s is %s", (url, protocol) => {
    expect(playProtocolOf(url)).toBe(protocol);
  });

  test("{n} stands for the number wherever it is", () => {
    expect(expandUrl("rtmp://h/{n}/s{n}?k={n}", 12)).toBe("rtmp://h/12/s12?k=12");
  });
});

describe("publishProtocolOf()", () => {
  test.each([
    ["rtmps://h/live/s", "rtmp"],
    [WHIP, "whip"],
    ["https://h/live/s/WHIP", "whip"],
    ["http://h/live/whip.flv", undefined],
    ["rtmpx://h/live/s", undefined],
  ])("%s is %s", (url, protocol) => {
    expect(publishProtocolOf(url)).toBe(protocol);
  });
});

describe("playerClassOf()", () => {
  test.each([
    [100, 0, 0],
    [100, 1, 1],
    [10_000, 1, 1],
    [50, 10, 10],
    [10, 10, 0],
    [10, 0, 10],
    [7, 30, 30],
    [300, 33.3, 0],
    [4, 0, 100],
    [4, 50, 50],
    [1, 10, 10],
  ])("of %i players %f %% are stalled and %f %% slow", (count, stalledPercent, slowPercent) => {
    const classes = Array.from({ length: count }, (_, i) =>
      playerClassOf(i, { stalledPercent, slowPercent }),
    );
    const share = (name: string): number => classes.filter((each) => each === name).length;
    expect(Math.abs(share("stalled") - (count * stalledPercent) / 100)).toBeLessThan(1);
    expect(Math.abs(share("slow") - (count * slowPercent) / 100)).toBeLessThan(1);
    const badCount = Math.floor((count * (stalledPercent + slowPercent)) / 100 + 1e-9);
    expect(share("healthy")).toBe(count - badCount);
  });
});

describe("rampMsOf()", () => {
  test("is what was asked for, or as long as 500 starts a second take", () => {
    const options = {
      ...DEFAULTS,
      plays: [{ ...PLAY, protocol: "rtmp" as const, playerCount: 4_000 }],
    };
    expect(rampMsOf(options)).toBe(8_000);
    expect(rampMsOf({ ...options, rampSeconds: 2.5 })).toBe(2_500);
  });
});
