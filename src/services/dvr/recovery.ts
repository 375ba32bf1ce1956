/**
 * Completes what processes that are dead have left: after a power failure, or when a worker was killed.
 *
 * @module
 */

import type { Files } from "../../runtime/runtime.ts";
import type { FileLimits } from "./dvr-rules.ts";
import { type FileFinisher, type FinishedFile, REWRITTEN } from "./finish-file.ts";
import { createFormat } from "./formats/create-format.ts";
import { ifThere } from "./if-there.ts";
import { UNFINISHED } from "./recording-names.ts";
import type { Unfinished } from "./unfinished-text.ts";

/**
 * Completes a file.
 *
 * @returns What has become of it; `undefined` if there is nothing in it, or nothing there.
 * @throws {SystemError} If that does not work; the file is left as it is.
 */
export async function recoverFile(
  files: Files,
  finisher: FileFinisher,
  { path, format: name }: Unfinished,
  { freeSizeMin }: FileLimits,
): Promise<FinishedFile | undefined> {
  const format = createFormat(name, undefined);
  await ifThere(files.remove(path + REWRITTEN));
  const from = path + UNFINISHED;
  const stat = await files.stat(from);
  if (stat === undefined) return lookAtFinished(files, { path, format });
  const { size } = stat;
  const file = await files.open(from, "update");
  return finisher.finish({ file, path, size, whole: undefined, format, freeSizeMin });
}

/** It had its name already, but nobody had been told. */
async function lookAtFinished(
  files: Files,
  { path, format }: { path: string; format: ReturnType<typeof createFormat> },
): Promise<FinishedFile | undefined> {
  const size = (await files.stat(path))?.size;
  if (size === undefined) return undefined;
  const file = await files.open(path, "read");
  try {
    const { durationMs } = await format.repair(file, size);
    return { path, size, durationMs };
  } finally {
    await file.close();
  }
}
