/**
 * Streams packaged as CMAF, on a clock that the test moves, and what a player makes of them.
 *
 * @module
 */

import type { Frame } from "../../src/live/frame.ts";
import type { ConfigValue } from "./memory-server.ts";
import { type ReadTrack, readTrack } from "./packaged-track.ts";
import { PackagingBench } from "./packaging-bench.ts";

/** A long window, so that a test sees all; timestamps as they come. */
export function startCmaf(cmaf: ConfigValue = {}, vhost: ConfigValue = {}): PackagingBench {
  const __defaultVhost__ = {
    hls: { enabled: false },
    dash: { enabled: false },
    play: { time_jitter: "off" },
    publish: { grace_ms: 60_000 },
    cmaf: { sessions: false, on_demand: false, window: 3_600, ...cmaf },
    ...vhost,
  };
  return new PackagingBench({ vhosts: { __defaultVhost__ } });
}

export function readVideo(bench: PackagingBench): Promise<ReadTrack> {
  return readTrack(bench, "/live/show/video.m3u8");
}

export function readAudio(bench: PackagingBench): Promise<ReadTrack> {
  return readTrack(bench, "/live/show/audio.m3u8");
}

/** Publishes all frames, and leaves; who might return does not take the parts out of the playlists. */
export async function packageAll(bench: PackagingBench, frames: readonly Frame[]): Promise<void> {
  const publisher = await bench.publish();
  await publisher.send(frames);
  await publisher.leave();
}

/** At each number, what a playlist says of where a segment begins, in milliseconds. */
export function startsOf({ segments }: ReadTrack): [number, number | undefined][] {
  return segments.map(({ sequenceNumber, programDateTimeMs }) => [
    sequenceNumber,
    programDateTimeMs,
  ]);
}
