/**
 * Reads HDS as a player does, from the specification and without anything of the server's: the bootstrap
 * information (Adobe Flash Video File Format Specification 10.1, section 2.11.2) and the tags in a
 * fragment (Annex E).
 *
 * @module
 */

export interface ReadRun {
  readonly first: number;
  readonly startMs: number;
  readonly durationMs: number;
  /** Present where the duration is 0. */
  readonly discontinuity?: number;
}

export interface ReadBootstrap {
  readonly version: number;
  readonly isLive: boolean;
  readonly currentMs: number;
  readonly fragmentsPerSegment: number;
  readonly runs: readonly ReadRun[];
}

export interface ReadTag {
  readonly kind: "video" | "audio";
  readonly timestampMs: number;
  readonly body: Uint8Array;
}

/** @throws {Error} If anything is not as specified, or more than a live stream in one quality has. */
export function readBootstrap(bytes: Uint8Array): ReadBootstrap {
  const reader = new FieldReader(bytes);
  const end = reader.box("abst");
  check(end === bytes.length, "the box is all there is");
  const version = reader.take(4);
  const flags = reader.take(1);
  check(reader.take(4) === 1_000, "the unit is a millisecond");
  const currentMs = reader.take(8);
  check(reader.take(8) === 0, "no SMPTE offset");
  for (const field of ["movie", "servers", "qualities", "rights", "metadata"]) {
    check(reader.take(1) === 0, `no ${field}`);
  }

  check(reader.take(1) === 1, "one table of segments");
  const segmentsEnd = reader.box("asrt");
  check(reader.take(1) === 0 && reader.take(4) === 1, "one run of segments");
  check(reader.take(4) === 1, "the first segment is 1");
  const fragmentsPerSegment = reader.take(4);
  check(reader.offset === segmentsEnd, "nothing else about segments");

  check(reader.take(1) === 1, "one table of fragments");
  const fragmentsEnd = reader.box("afrt");
  check(reader.take(4) === 1_000 && reader.take(1) === 0, "milliseconds, one quality");
  const runs = Array.from({ length: reader.take(4) }, (): ReadRun => {
    const run = { first: reader.take(4), startMs: reader.take(8), durationMs: reader.take(4) };
    return run.durationMs > 0 ? run : { ...run, discontinuity: reader.take(1) };
  });
  check(reader.offset === fragmentsEnd && fragmentsEnd === end, "nothing behind the fragments");
  const isLive = flags === 0b0010_0000;
  check(isLive || flags === 0, "named access, no update");
  return { version, isLive, currentMs, fragmentsPerSegment, runs };
}

/** The tags of a fragment: one box with nothing around it. @throws {Error} If it is something else. */
export function readHdsFragment(bytes: Uint8Array): ReadTag[] {
  const reader = new FieldReader(bytes);
  check(reader.take(4) === bytes.length, "the box is all there is");
  check(reader.take(4) === 0x6d_64_61_74, "the box is mdat");
  const tags: ReadTag[] = [];
  while (reader.offset < bytes.length) {
    const type = reader.take(1);
    const size = reader.take(3);
    const low = reader.take(3);
    const timestampMs = ((reader.take(1) << 24) | low) >>> 0;
    check(reader.take(3) === 0, "the stream id is 0");
    const body = reader.bytes(size);
    check(reader.take(4) === 11 + size, "the size of the tag stands behind it");
    check(type === 8 || type === 9, "audio or video");
    tags.push({ kind: type === 9 ? "video" : "audio", timestampMs, body });
  }
  return tags;
}

/** Sequence headers of AVC and AAC; MP3 has none. */
export function isSequenceHeader({ kind, body }: ReadTag): boolean {
  const isConfigured = kind === "video" ? (body[0] ?? 0) % 16 === 7 : (body[0] ?? 0) >> 4 === 10;
  return isConfigured && body[1] === 0;
}

/** The media of a fragment as a file of FLV: without its box, behind a file header. */
export function toFlvFile(fragment: Uint8Array): Uint8Array {
  const header = [0x46, 0x4c, 0x56, 1, 0b101, 0, 0, 0, 9, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...fragment.subarray(8)]);
}

class FieldReader {
  offset = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(size: number): number {
    return this.bytes(size).reduce((value, byte) => value * 256 + byte, 0);
  }

  bytes(size: number): Uint8Array {
    const { offset } = this;
    check(offset + size <= this.#bytes.length, `${size} bytes at ${offset}`);
    this.offset += size;
    return this.#bytes.subarray(offset, offset + size);
  }

  /** Begins a box without version and flags. @returns Where it ends. */
  box(type: string): number {
    const start = this.offset;
    const end = start + this.take(4);
    const name = String.fromCharCode(...this.bytes(4));
    check(name === type, `a box "${type}" at ${start}, not "${name}"`);
    check(this.take(4) === 0, `version and flags of "${type}" are 0`);
    return end;
  }
}

function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`Not HDS: expected ${what}`);
}
