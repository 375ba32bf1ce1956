/**
 * Goal: a multivariant playlist says what the streams of a programme are at that moment, and nothing
 * that is not so; one of them that is in trouble does not keep viewers from the others.
 *
 * Method: publishers of which some have captions or no key frame; the playlists by HLS in both formats,
 * also by our checker.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { fromHex } from "../../support/hex.ts";
import { checkMultivariantPlaylist } from "../../support/hls-check.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import { PackagingBench } from "../../support/packaging-bench.ts";
import { AV1, framesOf } from "../../support/packaging-frames.ts";

/** Publishers may send faster than time passes, and pause. */
const VHOST = {
  play: { time_jitter: "off" },
  publish: { normal_timeout: 600_000 },
};
const ALWAYS = {
  hls: { hls_variants: ["_720", "_360"], hls_on_demand: false, hls_fragment: 2 },
  cmaf: { on_demand: false, sessions: false },
};
const ON_DEMAND = {
  hls: { hls_variants: ["_720", "_360"], hls_fragment: 2 },
  cmaf: { sessions: false },
};
/** The size of a NAL unit, and SEI of one pair of CEA-608. */
const CAPTION = fromHex("00000012 06040e b500314741393403 41ff fc942c ff 80");

function start(packaging: ConfigValue = ALWAYS): PackagingBench {
  return new PackagingBench({ vhosts: { __defaultVhost__: { ...VHOST, ...packaging } } });
}

function withCaptions(frame: Frame): Frame {
  if (frame.track.kind === "audio") return frame;
  return { ...frame, payload: Uint8Array.of(...CAPTION, ...frame.payload) };
}

async function publish(bench: PackagingBench, stream: string, frames: Frame[]): Promise<void> {
  const publisher = await bench.publish(`live/${stream}`);
  for (const frame of frames) publisher.sendNow(frame);
}

describe.each([
  ["CMAF", "/live/show.m3u8"],
  ["MPEG-TS", "/live/show/ts.m3u8"],
])("closed captions in %s", (format, path) => {
  async function read(bench: PackagingBench): Promise<string> {
    const text = await bench.text(path);
    expect(checkMultivariantPlaylist(text)).toEqual([]);
    return text;
  }

  test("that are in no variant are said to be in none", async () => {
    const bench = start();
    await publish(bench, "show", framesOf({ toMs: 6_000 }));
    await publish(bench, "show_720", framesOf({ toMs: 6_000 }));
    const text = await read(bench);
    expect(text.match(/CLOSED-CAPTIONS=NONE/g)).toHaveLength(2);
    expect(text).not.toContain("INSTREAM-ID");
  });

  test("are offered where they are", async () => {
    const bench = start();
    await publish(bench, "show", framesOf({ toMs: 6_000 }).map(withCaptions));
    await publish(bench, "show_720", framesOf({ toMs: 6_000 }));
    const text = await read(bench);
    expect(text.match(/TYPE=CLOSED-CAPTIONS.*INSTREAM-ID="CC1"/g)).toHaveLength(1);
    expect(text.match(/CLOSED-CAPTIONS="captions"/g)).toHaveLength(1);
    expect(text).not.toContain("NONE");
    if (format === "CMAF") expect(await bench.text("/live/show.mpd")).toContain("cea-608");
  });

  test("are forgotten with their publisher", async () => {
    const bench = start();
    const first = await bench.publish();
    for (const frame of framesOf({ toMs: 6_000 })) first.sendNow(withCaptions(frame));
    await first.leave();
    await publish(bench, "show", framesOf({ toMs: 6_000 }));
    expect(await read(bench)).toContain("CLOSED-CAPTIONS=NONE");
  });
});

test.each([
  ["CMAF", "/live/show.m3u8"],
  ["MPEG-TS", "/live/show/ts.m3u8"],
])("a stream without a key frame does not keep viewers from the others in %s", async (_, path) => {
  const bench = start();
  await publish(bench, "show_720", framesOf({ toMs: 10_000 }));
  const broken = await bench.publish("live/show_360");
  for (const frame of framesOf({ toMs: 1_000 })) broken.sendNow({ ...frame, isKeyFrame: false });
  // It may still get one.
  const early = await bench.ask(path);
  await bench.advance(17_000);
  expect(early.answer).toBeUndefined();
  await bench.advance(2_000);
  expect(early.answer?.status).toBe(200);
  const asked = await bench.ask(path);
  await bench.advance(2_000);
  expect(asked.answer?.status).toBe(200);
  expect(asked.answer?.text.match(/#EXT-X-STREAM-INF/g)).toHaveLength(1);
  expect(asked.answer?.text).toContain("show_720");
});

test("streams that begin together are waited for together", async () => {
  const bench = start();
  const [first, second] = [
    await bench.publish("live/show_720"),
    await bench.publish("live/show_360"),
  ];
  const asked = await bench.ask("/live/show.m3u8");
  const frames = framesOf({ toMs: 4_000 });
  for (const frame of frames) first.sendNow(frame);
  await bench.advance(500);
  expect(asked.answer).toBeUndefined();
  for (const frame of frames) second.sendNow(frame);
  await bench.advance(100);
  expect(asked.answer?.text.match(/#EXT-X-STREAM-INF/g)).toHaveLength(2);
});

test.each([
  ["CMAF", "/live/show.m3u8", "/live/show_720/video.m3u8"],
  ["MPEG-TS", "/live/show/ts.m3u8", "/live/show_720/ts.m3u8"],
])(
  "on demand in %s, one that nobody has watched is offered to who comes late",
  async (_, path, one) => {
    const bench = start(ON_DEMAND);
    const publishers = [await bench.publish("live/show_720"), await bench.publish("live/show_360")];
    const frames = framesOf({ toMs: 200_000 });
    let sentMs = 0;
    const go = async (toMs: number): Promise<void> => {
      for (const frame of frames.filter(({ dtsMs }) => dtsMs >= sentMs && dtsMs < toMs)) {
        const aheadMs = frame.dtsMs - bench.runtime.clock.monotonicMs();
        if (aheadMs > 0) await bench.advance(aheadMs);
        for (const publisher of publishers) publisher.sendNow(frame);
      }
      sentMs = toMs;
    };
    await go(1_000);
    const first = await bench.ask(path);
    await go(8_000);
    expect(first.answer?.text.match(/#EXT-X-STREAM-INF/g)).toHaveLength(2);
    const id = /hls_ctx=\w+/.exec(first.answer?.text ?? "")?.[0];
    for (let toMs = 10_000; toMs <= 100_100; toMs += 2_000) {
      await go(toMs);
      expect((await bench.get(`${one}?${id ?? ""}`)).status).toBe(200);
    }
    const late = await bench.ask(path);
    await go(110_000);
    expect(late.answer?.text.match(/#EXT-X-STREAM-INF/g)).toHaveLength(2);
  },
);

test("of AV1, which has captions of its own kind, nothing is said", async () => {
  const bench = start();
  await publish(bench, "show", framesOf({ toMs: 6_000, video: AV1 }));
  expect(await bench.text("/live/show.m3u8")).not.toContain("CAPTIONS");
});
