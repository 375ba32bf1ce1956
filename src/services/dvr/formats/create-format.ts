/**
 * The container of a recording, by the ending of its name.
 *
 * @module
 */

import { createFlvFormat } from "./flv-format.ts";
import { createMp4Format } from "./mp4-format.ts";
import type { RecordingFormat, RecordingFormatName } from "./recording-format.ts";
import { createTsFormat } from "./ts-format.ts";

/** @param expectedMs How long a file will be; `undefined`: nobody knows. */
export function createFormat(
  name: RecordingFormatName,
  expectedMs: number | undefined,
): RecordingFormat {
  switch (name) {
    case "flv":
      return createFlvFormat(expectedMs);
    case "mp4":
      return createMp4Format();
    case "ts":
      return createTsFormat();
  }
}
