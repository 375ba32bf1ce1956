/**
 * The segments of a stream in HLS with MPEG-TS that can be had, and the playlist that says so.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import { formatMediaPlaylist, type MediaSegment } from "../../../codec/m3u8/media-playlist.ts";
import type { HlsConfig } from "../../../config/packaging-config.ts";
import { createDisposal } from "../disposal.ts";
import type { FileMirror } from "../file-mirror.ts";
import { markKey, SEGMENT_MARK } from "../hls/address-marks.ts";
import type { Continuation } from "../output.ts";
import {
  CACHE_FOREVER,
  CACHE_NEVER,
  cacheFor,
  KEY_TYPE,
  type PackagedContent,
  type PackagedFile,
  TS_TYPE,
} from "../packaged-resource.ts";
import { SegmentFiles } from "../segment-files.ts";
import type { SegmentKey } from "./segment-encryption.ts";
import type { TsSegment } from "./ts-segment.ts";

/**
 * Segments that have left the playlist and can still be had, for players that read it just before
 * (RFC 8216, section 6.2.2, wants them for longer; who is so far behind is about to skip anyway).
 */
const RETAINED_SEGMENTS = 2;
/** What a name that is used again later may be kept by a proxy, in seconds. As for files. */
const REUSED_NAME_SECONDS = 10;

export interface TsPlaylistPorts {
  readonly clock: Clock;
  readonly files: FileMirror | undefined;
  readonly keyFiles: FileMirror | undefined;
  /** There is something new. */
  readonly onChange: () => void;
  /** A segment is finished. @param isThere Comes to be true when it is on disk, if it is to be. */
  readonly onSegment: (segment: TsSegment, isThere: Promise<boolean>) => void;
}

export class TsPlaylist {
  readonly name: string;
  readonly #settings: HlsConfig;
  readonly #ports: TsPlaylistPorts;
  /** In the playlist. */
  readonly #segments: TsSegment[] = [];
  /** Not in it any more. */
  readonly #retained: TsSegment[] = [];
  #discontinuitySequence: number;
  /** Never shrinks, as players expect. Seconds. */
  #targetDuration: number;
  readonly #epoch: string;
  #version = 0;
  #text: string | undefined;
  /** Absent: they are in memory alone. */
  readonly #disk: SegmentFiles<TsSegment> | undefined;

  constructor(settings: HlsConfig, name: string, ports: TsPlaylistPorts, from: Continuation) {
    this.#discontinuitySequence = from.discontinuity;
    this.name = name;
    this.#settings = settings;
    this.#ports = ports;
    this.#epoch = Math.floor(ports.clock.wallMs()).toString(36);
    const targetDuration = Math.ceil(settings.hlsFragment * settings.hlsTdRatio);
    this.#targetDuration = Math.max(from.targetDuration, targetDuration);
    const { files } = ports;
    if (files !== undefined) {
      this.#disk = new SegmentFiles(files, {
        listed: () => this.#segments,
        need: (segment) => this.#needKey(segment),
        onDecided: (segment) => this.#decided(segment),
      });
    }
  }

  get segments(): readonly TsSegment[] {
    return this.#segments;
  }

  /** There is something to play. */
  get isReady(): boolean {
    return this.#listed().length > 0;
  }

  /** Changes with the text, and is not that of another playlist of the stream, before or after it. */
  get version(): string {
    return `${this.#epoch}.${this.#version}`;
  }

  /** How many discontinuities there have been. */
  get discontinuityCount(): number {
    return this.#discontinuitySequence + this.#segments.filter(isCounted).length;
  }

  get targetDuration(): number {
    return this.#targetDuration;
  }

  /** Bytes in memory. */
  get heldSize(): number {
    const sizeOf = (segments: readonly TsSegment[]): number =>
      segments.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
    return sizeOf(this.#segments) + sizeOf(this.#retained);
  }

  add(segment: TsSegment): void {
    this.#targetDuration = Math.max(this.#targetDuration, Math.ceil(segment.durationMs / 1_000));
    this.#segments.push(segment);
    this.#shrink();
    this.#changed();
    this.#ports.onSegment(segment, this.#write(segment));
  }

  /** The text for all who ask, with marks behind addresses. */
  text(): string {
    this.#text ??= this.#format(this.#listed(), false);
    return this.#text;
  }

  /** A segment or key by its name; `undefined` if it has never been, or has gone. */
  find(name: string): PackagedContent | PackagedFile | undefined {
    for (const segments of [this.#segments, this.#retained]) {
      for (let i = segments.length - 1; i >= 0; i--) {
        const segment = segments[i];
        if (segment?.name === name) return this.#answer(segment);
        if (segment?.key?.name === name) return keyContent(segment.key);
      }
    }
    return undefined;
  }

  /** The stream has been gone for long enough. Resolves when the disk has been told. */
  async dispose(): Promise<void> {
    const { files, keyFiles } = this.#ports;
    if (createDisposal(this.#settings.hlsDispose).areFilesKept) {
      await files?.settled();
    } else {
      const gone = [...this.#retained, ...this.#segments];
      this.#retained.length = 0;
      this.#segments.length = 0;
      await files?.settled();
      // Where another process goes on with the stream, names are used again.
      const others = new TextDecoder().decode(await files?.othersBytes(this.name));
      for (const segment of gone) {
        if (!others.includes(fileNameOf(segment))) this.#removeFiles(segment);
      }
      files?.removeOwn(this.name);
    }
    files?.close();
    keyFiles?.close();
    this.#changed();
  }

  /** Drops the oldest for as long as the others fill the window, as SRS does. */
  #shrink(): void {
    const windowMs = this.#settings.hlsWindow * 1_000;
    let durationMs = 0;
    let size = 0;
    for (const segment of this.#segments) {
      durationMs += segment.durationMs;
      size += segment.size;
    }
    for (;;) {
      const [oldest] = this.#segments;
      if (oldest === undefined || this.#segments.length === 1) return;
      const isLong = durationMs - oldest.durationMs > windowMs;
      if (!isLong && size <= this.#settings.hlsWindowBytes) return;
      durationMs -= oldest.durationMs;
      size -= oldest.size;
      this.#drop(oldest);
    }
  }

  #drop(segment: TsSegment): void {
    this.#segments.shift();
    if (isCounted(segment)) this.#discontinuitySequence += 1;
    this.#retained.push(segment);
    if (this.#retained.length <= RETAINED_SEGMENTS) return;
    const gone = this.#retained.shift();
    if (gone !== undefined && this.#settings.hlsCleanup) this.#removeFiles(gone);
  }

  /** @returns Whether it can be had. */
  #write(segment: TsSegment): Promise<boolean> {
    const { bytes } = segment;
    const disk = this.#disk;
    if (disk === undefined || bytes === undefined) return Promise.resolve(true);
    return new Promise((resolve) => disk.write(segment, bytes, resolve));
  }

  #removeFiles(segment: TsSegment): void {
    const { key } = segment;
    this.#disk?.remove(segment);
    const isKeyUsed = [...this.#retained, ...this.#segments].some((other) => other.key === key);
    if (key !== undefined && !isKeyUsed) this.#ports.keyFiles?.remove(key.name);
  }

  async #needKey({ key }: TsSegment): Promise<boolean> {
    const { keyFiles } = this.#ports;
    return key === undefined || keyFiles === undefined || keyFiles.need(key.name, key.bytes);
  }

  #decided(segment: TsSegment): void {
    if (this.#settings.hlsStorage === "disk") segment.bytes = undefined;
    this.#changed();
    this.#writePlaylist();
  }

  /** Those that a player may be told of: on disk alone, those that the disk has had its say about. */
  #listed(): readonly TsSegment[] {
    if (this.#settings.hlsStorage !== "disk") return this.#segments;
    return takeDecided(this.#segments);
  }

  #writePlaylist(): void {
    this.#ports.files?.writeLatest(this.name, () => {
      const listed = takeDecided(this.#segments);
      const isOnDisk = listed.some(({ disk }) => disk === "written");
      return isOnDisk ? this.#format(listed, true) : undefined;
    });
  }

  /** @param isOfDisk Without marks, and without what is not on disk. */
  #format(segments: readonly TsSegment[], isOfDisk: boolean): string {
    const onlyDisk = isOfDisk || this.#settings.hlsStorage === "disk";
    return formatMediaPlaylist({
      targetDuration: this.#targetDuration,
      mediaSequence: segments[0]?.seq ?? 0,
      discontinuitySequence: this.#discontinuitySequence,
      segments: segments.map((segment): MediaSegment => {
        const { uri, durationMs, isDiscontinuous, key, disk } = segment;
        const isGap = onlyDisk && disk === "failed";
        const media = key?.media;
        const marked = media && { ...media, uri: isOfDisk ? media.uri : markKey(media.uri) };
        return { uri, duration: durationMs / 1_000, isDiscontinuous, key: marked, isGap };
      }),
      uriSuffix: isOfDisk ? "" : SEGMENT_MARK,
    });
  }

  #changed(): void {
    this.#version += 1;
    this.#text = undefined;
    this.#ports.onChange();
  }

  #answer(segment: TsSegment): PackagedContent | PackagedFile | undefined {
    const { bytes, name, seq } = segment;
    if (bytes === undefined) return { root: this.#settings.hlsPath, path: `/${name}` };
    const isUnique = this.#settings.hlsTsFile.includes("[timestamp]") && !this.#settings.hlsTsFloor;
    const cacheControl = isUnique ? CACHE_FOREVER : cacheFor(REUSED_NAME_SECONDS);
    const version = `${this.#epoch}-${seq}-${bytes.length}`;
    return { bytes, mediaType: TS_TYPE, cacheControl, version };
  }
}

/** As in SRS, the first segment of all is marked. Nothing comes before it: that is no change. */
function isCounted({ isDiscontinuous, isFirst }: TsSegment): boolean {
  return isDiscontinuous && !isFirst;
}

/** Up to the first that the disk has not had its say about. */
function takeDecided(segments: readonly TsSegment[]): readonly TsSegment[] {
  const index = segments.findIndex(({ disk }) => disk === "pending");
  return index < 0 ? segments : segments.slice(0, index);
}

function keyContent(key: SegmentKey): PackagedContent {
  const { bytes, iv } = key;
  const version = Array.from(iv, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { bytes, mediaType: KEY_TYPE, cacheControl: CACHE_NEVER, version };
}

function fileNameOf({ name }: TsSegment): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
