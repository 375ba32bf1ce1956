/**
 * Goal: audio and video get a common time whatever their timestamps begin with: at once by arrival,
 * exactly by sender reports, without a jump between the two, through drift, clocks that are set and
 * reports that are wrong; and nobody's time goes back.
 *
 * Method: a sender with two sources in virtual time, whose true times are known; what is measured is
 * by how much the difference of audio and video is off the truth.
 */

import { describe, expect, test } from "vitest";
import { toNtpTime } from "../../../../src/codec/rtcp/ntp-time.ts";
import { SenderClock } from "../../../../src/protocols/rtc/receive/sender-clock.ts";
import type { SenderClockTrack } from "../../../../src/protocols/rtc/receive/sender-clock-track.ts";
import { createRandom } from "../../../support/seeded-random.ts";

interface SourceOptions {
  readonly clockRate: number;
  readonly periodMs: number;
  /** From when a frame is taken to when it comes. */
  readonly delayMs: number;
  /** The timestamp at time 0. */
  readonly firstTimestamp: number;
  readonly startMs?: number;
  /** How much faster its clock is, in parts of a million. */
  readonly driftPpm?: number;
  /** A jump of its timestamps: from when on, by how much. */
  readonly jumpAtMs?: number;
  readonly jumpMs?: number;
}

/** A frame as it came out. */
interface Placed {
  /** When it was taken. */
  readonly takenMs: number;
  readonly timeMs: number;
}

const WALL_MS = Date.UTC(2026, 10, 28);

class Source {
  readonly placed: Placed[] = [];
  readonly track: SenderClockTrack;
  readonly #options: SourceOptions;
  #nextMs: number;

  constructor(track: SenderClockTrack, options: SourceOptions) {
    this.track = track;
    this.#options = options;
    this.#nextMs = options.startMs ?? 0;
  }

  timestamp(takenMs: number): number {
    const { clockRate, firstTimestamp, driftPpm = 0, jumpAtMs, jumpMs = 0 } = this.#options;
    const jumpedMs = jumpAtMs !== undefined && takenMs >= jumpAtMs ? jumpMs : 0;
    const ownMs = takenMs * (1 + driftPpm / 1e6) + jumpedMs;
    return Math.round(firstTimestamp + (ownMs * clockRate) / 1_000) >>> 0;
  }

  tick(nowMs: number, jitterMs: number): void {
    while (this.#nextMs + this.#options.delayMs + jitterMs <= nowMs) {
      const timeMs = this.track.timeMs(this.timestamp(this.#nextMs), nowMs);
      const before = this.placed.at(-1);
      if (before !== undefined && timeMs < before.timeMs) expect.fail(`back at ${nowMs}`);
      this.placed.push({ takenMs: this.#nextMs, timeMs });
      this.#nextMs += this.#options.periodMs;
    }
  }

  report(nowMs: number, wallMs: number): void {
    this.track.senderReport(toNtpTime(wallMs), this.timestamp(nowMs), nowMs);
  }
}

const AUDIO: SourceOptions = {
  clockRate: 48_000,
  periodMs: 20,
  delayMs: 30,
  firstTimestamp: 0xffff_0000,
};
const VIDEO: SourceOptions = {
  clockRate: 90_000,
  periodMs: 40,
  delayMs: 90,
  firstTimestamp: 0x7fff_f000,
};

interface RunOptions {
  readonly audio?: Partial<SourceOptions>;
  readonly video?: Partial<SourceOptions>;
  readonly untilMs: number;
  /** Whether there are sender reports, every second. */
  readonly hasReports: boolean;
  /** From when on. */
  readonly reportsFromMs?: number;
  /** The sender's wall clock. */
  readonly wallMs?: (nowMs: number) => number;
}

function run(options: RunOptions): { audio: Source; video: Source } {
  const clock = new SenderClock();
  // Whichever is known first, audio is what the other goes by.
  const videoTrack = clock.addTrack("video", 90_000);
  const audio = new Source(clock.addTrack("audio", 48_000), { ...AUDIO, ...options.audio });
  const video = new Source(videoTrack, { ...VIDEO, ...options.video });
  const random = createRandom(5);
  for (let nowMs = 0; nowMs < options.untilMs; nowMs++) {
    const wallMs = options.wallMs?.(nowMs) ?? WALL_MS + nowMs;
    const hasReports = options.hasReports && nowMs >= (options.reportsFromMs ?? 0);
    if (hasReports && nowMs % 1_000 === 700) audio.report(nowMs, wallMs);
    // Sources do not report at the same time.
    if (hasReports && nowMs % 1_000 === 200) video.report(nowMs, wallMs);
    audio.tick(nowMs, random(8));
    video.tick(nowMs, random(8));
  }
  return { audio, video };
}

/** By how much video is late against audio, for what was taken within the times. */
function skews(
  { audio, video }: { audio: Source; video: Source },
  fromMs: number,
  untilMs: number,
) {
  return video.placed
    .filter(({ takenMs }) => takenMs >= fromMs && takenMs < untilMs)
    .map(({ takenMs, timeMs }) => {
      const heard = audio.placed.findLast((frame) => frame.takenMs <= takenMs);
      return heard === undefined ? 0 : timeMs - heard.timeMs - (takenMs - heard.takenMs);
    });
}

function worst(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The reference keeps its pace. */
function expectEven(placed: readonly Placed[], periodMs: number): void {
  placed.forEach((frame, index) => {
    const before = placed[index - 1];
    if (before !== undefined) expect(frame.timeMs - before.timeMs).toBeCloseTo(periodMs, 6);
  });
}

describe("without reports", () => {
  const sources = run({ untilMs: 60_000, hasReports: false });

  test("nothing is kept back, and the difference is that of the delays", () => {
    expect(sources.audio.placed[0]?.takenMs).toBe(0);
    expect(sources.video.placed[0]?.takenMs).toBe(0);
    expect(worst(skews(sources, 0, 60_000))).toBeLessThan(60 + 20 + 8);
    expect(sources.video.track.isSynchronized).toBe(false);
  });

  test("time is near the caller's clock", () => {
    expect(sources.audio.placed[0]?.timeMs).toBeCloseTo(30, -1);
  });
});

test("reports make it exact, by a slide of a tenth at the most", () => {
  const sources = run({ untilMs: 20_000, hasReports: true });
  expect(worst(skews(sources, 3_000, 20_000))).toBeLessThanOrEqual(5);
  expect(sources.video.track.isSynchronized).toBe(true);
  sources.video.placed.forEach((frame, index) => {
    const before = sources.video.placed[index - 1];
    if (before === undefined) return;
    const stepMs = frame.timeMs - before.timeMs;
    if (stepMs < 35.9 || stepMs > 44.1) expect.fail(`a step of ${stepMs} ms`);
  });
  expectEven(sources.audio.placed, 20);
});

test("a report before the first packet places a source at once", () => {
  const sources = run({ untilMs: 5_000, hasReports: true, video: { startMs: 2_000 } });
  expect(worst(skews(sources, 2_000, 5_000))).toBeLessThanOrEqual(1);
});

test("video that starts first is joined by audio", () => {
  const sources = run({ untilMs: 20_000, hasReports: true, audio: { startMs: 3_500 } });
  expect(worst(skews(sources, 5_500, 20_000))).toBeLessThanOrEqual(5);
  expectEven(sources.audio.placed, 20);
});

test("ten minutes of drift, both clocks", () => {
  const sources = run({
    untilMs: 600_000,
    hasReports: true,
    audio: { driftPpm: 300 },
    video: { driftPpm: -100 },
  });
  expect(worst(skews(sources, 3_000, 600_000))).toBeLessThanOrEqual(10);
});

test("the sender's wall clock is set by an hour", () => {
  const sources = run({
    untilMs: 30_000,
    hasReports: true,
    wallMs: (nowMs) => WALL_MS + nowMs + (nowMs > 10_000 ? 3_600_000 : 0),
  });
  expect(worst(skews(sources, 3_000, 30_000))).toBeLessThanOrEqual(5);
});

test.each([3_600_000, -3_600_000, 40_000_000, -5_000])(
  "video timestamps jump by %i ms",
  (jumpMs) => {
    const sources = run({
      untilMs: 30_000,
      hasReports: true,
      video: { jumpAtMs: 10_000, jumpMs },
    });
    expect(worst(skews(sources, 3_000, 10_000))).toBeLessThanOrEqual(5);
    expect(worst(skews(sources, 10_000, 30_000))).toBeLessThanOrEqual(60);
    expect(worst(skews(sources, 13_000, 30_000))).toBeLessThanOrEqual(5);
  },
);

test.each([
  ["video", { video: { delayMs: 1_500 } }],
  ["audio", { audio: { delayMs: 1_500 } }],
])("%s that is off by more than half a second jumps, and nobody goes back", (_, delays) => {
  const sources = run({ untilMs: 15_000, hasReports: true, reportsFromMs: 3_000, ...delays });
  expect(worst(skews(sources, 1_000, 2_000))).toBeGreaterThan(1_000);
  expect(worst(skews(sources, 6_000, 13_000))).toBeLessThanOrEqual(5);
});

test("video that was quiet for a minute is where it belongs", () => {
  const clock = new SenderClock();
  const audio = clock.addTrack("audio", 48_000);
  const video = clock.addTrack("video", 90_000);
  audio.senderReport(toNtpTime(WALL_MS), 0, 0);
  video.senderReport(toNtpTime(WALL_MS), 0, 0);
  audio.timeMs(0, 10);
  expect(video.timeMs(0, 50)).toBe(10);
  for (let nowMs = 20; nowMs <= 60_000; nowMs += 20) audio.timeMs(nowMs * 48, nowMs + 10);
  video.senderReport(toNtpTime(WALL_MS + 60_000), 60_000 * 90, 60_000);
  expect(video.timeMs(60_000 * 90, 60_050)).toBeCloseTo(60_010, 6);
});

test("reports that cannot be right are not believed", () => {
  const clock = new SenderClock();
  const track = clock.addTrack("video", 90_000);
  track.timeMs(1_000, 0);
  track.senderReport({ ntpSeconds: 0, ntpFraction: 0 }, 1_000, 10);
  expect(track.wallOffsetMs).toBeUndefined();
  track.senderReport(toNtpTime(WALL_MS), 1_000 + 11 * 90_000, 10);
  expect(track.wallOffsetMs).toBeUndefined();
  track.senderReport(toNtpTime(WALL_MS), 1_900, 10);
  expect(track.wallOffsetMs).toBeCloseTo(WALL_MS - 1_900 / 90, 2);
});

test("packets of one frame have one time, and late ones do not turn it back", () => {
  const track = new SenderClock().addTrack("video", 90_000);
  const times = [0, 3_000, 3_000, 1_000, 6_000].map((timestamp) => track.timeMs(timestamp, 5));
  expect(times[2]).toBe(times[1]);
  expect(times[3]).toBe(times[1]);
  expect(times[4]).toBeCloseTo(5 + 6_000 / 90, 6);
});

test("a source that goes leaves the others where they are", () => {
  const clock = new SenderClock();
  const audio = clock.addTrack("audio", 48_000);
  const video = clock.addTrack("video", 90_000);
  audio.timeMs(0, 0);
  const before = video.timeMs(0, 50);
  clock.removeTrack(audio);
  clock.removeTrack(audio);
  expect(clock.reference).toBe(video);
  expect(video.timeMs(3_600, 90) - before).toBeCloseTo(40, 6);
});

test("a source that gets another SSRC, and begins anywhere, goes on in sync", () => {
  const clock = new SenderClock();
  const audio = clock.addTrack("audio", 48_000);
  const before = clock.addTrack("video", 90_000);
  audio.senderReport(toNtpTime(WALL_MS), 0, 0);
  before.senderReport(toNtpTime(WALL_MS), 0, 0);
  audio.timeMs(0, 10);
  before.timeMs(0, 60);
  audio.timeMs(48_000, 1_010);
  clock.removeTrack(before);
  const after = clock.addTrack("video", 90_000);
  // By arrival at first, which is 50 ms off; by its report then.
  expect(after.timeMs(123_456_789, 1_060)).toBeCloseTo(1_060, 6);
  after.senderReport(toNtpTime(WALL_MS + 1_000), 123_456_789, 1_100);
  let last = 0;
  for (let nowMs = 1_100; nowMs < 3_000; nowMs += 40) {
    audio.timeMs((nowMs - 60) * 48 + 480, nowMs - 50);
    last = after.timeMs(123_456_789 + (nowMs - 1_060) * 90, nowMs);
  }
  expect(last).toBeCloseTo(2_980 - 50, 0);
  expect(after.isSynchronized).toBe(true);
});
