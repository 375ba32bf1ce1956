/**
 * One track of a packaged stream as a player sees it that fetches everything.
 *
 * @module
 */

import { checkMediaPlaylist, readMediaPlaylist } from "./hls-check.ts";
import type { ParsedMediaPlaylist, ParsedSegment } from "./hls-parse.ts";
import type { PackagingBench } from "./packaging-bench.ts";
import { hexOf, type ReadSample, readSamples } from "./packaging-frames.ts";

export interface ReadSegment extends ParsedSegment {
  readonly samples: readonly ReadSample[];
}

export interface ReadTrack {
  readonly text: string;
  readonly playlist: ParsedMediaPlaylist;
  readonly segments: readonly ReadSegment[];
  /** Of all segments, in order. */
  readonly payloads: readonly string[];
  /** What is wrong with the playlist, or does not agree with the media. */
  readonly violations: readonly string[];
}

/** Milliseconds by which a playlist may be off its media: it has three digits behind the point. */
const ROUNDING_S = 0.002;
const PARTS_ROUNDING_S = 0.01;
/** Where no frame came for so long, it is said. */
const HOLE_S_MIN = 0.05;

/** @param path Of a media playlist. */
export async function readTrack(bench: PackagingBench, path: string): Promise<ReadTrack> {
  const text = await bench.text(path);
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const playlist = readMediaPlaylist(text);
  const violations = checkMediaPlaylist(text);
  const segments: ReadSegment[] = [];
  for (const segment of playlist.segments) {
    if (segment.isGap) {
      const { status } = await bench.get(folder + segment.uri);
      if (status !== 404) violations.push(`${segment.uri}: a gap that is there`);
      segments.push({ ...segment, samples: [] });
      continue;
    }
    const bytes = await bench.bytes(folder + segment.uri);
    const samples = readSamples(bytes);
    violations.push(...(await checkSegment({ ...segment, samples }, { bench, folder, bytes })));
    segments.push({ ...segment, samples });
  }
  const payloads = segments.flatMap(({ samples }) => samples.map(({ payload }) => payload));
  return { text, playlist, segments, payloads, violations };
}

async function checkSegment(
  segment: ReadSegment,
  place: { readonly bench: PackagingBench; readonly folder: string; readonly bytes: Uint8Array },
): Promise<string[]> {
  const { uri, samples, duration, parts, map = "" } = segment;
  const { bench, folder, bytes } = place;
  const violations: string[] = [];
  const initialization = await bench.bytes(folder + (/URI="([^"]+)"/.exec(map)?.[1] ?? ""));
  const timescale = timescaleOf(initialization);
  const [first] = samples;
  if (first === undefined) return [`${uri}: no sample`];
  if (`${first.startTicks}` !== /-(\d+)\.m4s/.exec(uri)?.[1]) {
    violations.push(`${uri}: begins at ${first.startTicks}`);
  }
  const startS = (segment.programDateTimeMs ?? Number.NaN) / 1_000;
  const last = samples.at(-1) ?? first;
  const holes = [
    first.startTicks / timescale - startS,
    gapsIn(samples) / timescale,
    startS + duration - (last.startTicks + last.duration) / timescale,
  ];
  for (const hole of holes) {
    const isHole = hole > HOLE_S_MIN || Math.abs(hole) < ROUNDING_S;
    if (!isHole) violations.push(`${uri}: ${hole} s are in no sample`);
  }
  if (parts.length > 0) {
    const seconds = samples.reduce((sum, sample) => sum + sample.duration, 0) / timescale;
    const gapSeconds = parts.reduce((sum, part) => sum + (part.isGap ? part.duration : 0), 0);
    if (Math.abs(seconds + gapSeconds - duration) > PARTS_ROUNDING_S) {
      violations.push(`${uri}: its samples last ${seconds} s, its gaps ${gapSeconds} s`);
    }
  }
  violations.push(...(await checkParts(segment, place)));
  if (hexOf(bytes.subarray(4, 8)) !== hexOf(new TextEncoder().encode("styp"))) {
    violations.push(`${uri}: no styp`);
  }
  return violations;
}

/** Parts are there one by one, and make the segment. */
async function checkParts(
  { uri, parts }: ReadSegment,
  place: { readonly bench: PackagingBench; readonly folder: string; readonly bytes: Uint8Array },
): Promise<string[]> {
  const violations: string[] = [];
  const { bench, folder, bytes } = place;
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    const answer = await bench.get(folder + part.uri);
    if (part.isGap) {
      if (answer.status !== 404) violations.push(`${part.uri}: a gap that is there`);
      continue;
    }
    if (answer.status !== 200) violations.push(`${part.uri}: ${answer.status}`);
    const [first] = readSamples(answer.bytes);
    if (first?.isKeyFrame !== part.isIndependent) violations.push(`${part.uri}: INDEPENDENT`);
    pieces.push(answer.bytes);
  }
  if (parts.length > 0 && hexOf(Buffer.concat(pieces)) !== hexOf(bytes)) {
    violations.push(`${uri}: its parts are something else`);
  }
  return violations;
}

function gapsIn(samples: readonly ReadSample[]): number {
  let ticks = 0;
  for (const [index, { startTicks, duration }] of samples.entries()) {
    const next = samples[index + 1];
    if (next === undefined) continue;
    if (next.startTicks < startTicks + duration) throw new Error("Samples overlap");
    ticks += next.startTicks - startTicks - duration;
  }
  return ticks;
}

/** Of the `mdhd` of an initialization segment: version 0 or 1. */
export function timescaleOf(bytes: Uint8Array): number {
  const at = Buffer.from(bytes).indexOf("mdhd", 0, "latin1") + 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(at + (bytes[at] === 1 ? 20 : 12));
}
