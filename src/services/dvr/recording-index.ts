/**
 * What has been recorded: a line of JSON for each file that is complete, in `.dvr/recordings.jsonl`.
 *
 * Several processes may append to it. A line that was cut off, as by a power failure or a full disk, is
 * ended by the next one: whoever reads it leaves out what is not JSON, and empty lines.
 *
 * @module
 */

import type { Files } from "../../runtime/runtime.ts";
import { ownFolder } from "./own-folder.ts";
import type { CompleteRecording } from "./recorded.ts";
import { formatRecordingLine } from "./recording-line.ts";

/** @param root Of all recordings. */
export function recordingIndexPath(root: string): string {
  return `${ownFolder(root)}/recordings.jsonl`;
}

export class RecordingIndex {
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  /** Notes a recording. @param root Of all recordings. @throws {SystemError} */
  async add(root: string, recording: CompleteRecording): Promise<void> {
    const line = formatRecordingLine(recording);
    await this.#files.makeFolder(ownFolder(root));
    const index = await this.#files.open(recordingIndexPath(root), "append");
    try {
      // Nobody knows whether what is there ends with a whole line.
      await index.write(new TextEncoder().encode(`\n${line}\n`));
      await index.sync();
    } finally {
      await index.close();
    }
  }
}
