/**
 * Deletes recordings: what is complete, and nothing that is being written.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { RemovalReason, TellEvent } from "../../live/server-event.ts";
import type { Files } from "../../runtime/runtime.ts";
import type { CataloguedRecording } from "./recording-catalog.ts";
import { isNotThere } from "./recording-list.ts";

export interface RecordingRemovalPorts {
  readonly files: Pick<Files, "remove">;
  readonly logger: Logger;
  readonly tell: TellEvent;
}

export class RecordingRemoval {
  readonly #ports: RecordingRemovalPorts;

  constructor(ports: RecordingRemovalPorts) {
    this.#ports = ports;
  }

  /**
   * Deletes the file, by which the recording is listed no more. Who is reading it reads on.
   *
   * @returns Whether there was one; false: somebody else was faster.
   * @throws {SystemError} If the disk refuses it, which the log says.
   */
  async remove(recording: CataloguedRecording, reason: RemovalReason): Promise<boolean> {
    const { files, logger, tell } = this.#ports;
    const { url, name, path: file, format, size } = recording;
    try {
      await files.remove(file);
    } catch (error) {
      if (isNotThere(error)) return false;
      if (error instanceof SystemError) {
        logger.warn("recording not deleted", { url, file, reason, code: error.code });
      }
      throw error;
    }
    logger.info("recording deleted", { url, file, size, reason });
    tell({ type: "recording.deleted", ...name, file, format, size, reason });
    return true;
  }
}
