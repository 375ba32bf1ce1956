/**
 * What has been recorded: a line of JSON for each file that is complete, in `.dvr/recordings.jsonl`.
 *
 * Several processes may append to it. A line that was cut off, as by a power failure, is ended by the
 * next one: whoever reads it leaves out what is not JSON, and empty lines.
 *
 * @module
 */

import type { Files } from "../../runtime/runtime.ts";
import { ownFolder } from "./own-folder.ts";
import type { CompleteRecording } from "./recorded.ts";

const NAME = "recordings.jsonl";

export class RecordingIndex {
  readonly #files: Files;
  /** Those that this process has appended to. */
  readonly #known = new Set<string>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Notes a recording. @param root Of all recordings. @throws {SystemError} */
  async add(root: string, recording: CompleteRecording): Promise<void> {
    const folder = ownFolder(root);
    const path = `${folder}/${NAME}`;
    const { url, name, path: file, format, startedWallMs, durationMs, size, tracks } = recording;
    const line = JSON.stringify({
      url,
      ...{ vhost: name.vhost, app: name.app, stream: name.stream },
      file,
      format,
      startedMs: Math.round(startedWallMs),
      durationMs: Math.round(durationMs),
      size,
      tracks,
    });
    await this.#files.makeFolder(folder);
    const index = await this.#files.open(path, "append");
    try {
      // Nobody knows whether what is there ends with a whole line.
      const before = this.#known.has(path) ? "" : "\n";
      await index.write(new TextEncoder().encode(`${before}${line}\n`));
      await index.sync();
    } finally {
      await index.close();
    }
    this.#known.add(path);
  }
}
