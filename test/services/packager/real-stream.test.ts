/**
 * Goal: what an encoder made comes out of each format as it went in.
 *
 * Method: the file that the server can play by itself, through the live core as it is by default.
 */

import { expect, test } from "vitest";
import { readFlvFrames } from "../../support/flv-frames.ts";
import { checkMediaPlaylist, checkMultivariantPlaylist } from "../../support/hls-check.ts";
import { checkMpd } from "../../support/mpd-check.ts";
import { readTrack } from "../../support/packaged-track.ts";
import { PackagingBench } from "../../support/packaging-bench.ts";
import { payloadsOf, picturesOf, soundsOf } from "../../support/packaging-frames.ts";
import { readTransportStream } from "../../support/transport-stream.ts";

const FRAMES = readFlvFrames(new URL("../../../web/test-stream.flv", import.meta.url));

test("every frame of a real stream is in CMAF, and its texts are valid", async () => {
  const __defaultVhost__ = {
    hls: { hls_on_demand: false, hls_fragment: 2, hls_window: 600, hls_ctx: false },
    dash: { enabled: true },
    cmaf: { sessions: false, on_demand: false, window: 600 },
    publish: { grace_ms: 60_000 },
  };
  const bench = new PackagingBench({ vhosts: { __defaultVhost__ } });
  const publisher = await bench.publish();
  await publisher.send(FRAMES);
  await publisher.leave();
  const pictures = await readTrack(bench, "/live/show/video.m3u8");
  const sounds = await readTrack(bench, "/live/show/audio.m3u8");
  const [video, audio] = [picturesOf(FRAMES), soundsOf(FRAMES)];
  expect(video.length).toBeGreaterThan(50);
  expect(pictures.payloads).toEqual(payloadsOf(video));
  // Sound from before the first picture has nothing to be heard with.
  const firstMs = video[0]?.dtsMs ?? 0;
  const heard = payloadsOf(audio.filter(({ dtsMs }) => dtsMs >= firstMs));
  expect(sounds.payloads.slice(-heard.length)).toEqual(heard);
  expect(pictures.violations).toEqual([]);
  expect(sounds.violations).toEqual([]);
  expect(checkMultivariantPlaylist(await bench.text("/live/show.m3u8"))).toEqual([]);
  expect(checkMpd(await bench.text("/live/show.mpd"))).toEqual([]);
  const ts = await bench.text("/live/show/ts.m3u8");
  expect(checkMediaPlaylist(ts)).toEqual([]);
  const uris = ts.split("\n").filter((line) => line.endsWith(".ts"));
  const segments = await Promise.all(uris.map((uri) => bench.bytes(`/live/show/${uri}`)));
  const { pesPackets } = readTransportStream(Buffer.concat(segments));
  expect(pesPackets.filter(({ pid }) => pid === 0x100)).toHaveLength(video.length);
});
