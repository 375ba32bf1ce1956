/**
 * Compares what was packaged with what the publisher sent, as far as FFmpeg sees it in both (see
 * copied-packets.ts).
 *
 * @module
 */

import { expect } from "vitest";
import type { Packet } from "./ffmpeg.ts";

/**
 * Publishers count in whole milliseconds, and packagers in ticks or samples: audio in a row has the
 * times of its samples, from which the publisher's differ by at most one of his, and a tick.
 */
const TOLERANCE_MS = 1.05;

/**
 * Expects all of the source from its first picture on, nothing twice, and its times moved by one
 * offset, which is the same for sound and picture.
 *
 * @returns The offset, in milliseconds.
 */
export function expectCopyOf(source: readonly Packet[], copy: readonly Packet[]): number {
  const sent = fromFirstPicture(source);
  const first = copy.find(({ codecType }) => codecType === sent[0]?.codecType);
  const offsetMs = (first?.dts ?? 0) - (sent[0]?.dts ?? 0);
  for (const codecType of ["video", "audio"] as const) {
    const expected = sent.filter((packet) => packet.codecType === codecType);
    const got = copy.filter((packet) => packet.codecType === codecType);
    // Twice the same content, as silence has, is told apart by its place.
    expect(hashesOf(got), `the ${codecType}`).toEqual(hashesOf(expected));
    const distances = got.map(({ dts, pts }, index) => ({
      index,
      dts: dts - offsetMs - (expected[index]?.dts ?? 0),
      pts: pts - offsetMs - (expected[index]?.pts ?? 0),
    }));
    const faults = distances.filter(({ dts, pts }) => {
      return Math.max(Math.abs(dts), Math.abs(pts)) > TOLERANCE_MS;
    });
    const what = `${faults.length} ${codecType} packets farther than ${offsetMs} ms from the source's`;
    expect(faults.slice(0, 3), what).toEqual([]);
  }
  return offsetMs;
}

/** Sound that comes before the picture it belongs to is not packaged. */
export function fromFirstPicture(source: readonly Packet[]): readonly Packet[] {
  const first = source.findIndex(({ codecType }) => codecType === "video");
  return source.slice(Math.max(0, first));
}

function hashesOf(packets: readonly Packet[]): string[] {
  return packets.map(({ hash }) => hash);
}

/**
 * Expects all of the source in several files, of which each goes on where the one before ends, nothing
 * twice, and within each file its times moved by one offset.
 */
export function expectCopyInPieces(
  source: readonly Packet[],
  pieces: readonly (readonly Packet[])[],
): void {
  const done = { video: 0, audio: 0 };
  for (const piece of pieces) {
    const part = (["video", "audio"] as const).flatMap((codecType) => {
      const count = piece.filter((packet) => packet.codecType === codecType).length;
      const from = done[codecType];
      done[codecType] += count;
      return source.filter((packet) => packet.codecType === codecType).slice(from, from + count);
    });
    expectCopyOf(part, piece);
  }
  for (const codecType of ["video", "audio"] as const) {
    const sent = source.filter((packet) => packet.codecType === codecType).length;
    expect(done[codecType], `${codecType} packets`).toBe(sent);
  }
}
