/**
 * Goal: each segment of each track is told of once, when it can be had, under the name by which it can.
 *
 * Method: a stream packaged as CMAF, with parts, a hole and a publisher who returns; what was told is
 * compared with the playlists.
 */

import { expect, test } from "vitest";
import { startCmaf } from "../../../support/cmaf-bench.ts";
import { readMediaPlaylist } from "../../../support/hls-check.ts";
import { framesOf, picturesOf } from "../../../support/packaging-frames.ts";

test("what is told of is what playlists have", async () => {
  const bench = startCmaf({ segment_duration: 1 });
  const first = await bench.publish();
  await first.send(framesOf({ toMs: 5_000, gop: 25 }));
  expect(bench.cmafSegments.length).toBeGreaterThanOrEqual(6);
  await first.send(picturesOf(framesOf({ fromMs: 5_000, toMs: 8_000, gop: 25 }))); // No sound: gaps.
  await first.leave();
  const second = await bench.publish();
  await second.send(framesOf({ fromMs: 20_000, toMs: 24_000, gop: 25 }));
  await second.leave();
  for (const kind of ["video", "audio"]) {
    const { segments } = readMediaPlaylist(await bench.text(`/live/show/${kind}.m3u8`));
    const listed = segments
      .filter((segment) => !segment.isGap)
      .map(({ uri, sequenceNumber }) => `live/show/${uri} ${sequenceNumber}`);
    const told = bench.cmafSegments.filter((segment) => segment.kind === kind);
    expect(told.map(({ url, seq }) => `${url} ${seq}`)).toEqual(listed);
    expect(told.length).toBeGreaterThan(6);
    for (const { playlistUrl, durationMs, publisher } of told) {
      expect(playlistUrl).toBe(`live/show/${kind}.m3u8`);
      expect(durationMs).toBeGreaterThan(0);
      expect(publisher).toBeUndefined(); // The bench's are no sessions.
    }
  }
});
