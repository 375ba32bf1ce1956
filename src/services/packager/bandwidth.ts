/**
 * What a stream takes, measured from its segments.
 *
 * Spec: draft-pantos-hls-rfc8216bis, section 4.4.6.2 (BANDWIDTH and AVERAGE-BANDWIDTH).
 *
 * @module
 */

const BITS_PER_BYTE = 8;
const SECOND_MS = 1_000;
/** The peak is measured over segments that are at least half as long as the longest. */
const SHORT_SHARE = 0.5;
/** What to say of a stream of which there is nothing yet. Bits per second. */
const UNKNOWN = 1_000_000;

export interface MeasuredSegment {
  readonly durationMs: number;
  readonly size?: number;
  readonly bytes?: Uint8Array;
}

/** One track, or all of them in one. */
export interface MeasuredTrack {
  readonly segments: readonly MeasuredSegment[];
  /** What there is of the segment that is being made. */
  readonly open: { readonly parts: readonly MeasuredSegment[] } | undefined;
}

export interface Bandwidth {
  /** Bits per second: the largest of a segment, and of all of them. */
  readonly peak: number;
  readonly average: number;
}

/** Of all tracks together. */
export function measureBandwidth(tracks: readonly MeasuredTrack[]): Bandwidth {
  let peak = 0;
  let average = 0;
  for (const { segments, open } of tracks) {
    const measured = segments.length > 0 ? segments : (open?.parts ?? []);
    const longestMs = Math.max(0, ...measured.map(({ durationMs }) => durationMs));
    let totalSize = 0;
    let totalMs = 0;
    let trackPeak = 0;
    for (const segment of measured) {
      const size = segment.size ?? segment.bytes?.length ?? 0;
      if (segment.durationMs <= 0 || size === 0) continue; // A gap.
      totalSize += size;
      totalMs += segment.durationMs;
      if (segment.durationMs < longestMs * SHORT_SHARE) continue;
      trackPeak = Math.max(trackPeak, toRate(size, segment.durationMs));
    }
    const trackAverage = totalMs === 0 ? 0 : toRate(totalSize, totalMs);
    // Short segments count for the average alone, and may be denser than the others.
    peak += Math.max(trackPeak, trackAverage);
    average += trackAverage;
  }
  return peak === 0 ? { peak: UNKNOWN, average: UNKNOWN } : { peak, average };
}

function toRate(size: number, durationMs: number): number {
  return (size * BITS_PER_BYTE * SECOND_MS) / durationMs;
}
