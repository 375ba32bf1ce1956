/**
 * Goal: a player who asks for what is yet to come is answered as soon as it has come and not before,
 * and one who asks for nonsense at once; what it gets may be kept for as long as it stays true.
 *
 * Method: requests beside a publisher whose every frame the test decides.
 */

import { describe, expect, test } from "vitest";
import { readMediaPlaylist } from "../../support/hls-check.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import { type BenchPublisher, PackagingBench } from "../../support/packaging-bench.ts";
import { framesOf } from "../../support/packaging-frames.ts";

const VIDEO = "/live/show/video.m3u8";

interface Stage {
  readonly bench: PackagingBench;
  readonly publisher: BenchPublisher;
  /** Goes on to that time of the stream. */
  go(toMs: number): Promise<void>;
}

/** A stream of 25 pictures a second, a key frame every 2 s: 11 pictures are a part, in the first segment 12. */
async function start(cmaf: ConfigValue = {}, publish: ConfigValue = {}): Promise<Stage> {
  const __defaultVhost__ = {
    hls: { enabled: false },
    play: { time_jitter: "off" },
    publish: { grace_ms: 60_000, ...publish },
    cmaf: { sessions: false, on_demand: false, ...cmaf },
  };
  const bench = new PackagingBench({ vhosts: { __defaultVhost__ } });
  const publisher = await bench.publish();
  const frames = framesOf({ toMs: 120_000 });
  const go = async (toMs: number): Promise<void> => {
    const count = frames.findIndex(({ dtsMs }) => dtsMs >= toMs);
    await publisher.send(frames.splice(0, count < 0 ? frames.length : count));
  };
  return { bench, publisher, go };
}

/** Segments and parts at 10.2 s: 0 to 4 are whole, of 5 nothing but the pictures that are held. */
const NOW_MS = 10_200;

async function begin(cmaf: ConfigValue = {}, publish: ConfigValue = {}): Promise<Stage> {
  const stage = await start(cmaf, publish);
  await stage.go(NOW_MS);
  const { segments, openSegment } = readMediaPlaylist(await stage.bench.text(VIDEO));
  expect(segments).toHaveLength(5);
  expect(openSegment?.parts ?? []).toHaveLength(0);
  return stage;
}

describe("blocking reload", () => {
  test.each([
    ["a segment that is there", "_HLS_msn=4", NOW_MS],
    ["a part that is there", "_HLS_msn=4&_HLS_part=2", NOW_MS],
    ["a segment that has left the playlist", "_HLS_msn=0", NOW_MS],
    ["the next part", "_HLS_msn=5&_HLS_part=0", 10_440],
    ["the one after it", "_HLS_msn=5&_HLS_part=1", 10_880],
    ["a part past the last of a whole segment", "_HLS_msn=4&_HLS_part=5", 10_440],
    ["the whole segment", "_HLS_msn=5", 12_000],
    ["the next one", "_HLS_msn=6", 14_000],
    ["the last part", "_HLS_msn=5&_HLS_part=3", 11_760],
    ["a part of the next segment", "_HLS_msn=6&_HLS_part=1", 12_880],
  ])("for %s is answered when that is there", async (_, query, atMs) => {
    const { bench, go } = await begin();
    const asked = await bench.ask(`${VIDEO}?${query}`);
    if (atMs > NOW_MS) {
      await go(atMs);
      expect(asked.answer).toBeUndefined();
      // The picture that says how long the one before it lasts.
      await go(atMs + 1);
    }
    const answer = await asked.done;
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(await bench.text(VIDEO));
  });

  test("for the part past what turns out to be the last is answered with the first of the next", async () => {
    const { bench, go } = await begin();
    await go(11_600);
    // Segment 5 will have the parts 0 to 4: who asks for 5 cannot know.
    const asked = await bench.ask(`${VIDEO}?_HLS_msn=5&_HLS_part=5`);
    await go(12_440);
    expect(asked.answer).toBeUndefined();
    await go(12_441);
    expect((await asked.done).status).toBe(200);
  });

  test.each([
    "_HLS_msn=7",
    "_HLS_msn=9007199254740991",
    "_HLS_msn=5&_HLS_part=7",
    "_HLS_msn=6&_HLS_part=7",
    "_HLS_msn=-1",
    "_HLS_msn=x",
    "_HLS_msn=",
    "_HLS_part=0",
    "_HLS_msn=5&_HLS_part=x",
    "_HLS_msn=5&_HLS_part=-1",
    "_HLS_skip=NO",
    "_HLS_msn=99999999999999999999",
  ])("%s is refused at once", async (query) => {
    const { bench } = await begin();
    const answer = await bench.get(`${VIDEO}?${query}`);
    expect(answer.status).toBe(400);
  });

  test("is given up after three target durations in which nothing came", async () => {
    const { bench } = await begin();
    const asked = await bench.ask(`${VIDEO}?_HLS_msn=5&_HLS_part=0`);
    await bench.advance(5_900);
    expect(asked.answer).toBeUndefined();
    await bench.advance(1_100);
    const answer = await asked.done;
    expect(answer.status).toBe(503);
    expect(answer.fields.get("Retry-After")).toBe("1");
  });

  test("is answered at once when the stream ends, and behind its end", async () => {
    const { bench, publisher } = await begin({}, { grace_ms: 0 });
    const asked = [
      await bench.ask(`${VIDEO}?_HLS_msn=5&_HLS_part=3`),
      await bench.ask(`${VIDEO}?_HLS_msn=6`),
    ];
    await publisher.leave();
    for (const { done } of asked) expect((await done).text).toContain("#EXT-X-ENDLIST");
    const late = await bench.get(`${VIDEO}?_HLS_msn=6&_HLS_part=1`);
    expect(late.text).toContain("#EXT-X-ENDLIST");
  });

  test("for the open segment is answered when its publisher leaves, who may return", async () => {
    const { bench, publisher } = await begin();
    const asked = await bench.ask(`${VIDEO}?_HLS_msn=5&_HLS_part=3`);
    const next = await bench.ask(`${VIDEO}?_HLS_msn=6&_HLS_part=0`);
    await publisher.leave();
    const answer = await asked.done;
    expect(readMediaPlaylist(answer.text).segments).toHaveLength(6);
    expect(answer.text).not.toContain("ENDLIST");
    expect(next.answer).toBeUndefined();
    const second = await bench.publish();
    await second.send(framesOf({ fromMs: 500_000, toMs: 501_000 }));
    expect((await next.done).status).toBe(200);
  });

  test("waits for a stream that has just begun, and then as usual", async () => {
    const { bench, go } = await start();
    const early = await bench.ask(`${VIDEO}?_HLS_msn=1&_HLS_part=1`);
    await go(2_880);
    expect(early.answer).toBeUndefined();
    await go(3_100);
    expect((await early.done).status).toBe(200);
  });

  test("is answered once for each of thousands who wait", async () => {
    const { bench, go } = await begin();
    const asked = await Promise.all(
      Array.from({ length: 2_000 }, () => bench.ask(`${VIDEO}?_HLS_msn=5&_HLS_part=0`)),
    );
    await go(10_600);
    const answers = await Promise.all(asked.map(({ done }) => done));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  });
});

describe("the part that is hinted at", () => {
  test("is sent when it is there, as the playlist will name it", async () => {
    const { bench, go } = await begin();
    let answered = 0;
    for (let toMs = 10_300; toMs < 14_500; toMs += 100) {
      const { preloadHints } = readMediaPlaylist(await bench.text(VIDEO));
      const [hint] = preloadHints;
      const uri = hint?.get("URI") ?? "";
      const asked = await bench.ask(`/live/show/${uri}`);
      await go(toMs);
      if (asked.answer === undefined) continue;
      expect(asked.answer.status).toBe(200);
      expect(asked.answer.fields.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
      expect(await bench.text(VIDEO)).toContain(`URI="${uri}"`);
      answered += 1;
    }
    expect(answered).toBeGreaterThan(7);
  });

  test("that does not come is missing, with an answer that is soon forgotten", async () => {
    const { bench } = await begin();
    const [hint] = readMediaPlaylist(await bench.text(VIDEO)).preloadHints;
    const asked = await bench.ask(`/live/show/${hint?.get("URI")}`);
    await bench.advance(11_000);
    const answer = await asked.done;
    expect(answer.status).toBe(404);
    expect(answer.fields.get("Cache-Control")).toBe("public, max-age=1");
  });

  test("comes at once when the publisher leaves", async () => {
    const { bench, publisher } = await begin();
    const [hint] = readMediaPlaylist(await bench.text(VIDEO)).preloadHints;
    const asked = await bench.ask(`/live/show/${hint?.get("URI")}`);
    await publisher.leave();
    expect((await asked.done).status).toBe(200);
  });

  test.each(["video", "audio"])(
    "is of %s the one that follows, and no other is waited for",
    async (kind) => {
      const { bench } = await begin();
      const playlist = readMediaPlaylist(await bench.text(`/live/show/${kind}.m3u8`));
      const hint = playlist.preloadHints[0]?.get("URI") ?? "";
      const second = hint.replace(/\.0\.m4s$/, ".1.m4s");
      expect(second).not.toBe(hint);
      expect((await bench.get(`/live/show/${second}`)).status).toBe(404);
    },
  );
});

describe("what may be kept", () => {
  test.each([
    ["the playlist as it is, for half a target duration", "", "public, max-age=1"],
    ["what was waited for, for six", "?_HLS_msn=4", "public, max-age=12"],
    ["a part that was waited for", "?_HLS_msn=4&_HLS_part=1", "public, max-age=12"],
    ["a delta update", "?_HLS_skip=YES", "public, max-age=1"],
  ])("%s", async (_, query, cacheControl) => {
    const { bench } = await begin();
    const answer = await bench.get(VIDEO + query);
    expect(answer.fields.get("Cache-Control")).toBe(cacheControl);
    expect(answer.fields.get("Content-Type")).toBe("application/vnd.apple.mpegurl");
  });

  test("nothing that names a session", async () => {
    const { bench, go } = await start({ sessions: true });
    await go(NOW_MS);
    const first = await bench.get("/live/show.m3u8");
    expect(first.fields.get("Cache-Control")).toBe("no-store");
  });

  test("segments, parts and initialization segments, for ever", async () => {
    const { bench } = await begin();
    const { segments } = readMediaPlaylist(await bench.text(VIDEO));
    const last = segments.at(-1);
    const map = /URI="([^"]+)"/.exec(last?.map ?? "")?.[1];
    for (const name of [last?.uri, last?.parts[0]?.uri, map]) {
      const answer = await bench.get(`/live/show/${name}`);
      expect(answer.status).toBe(200);
      expect(answer.fields.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
      expect(answer.fields.get("Content-Type")).toBe("video/mp4");
    }
  });

  test("is told by an entity tag, which a player may ask with", async () => {
    const { bench, go } = await begin();
    const { fields } = await bench.get(VIDEO);
    const tag = fields.get("ETag") ?? "";
    expect((await bench.get(VIDEO, `If-None-Match: ${tag}\r\n`)).status).toBe(304);
    await go(10_600);
    const later = await bench.get(VIDEO, `If-None-Match: ${tag}\r\n`);
    expect(later.status).toBe(200);
    expect(later.fields.get("ETag")).not.toBe(tag);
  });

  test("what is said of the other track is so", async () => {
    const { bench, go } = await begin();
    for (let toMs = 10_210; toMs < 15_000; toMs += 30) {
      await go(toMs);
      for (const [own, other] of [
        ["video", "audio"],
        ["audio", "video"],
      ]) {
        const { renditionReports } = readMediaPlaylist(await bench.text(`/live/show/${own}.m3u8`));
        const report = renditionReports[0] ?? new Map();
        const { mediaSequence, segments, openSegment } = readMediaPlaylist(
          await bench.text(`/live/show/${other}.m3u8`),
        );
        const isOpen = (openSegment?.parts.length ?? 0) > 0;
        const last = isOpen ? openSegment : segments.at(-1);
        const msn = mediaSequence + segments.length - (isOpen ? 0 : 1);
        expect(report.get("URI")).toBe(`${other}.m3u8`);
        expect(report.get("LAST-MSN")).toBe(`${msn}`);
        expect(report.get("LAST-PART")).toBe(`${(last?.parts.length ?? 0) - 1}`);
      }
    }
  });

  test("changes with what is said of the other track alone", async () => {
    const { bench, go } = await begin();
    const tags = new Map<string, string>();
    for (let toMs = 10_210; toMs < 13_000; toMs += 10) {
      await go(toMs);
      const { fields, text } = await bench.get(VIDEO);
      const tag = fields.get("ETag") ?? "";
      expect(tags.get(tag) ?? text).toBe(text);
      tags.set(tag, text);
    }
    const reports = new Set([...tags.values()].map((text) => /LAST-MSN.*/.exec(text)?.[0]));
    expect(reports.size).toBeGreaterThan(4);
  });
});

describe("delta updates", () => {
  test("skip what is older than six target durations", async () => {
    const { bench, go } = await start();
    await go(31_000);
    const whole = await bench.text(VIDEO);
    expect(whole).not.toContain("SKIP:");
    const delta = await bench.text(`${VIDEO}?_HLS_skip=YES`);
    // Of 15 segments of 2 s and an open one of 0.96 s those are kept that end less than 12 s ago.
    expect(delta).toContain("#EXT-X-SKIP:SKIPPED-SEGMENTS=9\n");
    expect(readMediaPlaylist(delta).segments).toHaveLength(6);
    expect(await bench.text(`${VIDEO}?_HLS_skip=v2`)).toBe(delta);
    expect(await bench.text(`${VIDEO}?_HLS_msn=14&_HLS_skip=YES`)).toBe(delta);
  });

  test("of a short playlist are the playlist", async () => {
    const { bench } = await begin();
    expect(await bench.text(`${VIDEO}?_HLS_skip=YES`)).toBe(await bench.text(VIDEO));
  });
});

test("without low latency nothing is offered, and requests for what is to come wait all the same", async () => {
  const { bench, go } = await start({ low_latency: false });
  await go(10_200);
  const text = await bench.text(VIDEO);
  expect(text).not.toMatch(/PART|CAN-BLOCK|CAN-SKIP|RENDITION/);
  expect(text).toContain("#EXT-X-SERVER-CONTROL:HOLD-BACK=6\n");
  const asked = await bench.ask(`${VIDEO}?_HLS_msn=5`);
  await go(12_000);
  expect(asked.answer).toBeUndefined();
  await go(12_100);
  expect((await asked.done).status).toBe(200);
});
