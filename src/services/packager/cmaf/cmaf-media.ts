/**
 * The files of a stream in CMAF, by their names: initialization segments, segments, parts.
 *
 * Spec: draft-pantos-hls-rfc8216bis, section 6.2.6 (a hinted part is sent when it is there).
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import type { HttpResponse } from "../../../protocols/http/handler.ts";
import { CACHE_FOREVER, type PackagedContent } from "../packaged-resource.ts";
import type { CmafName } from "./cmaf-names.ts";
import type { CmafOutput } from "./cmaf-output.ts";
import { OpenSegmentBody } from "./open-segment-body.ts";
import type { TrackPackager } from "./track-packager.ts";

/** How long a request for a part that has been announced waits for it. */
const PART_PATIENCE_MS = 10_000;

/** @returns `undefined` if there is no such file, or not any more. */
export async function findCmafMedia(
  output: CmafOutput,
  name: Exclude<CmafName, { readonly type: "playlist" }>,
  clock: Clock,
): Promise<PackagedContent | HttpResponse | undefined> {
  const track = output.packager.tracks.get(name.kind);
  if (track === undefined) return undefined;
  switch (name.type) {
    case "initialization": {
      const initialization = track.initializationAt(name.index);
      if (initialization === undefined) return undefined;
      return content(initialization.track.initializationSegment, initialization.name, track);
    }
    case "segment":
      return findSegment(output, track, name.startTicks);
    case "part": {
      const { startTicks, part } = name;
      const isAnnounced = track.open?.startTicks === startTicks && track.open.parts.length === part;
      if (isAnnounced) {
        const isDecided = (): boolean =>
          track.open?.startTicks !== startTicks || track.open.parts.length > part;
        await output.waiters.wait(isDecided, clock.monotonicMs() + PART_PATIENCE_MS);
      }
      return findPart(track, startTicks, part);
    }
  }
}

function findSegment(
  output: CmafOutput,
  track: TrackPackager,
  startTicks: number,
): PackagedContent | HttpResponse | undefined {
  for (let i = track.segments.length - 1; i >= 0; i--) {
    const segment = track.segments[i];
    if (segment?.startTicks === startTicks) return content(segment.bytes, segment.name, track);
  }
  const { open } = track;
  if (open?.startTicks !== startTicks || open.parts.length === 0) return undefined;
  // It is being made: what there is goes out now, and the rest as it comes.
  const body = new OpenSegmentBody(open, track, output.waiters);
  return {
    status: 200,
    fields: [
      ["Content-Type", mediaTypeOf(track)],
      ["Cache-Control", CACHE_FOREVER],
    ],
    body: body.stream(),
  };
}

function findPart(
  { segments, open, kind }: TrackPackager,
  startTicks: number,
  index: number,
): PackagedContent | undefined {
  const segment =
    open?.startTicks === startTicks
      ? open
      : segments.findLast((candidate) => candidate.startTicks === startTicks);
  const part = segment?.parts[index];
  if (part === undefined || part.isGap) return undefined;
  return content(part.bytes, part.name, { kind });
}

function content(
  bytes: Uint8Array,
  version: string,
  track: Pick<TrackPackager, "kind">,
): PackagedContent {
  return { bytes, mediaType: mediaTypeOf(track), cacheControl: CACHE_FOREVER, version };
}

function mediaTypeOf({ kind }: Pick<TrackPackager, "kind">): string {
  return `${kind}/mp4`;
}
