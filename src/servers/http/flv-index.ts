/**
 * Where the tags of an FLV file lie, so that a player can be given the rest of it from anywhere.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { AudioPacketType, decodeAudioBody } from "../../codec/flv/audio-body.ts";
import { decodeFlvHeader } from "../../codec/flv/header.ts";
import {
  decodeFlvTagHead,
  FLV_TAG_HEAD_SIZE,
  FLV_TAG_OVERHEAD,
  type FlvTagHead,
  FlvTagType,
} from "../../codec/flv/tag.ts";
import { decodeVideoBody, VideoPacketType } from "../../codec/flv/video-body.ts";
import type { OpenFile } from "../../runtime/runtime.ts";

/**
 * So much is read at once, and is all that a walk holds. Less would take more calls, each of which
 * costs as much as reading this many bytes from memory; data of larger tags is stepped over.
 */
const PIECE_SIZE = 64 * 1024;
/** So much of a tag's data says whether it is a sequence header: a header of Enhanced RTMP. */
const BODY_HEAD_SIZE = 32;
/** Bytes between places that are kept, at first: what a second player's seek has to walk over. */
const SPACING_MIN = 1 << 20;
/** When there are so many, every other one is dropped: the file is larger than 1 GiB. */
const CHECKPOINTS_MAX = 1024;
/** Records of codecs are tens to hundreds of bytes; a larger tag is something else. */
const SEQUENCE_HEADER_SIZE_MAX = 64 * 1024;
/** Tracks whose sequence headers are looked for: the main two, and some of multitrack streams. */
const TRACKS_MAX = 16;

/** Where the tags of sequence headers lie, by type and track. */
type SequenceHeaders = ReadonlyMap<number, TagPlace>;

interface TagPlace {
  readonly offset: number;
  /** Of the whole tag, in bytes. */
  readonly size: number;
}

/** The start of a tag, and the sequence headers that hold there. */
interface Checkpoint {
  readonly offset: number;
  readonly sequenceHeaders: SequenceHeaders;
}

/** What a player gets who starts in the middle of a file. */
export interface FlvRest {
  /** The file's header and the sequence headers that hold at `offset`. */
  readonly head: Uint8Array;
  /** Where a tag starts, in bytes from the start of the file. */
  readonly offset: number;
}

/** Of a file that does not change. */
export class FlvIndex {
  readonly #fileSize: number;
  #fileHeader: Uint8Array | undefined;
  readonly #checkpoints: Checkpoint[] = [];
  #spacing = SPACING_MIN;
  /** The walk that is on its way into what is not known yet: others wait for what it will find. */
  #exploring: Promise<unknown> | undefined;

  constructor(fileSize: number) {
    this.#fileSize = fileSize;
  }

  /**
   * Finds the tag that holds the byte at `position`, which must be in the file.
   *
   * @throws {MalformedError} If the file has no tags up to there.
   */
  async find(file: OpenFile, position: number): Promise<FlvRest> {
    while (position >= this.#knownEnd && this.#exploring !== undefined) await this.#exploring;
    const walk = this.#walkTo(file, position);
    if (position >= this.#knownEnd) {
      // Its failure is for its own player to hear of; the next one finds out by itself.
      const exploring = walk
        .catch(() => undefined)
        .then(() => {
          this.#exploring = undefined;
        });
      this.#exploring = exploring;
    }
    const { offset, sequenceHeaders } = await walk;
    return { head: await this.#readHead(file, sequenceHeaders), offset };
  }

  /** Where nothing has been seen yet but by walking. */
  get #knownEnd(): number {
    return (this.#checkpoints.at(-1)?.offset ?? 0) + this.#spacing;
  }

  async #walkTo(file: OpenFile, position: number): Promise<Checkpoint> {
    let { offset, sequenceHeaders } = await this.#nearest(file, position);
    let piece = new Uint8Array();
    let pieceOffset = offset;
    for (;;) {
      this.#keep({ offset, sequenceHeaders });
      const needed = Math.min(FLV_TAG_HEAD_SIZE + BODY_HEAD_SIZE, this.#fileSize - offset);
      if (offset < pieceOffset || offset + needed > pieceOffset + piece.length) {
        piece = (await file.read(offset, PIECE_SIZE)) as Uint8Array<ArrayBuffer>;
        pieceOffset = offset;
      }
      const start = offset - pieceOffset;
      const tag = decodeFlvTagHead(piece, start);
      if (tag === undefined) throw new MalformedError("Cannot find tag: the file ends", offset);
      const size = FLV_TAG_OVERHEAD + tag.dataSize;
      if (position < offset + size) return { offset, sequenceHeaders };
      const dataStart = start + FLV_TAG_HEAD_SIZE;
      const dataHead = piece.subarray(
        dataStart,
        dataStart + Math.min(tag.dataSize, BODY_HEAD_SIZE),
      );
      sequenceHeaders = withTag(sequenceHeaders, { offset, size }, trackOf(tag, dataHead));
      offset += size;
    }
  }

  /** The last place that is known in front of `position`. */
  async #nearest(file: OpenFile, position: number): Promise<Checkpoint> {
    let low = 0;
    let high = this.#checkpoints.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#checkpoints[middle]?.offset ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    const nearest = this.#checkpoints[low - 1];
    if (nearest !== undefined) return nearest;
    const header = await this.#readFileHeader(file);
    return { offset: header.length, sequenceHeaders: new Map() };
  }

  #keep(checkpoint: Checkpoint): void {
    const last = this.#checkpoints.at(-1);
    if (last !== undefined && checkpoint.offset < last.offset + this.#spacing) return;
    this.#checkpoints.push(checkpoint);
    if (this.#checkpoints.length < CHECKPOINTS_MAX) return;
    const kept = this.#checkpoints.filter((_, index) => index % 2 === 0);
    this.#checkpoints.splice(0, this.#checkpoints.length, ...kept);
    this.#spacing *= 2;
  }

  async #readFileHeader(file: OpenFile): Promise<Uint8Array> {
    if (this.#fileHeader === undefined) {
      const start = await file.read(0, PIECE_SIZE);
      const decoded = decodeFlvHeader(start);
      if (decoded === undefined) throw new MalformedError("Cannot find tags: the file ends", 0);
      this.#fileHeader = start.slice(0, decoded[1]);
    }
    return this.#fileHeader;
  }

  async #readHead(file: OpenFile, sequenceHeaders: SequenceHeaders): Promise<Uint8Array> {
    const parts = [await this.#readFileHeader(file)];
    const places = [...sequenceHeaders.values()].sort((a, b) => a.offset - b.offset);
    for (const { offset, size } of places) parts.push(await file.read(offset, size));
    const head = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let end = 0;
    for (const part of parts) {
      head.set(part, end);
      end += part.length;
    }
    return head;
  }
}

/** Which track's sequence header a tag is, as a key; `undefined` if it is none. */
function trackOf({ type, dataSize }: FlvTagHead, dataHead: Uint8Array): number | undefined {
  if (type === FlvTagType.ScriptData || dataSize > SEQUENCE_HEADER_SIZE_MAX) return undefined;
  try {
    if (type === FlvTagType.Audio) {
      const body = decodeAudioBody(dataHead);
      const isHeader = body?.packetType === AudioPacketType.SequenceStart;
      return isHeader ? (type << 8) | body.trackId : undefined;
    }
    const body = decodeVideoBody(dataHead);
    const isHeader = body?.packetType === VideoPacketType.SequenceStart;
    return isHeader ? (type << 8) | body.trackId : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined; // Of no use to players either.
    throw error;
  }
}

/** Each track's last one holds. A copy, since checkpoints keep what held at theirs. */
function withTag(
  headers: SequenceHeaders,
  place: TagPlace,
  track: number | undefined,
): SequenceHeaders {
  if (track === undefined || (headers.size >= TRACKS_MAX && !headers.has(track))) return headers;
  return new Map(headers).set(track, place);
}
