/**
 * The frames of an FLV file, as a publisher of it would bring them to the live core.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { FlvStreamReader } from "../../src/codec/flv/stream-reader.ts";
import { FlvTagType } from "../../src/codec/flv/tag.ts";
import type { Frame } from "../../src/live/frame.ts";
import { FlvToStream } from "../../src/remux/flv/to-stream.ts";

export function readFlvFrames(path: string | URL): Frame[] {
  const frames: Frame[] = [];
  const input = new FlvToStream({
    writeMetadata: () => undefined,
    writeTrack: (track) => track,
    writeFrame: (frame) => void frames.push(frame),
  });
  const reader = new FlvStreamReader({
    header: () => undefined,
    tag: ({ type, timestampMs, data }) => {
      if (type === FlvTagType.Video) input.video(timestampMs, data);
      if (type === FlvTagType.Audio) input.audio(timestampMs, data);
    },
  });
  reader.read(new Uint8Array(readFileSync(path)));
  return frames;
}
