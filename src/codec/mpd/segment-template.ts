/**
 * Segment templates: how the addresses of segments are made, and when each of them plays.
 *
 * Spec: ISO/IEC 23009-1, sections 5.3.9.4 (SegmentTemplate) and 5.3.9.6 (SegmentTimeline).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { xmlElement } from "./xml.ts";

export interface SegmentTemplate {
  /** Ticks per second of all times in the template. */
  readonly timescale: number;
  /** Addresses, with `$RepresentationID$`, `$Number$`, `$Time$` and `$Bandwidth$` in them. */
  readonly initialization: string;
  readonly media: string;
  /** The `$Number$` of the first segment. Absent: 1. */
  readonly startNumber?: number | undefined;
  /** Which media time plays at the period's start. Ticks. */
  readonly presentationTimeOffset?: number | undefined;
  /** How much earlier than at its end a segment can be asked for. Seconds. */
  readonly availabilityTimeOffset?: number | undefined;
  /** False: it is then sent as it is made. */
  readonly availabilityTimeComplete?: boolean | undefined;
  /** In order, without overlaps. */
  readonly timeline: readonly TimelineSegment[];
}

/** Ticks. */
export interface TimelineSegment {
  readonly startTime: number;
  readonly duration: number;
}

export function formatSegmentTemplate(template: SegmentTemplate): string {
  return xmlElement(
    "SegmentTemplate",
    {
      timescale: template.timescale,
      presentationTimeOffset: template.presentationTimeOffset,
      availabilityTimeOffset: template.availabilityTimeOffset,
      availabilityTimeComplete: template.availabilityTimeComplete,
      startNumber: template.startNumber,
      initialization: template.initialization,
      media: template.media,
    },
    [xmlElement("SegmentTimeline", {}, formatTimeline(template.timeline))],
  );
}

/**
 * One `S` for each run of segments of the same duration: `r` says how many follow the first. `t` is
 * left out where a segment begins with the end of the one before it.
 */
function formatTimeline(timeline: readonly TimelineSegment[]): string[] {
  const runs: string[] = [];
  let runStart = 0;
  let expectedTime: number | undefined;
  for (let i = 0; i < timeline.length; i = runStart) {
    const first = timeline[i];
    if (first === undefined) break;
    const { startTime, duration } = first;
    assert(isTick(startTime) && isTick(duration) && duration > 0, "times are whole ticks");
    assert(startTime >= (expectedTime ?? 0), "segments do not overlap");
    const isGap = startTime !== expectedTime;
    runStart = i + 1;
    expectedTime = startTime + duration;
    for (let next = timeline[runStart]; next !== undefined; next = timeline[runStart]) {
      if (next.startTime !== expectedTime || next.duration !== duration) break;
      expectedTime += duration;
      runStart += 1;
    }
    const repeatCount = runStart - i - 1;
    runs.push(
      xmlElement("S", {
        t: isGap ? startTime : undefined,
        d: duration,
        r: repeatCount > 0 ? repeatCount : undefined,
      }),
    );
  }
  return runs;
}

/** Media times pass 2^32, as those at 90 kHz do after 13 hours; 2^53 they pass never. */
function isTick(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
