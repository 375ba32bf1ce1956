/**
 * Goal: a player of a ladder gets the rung that its network bears, or that it asks for; it changes at
 * key frames, at once or soon, with no picture out of order and no time that goes back; rungs come and
 * go, have clocks of their own, and are joined only while somebody plays.
 *
 * Method: encoders of one programme and a player in virtual time, see test/support/ladder-scene.ts. Each
 * picture says which of the programme it is, so that its time can be held against it.
 */

import { describe, expect, test } from "vitest";
import { AV1 } from "../../remux/mpegts/tracks.ts";
import { FRAME_MS, LadderScene, type SceneOptions } from "../../support/ladder-scene.ts";

const BASE = { bitrate: 3_000_000 };
const MIDDLE = { bitrate: 1_200_000 };
const SMALL = { bitrate: 400_000 };

/** Three encoders, which have begun at the same time, and a player after two seconds. */
function scene(
  options: SceneOptions = {},
  changes: Partial<Parameters<LadderScene["publish"]>[2]> = {},
) {
  const played = new LadderScene(options);
  const base = played.publish("show", 0, BASE);
  const middle = played.publish("show_720", 1, { ...MIDDLE, ...changes });
  const small = played.publish("show_360", 2, { ...SMALL, ...changes });
  played.run(2_000);
  played.play();
  return { played, base, middle, small };
}

/** What has to hold for whoever plays. */
function expectOrder({ pictures }: LadderScene): void {
  pictures.forEach((picture, index) => {
    const before = pictures[index - 1];
    if (before === undefined) return;
    const place = `picture ${index}, from ${before.source} to ${picture.source}`;
    expect(picture.timeMs, place).toBeGreaterThan(before.timeMs);
    if (picture.source !== before.source) expect(picture.isKeyFrame, place).toBe(true);
    else expect(picture.frame - before.frame, place).toBe(1);
  });
}

/** By how much the times of pictures are later than the programme says; the base's are right. */
function lateness({ pictures }: LadderScene, source: number): number {
  const base = pictures.findLast((picture) => picture.source === 0);
  const other = pictures.findLast((picture) => picture.source === source);
  if (base === undefined || other === undefined) throw new Error("Not seen");
  const programMs = (other.frame - base.frame) * FRAME_MS;
  return Math.round(other.timeMs - base.timeMs - programMs);
}

describe("a rung that is asked for", () => {
  test.each([
    ["720", 1],
    ["_720", 1],
    ["show_720", 1],
    ["360", 2],
    ["lowest", 2],
    ["highest", 0],
    ["show", 0],
    ["", 0],
    ["nothing-like-that", 0],
  ])("is what the player gets: '%s'", (layer, source) => {
    const { played } = scene({ layer });
    played.run(6_000);
    expect(played.pictures.at(-1)?.source).toBe(source);
    expect(played.seenSources).toEqual(source === 0 ? [0] : [0, source]);
    expectOrder(played);
  });

  test.each([
    ["nothing-like-that", 0],
    ["highest", 2],
  ])("is the base's, unless it is there or none but the best will do: '%s'", (layer, source) => {
    const { played } = scene({ layer }, { bitrate: 2 * BASE.bitrate });
    played.run(6_000);
    expect(played.pictures.at(-1)?.source).toBe(source);
  });

  test("changes at its key frame, without a gap", () => {
    const { played } = scene({ layer: "720" });
    played.run(6_000);
    const { pictures } = played;
    const first = pictures.findIndex(({ source }) => source === 1);
    const step = (pictures[first]?.timeMs ?? 0) - (pictures[first - 1]?.timeMs ?? 0);
    expect(step).toBeLessThanOrEqual(FRAME_MS);
    const last = pictures.at(-1);
    expect((last?.timeMs ?? 0) - (pictures[first - 1]?.timeMs ?? 0)).toBe(
      ((last?.frame ?? 0) - (pictures[first - 1]?.frame ?? 0)) * FRAME_MS,
    );
  });

  test("without a key frame for long, it begins with the one there was", () => {
    const { played } = scene({ layer: "720" }, { framesPerGop: 1_000 });
    played.run(6_000);
    expect(played.seenSources).toEqual([0, 1]);
    expectOrder(played);
  });
});

describe("times", () => {
  test.each([
    ["the publisher's clock is the same", { clockMs: 0 }, 0],
    ["the publisher's clock is another", { clockMs: 90_000 }, 0],
    ["and it is late: it came so", { clockMs: 90_000, delayMs: 600 }, 600],
    ["the clock is the same, and it is late, as the player is then", { delayMs: 1_600 }, 1_600],
    ["the sound says it", { clockMs: 3_000, hasSameSound: true }, 0],
    [
      "the sound says it, and it is late, as the player is then",
      { clockMs: 90_000, delayMs: 1_600, hasSameSound: true },
      1_600,
    ],
  ])("%s", (_, changes, expected) => {
    const { played } = sceneWithSound(changes);
    played.run(12_000);
    expect(played.seenSources).toEqual([0, 1]);
    expectOrder(played);
    expect(Math.abs(lateness(played, 1) - expected)).toBeLessThanOrEqual(FRAME_MS);
  });

  function sceneWithSound(changes: Partial<Parameters<LadderScene["publish"]>[2]>) {
    const played = new LadderScene({ layer: "720" });
    played.publish("show", 0, { ...BASE, hasSameSound: true });
    played.run(500);
    played.publish("show_720", 1, { ...MIDDLE, ...changes });
    played.run(3_000);
    played.play();
    return { played };
  }
});

describe("a rung that comes later than the base", () => {
  /** With a player of it that has seen the base. */
  function lateScene(changes: Partial<Parameters<LadderScene["publish"]>[2]>) {
    const played = new LadderScene({ layer: "720" });
    played.publish("show", 0, { ...BASE, hasSameSound: true });
    played.run(1_000);
    played.play();
    played.run(2_000);
    const rung = { ...MIDDLE, delayMs: 600, hasSameSound: true, ...changes };
    const late = played.publish("show_720", 1, rung);
    played.run(8_000);
    expect(played.seenSources).toEqual([0, 1]);
    return { played, late };
  }
  /** How far each is from where the programme has it, in milliseconds. */
  const shifts = (all: readonly { frame: number; timeMs: number }[]) =>
    all.map(({ frame, timeMs }) => Math.round(timeMs - frame * FRAME_MS));
  const steps = (all: readonly number[]) =>
    all.slice(1).map((one, index) => one - (all[index] ?? 0));

  test.each([
    ["evenly", {}, 720],
    ["in bursts", { burstMs: 360 }, 1_080],
  ])("%s, takes the sound along, once", (_, changes, latestMs) => {
    const { played } = lateScene(changes);
    expectOrder(played);
    const { pictures, sounds } = played;
    const [before = 0] = shifts(sounds);
    const after = shifts(sounds).at(-1) ?? 0;
    expect(shifts(pictures).at(-1)).toBe(after);
    expect(after - before).toBeGreaterThanOrEqual(600);
    expect(after - before).toBeLessThanOrEqual(latestMs);
    expect(new Set(shifts(sounds)).size).toBe(2);
    // Neither a hole in the sound, nor any of it over the other.
    for (const step of steps(sounds.map(({ timeMs }) => timeMs))) {
      expect(step).toBeGreaterThanOrEqual(FRAME_MS);
      expect(step).toBeLessThan(2 * FRAME_MS);
    }
    // What comes in bursts goes on evenly.
    const sentMs = pictures.filter(({ source }) => source === 1).map(({ atMs }) => atMs);
    expect(Math.max(...steps(sentMs))).toBeLessThanOrEqual(FRAME_MS + 20);
  });

  test("from then on each change is seamless, the base being held back as long", () => {
    const { played, late } = lateScene({});
    const from = played.pictures.length;
    late.end();
    played.run(4_000);
    played.publish("show_720", 3, { ...MIDDLE, delayMs: 600, hasSameSound: true });
    played.run(6_000);
    expect(played.seenSources).toEqual([0, 1, 0, 3]);
    expectOrder(played);
    const since = played.pictures.slice(from - 1);
    // A change may begin with a burst, but nothing is seen twice.
    const shown = since.filter(
      ({ timeMs }, index) => (since[index + 1]?.timeMs ?? 0) > timeMs + 20,
    );
    expect(new Set(shifts(shown)).size).toBe(1);
    expect(new Set(shifts(played.sounds)).size).toBe(2);
  });

  test("is begun with at once by who asks for it when it is there", () => {
    const { played } = lateScene({});
    played.leave();
    played.pictures.length = 0;
    played.play();
    played.run(3_000);
    expect(played.seenSources).toEqual([0, 1]);
    expectOrder(played);
  });

  test.each([
    ["no ladder", []],
    ["another ladder", ["_360"]],
    ["a longer ladder", ["_720", "_360"]],
  ])("by more than what is kept, and then %s is set: picture and sound go on", (_, variants) => {
    const { played } = lateScene({ delayMs: 3_200 });
    const [pictures, sounds] = [played.pictures.length, played.sounds.length];
    played.variants = variants;
    played.run(8_000);
    const count = 8_000 / FRAME_MS;
    expect(played.pictures.length - pictures).toBeGreaterThanOrEqual(count - 10);
    expect(played.sounds.length - sounds).toBeGreaterThanOrEqual(count - 5);
    expect(played.viewer?.skipCount).toBe(0);
    expectOrder(played);
  });

  test("and by more than some seconds is no rung once that is known", () => {
    const played = new LadderScene({ layer: "720" });
    played.publish("show", 0, { ...BASE, hasSameSound: true });
    played.publish("show_720", 1, { ...MIDDLE, delayMs: 5_500, hasSameSound: true });
    played.run(1_000);
    played.play();
    played.run(14_000);
    expect(played.pictures.at(-1)?.source).toBe(0);
  });
});

test("a base that another process has the publisher of has rungs here", () => {
  const played = new LadderScene({ layer: "720" });
  played.publish("show", 0, { ...BASE, isElsewhere: true });
  played.publish("show_720", 1, { ...MIDDLE, delayMs: 600 });
  played.run(1_000);
  played.play();
  played.run(8_000);
  expect(played.seenSources).toEqual([0, 1]);
  expectOrder(played);
  expect(Math.abs(lateness(played, 1) - 600)).toBeLessThanOrEqual(FRAME_MS);
});

describe("rungs come and go", () => {
  test("one that ends gives way to the base, and comes again", () => {
    const { played, middle } = scene({ layer: "720" });
    played.run(4_000);
    middle.end();
    played.run(1_000);
    expect(played.seenSources).toEqual([0, 1, 0]);
    played.publish("show_720", 3, MIDDLE);
    played.run(4_000);
    expect(played.seenSources).toEqual([0, 1, 0, 3]);
    expectOrder(played);
  });

  test("one that stands still gives way as well", () => {
    const { played, middle } = scene({ layer: "720" });
    played.run(4_000);
    played.sources.delete(middle);
    played.run(3_500);
    expect(played.seenSources).toEqual([0, 1, 0]);
    expectOrder(played);
  });

  test("the base may be published anew", () => {
    const { played, base } = scene({ layer: "360" });
    played.run(4_000);
    base.end();
    played.run(500);
    played.publish("show", 4, { ...BASE, clockMs: 5_000_000 });
    played.run(6_000);
    expect(played.pictures.at(-1)?.source).toBe(2);
    const times = played.pictures.map(({ timeMs }) => timeMs);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  test.each([
    ["for a moment", 300],
    ["for some seconds", 5_000],
    ["for long", 30_000],
  ])("while the base is away, %s, its time stands still, and that of the player too", (_, ms) => {
    const { played, base } = scene({ layer: "720" }, { hasSameSound: true });
    played.run(4_000);
    expect(played.pictures.at(-1)?.source).toBe(1);
    base.end();
    played.run(ms);
    played.publish("show", 4, { ...BASE, hasSameSound: true });
    played.run(6_000);
    const times = played.pictures.map(({ timeMs }) => timeMs);
    expect(times.every((timeMs, index) => timeMs > (times[index - 1] ?? -1))).toBe(true);
    const [picture, sound] = [played.pictures.at(-1), played.sounds.at(-1)];
    expect(picture?.source).toBe(1);
    const timesMs = (sound?.timeMs ?? 0) - (picture?.timeMs ?? 0);
    const framesMs = ((sound?.frame ?? 0) - (picture?.frame ?? 0)) * FRAME_MS;
    expect(Math.abs(timesMs - framesMs)).toBeLessThanOrEqual(FRAME_MS);
  });

  test("one of another codec, or of a profile that was not agreed upon, is not offered", () => {
    const { played } = scene({ layer: "lowest" }, { track: AV1 });
    played.run(4_000);
    expect(played.seenSources).toEqual([0]);
  });

  test("they are joined while somebody plays, and asked for if nobody publishes them", () => {
    const played = new LadderScene({ variants: ["_720"] });
    const wanted: string[] = [];
    played.hub.addListener({
      onStreamCreated: () => undefined,
      onStreamForgotten: () => undefined,
      onStreamWanted: ({ name }) => wanted.push(name.stream),
      fail: (error) => {
        throw error;
      },
    });
    played.publish("show", 0, BASE);
    played.run(1_000);
    played.play();
    played.run(1_000);
    expect(wanted).toEqual(["show_720"]);
    const rung = played.hub.findByUrl("/live/show_720");
    expect(rung?.isWatched).toBe(true);
    played.leave();
    expect([rung?.isWatched, rung?.isNeeded]).toEqual([false, false]);
  });

  test("one that is named twice is joined once", () => {
    const { played } = scene({ variants: ["_720", "_720"], layer: "720" });
    played.run(4_000);
    const rung = played.hub.findByUrl("/live/show_720");
    expect(rung?.isNeeded).toBe(true);
    played.leave();
    expect(rung?.isNeeded).toBe(false);
  });

  test("without a ladder nothing is joined", () => {
    const { played } = scene({ variants: [], layer: "720" });
    played.run(4_000);
    expect(played.seenSources).toEqual([0]);
    expect(played.hub.findByUrl("/live/show_720")?.isWatched).toBe(false);
  });

  test.each<[string, readonly string[] | undefined]>([
    ["its publisher has ended", undefined],
    ["it is on the ladder no more", ["_360"]],
    ["there is no ladder any more", []],
  ])("what is kept of one is freed some seconds after %s", (_, variants) => {
    const { played, middle } = scene({ layer: "720" });
    played.run(6_000);
    const versions = played.viewer?.broadcast.versions(played.clock.monotonicMs());
    const history = versions?.find(({ name }) => name === "show_720")?.history;
    expect(history?.size).toBeGreaterThan(0);
    if (variants === undefined) middle.end();
    else played.variants = variants;
    played.run(3_000);
    // Who has lost a packet of it gets that still.
    expect(history?.size).toBeGreaterThan(0);
    played.run(4_000);
    expect(history?.size).toBe(0);
    expectOrder(played);
  });

  test("another ladder may be set while it is played", () => {
    const { played } = scene({ layer: "lowest" });
    played.run(4_000);
    played.variants = ["_720"];
    played.run(4_000);
    played.variants = [];
    played.run(2_000);
    expect(played.seenSources).toEqual([0, 2, 0, 1, 0]);
    expectOrder(played);
  });
});

describe("by the estimate", () => {
  test.each([
    [20_000_000, 0],
    [2_000_000, 1],
    [700_000, 2],
  ])("of a network of %i bit/s, the rung is number %i", (capacity, source) => {
    const { played } = scene({ capacity });
    played.run(60_000);
    const late = played.pictures.filter(({ atMs }) => atMs > 40_000);
    const share = late.filter((picture) => picture.source === source).length / late.length;
    expect(share).toBeGreaterThan(0.9);
    expectOrder(played);
  });

  test("a network that grows, and shrinks", () => {
    const { played } = scene({ capacity: 700_000 });
    played.run(30_000);
    expect(played.pictures.at(-1)?.source).toBe(2);
    played.link.bitrate = 8_000_000;
    played.run(30_000);
    expect(played.pictures.at(-1)?.source).toBe(0);
    played.link.bitrate = 1_800_000;
    played.run(30_000);
    expect(played.pictures.at(-1)?.source).toBe(1);
    expectOrder(played);
  });

  test("of rungs that come late, with the sound in step, and set back but once", () => {
    const played = new LadderScene({ capacity: 8_000_000 });
    const late = { delayMs: 700, burstMs: 350, hasSameSound: true };
    played.publish("show", 0, { ...BASE, hasSameSound: true });
    played.publish("show_720", 1, { ...MIDDLE, ...late });
    played.publish("show_360", 2, { ...SMALL, ...late });
    played.run(2_000);
    played.play();
    played.run(10_000);
    for (const [capacity, source] of [
      [700_000, 2],
      [8_000_000, 0],
      [1_800_000, 1],
    ] as const) {
      played.link.bitrate = capacity;
      played.run(30_000);
      expect(played.pictures.at(-1)?.source).toBe(source);
      const [picture, sound] = [played.pictures.at(-1), played.sounds.at(-1)];
      if (picture === undefined || sound === undefined) throw new Error("Nothing was sent");
      const apartMs = sound.timeMs - picture.timeMs - (sound.frame - picture.frame) * FRAME_MS;
      expect(Math.abs(apartMs)).toBeLessThan(1);
    }
    const backs = played.sounds.filter(
      ({ frame }, index) => frame <= (played.sounds[index - 1]?.frame ?? -1),
    );
    expect(backs).toHaveLength(1);
    expectOrder(played);
  });

  test("of a network that bears all, nothing but the best is ever sent", () => {
    const { played } = scene({ capacity: 20_000_000 });
    played.run(30_000);
    expect(played.seenSources).toEqual([0]);
  });

  test("a network that bears no more is asked about it ever less often", () => {
    const { played } = scene({ capacity: 700_000 });
    played.run(60_000);
    const before = played.repeatedCount;
    played.run(60_000);
    // Three probes, of some packets each.
    expect(played.repeatedCount - before).toBeLessThan(40);
    expect(played.repeatedCount - before).toBeGreaterThan(0);
  });

  test("a network is not probed while this machine has no time to send anything again", () => {
    const { played } = scene({ capacity: 700_000 });
    played.run(30_000);
    const { repeatedCount, viewer } = played;
    expect(repeatedCount).toBeGreaterThan(0);
    if (viewer !== undefined) viewer.isNackPaused = true;
    played.link.bitrate = 8_000_000;
    played.run(30_000);
    expect(played.repeatedCount).toBe(repeatedCount);
    if (viewer !== undefined) viewer.isNackPaused = false;
    played.run(30_000);
    expect(played.pictures.at(-1)?.source).toBe(0);
  });

  test("who tells nothing of the network gets the base, and is not probed", () => {
    const { played } = scene();
    played.run(10_000);
    expect(played.seenSources).toEqual([0]);
    expect(played.repeatedCount).toBe(0);
  });
});
