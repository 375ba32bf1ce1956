/**
 * Frames of an MP4 file, with fragments or without.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { FileWindow } from "../file-window.ts";
import type { OpenFrames } from "../frame-reader.ts";
import { openFragmentedFrames } from "./fragmented-frames.ts";
import { readBoxAt, readMovieLayout } from "./movie-layout.ts";
import { openPlainFrames } from "./plain-frames.ts";

export const openMp4Frames: OpenFrames = async ({ file, size }, startMs) => {
  const window = new FileWindow(file, size);
  for (let offset = 0; ; ) {
    const box = await readBoxAt(window, offset, size);
    if (box === undefined) throw new MalformedError("Cannot find moov", offset);
    if (box.type === "moov") {
      const layout = await readMovieLayout(window, box);
      return layout.isFragmented
        ? openFragmentedFrames(window, box, layout, startMs)
        : openPlainFrames(window, layout, startMs);
    }
    offset = box.end;
  }
};
