/**
 * Recordings as MP4: with fragments while they are made, so that they can be played wherever they end,
 * and without when they are complete, with the index in front, so that any player can seek.
 *
 * @module
 */

import { ByteWriter } from "../../../base/byte-writer.ts";
import { MalformedError, SystemError } from "../../../base/errors.ts";
import { writeFourCc } from "../../../codec/mp4/box-writer.ts";
import { Brand, writeFileType } from "../../../codec/mp4/file-type.ts";
import { canCarryInMp4 } from "../../../remux/mp4/can-carry.ts";
import { Mp4FileMuxer } from "../../../remux/mp4/file-muxer.ts";
import { encodePlainMovie } from "../../../remux/mp4/plain-movie.ts";
import type { Files, OpenFile } from "../../../runtime/runtime.ts";
import { type Mp4Scan, scanMp4 } from "./mp4-scan.ts";
import type { RecordingFormat } from "./recording-format.ts";

/**
 * Samples whose tables are made: about 30 hours of 60 pictures a second with sound. They are held in
 * memory meanwhile, some 16 bytes each. Longer files keep their fragments.
 */
const SAMPLES_MAX = 12_000_000;
const COPY_SIZE = 1 << 20;
/** A box whose size has 64 bits. */
const LARGE_HEADER_SIZE = 16;

export function createMp4Format(): RecordingFormat {
  return {
    name: "mp4",
    isZeroBased: true,
    canCarry: canCarryInMp4,
    // What a track is, is said once, in front.
    canSwitch: () => false,
    createMuxer: (description) => {
      const muxer = new Mp4FileMuxer(description);
      return {
        get pendingSize() {
          return muxer.pendingSize;
        },
        writeTrack: () => undefined,
        writeFrame: (frame, dtsMs) => muxer.writeFrame(frame, dtsMs),
        take: (isLast) => muxer.take(isLast),
        patches: () => [],
      };
    },
    repair: async (file, size) => {
      const scan = await scanMp4(file, size);
      const isEmpty = scan.isFragmented ? scan.media.length === 0 : scan.movie === undefined;
      return { size: isEmpty ? 0 : scan.wholeSize, durationMs: scan.durationMs, patches: [] };
    },
    rewrite: async (files, from, to, isCancelled) => {
      const source = await files.open(from, "read");
      try {
        const size = (await files.stat(from))?.size ?? 0;
        const scan = await scanMp4(source, size);
        return isRewritable(scan) && (await writePlain(scan, { files, source, to, isCancelled }));
      } finally {
        await source.close();
      }
    },
  };
}

interface Copy {
  readonly files: Files;
  readonly source: OpenFile;
  readonly to: string;
  readonly isCancelled: () => boolean;
}

function isRewritable({ isFragmented, samples }: Mp4Scan): boolean {
  let sampleCount = 0;
  for (const { sizes } of samples.values()) sampleCount += sizes.length;
  return isFragmented && sampleCount > 0 && sampleCount <= SAMPLES_MAX;
}

/** `| ftyp | moov | mdat |`: the media in the order in which they were written. */
async function writePlain(scan: Mp4Scan, copy: Copy): Promise<boolean> {
  const { files, source, to, isCancelled } = copy;
  const front = encodeFront(scan);
  if (front === undefined) return false;
  const target = await files.open(to, "write");
  try {
    await target.write(front);
    for (const { offset, size } of scan.media) {
      for (let done = 0; done < size; ) {
        if (isCancelled()) throw new SystemError("ECANCELED", "Cannot complete file: server stops");
        const piece = await source.read(offset + done, Math.min(COPY_SIZE, size - done));
        if (piece.length === 0) throw new SystemError("EIO", "Cannot read what has been written");
        await target.write(piece);
        done += piece.length;
      }
    }
    await target.sync();
  } finally {
    await target.close();
  }
  return true;
}

/** All that stands in front of the media; `undefined` if the file is none of ours. */
function encodeFront({ movie, samples, media, fileType }: Mp4Scan): Uint8Array | undefined {
  if (movie === undefined) return undefined;
  const writer = new ByteWriter(1 << 20);
  const isAv1 = new TextDecoder("latin1").decode(fileType).includes(Brand.Av1);
  const others = [Brand.Iso6, Brand.Mp42, ...(isAv1 ? [Brand.Av1] : [])];
  writeFileType(writer, Brand.Isom, others);
  try {
    const { length } = encodePlainMovie(movie, samples, 0);
    const shift = writer.size + length + LARGE_HEADER_SIZE;
    writer.writeBytes(encodePlainMovie(movie, samples, shift));
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
  const mediaSize = media.reduce((sum, { size }) => sum + size, 0);
  writer.writeUint32(1); // The size follows the type.
  writeFourCc(writer, "mdat");
  writer.writeUint64(LARGE_HEADER_SIZE + mediaSize);
  return writer.take();
}
