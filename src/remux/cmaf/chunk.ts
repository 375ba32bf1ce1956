/**
 * CMAF chunks: the smallest pieces of a track that can be sent and appended by themselves. One of
 * them or many make a fragment, a part or a segment.
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { dropTemporalDelimiters } from "../../codec/av1/obu.ts";
import { Brand, writeSegmentType } from "../../codec/mp4/file-type.ts";
import { type FragmentSample, writeMovieFragment } from "../../codec/mp4/movie-fragment.ts";
import { CMAF_TRACK_ID, type CmafTrack } from "./cmaf-track.ts";

/** One frame, its payload as the frame has it. Times are in ticks of the track's timescale. */
export type CmafSample = FragmentSample;

export interface CmafChunk {
  /** In a file of several tracks; absent: CMAF_TRACK_ID. */
  readonly trackId?: number;
  /** Counts the chunks of the track, from 1; 32 bits. */
  readonly sequenceNumber: number;
  /** DTS of the first sample, in ticks; may be larger than 32 bits. */
  readonly baseDecodeTime: number;
  /** At least one, in decoding order. */
  readonly samples: readonly CmafSample[];
}

/** Writes `styp`, which the first chunk of a segment may start with. */
export function writeCmafSegmentType(writer: ByteWriter): void {
  writeSegmentType(writer, Brand.DashSegment, [Brand.CmafSegment, Brand.Iso6]);
}

/**
 * Writes a chunk, `moof` and `mdat`. Its frames go in as they are: length-prefixed NAL units with
 * sizes as long as the configuration says; of AV1 all but the temporal delimiters.
 */
export function writeCmafChunk(
  writer: ByteWriter,
  track: Pick<CmafTrack, "codec">,
  chunk: CmafChunk,
): void {
  const { trackId = CMAF_TRACK_ID, sequenceNumber, baseDecodeTime } = chunk;
  const samples = track.codec === "av1" ? chunk.samples.map(toAv1Sample) : chunk.samples;
  writeMovieFragment(writer, { trackId, sequenceNumber, baseDecodeTime, samples });
}

/** A temporal unit that is broken goes in as it came: decoders know best what to make of it. */
function toAv1Sample(sample: CmafSample): CmafSample {
  try {
    return { ...sample, payload: dropTemporalDelimiters(sample.payload) };
  } catch (error) {
    if (error instanceof MalformedError) return sample;
    throw error;
  }
}
